"""From a clip to the features of every stream: planned, shown and encoded once for all who ask."""

import functools
import importlib
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from affectlens.encoders import folders as feature_folders
from affectlens.encoders import measuring, planning, showing, weights
from affectlens.encoders.encoder import GROUP, Encoder, Source
from affectlens.encoders.features import Features
from affectlens.encoders.store import FeatureStore, Made
from affectlens.encoders.view import Pictures, Plan, Shown, View, Waves
from affectlens.foundation.device import Place
from affectlens.foundation.errors import AffectlensError, ConfigError
from affectlens.foundation.missing import Missing
from affectlens.foundation.part import configured
from affectlens.foundation.progress import Progress, silent
from affectlens.foundation.timeline import Span
from affectlens.media.clip import Clip
from affectlens.perception.percepts import Percepts

_STAGE = "encoders"
_BUILDING = threading.Lock()  # two threads that ask at once get one and the same net

Outputs = Mapping[str, Features]
Widths = dict[str, int]  # of outputs by name
_Show = Callable[[], Shown | Missing]
Show = Callable[[Clip, Plan], Pictures | Waves | Missing]


@dataclass(frozen=True, slots=True)
class _Run:
    """An encoder and what it is shown; all sources with the same share its answer."""

    encoder: str
    module: str
    config: Any
    view: View


@dataclass(frozen=True, slots=True, eq=False)
class _Job:
    """What all runs have in common."""

    clip: Clip
    percepts: Percepts
    person: str | None
    span: Span | None
    place: Place
    store: FeatureStore | None
    show: Show

    def plan(self, view: View) -> Plan | Missing:
        """A view of this clip."""
        return planning.plan(self.clip, self.percepts, view, person=self.person, span=self.span)

    def shown(self, plan: Plan) -> Shown | Missing:
        """What a plan names; measures are looked up, all else is decoded."""
        if plan.of == "measures":
            return measuring.measures(self.percepts, person=self.person, span=self.span)
        return self.show(self.clip, plan)


def encode(  # noqa: PLR0913
    streams: Mapping[str, Sequence[Source]],
    clip: Clip,
    percepts: Percepts,
    *,
    person: str | None = None,
    span: Span | None = None,
    place: Place,
    store: FeatureStore | None = None,
    folders: Mapping[str, Path] | None = None,
    show: Show | None = None,
    progress: Progress = silent,
) -> dict[str, tuple[Features, ...] | Missing]:
    """The features of each stream's sources, in order, or why the stream is missing.

    An encoder runs once per view, whatever number of sources take an output of it, and nets stay
    loaded for the next clip. `folders` says where features lie as the authors' files, by the name
    of the stream, or where it has several sources by name and place: "fusion.0". Such files are of
    the whole clip, whatever `person` and `span`. `show` stands in place of `showing.show`, as for
    changed copies; what it leads to is not stored.

    Raises:
        ConfigError: an encoder, its settings, its output or its view is not as it should be; said
            before anything is decoded or loaded.
        UnavailableError: weights are not to be had.
        InputError: weights or a file of features are not what they should be.
    """
    wanted = feature_folders.named(streams)
    runs = {name: _run_of(source) for name, source in wanted.items()}
    folders = folders or {}
    asked: dict[_Run, Widths] = {}
    for name, (run, width) in runs.items():
        if name not in folders:
            asked.setdefault(run, {})[wanted[name].output] = width
    for name in folders:
        if name not in wanted:
            raise ConfigError(f"There is no source {name!r}; there are: {', '.join(wanted)}.")
    kept = store if show is None else None
    job = _Job(clip, percepts, person, span, place, kept, show or showing.show)
    answers: dict[_Run, Outputs | Missing] = {}
    for done, (run, answer) in enumerate(_answers(asked, job), start=1):
        answers[run] = answer
        progress(_STAGE, done / len(asked))
    found: dict[str, Features | Missing] = {}
    for name, (run, width) in runs.items():
        if name in folders:
            found[name] = feature_folders.read(folders[name], clip, width=width)
        else:
            answer = answers[run]
            found[name] = answer if isinstance(answer, Missing) else answer[wanted[name].output]
    return {
        name: _joined([found[one] for one in feature_folders.named({name: sources})])
        for name, sources in streams.items()
    }


def fingerprint(source: Source, place: Place) -> str:
    """What tells the weights of a source's encoder from others, without loading large ones.

    Raises:
        ConfigError, UnavailableError: as of `encode`.
    """
    return _fingerprint(_run_of(source)[0], place)


def release() -> None:
    """Let all nets go, so that their memory, on a GPU too, can be used for something else.

    Nets stay loaded from clip to clip until then; the next call loads those that it needs again.
    """
    with _BUILDING:
        _built.cache_clear()
        _folder.cache_clear()
    if "torch" in sys.modules:
        sys.modules["torch"].cuda.empty_cache()  # nothing where there is no GPU


def _joined(sources: Sequence[Features | Missing]) -> tuple[Features, ...] | Missing:
    """All of them, or the first that is missing."""
    missing = (source for source in sources if isinstance(source, Missing))
    return next(missing, tuple(s for s in sources if isinstance(s, Features)))


def _run_of(source: Source) -> tuple[_Run, int]:
    """What a source asks for, checked, and the width of its output.

    Raises:
        ConfigError: there is no such encoder, setting or output, or it cannot be shown that.
    """
    name = source.encoder.name
    module, config = configured(GROUP, source.encoder)
    widths = module.outputs(config)
    if source.output not in widths:
        raise ConfigError(f"{name} has no output {source.output!r}; it has {', '.join(widths)}.")
    if source.view.kind not in module.SHOWN:
        raise ConfigError(
            f"The encoder {name} takes {' and '.join(module.SHOWN)}; its view is of "
            f"{source.view.kind}."
        )
    return _Run(name, module.__name__, config, source.view), widths[source.output]


def _answers(asked: Mapping[_Run, Widths], job: _Job) -> Iterator[tuple[_Run, Outputs | Missing]]:
    """Each run's outputs; what one view shows is decoded once and let go before the next."""
    by_view: dict[View, list[_Run]] = {}
    for run in asked:
        by_view.setdefault(run.view, []).append(run)
    for view, sharing in by_view.items():
        plan = job.plan(view)
        if isinstance(plan, Missing):
            yield from ((run, plan) for run in sharing)
            continue
        show = functools.cache(functools.partial(job.shown, plan))
        yield from ((run, _answer(run, asked[run], plan, show, job)) for run in sharing)


def _answer(run: _Run, widths: Widths, plan: Plan, show: _Show, job: _Job) -> Outputs | Missing:
    """Those outputs that were asked for, from the store, else from the encoder.

    What is made of measures is not stored: they are no property of the file, and cost nothing.
    """
    store = None if plan.of == "measures" else job.store
    made = None if store is None else _made(run, plan, job)
    if store is not None and made is not None:
        stored = store.get(made, tuple(widths))
        if stored is not None:
            return stored
    shown = show()
    if isinstance(shown, Missing):
        return shown
    net = _net(run, job.place)
    given = net(shown)
    outputs = {name: given[name] for name in widths}
    for name, one in outputs.items():
        assert one.values_TD.shape[1] == widths[name], (run.encoder, name, one.values_TD.shape)
        if not np.isfinite(one.values_TD).all():
            raise AffectlensError(
                f"{run.encoder} gave numbers that are not finite for {job.clip.name}, in "
                f"{job.place.torch_dtype()}. Choose the precision float32."
            )
    if store is not None and made is not None:
        # The files may have changed since the net was loaded: what is kept is the net's.
        store.put(replace(made, weights=net.fingerprint), outputs)
    return outputs


def _made(run: _Run, plan: Plan, job: _Job) -> Made:
    settings = {name: value for name, value in asdict(run.config).items() if name != "weights"}
    return Made(
        clip=job.clip.sha256,
        plan=plan,
        encoder=run.encoder,
        settings=settings,
        weights=_fingerprint(run, job.place),
        precision=str(job.place.torch_dtype()),
    )


def _fingerprint(run: _Run, place: Place) -> str:
    """Of the encoder's weights; from their files where it has any, so that no net is loaded."""
    source = str(getattr(run.config, "weights", "tiny"))
    if source == "tiny" or source.startswith(weights.CARRIED):
        return _net(run, place).fingerprint
    return weights.fingerprint(_folder(source, run.encoder))


@functools.cache
def _folder(source: str, encoder: str) -> Path:
    """Looked for once: the hub would be asked anew for every clip."""
    return weights.locate(source, what=f"The encoder {encoder}")


def _net(run: _Run, place: Place) -> Encoder:
    """The built encoder, once per process and place."""
    precision = str(place.torch_dtype()).removeprefix("torch.")
    settled = Place(device=str(place.torch_device()), precision=precision)
    with _BUILDING:
        return _built(run.module, run.config, settled)


@functools.cache
def _built(module: str, config: Any, place: Place) -> Encoder:
    encoder: Encoder = importlib.import_module(module).build(config, place)
    return encoder

"""What a file shows and says: perception and the line's reasoner, each asked once.

What was measured and what was made of it are found again each by its own key, so that another peak
method or label space does not look at the file again.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from affectlens.analyzer.line import facts_of, run_of, understand
from affectlens.analyzer.readers import reader
from affectlens.analyzer.settings import RULES, Settings, stamp
from affectlens.annotation.annotation import Fingerprint
from affectlens.annotation.draft import Seen
from affectlens.annotation.item import Item
from affectlens.annotation.recipe import Recipe
from affectlens.annotation.work import Work, key_of
from affectlens.evaluation.asking import identity
from affectlens.foundation.decoding import decode, encode
from affectlens.foundation.errors import InputError
from affectlens.foundation.hashing import sha256_of
from affectlens.foundation.missing import Missing
from affectlens.media import source
from affectlens.media.clip import Clip
from affectlens.media.limits import Limits
from affectlens.media.opening import open_clip, side_cars
from affectlens.perception import stored
from affectlens.perception.observe import observe
from affectlens.perception.percepts import Percepts
from affectlens.reasoning import document, rules
from affectlens.reasoning.analysis import SCHEMA, InputFacts
from affectlens.reasoning.assemble import assemble

PERCEPTION = 1  # raised when the same settings and models measure something else
_SMALL = 16  # pixels: frames are asked for their times only

Open = Callable[[], Clip]


@dataclass(frozen=True, slots=True)
class _Facts:
    """What is known of a file once it was opened."""

    input: InputFacts
    frames: int | Missing


def seen(item: Item, recipe: Recipe, work: Work) -> Seen:
    """Perceive and analyze a file; what was done before is read.

    Raises:
        InputError: the file cannot be used, or changes meanwhile.
        LimitError: it reached a cap of the recipe's limits.
    """
    settings = recipe.analysis
    sha256 = _sha256_of(item.path)
    clip = _opener(item, settings, sha256)
    key = _percepts_key(item, settings, sha256)
    percepts = _percepts(clip, settings, work, key)
    told = work.step("facts", key, lambda: encode(_facts(clip())))
    facts = decode(_Facts, told, "facts")
    key = key_of("analysis", key, SCHEMA, identity_of(settings))
    analysis = work.step(
        "analysis", key, lambda: _analysis(clip, settings, percepts, facts.input, key)
    )
    return Seen(
        key=key,
        sha256=sha256,
        percepts=percepts,
        # The document rounds; the rate must count frames exactly.
        analysis=replace(document.from_json(analysis), input=facts.input),
        frames=facts.frames,
        clip=clip,
        fingerprint=_fingerprint(clip, settings.limits, work, f"{item.path.name} {sha256}"),
    )


def _sha256_of(path: Path) -> str:
    with source.opened(path, source.identity_of(path)) as file:
        return source.sha256_of(file)


def _opener(item: Item, settings: Settings, sha256: str) -> Open:
    """Opens the file when it is first asked for, and only then."""

    @cache
    def opened() -> Clip:
        clip = open_clip(item.path, limits=settings.limits, words=item.words)
        if clip.sha256 != sha256:
            raise InputError(f"{item.path.name} changed while it was annotated; annotate it again.")
        return clip

    return opened


def _percepts_key(item: Item, settings: Settings, sha256: str) -> str:
    """SHA-256 in hex of all that decides what is measured; reasons name the file, so its name."""
    beside = [] if item.words is not None else map(sha256_of, side_cars(item.path))
    own = Settings(model=RULES, perception=settings.perception, limits=settings.limits)
    made_by = (PERCEPTION, stored.VERSION, identity_of(own))
    return key_of("percepts", sha256, item.path.name, item.words, list(beside), made_by)


def identity_of(settings: Settings) -> dict[str, Any]:
    """What an analysis depends on beside its file: settings, models and versions.

    A language model's weights are read once in a process.
    """
    if settings.model == RULES:
        return identity.of_analysis(settings)
    return _language_identity(settings, stamp(settings.model))


@lru_cache(maxsize=4)
def _language_identity(settings: Settings, _: str) -> dict[str, Any]:
    return identity.of_analysis(settings)


def _percepts(clip: Open, settings: Settings, work: Work, key: str) -> Percepts:
    def make() -> bytes:
        return stored.to_bytes(observe(clip(), settings.perception))

    data = work.blob(key, make)
    try:
        return stored.from_bytes(data)
    except InputError:  # damaged: what the file itself is to blame for was raised above
        work.forget(key)
        return stored.from_bytes(work.blob(key, make))


def _facts(clip: Clip) -> _Facts:
    return _Facts(replace(facts_of(clip), path=clip.name), _frames(clip))


def _frames(clip: Clip) -> int | Missing:
    """Pictures in the file: its mean rate is by definition that of the first to the last."""
    video = clip.video
    if isinstance(video, Missing):
        return video
    if video.still:
        return 1
    first, last = video.at([0.0, clip.duration_s], max_side=_SMALL)
    return round((last.time_s - first.time_s) * video.rate_hz) + 1


def _analysis(
    clip: Open, settings: Settings, percepts: Percepts, facts: InputFacts, key: str
) -> dict[str, Any]:
    """The analysis as `analyze` makes it, without what another run or machine would have else."""
    if settings.model == RULES:  # which need no clip: it stays closed
        read = rules.build(settings.reasoning)
        model = settings.model
    else:
        read = reader(settings, clip(), percepts)
        model = str(identity_of(settings)["model"])
    clues, reading = understand(percepts, settings.reasoning, read)
    run = replace(run_of(settings, key, timings_s={}), model=model)
    return document.to_json(assemble(facts, percepts, clues, reading, run))


def _fingerprint(clip: Open, limits: Limits, work: Work, content: str) -> Fingerprint:
    from affectlens.annotation.fingerprint import VERSION, fingerprint

    key = key_of("fingerprint", VERSION, content, identity_of(Settings(model=RULES, limits=limits)))
    told = work.step("fingerprint", key, lambda: encode(fingerprint(clip())))
    return decode(Fingerprint, told, "fingerprint")

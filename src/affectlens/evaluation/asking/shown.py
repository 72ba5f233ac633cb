"""What a subject is shown of a sample: a file, and the words that come with it."""

from dataclasses import dataclass, replace
from pathlib import Path

from affectlens.analyzer.settings import Settings
from affectlens.corpora.corpus import Sample
from affectlens.evaluation.subject import Question, Words
from affectlens.foundation.missing import Missing
from affectlens.foundation.records import write_atomically

_FROM = {"given": "auto", "heard": "speech", "none": "none"}  # as perception.voice.words says it


@dataclass(frozen=True, slots=True)
class Shown:
    """A file that can be analyzed; `words` stand in place of its own."""

    path: Path
    words: str | None


def given_words(sample: Sample, words: Words) -> str | None:
    """The words of a sample that a subject is given."""
    return sample.subtitle if words == "given" and isinstance(sample.subtitle, str) else None


def shown(sample: Sample, words: Words, folder: Path, number: int) -> Shown | Missing:
    """The file of a sample; one of words alone is written to a text in `folder`."""
    given = given_words(sample, words)
    if isinstance(sample.media, Path):
        return Shown(sample.media, given)
    if given is None or not given.strip():
        return sample.media
    path = folder / f"{number}.txt"
    write_atomically(path, given)
    return Shown(path, None)


def heeding(settings: Settings, question: Question) -> Settings:
    """The same settings with the words from where the question wants them."""
    # Words that are switched off stay so.
    voice = settings.perception.voice
    if voice.words != "none":
        voice = replace(voice, words=_FROM[question.words])  # type: ignore[arg-type]
    return replace(settings, perception=replace(settings.perception, voice=voice))

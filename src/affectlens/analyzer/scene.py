"""`Scene`: what a language model is shown and told of one clip, for a person and a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from affectlens.analyzer.settings import ModelSettings
from affectlens.clues.clue import Clue
from affectlens.clues.listed import listed
from affectlens.encoders.album import Album
from affectlens.encoders.encode import Show, encode
from affectlens.encoders.features import Features
from affectlens.encoders.planning import plan
from affectlens.encoders.store import FeatureStore
from affectlens.encoders.view import OF_FACES
from affectlens.foundation.errors import ConfigError
from affectlens.foundation.missing import Missing
from affectlens.foundation.progress import Progress, silent
from affectlens.foundation.timeline import Span
from affectlens.media.clip import Clip
from affectlens.model.declaration import Stream, System
from affectlens.model.example import Example, Turn
from affectlens.perception.percepts import Percepts
from affectlens.reasoning.measured import people

Found = Mapping[str, Sequence[Features] | Missing]


@dataclass(frozen=True, slots=True)
class Scene:
    """One clip, measured, before a system's streams."""

    clip: Clip
    percepts: Percepts
    system: System
    settings: ModelSettings
    progress: Progress = silent
    show: Show | None = None  # how faces are looked up, where others are looked up with them

    def looking(self, person: str | None, spans: Sequence[Span | None]) -> "Scene":
        """The same, in which the faces of these spans are looked up in one pass over the film.

        What a store keeps needs no look.
        """
        if self.settings.store is not None:
            return self
        views = {s.view for stream in self.system.streams for s in stream.sources}
        plans = [
            plan(self.clip, self.percepts, view, person=person, span=span)
            for view in views if view.of == "faces" for span in spans
        ]  # fmt: skip
        album = Album(one for one in plans if not isinstance(one, Missing))
        return replace(self, show=album)

    def example(
        self,
        person: str | None,
        span: Span | None,
        turns: Sequence[Turn],
        *,
        clues: Sequence[Clue] = (),
    ) -> Example:
        """A person's streams, words and clues in a span (None: everybody's, all of the clip)."""
        return Example(
            turns=tuple(turns),
            features=stream_features(
                self.system.streams,
                self.clip,
                self.percepts,
                self.settings,
                person=person,
                span=span,
                show=self.show,
                progress=self.progress,
            ),
            subtitle=said(self.percepts, person, span),
            clues=listed(clues, person, span),
            name=self.clip.name if person is None else f"{self.clip.name}, {person}",
        )


def stream_features(  # noqa: PLR0913
    streams: Sequence[Stream],
    clip: Clip,
    percepts: Percepts,
    settings: ModelSettings,
    *,
    person: str | None,
    span: Span | None = None,
    show: Show | None = None,
    progress: Progress = silent,
) -> Found:
    """Every stream, or why it is missing; who is silent among others has no sound."""
    mute = _silent_among_others(percepts, person, span)
    unseen = _unseen_among_others(percepts, person, span)
    absent: dict[str, Missing] = {}
    for stream in streams:
        views = {source.view.of for source in stream.sources}
        if stream.name in settings.without:
            absent[stream.name] = Missing("left out by language_model.without")
        elif mute is not None and "sound" in views:
            absent[stream.name] = mute
        elif unseen is not None and views.intersection(OF_FACES):
            absent[stream.name] = unseen
    store, folders = settings.store, dict(e.split("=", 1) for e in settings.folders)
    found = encode(
        {s.name: s.sources for s in streams if s.name not in absent},
        clip,
        percepts,
        person=person,
        span=span,
        place=settings.place,
        store=FeatureStore(Path(store)) if store else None,
        folders={n: Path(f) for n, f in folders.items() if n.split(".")[0] not in absent},
        show=show,
        progress=progress,
    )
    return {**found, **absent}


def said(percepts: Percepts, person: str | None, span: Span | None) -> str | None:
    """What a person says in a span; words of which nobody knows who said them count as theirs."""
    transcript = percepts.transcript
    if isinstance(transcript, Missing):
        return None
    texts = [
        sentence.text.strip()
        for sentence in transcript.sentences
        if (person is None or isinstance(sentence.person, Missing) or sentence.person == person)
        and (span is None or sentence.span.overlap_s(span) > 0)
    ]
    return " ".join(text for text in texts if text) or None


def _silent_among_others(
    percepts: Percepts, person: str | None, span: Span | None
) -> Missing | None:
    """Why the clip's sound is not this person's: others are there, and this one does not speak."""
    everybody = people(percepts)
    if person is None or len(everybody) < 2:
        return None
    own = next((one for one in everybody if one.person == person), None)
    heard = [p.span for p in own.utterances] + [p.span for p in own.events] if own else []
    if any(span is None or one.overlap_s(span) > 0 for one in heard):
        return None
    return Missing(f"{person} is not heard in it")


def _unseen_among_others(
    percepts: Percepts, person: str | None, span: Span | None
) -> Missing | None:
    """Why no face and no peak is this person's: faces are there, and none of them is theirs."""
    faces = () if isinstance(percepts.faces, Missing) else percepts.faces
    if person is None or not faces:
        return None
    own = (track for track in faces if track.person == person)
    if any(span is None or any(span.holds(float(t)) for t in one.times_T) for one in own):
        return None
    return Missing(f"{person} is not seen in it")


def check(settings: ModelSettings, system: System) -> None:
    """Refuse settings that speak of streams or folders that are not there.

    Raises:
        ConfigError: names what there is.
    """
    known = [stream.name for stream in system.streams]
    folders = [entry.split("=", 1) for entry in settings.folders]
    for key, names in (("without", settings.without), ("folders", [n for n, _ in folders])):
        for name in names:
            if name.split(".")[0] not in known:
                raise ConfigError(
                    f"language_model.{key}: {system.name} has no stream {name!r}; it has "
                    f"{', '.join(known) or 'none'}."
                )
    for _, folder in folders:
        if not Path(folder).is_dir():
            raise ConfigError(f"language_model.folders: there is no folder {folder}.")

"""`Conversation`: questions about one clip, answered by a language model that remembers them."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from affectlens.analyzer.language import load
from affectlens.analyzer.scene import Scene
from affectlens.analyzer.settings import Settings
from affectlens.clues.gather import gather
from affectlens.emotions.spaces import space
from affectlens.foundation.errors import ConfigError
from affectlens.foundation.progress import Progress, silent
from affectlens.media.opening import open_clip
from affectlens.model.asking import Asking, stream
from affectlens.model.example import Example, Turn
from affectlens.model.network import AffectLM
from affectlens.model.processor import AffectProcessor
from affectlens.perception.observe import observe
from affectlens.reasoning.handful import told_clues
from affectlens.reasoning.measured import people


@dataclass(slots=True)
class Conversation:
    """The clip is seen once; each answer is given with all that was said before."""

    model: AffectLM
    processor: AffectProcessor
    shown: Example  # the streams and words; its turns are replaced by those of the conversation
    max_tokens: int
    turns: list[Turn] = field(default_factory=list)

    def ask(self, question: str, *, task: str | None = None) -> Iterator[str]:
        """The answer piece by piece; it is remembered once it was heard to its end."""
        turn = Turn(question=question, task=task)
        example = replace(self.shown, turns=(*self.turns, turn))
        pieces = []
        how = Asking(max_tokens=self.max_tokens)
        for piece in stream(self.model, self.processor, example, how):
            pieces.append(piece)
            yield piece
        self.turns.append(replace(turn, answer="".join(pieces).strip()))


def converse(
    path: Path,
    settings: Settings,
    *,
    person: str | None = None,
    subtitles: Path | None = None,
    progress: Progress = silent,
) -> Conversation:
    """Open a clip for questions about a person (None: whoever is there).

    Raises:
        ConfigError: the person is not in the clip; the message names who is.
        InputError: the file cannot be read.
        UnavailableError: the model or its encoders are not to be had.
    """
    model, processor = load(settings, progress=progress)
    clip = open_clip(path, limits=settings.limits, subtitles=subtitles)
    percepts = observe(clip, settings.perception, progress=progress)
    there = [one.person for one in people(percepts)]
    if person is not None and person not in there:
        raise ConfigError(
            f"There is no {person!r} in {clip.name}. There is: {', '.join(there) or 'nobody'}."
        )
    scene = Scene(clip, percepts, processor.system, settings.language_model, progress)
    clues = gather(percepts, language=settings.reasoning.language)
    own = space(settings.reasoning.label_space)
    shown = replace(
        scene.example(person, None, ()),
        clues=told_clues(processor.system, clues, person, None, label=None, space=own),
    )
    return Conversation(model, processor, shown, settings.language_model.max_tokens)

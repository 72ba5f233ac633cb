"""A small encoder goes to school before a run's stages.

RUN/schools/<name>/faces.safetensors      all pictures, aligned
RUN/schools/<name>/hidden/, votes/        the last whole epoch of each lesson
RUN/schools/<name>/journal.jsonl          loss, accuracy and UAR of each epoch
RUN/encoders/<name>/                      what it learned
"""

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors.torch import save_file

from affectlens.encoders import loading
from affectlens.encoders.backends.face_cnn import Config
from affectlens.encoders.face_net import CONFIG, FaceNet, Sizes, small, write_config
from affectlens.foundation import config
from affectlens.foundation.errors import ConfigError
from affectlens.foundation.hashing import sha256_of_text
from affectlens.foundation.missing import Missing
from affectlens.foundation.progress import Progress
from affectlens.foundation.records import settle, write_atomically
from affectlens.training import newest
from affectlens.training.beginning import place_of
from affectlens.training.item import Sources
from affectlens.training.plan import seeded
from affectlens.training.recipe import Recipe
from affectlens.training.report.schools import SCHEMA
from affectlens.training.schools import hidden, lessons, votes
from affectlens.training.schools.faces import Faces, Told, gathered, key
from affectlens.training.schools.learning import How, Lesson, Row, chosen, learn

VERSION = 1  # raised when something else is learned of the same
TINY = "tiny"  # a recipe's size, and random weights
_TRAIN = "train"  # what faces are for that nobody put into a split
_DROPOUT = 0.3
_FACTS = "school"  # of config.json
_FACES, _JOURNAL, _WEIGHTS = "faces.safetensors", "journal.jsonl", "model.safetensors"


@dataclass(frozen=True, slots=True, kw_only=True)
class Class:
    """One school of a recipe, and where it takes place."""

    name: str
    recipe: Recipe
    pupil: Config  # the encoder, as a stream of the system has it
    run: Path

    @property
    def sizes(self) -> Sizes:
        """Of the net.

        Raises:
            ConfigError: the encoder is set to another width.
        """
        sizes = small(self.pupil.width) if self.recipe.size == TINY else Sizes()
        loading.check_width(f"schools.{self.name}", sizes.width, self.pupil.width)
        return sizes

    @property
    def work(self) -> Path:
        """What it goes on from."""
        return self.run / "schools" / self.name

    @property
    def below(self) -> str:
        """Where what was learned lies, in the run's folder as in every model's."""
        return f"encoders/{self.name}"

    @property
    def place(self) -> Path:
        """The folder of what was learned."""
        return self.run / self.below


def attend(own: Class, sources: Sources, progress: Progress) -> Path:
    """The folder with what was learned; where it is done, nothing is done again.

    Raises:
        ConfigError: there are no faces with votes.
        InputError: too many pictures cannot be read.
    """
    told = told_of(own, sources)
    mark = _mark(own, told)
    if _mark_in(own.place / CONFIG) == mark:
        return own.place
    if _mark_in(own.work / CONFIG) != mark:  # other settings or data: anew but for the pictures
        for lesson in (lessons.HIDDEN, lessons.VOTES):
            shutil.rmtree(own.work / lesson, ignore_errors=True)
        write_config(own.work, own.sizes, **{_FACTS: {"made_of": mark}})
    with _threads(own.recipe.engine.threads):
        faces = gathered(told, own.work / _FACES, broken=own.recipe.broken, progress=progress)
        net, best = _taught(own, faces, progress)
    counts = {"faces": int((~faces.held_N).sum()), "held": int(faces.held_N.sum())}
    _write(own, net, {"made_of": mark, "seed": own.recipe.seed, **counts, **_told(best)})
    return own.place


def told_of(own: Class, sources: Sources) -> list[Told]:
    """Every face of a school's data that has votes, to learn from or held back.

    Raises:
        ConfigError: there are none to learn from.
    """
    recipe, found = own.recipe, []
    for data in recipe.schools[own.name].data or recipe.data:
        for item in sources[data]:
            one = item.annotation
            split = _TRAIN if isinstance(one.split, Missing) else one.split
            held = split == recipe.develop.split
            if not isinstance(item.media, Path) or not (
                held or recipe.data[data].split in ("", split)
            ):
                continue
            shares_E = votes.shares(one.source.columns)
            if not isinstance(shares_E, Missing):
                found.append(
                    Told(
                        name=f"{data}/{item.id}",
                        path=item.media,
                        shares_E=shares_E,
                        held=held,
                        clear=votes.clear(one.source.columns),
                    )
                )
    if all(one.held for one in found):
        raise ConfigError(
            f"schools.{own.name} has no faces to learn from: none of its data has pictures with "
            "people's votes for emotions, as the corpus ferplus has them."
        )
    return found


def _taught(own: Class, faces: Faces, progress: Progress) -> tuple[FaceNet, Row]:
    """The net after both lessons, and what is told of its best epoch."""
    school, engine = own.recipe.schools[own.name], own.recipe.engine
    how = How(
        batch=school.batch,
        peak=school.peak,
        decay=school.decay,
        seed=seeded(own.recipe.seed, "school", own.name),
        device=place_of(engine).torch_device(),
        precision=getattr(torch, school.precision),
    )
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(how.seed % 2**63)
        net = FaceNet(own.sizes, _DROPOUT)
        filler = hidden.Filler(net, own.sizes.width)
    taught = (
        (filler, lessons.of_hidden(faces, school.masked_epochs)),
        (net, lessons.of_votes(faces, school.epochs, school.rare)),
    )
    course: list[Row] = []
    for learner, lesson in taught:
        tell = _Telling(own, lesson, tuple(course), progress)
        course = learn(learner, lesson, how, own.work, tell)
    return net, chosen(course)


@dataclass(frozen=True, slots=True)
class _Telling:
    """Writes the journal after each epoch, and shows how far it is."""

    own: Class
    lesson: Lesson
    before: tuple[Row, ...]  # of the lesson before
    progress: Progress

    def __call__(self, course: Sequence[Row]) -> None:
        rows = [{"lesson": lessons.HIDDEN, **row} for row in self.before]
        rows += [{"lesson": self.lesson.name, **row} for row in course]
        lines = (json.dumps({"schema": SCHEMA, **row}) + "\n" for row in rows)
        write_atomically(self.own.work / _JOURNAL, "".join(lines))
        share = len(course) / self.lesson.epochs
        self.progress(f"school {self.own.name}, {self.lesson.name}", share)


def _told(best: Row) -> Row:
    """What config.json tells of the best epoch: the same each time."""
    return {name: value for name, value in best.items() if name != "seconds"}


def _write(own: Class, net: FaceNet, facts: Mapping[str, object]) -> None:
    """The folder of what was learned, whole or not at all; weights in 16 bits."""
    draft = newest.draft_of(own.place)
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    tensors = {
        name: (value.half() if value.is_floating_point() else value).cpu().contiguous()
        for name, value in net.state_dict().items()
    }
    about = {"format": "pt", "licence": own.recipe.licence}
    save_file(tensors, draft / _WEIGHTS, metadata=about)
    write_config(draft, own.sizes, licence=own.recipe.licence, **{_FACTS: facts})
    settle(draft)
    newest.put(draft, own.place)


def _mark(own: Class, told: Sequence[Told]) -> str:
    """What tells a school's outcome from others'."""
    school = config.as_dict(own.recipe.schools[own.name])
    parts = (VERSION, own.recipe.seed, school, asdict(own.sizes), key(told))
    return sha256_of_text(repr(parts))


def _mark_in(path: Path) -> str | None:
    """The mark in a config.json, if there is one that can be read."""
    try:
        found: str = json.loads(path.read_text(encoding="utf-8"))[_FACTS]["made_of"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found


@contextmanager
def _threads(count: int) -> Iterator[None]:
    """So many threads of torch; 0: as many as there were."""
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(count or before)
        yield
    finally:
        torch.set_num_threads(before)

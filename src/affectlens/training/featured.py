"""`Featured`: the features of items, given, kept or made anew; cheap to send to other processes."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from affectlens.corpora.crops import detector_for
from affectlens.encoders.encoder import Source
from affectlens.encoders.features import Features
from affectlens.foundation.device import Place
from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.hashing import sha256_of_text
from affectlens.foundation.missing import Missing
from affectlens.foundation.progress import Progress, silent
from affectlens.media.opening import open_clip
from affectlens.model.declaration import System
from affectlens.training import kept_features, matched, whole
from affectlens.training.beginning import place_of
from affectlens.training.contents import short
from affectlens.training.encoding import Asked, Encoded, Kinds, encode_all
from affectlens.training.given_features import Given, given, sources_of
from affectlens.training.item import Item
from affectlens.training.recipe import Data, Recipe

Found = dict[str, Sequence[Features] | Missing]


@dataclass(frozen=True, slots=True, kw_only=True)
class Featured:
    """Where the features of each data lie; nothing is opened before it is asked for."""

    system: System
    how: Literal["kept", "live"]
    place: Place
    given: Mapping[str, Given]  # by the name of the data
    folders: Mapping[str, Path]  # of what is kept, by the name of the data
    kinds: Mapping[str, Mapping[str, str]]  # of what is kept, by the names of data and source
    copies: Mapping[str, int]  # changed ones of each clip that is learned, by the name of the data
    composed: frozenset[str]  # data whose clips are put together of others
    detectors: Mapping[str, str | None]  # of faces, by the name of the data; None: the usual one

    def features_of(self, source: str, item: Item, seed: int | None = None) -> Found:
        """Every stream of a clip of some data, or why it is missing.

        With a seed, which picks among them, it may be of a changed copy.

        Raises:
            InputError: the clip or its features cannot be read; the clip is named.
        """
        found: dict[str, Features | Missing] = {}
        for owner, names in _owners(self.system, source, item):
            if isinstance(owner, Missing):
                found |= dict.fromkeys(names, owner)
            else:
                found |= self._features_of(*owner, names, seed)
        return _joined(self.system, found)

    def has(self, source: str, item: Item) -> bool:
        """Whether there is anything that streams of a clip could come from."""
        own = self.given.get(source)
        return has_media(item) or (own is not None and own.has(item))

    def _features_of(
        self, source: str, item: Item, names: Collection[str], seed: int | None
    ) -> Mapping[str, Features | Missing]:
        own = self.given.get(source)
        have = () if own is None else own.widths
        all_ = sources_of(self.system)
        try:
            found = {} if own is None else {n: own.read(n, item) for n in names if n in have}
            rest = {name: all_[name] for name in names if name not in have}
            found |= self._encoded(source, item, rest, self._copy(source, seed))
        except InputError as error:
            raise InputError(f"{item.id}: {error}") from error
        return found

    def _copy(self, source: str, seed: int | None) -> int:
        """The number of a copy of some data, 0 for what is as it is."""
        copies = 0 if seed is None else self.copies.get(source, 0)
        return short(f"{seed}\0{source}") % (copies + 1)

    def _encoded(
        self, source: str, item: Item, sources: Mapping[str, Source], copy: int
    ) -> Mapping[str, Features | Missing]:
        """What is not given."""
        if not sources:
            return {}
        if isinstance(item.media, Missing):
            return dict.fromkeys(sources, item.media)
        if self.how == "live":
            seeds = [whole.seed_of(item.id, copy)]
            detector = self.detectors[source]
            clip = open_clip(item.media)
            return whole.shown(clip, sources, self.place, seeds, detector=detector)[0]
        found = {}
        for name in sources:
            path = kept_features.file_of(self.folders[source], self.kinds[source][name], item.id)
            one = kept_features.read(path, copy if whole.is_changed(sources[name]) else 0)
            if isinstance(one, kept_features.Unreadable):
                raise InputError(one.reason)
            found[name] = one
        return found


def featured(recipe: Recipe, system: System, folder: Path) -> Featured:
    """The features of a recipe's data; `folder` keeps them where the recipe names none.

    Raises:
        ConfigError: given features are not those of the system.
        UnavailableError: weights of an encoder that is needed are not to be had.
    """
    place = place_of(recipe.engine)
    sources = sources_of(system)
    own = {
        name: given(Path(data.features), system)
        for name, data in recipe.data.items()
        if data.features and sources
    }
    composed = frozenset(n for n, data in recipe.data.items() if data.format == matched.FORMAT)
    lacking = [
        name
        for name in sources
        if recipe.encoding.how == "kept"
        and any(
            data not in own or name not in own[data].widths
            for data in recipe.data.keys() - composed
        )
    ]
    root = Path(recipe.encoding.folder) if recipe.encoding.folder else folder
    detectors = {name: _detector(data) for name, data in recipe.data.items()}
    kinds = {
        detector: {
            name: kept_features.kind(sources[name], place, whole.without_words(detector))
            for name in lacking
        }
        for detector in set(detectors.values())
    }
    return Featured(
        system=system,
        how=recipe.encoding.how,
        place=place,
        given=own,
        folders={name: _folder(root, name, data) for name, data in recipe.data.items()},
        kinds={name: kinds[detector] for name, detector in detectors.items()},
        copies={name: data.augment.copies for name, data in recipe.data.items()},
        composed=composed,
        detectors=detectors,
    )


def make(
    sources: Mapping[str, Sequence[Item]],
    wanted: Mapping[str, Iterable[int]],
    featured: Featured,
    *,
    held: Collection[tuple[str, int]] = (),
    workers: int = 1,
    progress: Progress = silent,
) -> Encoded:
    """Make what is kept and not there yet, of the wanted clips by their indices.

    Of those that are held back no changed copies are made.

    Raises:
        UnavailableError: weights of an encoder are not to be had.
        LimitError: the disk is full; what was made stays.
    """
    if featured.how == "live":
        return Encoded(missing={})
    asked = _asked(sources, wanted, featured, held)
    kinds = {}
    for name in asked:
        own = featured.given.get(name)
        have = () if own is None else own.widths
        lacking = {n: one for n, one in sources_of(featured.system).items() if n not in have}
        if lacking:
            kinds[name] = Kinds(
                folder=featured.folders[name],
                kinds={n: featured.kinds[name][n] for n in lacking},
                sources=lacking,
                place=featured.place,
                detector=featured.detectors[name],
            )
    lazily = {name: _lazily(sources[name], own) for name, own in asked.items()}
    return encode_all(lazily, kinds, workers=workers, progress=progress)


def _lazily(
    items: Sequence[Item], asked: Mapping[int, tuple[frozenset[str], int]]
) -> Iterator[Asked]:
    """Clips, read one at a time."""
    return (Asked(items[index], *asked[index]) for index in sorted(asked))


def _asked(
    sources: Mapping[str, Sequence[Item]],
    wanted: Mapping[str, Iterable[int]],
    featured: Featured,
    held: Collection[tuple[str, int]],
) -> dict[str, dict[int, tuple[frozenset[str], int]]]:
    """The sources and the number of copies that are wanted of each clip, by data and index.

    Of a clip that is put together, its parts are asked for.
    """
    asked: dict[str, dict[int, tuple[frozenset[str], int]]] = {}
    whose = {name: matched.part_of(one) for name, one in sources_of(featured.system).items()}
    every = frozenset(whose)
    for name, indices in wanted.items():
        for index in indices:
            places = [(name, index, every)]
            if name in featured.composed:
                places = [
                    (one.data, one.number, frozenset(n for n, of in whose.items() if of == part))
                    for part, one in sources[name][index].parts.items()
                    if part in whose.values()
                ]
            for data, number, names in places:
                copies = 0 if (name, index) in held else featured.copies[data]
                before, most = asked.setdefault(data, {}).get(number, (frozenset(), 0))
                asked[data][number] = (names | before, max(copies, most))
    return asked


def lacking(
    sources: Mapping[str, Sequence[Item]],
    wanted: Mapping[str, Sequence[int]],
    featured: Featured,
) -> list[str]:
    """What given features lack of the wanted clips, in sentences for people.

    Raises:
        ConfigError: a folder has no file of any clip.
    """
    notes = []
    for data, own in featured.given.items():
        indices = wanted.get(data, ())
        absent = Counter(name for index in indices for name in own.lacks(sources[data][index]))
        for name, count in absent.items():
            if count == len(indices):
                first = own.folder / name / f"{sources[data][indices[0]].id}.npy"
                raise ConfigError(
                    f"data.{data}.features has no {name} of any clip; of the first, {first} is "
                    f"looked for. Name the files so, or remove {first.parent} where there are none."
                )
            notes.append(f"{count:,} of {len(indices):,} clips of data.{data} have no {name}.")
    return notes


def _owners(
    system: System, source: str, item: Item
) -> Iterator[tuple[tuple[str, Item] | Missing, list[str]]]:
    """Whose clip the sources of a system are shown: a part's, where it is put together of some."""
    sources = sources_of(system)
    if not item.parts:
        yield (source, item), [*sources]
        return
    for part in dict.fromkeys(map(matched.part_of, sources.values())):
        names = [name for name, one in sources.items() if matched.part_of(one) == part]
        own = item.parts.get(part)
        absent = Missing(f"no {part} is among its parts")
        yield absent if own is None else (own.data, own.item), names


def _detector(data: Data) -> str | None:
    """What finds faces in the pictures of some data, which may be cut out already."""
    return detector_for(data.options.get("corpus", data.format))


def has_media(item: Item) -> bool:
    """Whether its file is there."""
    return not isinstance(item.media, Missing) and item.media.is_file()


def _folder(root: Path, name: str, data: Data) -> Path:
    """Data of one name in two recipes are two, where the features of both are kept in one place."""
    where = sha256_of_text(f"{Path(data.path).resolve()} {sorted(data.options.items())}")
    return root / f"{name}-{where[:8]}"


def _joined(system: System, found: Mapping[str, Features | Missing]) -> Found:
    """Streams of their sources; a stream that lacks one is missing."""
    names = iter(sources_of(system))
    joined: Found = {}
    for stream in system.streams:
        own = [found[next(names)] for _ in stream.sources]
        reason = next((one for one in own if isinstance(one, Missing)), None)
        joined[stream.name] = reason or [one for one in own if isinstance(one, Features)]
    return joined

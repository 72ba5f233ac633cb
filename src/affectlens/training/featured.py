"""`Featured`: the features of items, given, kept or made anew; cheap to send to other processes."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from affectlens.encoders.encoder import Source
from affectlens.encoders.features import Features
from affectlens.foundation.device import Place
from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.hashing import sha256_of_text
from affectlens.foundation.missing import Missing
from affectlens.foundation.progress import Progress, silent
from affectlens.media.opening import open_clip
from affectlens.model.declaration import System
from affectlens.training import kept_features, whole
from affectlens.training.beginning import place_of
from affectlens.training.encoding import Encoded, Kinds, encode_all
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
    kinds: Mapping[str, str]  # of what is kept, by the name of the source

    def features_of(self, source: str, item: Item) -> Found:
        """Every stream of a clip of some data, or why it is missing.

        Raises:
            InputError: the clip or its features cannot be read; the clip is named.
        """
        own = self.given.get(source)
        have = () if own is None else own.widths
        try:
            found = {} if own is None else {name: own.read(name, item) for name in own.widths}
            rest = {n: one for n, one in sources_of(self.system).items() if n not in have}
            found |= self._encoded(source, item, rest)
        except InputError as error:
            raise InputError(f"{item.id}: {error}") from error
        return _joined(self.system, found)

    def has(self, source: str, item: Item) -> bool:
        """Whether there is anything that streams of a clip could come from."""
        own = self.given.get(source)
        return has_media(item) or (own is not None and own.has(item))

    def _encoded(
        self, source: str, item: Item, sources: Mapping[str, Source]
    ) -> Mapping[str, Features | Missing]:
        """What is not given."""
        if not sources:
            return {}
        if isinstance(item.media, Missing):
            return dict.fromkeys(sources, item.media)
        if self.how == "live":
            return whole.shown(open_clip(item.media), sources, self.place)
        found = {}
        for name in sources:
            path = kept_features.file_of(self.folders[source], self.kinds[name], item.id)
            one = kept_features.read(path)
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
    lacking = [
        name
        for name in sources
        if recipe.encoding.how == "kept"
        and any(data not in own or name not in own[data].widths for data in recipe.data)
    ]
    root = Path(recipe.encoding.folder) if recipe.encoding.folder else folder
    settings = whole.without_words()
    kinds = {name: kept_features.kind(sources[name], place, settings) for name in lacking}
    return Featured(
        system=system,
        how=recipe.encoding.how,
        place=place,
        given=own,
        folders={name: _folder(root, name, data) for name, data in recipe.data.items()},
        kinds=kinds,
    )


def make(
    sources: Mapping[str, Sequence[Item]],
    wanted: Mapping[str, Iterable[int]],
    featured: Featured,
    *,
    workers: int = 1,
    progress: Progress = silent,
) -> Encoded:
    """Make what is kept and not there yet, of the wanted clips by their indices.

    Raises:
        UnavailableError: weights of an encoder are not to be had.
        LimitError: the disk is full; what was made stays.
    """
    kinds = {}
    for name in wanted if featured.how == "kept" else ():
        own = featured.given.get(name)
        have = () if own is None else own.widths
        lacking = {n: one for n, one in sources_of(featured.system).items() if n not in have}
        if lacking:
            kinds[name] = Kinds(
                folder=featured.folders[name],
                kinds={n: featured.kinds[n] for n in lacking},
                sources=lacking,
                place=featured.place,
            )
    return encode_all(sources, wanted, kinds, workers=workers, progress=progress)


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

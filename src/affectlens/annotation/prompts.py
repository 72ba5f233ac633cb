"""`Prompts`: what models are asked, as data; see `prompts/merr.toml` for how a file is made."""

import difflib
import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Literal, get_args

from affectlens.annotation.describer import TASKS, Task
from affectlens.annotation.draft import Draft
from affectlens.annotation.fields import FIELDS, fields
from affectlens.annotation.steps import showing
from affectlens.annotation.template import Template, template
from affectlens.foundation.chat import Message, Picture, Sound
from affectlens.foundation.errors import ConfigError
from affectlens.foundation.hashing import sha256_of_text
from affectlens.foundation.missing import Missing

Medium = Literal["picture", "sound"]
_SHOW = {"picture": showing.picture, "sound": showing.sound}
_KEYS = ("system", "user", "media")


@dataclass(frozen=True, slots=True)
class Prompt:
    """What is asked for one task."""

    system: str
    user: Template
    media: tuple[Medium, ...]


@dataclass(frozen=True, slots=True)
class Prompts:
    """Prompts of one source, and the tones of voice that they let a model choose from."""

    source: str
    options: tuple[str, ...]
    tasks: Mapping[Task, Prompt]
    sha256: str  # of the content; comments and blanks between entries do not count

    def text(self, task: Task, draft: Draft, faults: Sequence[str] = ()) -> str:
        """What the user's turn says; nothing is opened for it."""
        return self.tasks[task].user.fill(fields(draft, self.options, faults))

    def fill(
        self, task: Task, draft: Draft, faults: Sequence[str] = ()
    ) -> tuple[Message, ...] | Missing:
        """The messages, with the pictures and sounds that there are.

        Missing where what is to be described cannot be shown: the picture of face and objective,
        the sound of tone.

        Raises:
            InputError: the file's pictures cannot be decoded.
        """
        asked = self.tasks[task]
        shown: list[Picture | Sound] = []
        for medium in asked.media:
            found = _SHOW[medium](draft)
            if not isinstance(found, Missing):
                shown.append(found)
            elif task in ("face", "objective", "tone"):
                return found
        said = self.text(task, draft, faults)
        system = (Message("system", asked.system),) if asked.system else ()
        return (*system, Message("user", (*shown, said) if shown else said))


def prompts(name: str) -> Prompts:
    """The prompts of a shipped file's name, or of the path of a TOML file of one's own.

    Raises:
        ConfigError: there is no such file, or something in it is not as `merr.toml` tells.
    """
    if name.endswith(".toml"):
        try:
            return _read(Path(name).read_text("utf-8"), name)
        except OSError as error:
            raise ConfigError(f"The prompts {name} cannot be read: {error.strerror}.") from error
        except UnicodeDecodeError as error:
            raise ConfigError(f"The prompts {name} are no text: {error}.") from error
    folder = resources.files("affectlens.annotation").joinpath("prompts")
    known = sorted(file.name.removesuffix(".toml") for file in folder.iterdir())
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise ConfigError(
            f"There are no prompts {name!r}.{hint} There are: {', '.join(known)}; or give the path "
            "of a .toml file of your own."
        )
    return _read(folder.joinpath(f"{name}.toml").read_text("utf-8"), f"{name}.toml")


@cache
def _read(text: str, where: str) -> Prompts:
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"The prompts {where} are not TOML: {error}.") from error
    _refuse_unknown(data, ("source", "options", *TASKS), where)
    for task in TASKS:
        if not isinstance(data.get(task), dict):
            raise ConfigError(f"{where} has no [{task}]; copy that of the shipped merr.toml.")
    options = _texts(data.get("options", []), f"{where}: options")
    return Prompts(
        source=str(data.get("source", where)),
        options=options,
        tasks={task: _prompt(data[task], f"{where}: {task}", options) for task in TASKS},
        sha256=sha256_of_text(json.dumps(data, sort_keys=True, default=str)),
    )


def _prompt(data: Mapping[str, Any], where: str, options: Sequence[str]) -> Prompt:
    _refuse_unknown(data, _KEYS, where)
    system = data.get("system", "")
    if not isinstance(system, str):
        raise ConfigError(f"{where}.system is a text, got {system!r}.")
    known = FIELDS if options else tuple(field for field in FIELDS if field != "options")
    media: list[Medium] = []
    for found in _texts(data.get("media", []), f"{where}.media"):
        medium = next((one for one in get_args(Medium) if one == found), None)
        if medium is None:
            raise ConfigError(f"{where}.media has picture and sound, got {found!r}.")
        media.append(medium)
    return Prompt(system, template(data.get("user"), known, f"{where}.user"), tuple(media))


def _texts(value: object, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise ConfigError(f"{where} is a list of texts, got {value!r}.")
    return tuple(value)


def _refuse_unknown(data: Mapping[str, Any], known: Sequence[str], where: str) -> None:
    for key in data:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise ConfigError(f"{where} has no {key!r}.{hint} It has: {', '.join(known)}.")

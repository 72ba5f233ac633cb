"""`affectlens annotate`: what it says before anything is looked at, and when it is stopped."""

from pathlib import Path

import pytest

from affectlens.cli import _annotate, app


@pytest.mark.parametrize("name", ["clips.csv", "clips.TSV", "clips.xlsx"])
def test_a_manifest_that_is_given_as_a_clip_is_told_how_it_is_read(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / name
    file.write_text("id,path\na,a.wav\n")
    assert app.run(["annotate", str(file), "-o", str(tmp_path / "out"), "--offline"]) == 2
    assert "--corpus manifest" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("code", "told"), [(130, True), (143, True), (141, False)])
def test_who_stops_it_is_told_that_nothing_is_lost(
    code: int, told: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop, _annotate.resumable():
        raise SystemExit(code)
    assert stop.value.code == code
    assert ("The same command goes on" in capsys.readouterr().err) is told

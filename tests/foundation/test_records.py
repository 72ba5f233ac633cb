"""The ledger outlives kills and torn lines; files are written whole or not at all."""

import multiprocessing
import os
import subprocess
import sys
from pathlib import Path

import pytest

from affectlens.foundation import locks
from affectlens.foundation.errors import InputError
from affectlens.foundation.records import Ledger, write_atomically


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "runs" / "out.jsonl", "test/1")


def _append_many(path: Path, who: int) -> None:
    for number in range(50):
        Ledger(path, "test/1").append({"who": who, "number": number, "text": "x" * 5000})


def test_records_come_back_in_order_with_their_schema(ledger: Ledger) -> None:
    ledger.append({"a": 1, "words": "schön\n再见\u2028"})
    ledger.append({"a": 2})
    assert list(ledger.read()) == [
        {"schema": "test/1", "a": 1, "words": "schön\n再见\u2028"},
        {"schema": "test/1", "a": 2},
    ]


def test_a_ledger_that_is_not_there_has_no_records(ledger: Ledger) -> None:
    assert list(ledger.read()) == []


@pytest.mark.parametrize(
    "torn", ['{"schema": "te', "\x00" * 200_000, '{"schema": "test/1", "a": 9}']
)
def test_a_torn_last_line_is_passed_over_and_cut_off_by_the_next_append(
    ledger: Ledger, torn: str
) -> None:
    ledger.append({"a": 1})
    with ledger.path.open("a") as file:
        file.write(torn)
    assert [record["a"] for record in ledger.read()] == [1]
    ledger.append({"a": 2})
    assert [record["a"] for record in ledger.read()] == [1, 2]
    assert len(ledger.path.read_bytes().splitlines()) == 2


def test_a_file_that_is_one_torn_line_starts_again(ledger: Ledger) -> None:
    ledger.path.parent.mkdir()
    ledger.path.write_text('{"a"')
    ledger.append({"a": 1})
    assert [record["a"] for record in ledger.read()] == [1]


@pytest.mark.parametrize("line", [b"{oops\n", b"\xff\xfe\n", b"[1]\n", b'{"schema": "other/2"}\n'])
def test_a_bad_line_in_the_middle_is_an_error_with_its_number(ledger: Ledger, line: bytes) -> None:
    ledger.append({"a": 1})
    with ledger.path.open("ab") as file:
        file.write(line)
    ledger.append({"a": 2})
    with pytest.raises(InputError, match="line 2"):
        list(ledger.read())


def test_what_json_cannot_hold_is_refused_and_leaves_no_line(ledger: Ledger) -> None:
    ledger.append({"a": 1})
    with pytest.raises(ValueError, match="JSON compliant"):
        ledger.append({"a": float("nan")})
    with pytest.raises(ValueError, match="other/1"):
        ledger.append({"schema": "other/1"})
    assert len(list(ledger.read())) == 1


def test_several_processes_append_without_mixing_lines(ledger: Ledger) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_append_many, args=(ledger.path, who)) for who in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    seen = [(record["who"], record["number"]) for record in ledger.read()]
    assert sorted(seen) == [(who, number) for who in range(3) for number in range(50)]


def test_a_writer_waits_while_another_process_has_the_ledger(ledger: Ledger) -> None:
    ledger.append({"a": 1})
    before = ledger.path.read_bytes()
    code = (
        "import sys\nfrom pathlib import Path\n"
        "from affectlens.foundation.records import Ledger\n"
        "print('here', flush=True)\n"
        "Ledger(Path(sys.argv[1]), 'test/1').append({'a': 2})\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(ledger.path)], stdout=subprocess.PIPE
    ) as writer:
        assert writer.stdout is not None
        with locks.held(ledger.path):
            writer.stdout.readline()
            with pytest.raises(subprocess.TimeoutExpired):
                writer.wait(0.3)
            assert ledger.path.read_bytes() == before
        assert writer.wait() == 0
    assert [record["a"] for record in ledger.read()] == [1, 2]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_writer_killed_killed_at_any_moment_loses_no_finished_record(ledger: Ledger) -> None:
    code = (
        "import sys\nfrom pathlib import Path\n"
        "from affectlens.foundation.records import Ledger\n"
        "for number in range(100_000):\n"
        "    Ledger(Path(sys.argv[1]), 'test/1').append({'number': number, 'text': 'x' * 3000})\n"
        "    print(number, flush=True)\n"
    )
    told = -1
    for _ in range(3):
        with subprocess.Popen(
            [sys.executable, "-c", code, str(ledger.path)], stdout=subprocess.PIPE, text=True
        ) as writer:
            assert writer.stdout is not None
            for _ in range(20):
                told = int(writer.stdout.readline())
            writer.kill()
        assert told in [record["number"] for record in ledger.read()]
    ledger.append({"number": -1})
    assert [record["number"] for record in ledger.read()][-1] == -1


def test_a_file_is_replaced_whole_and_no_draft_stays(tmp_path: Path) -> None:
    path = tmp_path / "new" / "report.html"
    write_atomically(path, "eins\n")
    write_atomically(path, b"zwei\n")
    assert path.read_bytes() == b"zwei\n"
    assert [entry.name for entry in path.parent.iterdir()] == ["report.html"]


def test_a_write_that_fails_keeps_the_old_file_and_leaves_no_draft(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "report.html"
    write_atomically(path, "old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_atomically(path, "new")
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["report.html"]

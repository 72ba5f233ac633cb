"""Pickles that are damaged or mean harm: each is refused, and nothing that they say is run."""

import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.corpora.made_arrays import LABELS, ODD, object_file, of_bytes

from affectlens.corpora import pickled, plain_values
from affectlens.foundation.errors import AffectlensError, InputError, LimitError

FIXTURES = [HealthCheck.function_scoped_fixture]  # the same folder for all examples is fine
CALLS = (
    b"cnumpy\ndtype\n",
    b"c_codecs\nencode\n",
    b"cbuiltins\nset\n",
    *(b"cnumpy.core.multiarray\n%s\n" % name for name in (b"scalar", b"_reconstruct")),
)
PARTS = [bytes([code]) for code in range(256)] + [
    *CALLS, b"X\x01\0\0\0a", b"\x8c\x01a", b"K\x01", b"q\0", b"h\0"
]  # fmt: skip


class Told:
    """Reduces to whatever a test says."""

    def __init__(self, *reduced: Any) -> None:
        self.reduced = reduced

    def __reduce__(self) -> Any:
        return self.reduced


def touch(path: str) -> None:
    """What no file may make us do."""
    Path(path).touch()


GLOBALS = {
    b"cos\nsystem\n(S'touch RUN'\ntR.": "os.system",
    b'cbuiltins\neval\n(S\'open("RUN", "w")\'\ntR.': "builtins.eval",
    b"cbuiltins\ngetattr\n(cnumpy\nndarray\nS'tofile'\ntR.": "builtins.getattr",
    b"cnumpy\nload\n(S'x.npy'\ntR.": "numpy.load",
    b"cnumpy.core.multiarray\nfromfile\n(S'x'\ntR.": "numpy.core.multiarray.fromfile",
    b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x04true\x85R.": "os.system",
    b"\x80\x04\x8c\x0anumpy.core\x8c\x17multiarray._reconstruct\x93.": "multiarray._reconstruct",
    b"(S'touch RUN'\nios\nsystem\n.": "INST",
    b"(cnumpy\nndarray\nS'x'\no.": "OBJ",
    b"\x80\x02cnumpy\nndarray\n)\x81.": "NEWOBJ",
    b"Pid\n.": "PERSID",
    b"\x80\x02K\x01Q.": "BINPERSID",
    b"\x80\x02\x82\x01.": "EXT1",
    b"\x80\x05\x97.": "NEXT_BUFFER",
    b"cnumpy\nndarray\n((K\x05ttR.": "made by hand",
    b"cnumpy\ndtype\n(S'V8'\ntR.": "V8",
    b"cnumpy\ndtype\n(S'M8[s]'\ntR.": "M8",
    b"c_codecs\nencode\n(S'x'\nS'rot13'\ntR.": "rot13",
    b"}S'a'\nb.": "a change of a dict",
    b"(lp0\n(S'x'\ntR.": "a call of a list",
}


@pytest.mark.parametrize("payload", GLOBALS, ids=range(len(GLOBALS)))
def test_whatever_else_a_pickle_names_is_refused_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, payload: bytes
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError) as caught:
        of_bytes(tmp_path, object_file(payload))
    assert GLOBALS[payload] in str(caught.value)
    assert "a.npy" in str(caught.value)
    assert not (tmp_path / "RUN").exists()


def test_a_function_of_our_own_is_not_called_either(tmp_path: Path) -> None:
    target = tmp_path / "touched"
    raw = pickle.dumps([1, Told(touch, (str(target),))])
    with pytest.raises(InputError, match="touch"):
        of_bytes(tmp_path, object_file(raw))
    assert not target.exists()


def test_what_names_a_module_does_not_import_it(tmp_path: Path) -> None:
    (tmp_path / "never_imported_by_us.py").write_text("raise SystemExit")
    sys.path.insert(0, str(tmp_path))
    try:
        with pytest.raises(InputError, match="never_imported_by_us"):
            pickled.decode(b"cnever_imported_by_us\nx\n.", "it")
    finally:
        sys.path.remove(str(tmp_path))
    assert "never_imported_by_us" not in sys.modules


def billion_laughs() -> bytes:
    """Thirty lists, each of ten times the list before."""
    inner: list[Any] = ["ha"]
    for _ in range(30):
        inner = [inner] * 10
    return pickle.dumps(inner)


def nest(depth: int, inner: Any) -> Any:
    """Something in lists in lists."""
    for _ in range(depth):
        inner = [inner]
    return inner


BOMBS: dict[str, tuple[Callable[[], bytes], type[AffectlensError]]] = {
    "deep lists": (lambda: b"]" * 100_000 + b"a" * 99_999 + b".", LimitError),
    "deep tuples": (lambda: b")" + b"\x85" * 100_000 + b".", LimitError),
    "deep marks": (lambda: b"(" * 100_000 + b".", InputError),
    "deep keys": (lambda: b"})" + b"\x85" * 100_000 + b"Ns.", InputError),
    "doubled keys": (lambda: b"})q\0" + b"h\0h\0\x86q\0" * 60 + b"Ns.", InputError),
    "laughs": (billion_laughs, LimitError),
    "deep twice": (lambda: pickle.dumps([nest(40, 0), nest(40, nest(40, 0))]), LimitError),
    "deep by what is shared": (lambda: pickle.dumps([(a := nest(40, 0)), nest(40, a)]), LimitError),
    "a dtype of more": (lambda: pickle.dumps(np.zeros(1, [("a", "i4")])), InputError),
    "a dtype of dtypes": (
        lambda: b"cnumpy\ndtype\n(S'i4'\nI0\nI1\ntR(I3\nS'<'\n(lNNI-1\nI-1\nI0\ntb.", InputError,
    ),
    "many": (lambda: b"(" + b"N" * 6_000_000 + b"l.", LimitError),
    "encoded often": (
        lambda: b"(X\0\0\x10\0" + b"x" * 2**20 + b"q\0c_codecs\nencode\nq\1"
        + b"h\1h\0\x85R" * 1000 + b"l.", LimitError,
    ),
    "itself": (lambda: b"]q\0h\0a.", InputError),
    "itself in a tuple": (lambda: b"]q\0h\0\x85a.", InputError),
    "its array": (
        lambda: pickle.dumps(_inside_itself()), InputError,
    ),
    "a long number": (lambda: b"\x8b\0\0\x10\0" + b"\x7f" * 2**20 + b".", InputError),
    "long digits": (lambda: b"I" + b"9" * 100_000 + b"\n.", InputError),
    "a far memo": (lambda: b"Nr\xff\xff\xff\xffj\xff\xff\xff\xff0.", InputError),
    "unfinished": (
        lambda: CALLS[-1] + b"(cnumpy\nndarray\n(I0\ntS'b'\ntR.", InputError,
    ),
    "a huge shape": (
        lambda: pickle.dumps(np.array(["a"]), 2).replace(b"K\1\x85", b"J\xff\xff\xff\x7f\x85"),
        InputError,
    ),
    "more after it": (lambda: b"N.N.", InputError),
}  # fmt: skip


def _inside_itself() -> Any:
    array = np.empty(1, dtype=object)
    array[0] = array
    return array


@pytest.mark.parametrize("name", BOMBS)
def test_what_would_grow_or_hang_is_refused(name: str) -> None:
    make, error = BOMBS[name]
    with pytest.raises(error, match=r"^it "):
        pickled.decode(make(), "it")


def test_laughs_that_are_few_are_no_bomb() -> None:
    value = [["ha"] * 3] * 3
    assert pickled.decode(pickle.dumps(value), "it") == value


GOOD = object_file(pickle.dumps(np.array([LABELS, ODD["floats"], "x"], dtype=object), 4), (3,))


@settings(max_examples=300, deadline=None, suppress_health_check=FIXTURES)
@given(st.integers(0, len(GOOD) - 1), st.integers(1, 255))
def test_a_flipped_byte_gives_plain_data_or_a_clear_error(
    tmp_path: Path, place: int, flip: int
) -> None:
    raw = bytearray(GOOD)
    raw[place] ^= flip
    try:
        found = of_bytes(tmp_path, bytes(raw))
    except (InputError, LimitError) as error:
        assert "a.npy" in str(error)  # noqa: PT017
    else:
        plain_values.check(found, "it")


@settings(max_examples=60, deadline=None, suppress_health_check=FIXTURES)
@given(st.integers(0, len(GOOD) - 1))
def test_a_file_that_was_cut_is_refused(tmp_path: Path, length: int) -> None:
    with pytest.raises(InputError, match=r"a\.npy"):
        of_bytes(tmp_path, GOOD[:length])


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_are_a_pickle_of_plain_data_or_refused(raw: bytes) -> None:
    check_decoded(raw)


def check_decoded(raw: bytes) -> None:
    """Either plain data, or an error for people."""
    try:
        found = pickled.decode(raw, "it")
    except (InputError, LimitError):
        return
    plain_values.check(found, "it")


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PARTS), max_size=30))
def test_any_instructions_give_plain_data_or_are_refused(parts: list[bytes]) -> None:
    check_decoded(b"".join(parts) + b".")

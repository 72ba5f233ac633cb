"""Plain data out of a pickle without unpickling: nothing that it names is imported or called.

Label files of the field are pickled dicts in numpy files. Their opcodes are walked here by a stack
machine that knows plain values, containers and numpy's arrays; it refuses whatever else is named.
"""

import io
import math
import pickletools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NoReturn, TypeVar

import numpy as np

from affectlens.corpora.plain_values import (
    check,
    check_dtype,
    check_shape,
    keys,
    numbers,
    plain_dtype,
)
from affectlens.foundation.errors import InputError, LimitError

_MOST_STEPS = 5_000_000  # opcodes and copied things; label files take some hundred thousand
_BYTES_A_STEP = 64
# What damaged bytes lead to; a warning is one where warnings are errors, of an odd escape in text.
_DAMAGES = (ValueError, TypeError, LookupError, OverflowError, DeprecationWarning)


def decode(payload: bytes, place: str) -> Any:
    """The plain data that a pickle holds; `place` says in errors where it was found.

    That is None, bool, int, float, str, bytes, list, tuple, dict, set, and numpy's arrays and
    scalars of these. Numbers in arrays cannot be written to.

    Raises:
        InputError: it is damaged, or names anything else; tells what.
        LimitError: it is larger or deeper than any file of labels.
    """
    machine = _Machine(place)
    stream = io.BytesIO(payload)
    try:
        for opcode, argument, _ in pickletools.genops(stream):
            machine.step(opcode.name, argument)
        found = machine.result()
        check(found, place)
    except _DAMAGES as error:
        raise InputError(f"{place} is damaged: {error}.") from None
    if stream.tell() != len(payload):
        raise InputError(f"{place} is damaged: there are bytes after its end.")
    return found


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Maker:
    """What a known global stands for: a function of ours, never the thing itself."""

    make: Callable[..., Any]


@dataclass(slots=True, eq=False)
class _Draft:
    """An array or dtype before its state is known; the result has none."""

    finish: Callable[..., Any]
    memo_keys: list[int] = field(default_factory=list)


class _Machine:
    """The stack, the marks and the memo of a pickle that is being read."""

    def __init__(self, place: str) -> None:
        self.place = place
        self.stack: list[Any] = []
        self.below: list[list[Any]] = []  # stacks under the marks
        self.memo: dict[int, Any] = {}
        self.left = _MOST_STEPS
        self.makers = {
            ("numpy", "ndarray"): _Maker(self._never),
            ("numpy", "dtype"): _Maker(self._dtype),
            ("_codecs", "encode"): _Maker(self._encode),
        }
        for module in ("numpy.core", "numpy._core"):
            self.makers[f"{module}.multiarray", "_reconstruct"] = _Maker(self._blank)
            self.makers[f"{module}.multiarray", "scalar"] = _Maker(self._scalar)
            self.makers[f"{module}.numeric", "_frombuffer"] = _Maker(self._buffer)
        for module in ("builtins", "__builtin__"):
            self.makers[module, "set"] = _Maker(self._set)
            self.makers[module, "frozenset"] = _Maker(lambda items=(): frozenset(self._set(items)))
            self.makers[module, "bytes"] = _Maker(lambda: b"")

    def step(self, name: str, argument: Any) -> None:
        """Do what one opcode says."""
        self.spend(1)
        if name in _PUSHED:
            self.stack.append(argument)
        elif name in _STEPS:
            _STEPS[name](self, argument)
        elif name not in ("PROTO", "FRAME", "STOP"):
            said = "" if argument is None else f" {argument!r:.80}"
            self.refuse(f"the instruction {name}{said}")

    def result(self) -> Any:
        """The one thing that is left."""
        if self.below or len(self.stack) != 1:
            raise ValueError("it does not end in one value")
        return self.stack[0]

    def spend(self, steps: int) -> None:
        """Count work, and copies as the work that they are."""
        self.left -= steps
        if self.left < 0:
            raise LimitError(f"{self.place} has more than {_MOST_STEPS:,} parts; it was not read.")

    def refuse(self, what: str) -> NoReturn:
        """Say what there is beside plain data."""
        raise InputError(f"{self.place} asks for {what}, which is no plain data; it was not read.")

    def push(self, value: Any) -> None:
        """Put a value on the stack that is there when the value is: a mark may have gone."""
        self.stack.append(value)

    def marked(self) -> list[Any]:
        """What lies on the last mark, which goes away."""
        items, self.stack = self.stack, self.below.pop()
        return items

    def mark(self, _: Any) -> None:
        """Begin a row of items."""
        self.below.append(self.stack)
        self.stack = []

    def known(self, module: object, name: object) -> None:
        """A global: one of ours, or the end."""
        if type(module) is not str or type(name) is not str:
            raise TypeError("a global has no name")
        maker = self.makers.get((module, name))
        if maker is None:
            self.refuse(repr(f"{module}.{name}"[:120]))
        self.stack.append(maker)

    def put(self, key: int) -> None:
        """Remember the top."""
        top = self.stack[-1]
        if isinstance(top, _Draft):
            top.memo_keys.append(key)
        self.memo[key] = top

    def top(self, kind: type[T]) -> T:
        """What lies on top, which is of a kind."""
        top = self.stack[-1]
        if type(top) is not kind:
            raise TypeError(f"a {type(top).__name__} is no {kind.__name__}")
        return top

    def extend(self, items: list[Any]) -> None:
        """Put items at the end of the list on top."""
        self.top(list).extend(items)

    def fill(self, items: list[Any]) -> None:
        """Put keys and values by turns into the dict on top."""
        self.top(dict).update(_dict(items))

    def add(self, items: list[Any]) -> None:
        """Put items into the set on top."""
        self.top(set).update(keys(items))

    def take(self, count: int) -> None:
        """Make a tuple of the last items."""
        items = tuple(self.stack.pop() for _ in range(count))
        self.stack.append(items[::-1])

    def call(self, _: Any) -> None:
        """Make what a known global and its arguments mean."""
        arguments, maker = self.stack.pop(), self.stack.pop()
        if not isinstance(maker, _Maker) or type(arguments) is not tuple:
            self.refuse(f"a call of a {type(maker).__name__}")
        self.stack.append(maker.make(*arguments))

    def build(self, _: Any) -> None:
        """Give a draft its state; the thing takes the draft's place, in the memo too."""
        state, draft = self.stack.pop(), self.stack.pop()
        if not isinstance(draft, _Draft) or type(state) is not tuple:
            self.refuse(f"a change of a {type(draft).__name__}")
        made = draft.finish(*state)
        for key in draft.memo_keys:
            if self.memo[key] is draft:
                self.memo[key] = made
        draft.memo_keys.clear()
        self.stack.append(made)

    def _never(self, *_: Any) -> NoReturn:
        self.refuse("an array made by hand")

    def _blank(self, kind: Any, *_: Any) -> _Draft:
        if kind is not self.makers["numpy", "ndarray"]:
            self.refuse("an array of a kind of its own")
        return _Draft(self._array)

    def _dtype(self, code: str, *_: Any) -> _Draft:
        plain = plain_dtype(code)

        def finish(_: Any, order: Any, *state: Any) -> np.dtype[Any]:
            if state[:3] != (None, None, None) or len(state) != 6:
                self.refuse("a structured dtype")
            if order not in ("<", ">", "|", "="):
                raise ValueError("a dtype has an odd byte order")
            return plain.newbyteorder(order)

        return _Draft(finish)

    def _array(self, _: int, shape: Any, dtype: Any, fortran: Any, data: Any) -> np.ndarray:
        return self._buffer(data, dtype, shape, "F" if fortran else "C")

    def _buffer(self, data: Any, dtype: Any, shape: Any, order: str) -> np.ndarray:
        check_dtype(dtype)
        sizes = check_shape(shape)
        if dtype.hasobject:
            return self._objects(data, sizes)
        raw = self._encode(data) if isinstance(data, str) else data
        if dtype.itemsize == 0:
            self.spend(math.prod(sizes))
        return numbers(raw, dtype, sizes, fortran=order == "F")

    def _objects(self, data: Any, shape: tuple[int, ...]) -> np.ndarray:
        if type(data) is not list or len(data) != math.prod(shape):
            raise ValueError("an array has another number of items than its shape")
        self.spend(len(data))
        flat = np.empty(len(data), dtype=object)
        for i, item in enumerate(data):  # all at once, numpy would look into lists
            flat[i] = item
        return flat.reshape(shape)

    def _scalar(self, dtype: Any, data: Any) -> Any:
        check_dtype(dtype)
        if dtype.hasobject:
            self.refuse("a scalar of any kind")
        raw = self._encode(data) if isinstance(data, str) else data
        return numbers(raw, dtype, (1,), fortran=False)[0]

    def _encode(self, text: str, codec: str = "latin1") -> bytes:
        if type(text) is not str or type(codec) is not str:
            raise TypeError("what is to be encoded is no text")
        if codec not in ("latin1", "latin-1"):
            self.refuse(f"text in the code {codec!r:.40}")
        self.spend(len(text) // _BYTES_A_STEP)  # one text may be asked for many times
        return text.encode("latin-1")

    def _set(self, items: Any = ()) -> set[Any]:
        if type(items) not in (list, tuple):
            raise TypeError("a set is made of a list")
        self.spend(len(items))
        return set(keys(items))


def _dict(items: list[Any]) -> dict[Any, Any]:
    return dict(zip(keys(items[::2]), items[1::2], strict=True))


_PUSHED = frozenset((
    "INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT",
    "STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE", "SHORT_BINUNICODE", "BINUNICODE",
    "BINUNICODE8", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8",
))  # fmt: skip
_Step = Callable[[_Machine, Any], None]
_STEPS: dict[str, _Step] = {
    "NONE": lambda m, _: m.push(None),
    "NEWTRUE": lambda m, _: m.push(True),
    "NEWFALSE": lambda m, _: m.push(False),
    "BYTEARRAY8": lambda m, value: m.push(bytes(value)),
    "EMPTY_LIST": lambda m, _: m.push([]),
    "EMPTY_TUPLE": lambda m, _: m.push(()),
    "EMPTY_DICT": lambda m, _: m.push({}),
    "EMPTY_SET": lambda m, _: m.push(set()),
    "MARK": _Machine.mark,
    "LIST": lambda m, _: m.push(m.marked()),
    "TUPLE": lambda m, _: m.push(tuple(m.marked())),
    "TUPLE1": lambda m, _: m.take(1),
    "TUPLE2": lambda m, _: m.take(2),
    "TUPLE3": lambda m, _: m.take(3),
    "DICT": lambda m, _: m.push(_dict(m.marked())),
    "FROZENSET": lambda m, _: m.push(frozenset(keys(m.marked()))),
    "APPEND": lambda m, _: m.extend([m.stack.pop()]),
    "APPENDS": lambda m, _: m.extend(m.marked()),
    "SETITEM": lambda m, _: m.fill([m.stack.pop(-2), m.stack.pop()]),
    "SETITEMS": lambda m, _: m.fill(m.marked()),
    "ADDITEMS": lambda m, _: m.add(m.marked()),
    **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), lambda m, key: m.push(m.memo[key])),
    **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT"), _Machine.put),
    "MEMOIZE": lambda m, _: m.put(len(m.memo)),
    "GLOBAL": lambda m, name: m.known(*name.split(" ", 1)),
    "STACK_GLOBAL": lambda m, _: m.known(m.stack.pop(-2), m.stack.pop()),
    "REDUCE": _Machine.call,
    "BUILD": _Machine.build,
}

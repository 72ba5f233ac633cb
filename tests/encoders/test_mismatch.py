"""Differences of tensors are told by kind, counted, and named up to a dozen."""

from affectlens.encoders.mismatch import compared


def test_what_fits_is_not_told() -> None:
    assert compared({"a": (2, 3)}, {"a": [2, 3]}) == ""


def test_each_kind_is_counted_and_named() -> None:
    wanted = {"a": (1,), "b": (2,), "c": (3,)}
    found = {"c": (3, 1), "d": (4,), "e.x": (5,)}
    assert compared(wanted, found) == (
        "2 missing: a, b; 2 left over: d, e.x; 1 of another shape: c [3, 1] instead of [3]"
    )


def test_spare_names_may_be_left_over_but_nothing_else_is_excused() -> None:
    assert compared({}, {"head.x": (1,)}, spare=r"head\.") == ""
    assert compared({}, {"my.head.x": (1,)}, spare=r"head\.") == "1 left over: my.head.x"
    assert compared({"head.x": (1,)}, {}, spare=r"head\.") == "1 missing: head.x"


def test_of_very_many_the_first_are_named() -> None:
    told = compared({f"layer.{n:03}": (1,) for n in range(500)}, {})
    assert told.startswith("500 missing: layer.000, layer.001, ")
    assert told.endswith("layer.011 and 488 more")

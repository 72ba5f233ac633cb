"""Promises of what is told of an item: words and clues as an analysis tells them."""

from dataclasses import replace
from pathlib import Path

from tests.reasoning.scenes import percepts, smile, tone
from tests.training.toys import item, system

from affectlens.analyzer.scene import Scene, said
from affectlens.analyzer.settings import ModelSettings
from affectlens.clues.clue import Clue
from affectlens.clues.gather import gather
from affectlens.clues.listed import listed
from affectlens.emotions.spaces import DFEW7
from affectlens.foundation.missing import Missing
from affectlens.foundation.timeline import Span
from affectlens.media.clip import Clip
from affectlens.model.declaration import System
from affectlens.model.example import Turn
from affectlens.training.shown import example, words


def reader() -> System:
    """A system that reads clues."""
    layout = replace(system().training, first=("{seen}{heard}", "{clues}", "{question}"))
    return replace(system(), training=layout, generation=layout)


def test_what_is_said_is_said_as_in_an_analysis() -> None:
    seen = percepts(tones=[tone(0, 1, "<i>Oh</i> my! ", "surprise")])
    assert words("<i>Oh</i>  my! ") == "Oh my!"
    assert words("Oh my!") == said(percepts(tones=[tone(0, 1, "Oh my! ", "surprise")]), None, None)
    assert words(" ") is None
    assert words(Missing("nobody told")) is None
    assert said(seen, None, None)


def test_clues_are_told_to_who_reads_them() -> None:
    clues = gather(smile())
    own = item("x")
    own = replace(own, annotation=replace(own.annotation, clues=clues, person="P1"))
    assert example(own, (Turn(question="?"),), {}, system(), DFEW7).clues is None
    told = example(own, (Turn(question="?"),), {}, reader(), DFEW7).clues
    assert told == listed(clues, "P1", None)
    assert told is not None
    assert "lip corners pulled up" in told
    assert "wonderful news" not in told.split("words")[0], "what is said stands in the subtitle"


def test_an_analysis_tells_the_same_clues() -> None:
    nothing = Missing("there is nothing")
    clip = Clip("x.mp4", Path("x.mp4"), "0" * 64, 5.0, nothing, nothing, nothing)
    scene = Scene(clip, smile(), reader(), ModelSettings(device="cpu"))
    clues = gather(smile())
    own = item("x")
    own = replace(own, annotation=replace(own.annotation, clues=clues, person="P1"))
    used = scene.example("P1", None, (), clues=clues)
    assert used.clues
    assert used.clues == example(own, (), {}, reader(), DFEW7).clues


def test_an_example_is_named_by_its_clip_and_its_place() -> None:
    own = replace(item("x"), place="merr.json, entry 3")
    assert example(own, (), {}, system(), DFEW7).name == "x (merr.json, entry 3)"


def clue(number: int, person: str | None, strength: float = 0.5, kind: str = "AU12") -> Clue:
    """One that says its number."""
    span = Span(float(number), number + 0.5)
    return Clue(f"c{number}", "face", kind, person, span, f"sign {number}", strength, {})


def test_clues_are_listed_by_person_span_and_time() -> None:
    all_clues = [clue(0, "P1"), clue(1, "P2"), clue(2, None), clue(3, "P1", kind="quote")]
    assert listed(all_clues, "P1", None) == "0.0–0.5 s: sign 0. 2.0–2.5 s: sign 2."
    assert listed(all_clues, None, Span(0.9, 2.1)) == "1.0–1.5 s: sign 1. 2.0–2.5 s: sign 2."
    assert listed(all_clues, "P1", Span(7, 8)) is None


def test_of_very_many_clues_the_clearest_are_listed_in_order() -> None:
    many = [clue(n, "P1", strength=0.9 if n % 2 else 0.1) for n in range(64)]
    told = listed(many, "P1", None)
    assert told is not None
    numbers = [int(part.split(".")[0]) for part in told.split("sign ")[1:]]
    assert numbers == list(range(1, 64, 2))

"""The data card: whole, the same each time, and text of clips that stays text."""

import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from tests.annotation.formats.made_annotations import made

from affectlens.annotation.annotation import Annotation, Check
from affectlens.annotation.card.card import Facts, card
from affectlens.annotation.format import About
from affectlens.annotation.recipe import Output, Recipe, Units
from affectlens.annotation.review.decisions import Decision, seen
from affectlens.annotation.twins import Pair
from affectlens.foundation.hashing import policy_hash
from affectlens.foundation.missing import Missing

NASTY = "<script>alert('x')</script> | [a](javascript:b) `c` \n# d & *e* ]]> {f}"
NONE = Missing("none")


def _clip(name: str, label: str, **fields: Any) -> Annotation:
    source = {
        k: fields.pop(k) for k in ("speaker", "origin", "licence", "duration_s") if k in fields
    }
    check = Check(name="grounding", passed=True, score=0.8, detail="")
    one = made("clip", **{"split": "train", "checks": (check,), "score": 0.8, **fields})
    return replace(one, id=name, label=label, source=replace(one.source, **source))


def _set() -> tuple[list[Annotation], list[Annotation]]:
    kept = [
        _clip("a1", "happy", given="happy", read="happy", speaker="anna", duration_s=2.0),
        _clip("a2", "happy", given="happy", read="sad", speaker="anna", duration_s=3.0),
        _clip("b1", "sad", given="sad", read="sad", speaker="ben", split="dev", duration_s=4.0),
    ]
    rejected = [_clip("r1", "angry", rejected=("units: they speak against it", "length: short"))]
    return kept, rejected


def _card(
    root: Path,
    kept: list[Annotation],
    rejected: list[Annotation] | None = None,
    facts: Facts | None = None,
    **output: Any,
) -> tuple[str, str]:
    name, licence = output.pop("name", "made"), output.pop("said", "")
    about = About(root=root, name=name, recipe_sha256="ab12", licence=licence)
    recipe = Recipe(output=Output(**output))
    files = card(kept, rejected or [], about, recipe, facts or Facts())
    assert files == [root / "README.md", root / "card.html"]
    return files[0].read_text("utf-8"), files[1].read_text("utf-8")


def _header(readme: str) -> dict[str, Any]:
    yaml = pytest.importorskip("yaml", reason="needs PyYAML")
    found: dict[str, Any] = yaml.safe_load(readme.split("---\n")[1])
    return found


def test_it_tells_counts_balance_agreement_speakers_reasons_and_the_recipe(tmp_path: Path) -> None:
    kept, rejected = _set()
    readme, page = _card(tmp_path, kept, rejected, Facts(failed=2, notes=("A note.",)))
    for text in (readme, page):
        assert "3 of 6 clips are in the data set; 1 were rejected, 2 failed." in text
        assert "9.0 s in all" in text
        assert "67% have the same one; Cohen's kappa is 0.40" in text.replace("&#x27;", "'")
        assert "A note." in text
        assert "ab12" in text
    assert "| happy | 2 | 2 | 67% |" in readme
    assert "| angry | 1 | 0 | 0% |" in readme
    assert "| units | 1 |" in readme
    assert "| dev | 1 | 4.0 s | 1 | not told |" in readme
    assert "| grounding | 4 | 0 | 0 | 0.80 |" in readme
    assert "Only with people who agreed to it." in readme


def test_what_does_not_last_has_no_length(tmp_path: Path) -> None:
    still = [_clip("p", "sad", duration_s=0.0), _clip("w", "sad", duration_s=0.0)]
    readme, _ = _card(tmp_path, [_clip("a", "sad", duration_s=3.0), *still])
    assert "3.0 s in all; the shortest 3.0 s" in readme
    assert "0.0 s" not in readme


@pytest.mark.parametrize(
    ("which", "told"),
    [("none", "rejects none"), ("read", "the analysis read"), ("all", "labels of people, too")],
)
def test_the_recipe_tells_whom_action_units_reject(tmp_path: Path, which: Any, told: str) -> None:
    recipe = Recipe(units=Units(filter=which))
    card([_clip("a", "sad")], [], About(root=tmp_path), recipe, Facts())
    assert told in (tmp_path / "README.md").read_text("utf-8")


def test_the_header_is_what_the_hub_reads(tmp_path: Path) -> None:
    kept, _ = _set()
    kept = [replace(one, source=replace(one.source, licence="CC BY 4.0")) for one in kept]
    (tmp_path / "parquet" / "data").mkdir(parents=True)
    for name in ("dev-00000-of-00001-ab", "train-00000-of-00002-cd", "train-00001-of-00002-ef"):
        (tmp_path / "parquet" / "data" / f"{name}.parquet").touch()
    readme, _ = _card(tmp_path, kept, name='a "b": c', formats=("parquet",))
    header = _header(readme)
    assert header["pretty_name"] == 'a "b": c'
    assert header["license"] == "cc-by-4.0"
    assert header["language"] == ["en"]
    assert header["size_categories"] == ["n<1K"]
    assert "video-classification" in header["task_categories"]
    files = header["configs"][0]["data_files"]
    assert files == [
        {"split": "dev", "path": ["parquet/data/dev-00000-of-00001-ab.parquet"]},
        {
            "split": "train",
            "path": [
                "parquet/data/train-00000-of-00002-cd.parquet",
                "parquet/data/train-00001-of-00002-ef.parquet",
            ],
        },
    ]


def test_licences_that_differ_or_are_not_known_are_not_passed_off_as_one(tmp_path: Path) -> None:
    one, other = _clip("a", "sad", licence="MIT"), _clip("b", "sad", licence="CC0-1.0")
    assert _header(_card(tmp_path, [one, other])[0])["license"] == "other"
    readme, _ = _card(tmp_path, [_clip("a", "sad", licence="")])
    assert _header(readme)["license"] == "unknown"
    assert "Do not share them before you know." in readme


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}


def test_text_of_clips_is_nothing_but_text(tmp_path: Path) -> None:
    nasty = _clip(
        NASTY, NASTY, given=NASTY, read=NASTY, labels=(NASTY,), face=NASTY, fine=NASTY,
        tone=NASTY, subtitle=NASTY, split=NASTY, speaker=NASTY, origin=NASTY, licence=NASTY,
        checks=(Check(name=NASTY, passed=True, score=1.0, detail=NASTY),),
    )  # fmt: skip
    rejected = [replace(nasty, id="r", rejected=(NASTY,))]
    notes = Facts(notes=(NASTY,))
    readme, page = _card(tmp_path, [nasty], rejected, notes, name=NASTY, said=NASTY)
    plain = _Tags()
    plain.feed(_card(tmp_path, [_clip("a", "sad", labels=("x",))], [], Facts())[1])
    found = _Tags()
    found.feed(page)
    assert "script" not in found.tags
    assert not any(name.startswith("on") for name in found.attributes)
    assert "<script" not in page
    body = readme.split("---\n", 2)[2]
    assert "<script" not in body
    assert not re.search(r"(?<!\\)\[a(?<!\\)\]\(", body)
    rows = [line for line in body.splitlines() if line.startswith("|")]
    assert not any(line.startswith("# d") for line in body.splitlines())
    widths = {len(re.findall(r"(?<!\\)\|", row)) for row in rows}
    assert max(widths) <= 8


def test_the_page_needs_nothing_from_elsewhere_and_its_drawings_are_whole(tmp_path: Path) -> None:
    _, page = _card(tmp_path, *_set(), Facts(failed=1))
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert style is not None
    assert f"default-src 'none'; style-src '{policy_hash(style.group(1))}'" in page
    assert "http" not in page.replace("http-equiv", "")
    assert " style=" not in page
    drawings = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    titles = [ET.fromstring(one).get("aria-label") for one in drawings]  # noqa: S314 - our own
    for word in ("Durations", "Kept clips", "frequent", "left out", "Scores", "Confusion"):
        assert any(word in str(title) for title in titles), word
    assert any("action units" in str(title) for title in titles)
    assert "Clips of each split" in titles


def test_the_same_clips_give_the_same_card_and_no_path_of_the_machine(tmp_path: Path) -> None:
    first, second = _card(tmp_path / "a", *_set()), _card(tmp_path / "b", *_set())
    assert first == second
    assert str(tmp_path) not in "".join(first)


def test_leaks_and_near_duplicates_that_stay_are_warned_of(tmp_path: Path) -> None:
    kept = [_clip("a", "sad", speaker="anna"), _clip("b", "sad", speaker="anna", split="dev")]
    pair = Pair(first="a", second="b", kind="near", pictures=1.0, sound=NONE)
    readme, _ = _card(tmp_path, kept, [], Facts(twins=(pair,)))
    assert "Leak: dev and train share near-duplicates: a = b." in readme
    assert "Leak: dev and train share speakers: made/anna." in readme
    assert "for their labels differ: a = b." in readme


def test_reviewers_stand_in_it_once_there_are_some(tmp_path: Path) -> None:
    kept, _ = _set()
    assert "Nobody has reviewed it yet." in _card(tmp_path, kept)[0]
    decisions = [
        Decision(
            id=one.id, reviewer=name, action="accept", seen=seen(one), was=str(one.label),
            label=str(one.label), rating=4, time="2026-01-01T00:00:00Z",
        )
        for name in ("xenia", "yves")
        for one in kept
    ]  # fmt: skip
    readme, page = _card(tmp_path, kept, [], Facts(decisions=decisions))
    assert "Reviewers decided about 3 clips; 3 have labels of several." in readme
    assert "| reviewer 1 | 3 | 0 | 0 | 0 | 4.00 (3) | 1.00 |" in readme
    assert "| reviewer 1 and reviewer 2 | 3 | 1.00 |" in readme
    assert not re.search("xenia|yves", readme + page)  # names of accounts are not for everybody


def test_a_data_set_without_clips_or_of_bare_imports_has_a_card(tmp_path: Path) -> None:
    readme, page = _card(tmp_path, [], [], Facts(failed=1))
    assert "0 of 1 clips" in readme
    assert not re.search(r"\bnan\b", page)
    bare = made("words", label=NONE, labels=NONE, peak=NONE, fine=NONE, split=NONE)
    readme, _ = _card(tmp_path, [bare])
    assert "| no label | 1 | 1 | 100% |" in readme


def test_examples_are_the_best_of_each_label_before_the_second_best(tmp_path: Path) -> None:
    kept = [_clip(f"h{n}", "happy", score=n / 10) for n in range(6)]
    readme, _ = _card(tmp_path, [*kept, _clip("s", "sad", score=0.1)])
    assert re.findall(r"\*\*(\w+)\*\* —", readme) == ["h5", "s", "h4", "h3"]


def test_clips_are_read_once(tmp_path: Path) -> None:
    kept, rejected = _set()
    about = About(root=tmp_path)
    card(iter(kept), iter(rejected), about, Recipe(), Facts())
    assert json.dumps("3 of 4 clips")[1:-1] in (tmp_path / "README.md").read_text("utf-8")

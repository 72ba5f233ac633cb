"""ELAN and Praat files read back."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from itertools import pairwise
from urllib.parse import unquote

import pytest
from tests.reasoning.render.samples import SAMPLES, hostile, sound_only, still, two_people

from affectlens.reasoning.analysis import Analysis
from affectlens.reasoning.render import elan, textgrid

Row = tuple[int, int, str]
EVERY = pytest.mark.parametrize("make", SAMPLES.values(), ids=SAMPLES.keys())


def read_eaf(text: str) -> dict[str, list[Row]]:
    """Tiers by name, after checking what the schema's keys and order demand."""
    root = ET.fromstring(text)  # noqa: S314 -- our own text
    order = ["HEADER", "TIME_ORDER", "TIER", "LINGUISTIC_TYPE"]
    places = [order.index(child.tag) for child in root]
    assert places == sorted(places)
    assert {"AUTHOR", "DATE", "VERSION", "FORMAT"} <= set(root.attrib)
    times = {s.attrib["TIME_SLOT_ID"]: int(s.attrib["TIME_VALUE"]) for s in root.iter("TIME_SLOT")}
    assert list(times.values()) == sorted(times.values())
    types = {t.attrib["LINGUISTIC_TYPE_ID"] for t in root.iter("LINGUISTIC_TYPE")}
    ids = [a.attrib["ANNOTATION_ID"] for a in root.iter("ALIGNABLE_ANNOTATION")]
    assert len(ids) == len(set(ids))
    found: dict[str, list[Row]] = {}
    for tier in root.iter("TIER"):
        assert tier.attrib["LINGUISTIC_TYPE_REF"] in types
        assert tier.attrib["TIER_ID"] not in found
        found[tier.attrib["TIER_ID"]] = [
            (
                times[note.attrib["TIME_SLOT_REF1"]],
                times[note.attrib["TIME_SLOT_REF2"]],
                note.findtext("ANNOTATION_VALUE") or "",
            )
            for note in tier.iter("ALIGNABLE_ANNOTATION")
        ]
    return found


def read_textgrid(text: str) -> tuple[float, dict[str, list[tuple[float, float, str]]]]:
    """The end of the grid and its tiers by name; a point has one time twice."""
    assert text.startswith('File type = "ooTextFile"\nObject class = "TextGrid"\n\n')
    string = r'"((?:[^"]|"")*)"'
    end_s = float(re.findall(r"^xmax = (\S+)$", text, re.MULTILINE)[0])
    found = {}
    for block in re.split(r"^    item \[\d+\]:$", text, flags=re.MULTILINE)[1:]:
        name = re.search(rf"name = {string}", block)
        assert name
        number = r"(\d+(?:\.\d+)?)"
        intervals = re.findall(
            rf"intervals \[\d+\]:\s+xmin = {number}\s+xmax = {number}\s+text = {string}", block
        )
        points = re.findall(rf"points \[\d+\]:\s+number = ({number})\s+mark = {string}", block)
        size = re.search(r"(?:points|intervals): size = (\d+)", block)
        assert size
        assert int(size[1]) == len(intervals) + len(points)
        rows = [(float(a), float(b), t.replace('""', '"')) for a, b, t in intervals + points]
        found[name[1].replace('""', '"')] = rows
    assert int(re.findall(r"^size = (\d+)$", text, re.MULTILINE)[0]) == len(found)
    return end_s, found


@EVERY
def test_elan_annotations_have_a_length_and_do_not_overlap(make: Callable[[], Analysis]) -> None:
    for rows in read_eaf(elan.render(make())).values():
        assert rows
        assert all(start < end for start, end, _ in rows)
        assert all(one[1] <= other[0] for one, other in pairwise(rows))


def test_elan_has_tiers_per_person_for_label_words_peaks_and_clues() -> None:
    tiers = read_eaf(elan.render(two_people()))
    assert tiers["P1 label"] == [
        (0, 2000, "happy"), (2000, 4000, "unclear"), (4000, 6000, "surprise"),
    ]  # fmt: skip
    assert tiers["P1 confidence"][0] == (0, 2000, "0.82")
    assert tiers["P1 transcript"] == [(1000, 2400, "I got the job, I really got it!")]
    assert tiers["transcript"] == [(2200, 3000, "Well done.")]
    assert tiers["P1 AU12"] == [(400, 1900, "lip corners pulled up (AU12)")]
    assert tiers["scene shot.dark"][0][2] == "a dark, still shot"
    assert any("AU12 " in text for *_, text in tiers["P1 AU peaks"])


def test_elan_looks_for_the_clip_beside_the_document() -> None:
    root = ET.fromstring(elan.render(two_people()))  # noqa: S314 -- our own text
    media = root.find("HEADER/MEDIA_DESCRIPTOR")
    assert media is not None
    assert media.attrib["RELATIVE_MEDIA_URL"] == "./two%20people.mp4"
    assert media.attrib["MIME_TYPE"] == "video/mp4"


def test_elan_keeps_hostile_words_as_text() -> None:
    rows = read_eaf(elan.render(hostile()))["P1 transcript"]
    assert rows[0][2].startswith("<img src=x onerror=alert(1)> \"双引号\" & 'é' ]]> --> </script> ")
    root = ET.fromstring(elan.render(hostile()))  # noqa: S314 -- our own text
    media = root.find("HEADER/MEDIA_DESCRIPTOR")
    assert media is not None
    assert "onerror" not in unquote(media.attrib["MIME_TYPE"])


@EVERY
def test_textgrid_intervals_cover_the_clip_without_gaps(make: Callable[[], Analysis]) -> None:
    end_s, tiers = read_textgrid(textgrid.render(make()))
    assert tiers
    assert end_s >= make().input.duration_s
    assert end_s > 0
    for name, rows in tiers.items():
        if name.endswith("peaks"):
            times = [start for start, *_ in rows]
            assert times == sorted(set(times))
            assert all(0 <= time <= end_s for time in times)
            continue
        assert rows[0][0] == 0
        assert rows[-1][1] == end_s
        assert all(one[1] == other[0] for one, other in pairwise(rows))
        assert all(start < end for start, end, _ in rows)


def test_textgrid_has_labels_words_and_peaks() -> None:
    _, tiers = read_textgrid(textgrid.render(two_people()))
    assert [text for *_, text in tiers["P1 label"]] == ["happy", "unclear", "surprise"]
    assert [row for row in tiers["P1 transcript"] if row[2]] == [
        (1.0, 2.4, "I got the job, I really got it!")
    ]
    assert any("AU12 " in text for *_, text in tiers["P1 AU peaks"])


def test_textgrid_doubles_quotes() -> None:
    text = textgrid.render(two_people('she said "yes"'))
    assert '"she said ""yes"""' in text
    _, tiers = read_textgrid(text)
    assert 'she said "yes"' in [t for *_, t in tiers["P1 transcript"]]


def test_a_still_image_and_a_voice_alone_have_their_tiers() -> None:
    assert read_eaf(elan.render(still()))["P1 label"] == [(0, 40, "happy")]
    assert "V1 AU peaks" not in read_textgrid(textgrid.render(sound_only()))[1]

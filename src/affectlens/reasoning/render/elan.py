"""ELAN annotation document (EAF 3.0): labels, words, action unit peaks and clues as tiers."""

import mimetypes
import xml.etree.ElementTree as ET
from pathlib import PurePath
from urllib.parse import quote

from affectlens.reasoning.analysis import Analysis
from affectlens.reasoning.tiers import Tier, tiers

SUFFIX = ".eaf"
LONG = "ELAN annotation document: tiers per person for label, words, peaks and clues"

_SCHEMA = "http://www.mpi.nl/tools/elan/EAFv3.0.xsd"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
# The format demands a date; the same analysis shall give the same text on any day.
_DATE = "1970-01-01T00:00:00+00:00"
_NO_XML = dict.fromkeys((0xFFFE, 0xFFFF), None)  # characters that XML 1.0 cannot hold


def render(analysis: Analysis) -> str:
    """The document; it looks for the clip in its own folder."""
    rows = tiers(analysis)
    root = ET.Element(
        "ANNOTATION_DOCUMENT",
        {
            "AUTHOR": f"affectlens {analysis.run.version}",
            "DATE": _DATE,
            "FORMAT": "3.0",
            "VERSION": "3.0",
            "xmlns:xsi": _XSI,
            "xsi:noNamespaceSchemaLocation": _SCHEMA,
        },
    )
    count = sum(len(tier.notes) for tier in rows)
    _header(root, PurePath(analysis.input.path).name, count)
    _slots(root, rows)
    done = 0
    for tier in rows:
        _tier(root, tier, done)
        done += len(tier.notes)
    for kind in dict.fromkeys([tier.kind for tier in rows] or ["label"]):
        ET.SubElement(
            root,
            "LINGUISTIC_TYPE",
            {"LINGUISTIC_TYPE_ID": kind, "TIME_ALIGNABLE": "true", "GRAPHIC_REFERENCES": "false"},
        )
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, "unicode") + "\n"


def _header(root: ET.Element, file: str, count: int) -> None:
    """What the annotations belong to."""
    header = ET.SubElement(root, "HEADER", {"MEDIA_FILE": "", "TIME_UNITS": "milliseconds"})
    place = "./" + quote(file, errors="replace")
    kind = mimetypes.guess_type(file)[0] or "application/octet-stream"
    ET.SubElement(
        header,
        "MEDIA_DESCRIPTOR",
        {"MEDIA_URL": place, "RELATIVE_MEDIA_URL": place, "MIME_TYPE": kind},
    )
    last = ET.SubElement(header, "PROPERTY", {"NAME": "lastUsedAnnotationId"})
    last.text = str(count)


def _slots(root: ET.Element, rows: list[Tier]) -> None:
    """Two times for each annotation, its own: to move one in ELAN shall not move another."""
    notes = [note for tier in rows for note in tier.notes]
    times = [(note.start_ms, f"ts{number}a") for number, note in enumerate(notes, start=1)]
    times += [(note.end_ms, f"ts{number}b") for number, note in enumerate(notes, start=1)]
    order = ET.SubElement(root, "TIME_ORDER")
    for moment_ms, name in sorted(times, key=lambda slot: slot[0]):
        ET.SubElement(order, "TIME_SLOT", {"TIME_SLOT_ID": name, "TIME_VALUE": str(moment_ms)})


def _tier(root: ET.Element, tier: Tier, done: int) -> None:
    """One tier; annotations are numbered on from the `done` ones before it."""
    about = {"TIER_ID": tier.name.translate(_NO_XML), "LINGUISTIC_TYPE_REF": tier.kind}
    if tier.person:
        about["PARTICIPANT"] = tier.person.translate(_NO_XML)
    element = ET.SubElement(root, "TIER", about)
    for number, note in enumerate(tier.notes, start=done + 1):
        place = {
            "ANNOTATION_ID": f"a{number}",
            "TIME_SLOT_REF1": f"ts{number}a",
            "TIME_SLOT_REF2": f"ts{number}b",
        }
        outer = ET.SubElement(element, "ANNOTATION")
        inner = ET.SubElement(outer, "ALIGNABLE_ANNOTATION", place)
        ET.SubElement(inner, "ANNOTATION_VALUE").text = note.text.translate(_NO_XML)

"""The model card of a run, README.md: of its provenance, its calibration and its results.

Nothing stands in it that no file tells. `results.json` beside it, where there is one, is a list of
{"metric", "value", "low", "high", "n", "what", "command"}: results on clips that decided nothing.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from affectlens.annotation.card.block import Block, Points, Section, Table, Text, Warn
from affectlens.annotation.card.markdown import licence_id, readme
from affectlens.emotions.spaces import space
from affectlens.foundation.errors import InputError
from affectlens.foundation.records import write_atomically
from affectlens.model import calibration
from affectlens.model.calibration import REST
from affectlens.training import card_wording as wording
from affectlens.training import provenance

FILE, RESULTS = "README.md", "results.json"
_SHOWN = 12  # digits of checksums

Told = Mapping[str, Any]


def write_card(folder: Path) -> Path:
    """Write the card of a model's folder, of the files that lie there; equal files, equal card.

    Raises:
        InputError: the folder has no provenance, or a file is damaged.
    """
    told = provenance.read(folder)
    sections = [
        Section("What it is", tuple(_what(told))),
        Section("Results", tuple(_results(folder))),
        Section("On the clips held back in training", tuple(_development(told))),
        Section("How sure it is", tuple(_calibration(folder, told))),
        Section("Data", tuple(_data(told))),
        Section("Licence", tuple(_licence(told))),
        Section("What it is for", (Points(wording.USE),)),
        Section("What it must not be used for", (Points(wording.MISUSE),)),
        Section("Known limits", (Points(wording.LIMITS),)),
        Section("How it was made", tuple(_made(told))),
    ]
    header = {
        "license": licence_id([told["licence"]]),
        "library_name": "affectlens",
        "tags": ["emotion", "affective-computing", "affectlens"],
    }
    card = readme(told["name"], header, sections, first=wording.FIRST)
    path = folder / FILE
    write_atomically(path, f"{card}\n{wording.REPRODUCE}")
    return path


def _what(told: Told) -> Iterator[Block]:
    recipe = told["recipe"]
    labels = ", ".join(space(recipe["space"]).labels)
    yield Text(f"{wording.WHAT} Its labels are {labels}.")
    rows = [
        (stream, one["encoder"]["name"], one["view"]["of"], _short(one["weights_sha256"]))
        for stream, one in told["encoders"].items()
    ]
    if rows:
        yield Table(("stream", "encoder", "is shown", "SHA-256 of its weights"), tuple(rows))
    language = told["language"]
    mark = f" (SHA-256 {_short(language['sha256'])}…)" if "sha256" in language else ""
    where = "it is not in this folder" if told["trained_only"] else "it learned, too"
    yield Text(f"The language model below is {language['name']}{mark}; {where}.")


def _results(folder: Path) -> Iterator[Block]:
    found = _listed(folder / RESULTS)
    if not found:
        yield Text(wording.NO_RESULTS)
        return
    try:
        rows = tuple(
            (
                one["what"],
                one["metric"],
                f"{one['value']:.3f}",
                f"{one['low']:.3f} to {one['high']:.3f}",
                f"{one['n']:,}",
            )
            for one in found
        )
        commands = tuple(dict.fromkeys(str(one["command"]) for one in found))
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{folder / RESULTS} has an entry that is no result: {error!r}") from None
    yield Table(("what", "metric", "value", "95 % interval", "samples"), rows)
    yield Points(commands)


def _listed(path: Path) -> Sequence[Told]:
    if not path.is_file():
        return ()
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read: {error}") from None
    if not isinstance(found, list):
        raise InputError(f"{path} holds no list of results.")
    return found


def _development(told: Told) -> Iterator[Block]:
    tested = told["development"]
    if not tested:
        yield Text("No clip with a label was held back, or nobody looked at them.")
        return
    yield Warn(wording.CHOSEN)
    rows = [("all", *_numbers(tested["all"]))]
    for kind, parts in tested.items():
        if kind != "all":
            rows += [(f"{kind}: {name}", *_numbers(own)) for name, own in parts.items()]
    heads = ("clips", "number", "right (WAR)", "mean recall (UAR)")
    yield Table(heads, tuple(rows))


def _numbers(one: Told) -> tuple[str, str, str]:
    return f"{one['clips']:,}", f"{one['war']:.3f}", f"{one['uar']:.3f}"


def _calibration(folder: Path, told: Told) -> Iterator[Block]:
    found = calibration.read(folder)
    if found is None:
        yield Text(f"It is not calibrated: {told.get('not_calibrated', 'nobody did it')}.")
        return
    yield Text(wording.CALIBRATED)
    rows = tuple(
        (
            "everything together, for what has no row" if key == REST else key.replace("+", ", "),
            f"{fit.clips:,}",
            f"{fit.temperature:.2f}",
            _number(fit.ece_before),
            _number(fit.ece),
        )
        for key, fit in found.fits.items()
    )
    heads = ("what is shown", "clips", "temperature", "calibration error before", "after")
    yield Table(heads, rows)
    if found.threshold is not None:
        yield Text(f"A label of which it is less than {found.threshold:.0%} sure is not given.")


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _data(told: Told) -> Iterator[Block]:
    rows = []
    for name, one in told["data"].items():
        splits = {split: sum(own.values()) for split, own in one["clips"].items()}
        listed = ", ".join(f"{split} {count:,}" for split, count in splits.items())
        licences = "; ".join(one["licences"]) or "not told"
        rows.append((name, one["format"], listed, licences, _short(one["sha256"])))
    yield Table(("data", "format", "clips", "licence", "SHA-256"), tuple(rows))
    yield Text(wording.HASHED)


def _licence(told: Told) -> Iterator[Block]:
    if told["licence"]:
        yield Text(f"The weights in this folder are under {told['licence']}; their files say so.")
    else:
        yield Warn(wording.UNLICENSED)
    yield Text(wording.TERMS)


def _made(told: Told) -> Iterator[Block]:
    heads = ("stage", "steps", "samples", "hours of training", "on", "best step")
    rows = tuple(
        (
            name,
            f"{one['steps']:,}",
            f"{one['samples']:,}" if "samples" in one else "–",
            f"{one['hours']:.2f}",
            ", ".join(one["gpus"] or ()) or str(one["device"]),
            "–" if one["best"] is None else f"{one['best']['step']:,}",
        )
        for name, one in told["stages"].items()
    )
    yield Table(heads, rows)
    for name, one in told["schools"].items():
        yield Text(
            f"Before, the encoder {name} learned from {one['faces']:,} faces, {one['hours']:.2f} "
            f"hours; {_school(one)}."
        )
    code = told["code"]
    commit = f", commit {code['commit']}" if code["commit"] else ""
    yield Text(
        f"Affectlens {code['affectlens']}{commit}; seed {told['seed']}; computed in "
        f"{told['precision']}, written in {told['settings']['precision']}; {told['date']}. All "
        "settings, versions and checksums stand in provenance.json."
    )


def _school(one: Told) -> str:
    if "uar" not in one:
        return "none were held back"
    return f"on {one['held']:,} that were held back its mean recall (UAR) is {one['uar']:.3f}"


def _short(checksum: str | None) -> str:
    return "–" if checksum is None else checksum[:_SHOWN]

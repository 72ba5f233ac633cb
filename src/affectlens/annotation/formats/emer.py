"""EMER v1 (100 clips), v2 (332) and OV-MERD+ (532): labels, open-vocabulary labels, reasons."""

from pathlib import Path

from affectlens.annotation import imported
from affectlens.annotation.annotation import Annotation
from affectlens.corpora.sets import emer
from affectlens.corpora.table import read as read_table
from affectlens.foundation.errors import InputError

TITLE = emer.TITLE

_PLUS = "ovlabel.csv"
_INNER = ("dataset-v1", "dataset-v2", "ov_store")  # folders below that of the clips


def read(path: Path) -> list[Annotation]:
    """The clips of the version that a file is of, or of the one version that a folder has.

    Raises:
        InputError: there is none, there are several, or a file is damaged; tells file and row.
    """
    if path.is_dir():
        versions = {found for file in sorted(path.glob("*.csv")) if (found := _version(file))}
        root = path
    else:
        versions, root = {_version(path)} - {""}, path.parent
    if len(versions) != 1:
        has = "several versions" if versions else "no version"
        raise InputError(
            f"{path} has {has} of EMER. Give a file of one of them: gt-eng.csv (v1), "
            "final-EMER-reason.csv or check-openset.csv (v2), ovlabel.csv (OV-MERD+)."
        )
    root = root.parent if root.name in _INNER else root
    corpus = emer.build(root, emer.Config(version=versions.pop()))
    return imported.of_corpus(corpus, root, emer.TERMS)


def _version(path: Path) -> str:
    """Told by the columns; subtitles have those of no version."""
    table = read_table(path)
    if table.find("reasons", "emotions"):
        return "v1"
    if table.find("openset"):
        return "plus" if path.name == _PLUS else "v2"
    return "v2" if table.find("english") and "reason" in path.stem.lower() else ""

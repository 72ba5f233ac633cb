"""MER-Caption+ as MER2025 hands it out: open-vocabulary labels and descriptions of 31,327 clips.

`track2_train_mercaptionplus.csv` (`name,openset`), `track3_train_mercaptionplus.csv`
(`name,reason`) and `subtitle_chieng.csv` (`name,chinese,english`).
"""

from pathlib import Path

from affectlens.annotation import imported
from affectlens.annotation.annotation import Annotation
from affectlens.corpora.sets import mer2024
from affectlens.foundation.errors import InputError

TITLE = "MER-Caption+, of MER2025"

_CONFIG = mer2024.Config(edition=2025, split="mercaptionplus")


def read(path: Path) -> list[Annotation]:
    """The clips of the folder, or of that of a file of it.

    Raises:
        InputError: there are no labels, or a file is damaged; tells file and row.
    """
    if not path.exists():
        raise InputError(f"There is no file or folder {path}.")
    root = path if path.is_dir() else path.parent
    return imported.of_corpus(mer2024.build(root, _CONFIG), root, mer2024.TERMS)

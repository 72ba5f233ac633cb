"""Score the output of any tool: `python examples/score_predictions.py TRUTH.csv PREDICTIONS.csv`.

Both files have a column `name`; truths and predictions have open-vocabulary labels in `openset`.
"""

import sys
from pathlib import Path

from affectlens.evaluation.choosing import choose
from affectlens.evaluation.given import match, read_predictions, read_truths
from affectlens.evaluation.runs.run import scored
from affectlens.evaluation.table import table

truths, predictions = Path(sys.argv[1]), Path(sys.argv[2])
outcomes = match(read_truths(truths, reads=["labels"]), read_predictions(predictions))
scores = scored(outcomes, choose(["wheel", "hit-rate"], options=["tables=own"]))
print(table(scores))
for note in (note for one in scores for note in one.notes):
    print(note)

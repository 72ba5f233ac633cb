"""A task as files that lmms-eval runs: one folder with its YAML, its samples and a bridge to us."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from affectlens.corpora.corpus import Corpus, Sample
from affectlens.evaluation.choosing import Chosen
from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.missing import Missing
from affectlens.foundation.records import write_atomically

_UTILS = '''"""Written by `affectlens evaluate export`: lmms-eval asks, affectlens scores."""

from pathlib import Path

from affectlens.evaluation.runs.lmms_task import ExportedTask

_TASK = ExportedTask(Path(__file__).parent)
doc_to_visual = _TASK.visual
doc_to_text = _TASK.text
process_results = _TASK.results
parsed = _TASK.parsed
'''
_YAML = """# Written by `affectlens evaluate export`. Run it with
#   python -m lmms_eval --include_path {folder} --tasks {name} --model …
task: {name}
dataset_path: json
dataset_kwargs:
  data_files:
    test: {data}
test_split: test
output_type: generate_until
doc_to_visual: !function utils.doc_to_visual
doc_to_text: !function utils.doc_to_text
doc_to_target: target
process_results: !function utils.process_results
generation_kwargs:
  max_new_tokens: {tokens}
  temperature: 0
  do_sample: false
metric_list:
{metrics}
metadata:
  - version: {version}
"""
_METRIC = """  - metric: {name}
    aggregation: !function utils.{name}
    higher_is_better: {higher}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """What is asked of each sample."""

    name: str  # the task's
    version: str
    question: str
    max_tokens: int = 64


def export(
    wording: Wording, corpus: Corpus, metrics: Sequence[Chosen], folder: Path
) -> list[Sample]:
    """Write the folder; gives the samples that have no media and were left out.

    The media stay where they are: samples.jsonl has their absolute paths.

    Raises:
        ConfigError: no metric can score answers in words; the others are left out.
        InputError: not one sample has its media.
    """
    here = [one for one in corpus.samples if not isinstance(one.media, Missing)]
    if not here:
        raise InputError(f"None of the {len(corpus.samples)} samples has its media; see `check`.")
    metrics = [one for one in metrics if one.metric.scores_words]
    if not metrics:
        raise ConfigError("None of the task's metrics can be had from a harness: it gives words.")
    name = wording.name.replace("-", "_")
    rows = "".join(
        json.dumps(_row(one, wording.question), ensure_ascii=False) + "\n" for one in here
    )
    write_atomically(folder / "samples.jsonl", rows)
    settings = [{"name": one.metric.name, "settings": dict(one.settings)} for one in metrics]
    write_atomically(folder / "task.json", json.dumps({"metrics": settings}, indent=2) + "\n")
    scored = {f"{one.metric.name}_{one.metric.headline}".replace(".", "_"): one for one in metrics}
    scorers = "".join(f'{key} = _TASK.scorer("{one.metric.name}")\n' for key, one in scored.items())
    write_atomically(folder / "utils.py", _UTILS + scorers)
    write_atomically(folder / f"{name}.yaml", _yaml(wording, name, folder, scored))
    return [one for one in corpus.samples if isinstance(one.media, Missing)]


def _yaml(wording: Wording, name: str, folder: Path, scored: Mapping[str, Chosen]) -> str:
    higher = {
        key: one.metric.headline not in one.metric.lower_is_better for key, one in scored.items()
    }
    listed = "".join(
        _METRIC.format(name=key, higher=str(better).lower())
        for key, better in {**higher, "parsed": True}.items()
    )
    return _YAML.format(
        folder=folder,
        name=name,
        data=json.dumps(str((folder / "samples.jsonl").absolute())),
        tokens=wording.max_tokens,
        metrics=listed.rstrip(),
        version=wording.version,
    )


def _row(one: Sample, question: str) -> dict[str, Any]:
    """A sample with every field in every row: `datasets` wants one shape."""
    assert isinstance(one.media, Path)
    told = {
        name: None if isinstance(value := getattr(one, name), Missing) else value
        for name in ("label", "valence", "arousal", "description", "subtitle", "speaker", "split")
    }
    labels = [] if isinstance(one.labels, Missing) else list(one.labels)
    target = told["label"] or ", ".join(labels) or told["description"] or ""
    return {
        "id": one.id,
        "media": str(one.media.absolute()),
        "question": question,
        "target": target,
        "labels": labels,
        "columns": json.dumps(dict(one.columns), ensure_ascii=False),
        **told,
    }

"""An exported task asks and scores as ours does; lmms-eval only carries the answers."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest
import yaml

from affectlens.corpora.corpus import Corpus, Sample
from affectlens.emotions.spaces import MER6
from affectlens.evaluation.choosing import choose
from affectlens.evaluation.outcome import Outcome, Prediction
from affectlens.evaluation.runs.lmms import Wording, export
from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.missing import Missing

WORDING = Wording(name="our-task", version="3", question="Which emotion?")


def corpus(folder: Path) -> Corpus:
    samples = []
    for number, label in enumerate(("happy", "sad", "angry")):
        media = folder / f"{number}.mp4"
        media.write_bytes(b"")
        samples.append(Sample(id=str(number), media=media, label=label, labels=(label, "tense")))
    samples.append(Sample(id="gone", media=Missing("it is not there"), label="sad"))
    return Corpus(name="made", samples=tuple(samples), space=MER6)


def exported(folder: Path, *metrics: str) -> tuple[Corpus, ModuleType]:
    made = corpus(folder)
    left = export(WORDING, made, choose(metrics, space=MER6), folder / "task")
    assert [one.id for one in left] == ["gone"]
    spec = importlib.util.spec_from_file_location("exported_utils", folder / "task" / "utils.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return made, module


def functions_in(text: str) -> list[str]:
    return [line.split("utils.")[1] for line in text.splitlines() if "!function utils." in line]


def test_every_function_that_the_task_names_is_there(tmp_path: Path) -> None:
    _, module = exported(tmp_path, "classification", "wheel")
    text = (tmp_path / "task" / "our_task.yaml").read_text()
    named = functions_in(text)
    assert len(named) == 6
    assert all(callable(getattr(module, name)) for name in named)


def test_the_task_is_yaml_that_says_where_the_samples_are(tmp_path: Path) -> None:
    exported(tmp_path, "classification")
    text = (tmp_path / "task" / "our_task.yaml").read_text().replace("!function ", "")
    task = yaml.safe_load(text)
    assert task["task"] == "our_task"
    assert task["metadata"] == [{"version": 3}]
    rows = Path(task["dataset_kwargs"]["data_files"]["test"]).read_text().splitlines()
    assert [json.loads(row)["id"] for row in rows] == ["0", "1", "2"]
    assert task["generation_kwargs"]["do_sample"] is False


def test_answers_score_as_in_our_own_runs(tmp_path: Path) -> None:
    made, module = exported(tmp_path, "classification")
    answers = {"0": "It is happy.", "1": "happy", "2": "no idea"}
    results = [
        module.process_results({"id": id_}, [answer])["classification_weighted_f1"]
        for id_, answer in answers.items()
    ]
    (chosen,) = choose(["classification"], space=MER6)
    outcomes = [
        Outcome(sample, Prediction(id=sample.id, answer=answers[sample.id]))
        for sample in made.samples[:3]
    ]
    ours = chosen.metric.tally(outcomes).scores()["weighted_f1"]
    assert 0 < ours < 1
    assert module.classification_weighted_f1(results) == ours
    assert module.parsed(results) == pytest.approx(2 / 3)


def test_labels_of_any_kind_are_read_from_the_answer(tmp_path: Path) -> None:
    _, module = exported(tmp_path, "wheel")
    answers = ["The character's emotional state is happy, tense.", "sad, tense", "angry, tense"]
    results = [
        module.process_results({"id": str(n)}, [answer])["wheel_f"]
        for n, answer in enumerate(answers)
    ]
    assert module.wheel_f(results) == 1.0


def test_a_sound_is_given_as_its_samples_and_a_film_by_its_path(tmp_path: Path) -> None:
    _, module = exported(tmp_path, "classification")
    assert module.doc_to_visual({"media": "clip.mp4"}) == ["clip.mp4"]
    said = module.doc_to_text({"question": "Which?", "subtitle": "Oh my!"})
    assert said == "The person in the video says: Oh my! Which?"


def test_without_media_or_without_metrics_nothing_is_written(tmp_path: Path) -> None:
    empty = Corpus(name="made", samples=(corpus(tmp_path).samples[-1],), space=MER6)
    with pytest.raises(InputError, match="None of the 1 samples has its media"):
        export(WORDING, empty, choose(["classification"]), tmp_path / "task")
    with pytest.raises(ConfigError, match="None of the task's metrics"):
        export(WORDING, corpus(tmp_path), [], tmp_path / "task")
    assert not (tmp_path / "task").exists()

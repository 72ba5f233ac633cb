"""A run goes on where it stopped, scores the same twice, and never mixes two subjects."""

import json
import os
import random
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from tests.evaluation.fast_run import ASKED, Hashing, manifest, plan, whole_run

from affectlens.evaluation.choosing import choose
from affectlens.evaluation.outcome import Prediction
from affectlens.evaluation.runs import environment, run
from affectlens.evaluation.runs.folder import Plan, RunFolder, find, outcomes
from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.missing import Missing
from affectlens.foundation.part import Part

ROOT = Path(__file__).parents[2]


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    return manifest(tmp_path)


def lines(folder: Path) -> list[bytes]:
    path = folder / "predictions.jsonl"
    return path.read_bytes().splitlines(keepends=True) if path.exists() else []


def ids(folder: Path) -> list[str]:
    return [json.loads(line)["id"] for line in lines(folder)]


def test_the_same_run_twice_predicts_once_and_scores_to_the_byte(
    listed: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    first = whole_run(listed, folder, Hashing())
    kept = (folder / "metrics.json").read_bytes(), lines(folder)
    second = whole_run(listed, folder, Hashing())
    assert (first.now, first.before) == (40, 0)
    assert (second.now, second.before) == (0, 40)
    assert first.failed == second.failed > 0
    assert kept == ((folder / "metrics.json").read_bytes(), lines(folder))
    other = whole_run(listed, tmp_path / "other", Hashing(batch_size=40))
    assert other.now == 40
    assert (tmp_path / "other" / "metrics.json").read_bytes() == kept[0]


@pytest.mark.parametrize("seed", [1, 2])
def test_a_killed_run_loses_at_most_a_batch_and_ends_as_one_that_was_not(
    listed: Path, tmp_path: Path, seed: int
) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    whole_run(listed, whole, Hashing())
    command = [sys.executable, "-m", "tests.evaluation.fast_run", str(listed), str(killed)]
    rng = random.Random(seed)  # noqa: S311 - when to kill is no secret
    for _ in range(2):
        before = len(lines(killed))
        process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "OMP_NUM_THREADS": "1"})
        wanted = before + rng.randint(1, 12)
        until_s = time.monotonic() + 30
        while len(lines(killed)) < wanted and process.poll() is None:
            assert time.monotonic() < until_s
            time.sleep(0.002)
        process.kill()
        process.wait()
        assert len(lines(killed)) >= wanted  # what was told to be there stays there
        # Whatever stands there is done: of the next session only the rest is new.
        complete = [line for line in lines(killed) if line.endswith(b"\n")]
        assert len(complete) >= len(lines(killed)) - 1
    done = whole_run(listed, killed, Hashing())
    assert done.before >= wanted - 1
    assert sorted(ids(killed)) == sorted(ids(whole))
    assert (killed / "metrics.json").read_bytes() == (whole / "metrics.json").read_bytes()


def test_a_torn_last_line_is_passed_over(listed: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    whole_run(listed, folder, Hashing())
    scored = (folder / "metrics.json").read_bytes()
    kept = lines(folder)
    (folder / "predictions.jsonl").write_bytes(b"".join(kept[:-1]) + kept[-1][:25])
    assert whole_run(listed, folder, Hashing()).now == 1
    assert sorted(lines(folder)) == sorted(kept)
    assert (folder / "metrics.json").read_bytes() == scored


def test_another_subject_or_question_in_the_same_folder_is_refused_and_told_apart(
    listed: Path, tmp_path: Path
) -> None:
    folder, asked = tmp_path / "run", plan(listed)
    whole_run(listed, folder, Hashing())
    kept = lines(folder)
    with pytest.raises(ConfigError, match=r"subject\.settings\.version is 1 there and 2 now"):
        run.predict(RunFolder(folder), asked, asked.load(), Hashing(version=2))
    other = plan(listed, replace(ASKED, words="none"))
    with pytest.raises(ConfigError, match=r'question\.words is "given" there and "none" now'):
        run.predict(RunFolder(folder), other, other.load(), Hashing())
    assert lines(folder) == kept


def test_a_sample_whose_file_or_words_changed_is_predicted_anew(
    listed: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    whole_run(listed, folder, Hashing())
    (tmp_path / "3.txt").write_text("Something else.")
    listed.write_text(listed.read_text().replace("Words 5", "Other words"))
    again = whole_run(listed, folder, Hashing(seed="other"))
    assert (again.now, again.before) == (2, 38)
    changed = Hashing(seed="other")._one(plan(listed).load().samples[3])
    assert RunFolder(folder).predictions()["s3"].label == changed.label


def test_failures_are_kept_unless_they_are_to_be_tried_again(listed: Path, tmp_path: Path) -> None:
    folder, asked = tmp_path / "run", plan(listed)
    failed = whole_run(listed, folder, Hashing()).failed
    well = Hashing(seed="other")
    done = run.predict(RunFolder(folder), asked, asked.load(), well, retry_failed=True)
    assert done.now == failed
    assert done.failed < failed


def test_valence_is_kept_as_the_corpus_counts_it(listed: Path, tmp_path: Path) -> None:
    folder, asked = RunFolder(tmp_path / "run"), plan(listed)
    corpus = replace(asked.load(), valence_range=(1.0, 5.0))
    run.predict(folder, asked, corpus, Hashing())
    sample = corpus.samples[0]
    said, kept = Hashing()._one(sample).valence, folder.predictions()[sample.id].valence
    assert isinstance(said, float)
    assert kept == pytest.approx(3 + 2 * said)


def test_outcomes_are_in_the_order_of_the_corpus_and_whole(listed: Path, tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    whole_run(listed, folder.path, Hashing())
    kept = lines(folder.path)
    (folder.path / "predictions.jsonl").write_bytes(b"".join(reversed(kept)))
    assert [one.truth.id for one in folder.outcomes()] == [f"s{n}" for n in range(40)]
    with pytest.raises(InputError, match="39 of 40 samples have no prediction, such as 's1'"):
        outcomes(plan(listed).load(), {"s0": Prediction(id="s0")})


def test_a_limit_takes_the_first_and_a_higher_one_goes_on(listed: Path, tmp_path: Path) -> None:
    folder, asked = RunFolder(tmp_path / "run"), replace(plan(listed), limit=10)
    assert run.predict(folder, asked, asked.load(), Hashing()).now == 10
    more = replace(asked, limit=15)
    assert run.predict(folder, more, more.load(), Hashing()) == run.Done(
        now=5,
        before=10,
        failed=sum(one.failure is not None for one in folder.predictions().values()),
    )


def test_the_configuration_tells_all_and_comes_back(listed: Path, tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    whole_run(listed, folder.path, Hashing())
    assert folder.plan() == plan(listed)
    config = folder.config()
    assert config["notes"] == ["It looks at nothing."]
    assert config["subject"]["kind"] == "hashing"
    assert config["scoring"]["seed"] == 0
    assert [one["name"] for one in config["scoring"]["metrics"]] == [
        "classification", "calibration",
    ]  # fmt: skip
    scores = run.scores_of(folder)
    assert not isinstance(scores, Missing)
    assert [one.metric for one in scores] == ["classification", "calibration"]
    assert find(tmp_path) == [folder]


def test_a_home_is_not_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    data = Plan(corpus=Part("manifest"), root=tmp_path / "data" / "m.csv", question=ASKED).as_json()
    assert data["root"] == "~/data/m.csv"
    assert Plan.from_json(data).root == tmp_path / "data" / "m.csv"


def test_the_environment_names_versions_and_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USER", "somebody-unlikely")
    monkeypatch.setenv("HOME", str(Path.cwd() / "somebody-unlikely"))
    found = environment.describe()
    text = json.dumps(found)
    assert {"numpy", "av"} <= set(found["packages"])
    assert found["cpu"]
    for private in ("somebody-unlikely", str(Path.cwd()), os.uname().nodename):
        assert private not in text


def test_the_commit_is_read_from_loose_and_packed_references(tmp_path: Path) -> None:
    git = tmp_path / ".git"
    (git / "refs" / "heads").mkdir(parents=True)
    assert environment.commit(tmp_path) is None
    (git / "HEAD").write_text("ref: refs/heads/main\n")
    (git / "packed-refs").write_text(f"# pack-refs\n{'a' * 40} refs/heads/main\n")
    assert environment.commit(tmp_path) == "a" * 40
    (git / "refs" / "heads" / "main").write_text(f"{'b' * 40}\n")
    assert environment.commit(tmp_path) == "b" * 40
    (git / "HEAD").write_text(f"{'c' * 40}\n")
    assert environment.commit(tmp_path) == "c" * 40


def test_a_folder_of_something_else_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no config\.json"):
        RunFolder(tmp_path).config()
    (tmp_path / "config.json").write_text('{"schema": "other/1"}')
    with pytest.raises(InputError, match="other/1"):
        RunFolder(tmp_path).config()
    assert find(tmp_path) == []


def test_nobody_is_asked_nothing(listed: Path, tmp_path: Path) -> None:
    asked = plan(listed, replace(ASKED, asks=frozenset()))
    with pytest.raises(ConfigError, match="evaluate score"):
        run.predict(RunFolder(tmp_path / "run"), asked, asked.load(), Hashing())


def test_predicting_with_rules_and_scoring_load_no_torch() -> None:
    code = (
        "import sys, affectlens.evaluation.runs.run, affectlens.evaluation.runs.task;"
        "from affectlens.evaluation.asking.named import subject; subject('rules');"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_metrics_of_a_run_can_be_others_later(listed: Path, tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    whole_run(listed, folder.path, Hashing())
    (scores,) = run.score(
        folder, choose(["classification"], mode="compat", options=["space=dfew7"])
    )
    assert scores.mode == "compat"
    assert lines(folder.path)

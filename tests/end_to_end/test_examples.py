"""The main job on the clips that ship: what a new user sees first."""

import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

import affectlens
from affectlens.reasoning import document
from affectlens.reasoning.analysis import Analysis

CLIPS = Path(__file__).parents[2] / "examples" / "clips"
RULES = affectlens.Settings(model="rules")


@pytest.fixture(scope="module")
def happy() -> Analysis:
    return affectlens.analyze(CLIPS / "1001_DFA_HAP_XX.mp4", RULES, offline=True)


def test_the_one_actor_is_one_person_with_a_distribution_over_labels(happy: Analysis) -> None:
    (person,) = happy.people
    assert person.id == "P1"
    assert sum(person.probabilities.values()) == pytest.approx(1, abs=1e-3)
    assert person.track is not None


def test_the_happy_face_smiles_and_says_when(happy: Analysis) -> None:
    smiles = [clue for clue in happy.clues if clue.kind == "AU12"]
    assert smiles
    assert all(0 <= s.span.start_s <= s.span.end_s <= happy.input.duration_s + 0.1 for s in smiles)


def test_the_happy_clip_is_read_as_happy(happy: Analysis) -> None:
    assert happy.people[0].label == "happy"


def test_the_neutral_clip_is_not_read_as_an_emotion() -> None:
    (person,) = affectlens.analyze(CLIPS / "1001_DFA_NEU_XX.mp4", RULES, offline=True).people
    assert person.label in ("neutral", None)


def test_every_claim_cites_clues_that_exist(happy: Analysis) -> None:
    known = {clue.id for clue in happy.clues}
    assert happy.explanation.claims
    for claim in happy.explanation.claims:
        assert set(claim.clues) <= known
        assert claim.clues or claim.status != "supported"


def test_what_cannot_be_measured_says_why(happy: Analysis) -> None:
    for absence in happy.missing:
        assert absence.what
        assert len(absence.why) > 10


def test_the_result_follows_the_schema_that_ships(happy: Analysis) -> None:
    jsonschema.validate(document.to_json(happy), document.schema())


def test_the_same_clip_gives_the_same_analysis_twice(happy: Analysis) -> None:
    again = affectlens.analyze(CLIPS / "1001_DFA_HAP_XX.mp4", RULES, offline=True)
    one, two = document.to_json(happy), document.to_json(again)
    one["run"].pop("timings_s")
    two["run"].pop("timings_s")
    assert one == two


def test_stdout_carries_data_only() -> None:
    clip = CLIPS / "1001_DFA_NEU_XX.mp4"
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "affectlens.cli.app",
            "analyze",
            clip,
            *("--format", "json", "--model", "rules", "--offline"),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout)["input"]["path"] == str(clip)


def run_example(*command: str) -> str:
    done = subprocess.run(
        [sys.executable, CLIPS.parent / command[0], *command[1:]],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "AFFECTLENS_OFFLINE": "1"},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout
    return done.stdout


def test_the_examples_run(tmp_path: Path) -> None:
    clip = str(CLIPS / "1001_DFA_ANG_XX.mp4")
    run_example("analyze_a_clip.py", clip)
    run_example("export_timelines.py", clip, str(tmp_path))
    assert len(list(tmp_path.iterdir())) == 3
    run_example("ask_a_model.py")


def test_the_example_of_scoring_scores(tmp_path: Path) -> None:
    truth, said = tmp_path / "truth.csv", tmp_path / "said.csv"
    truth.write_text('name,openset\na,"[happy, joyful]"\nb,[sad]\n')
    said.write_text("name,openset\na,[glad]\nb,[angry]\n")
    assert "50.0 %" in run_example("score_predictions.py", str(truth), str(said))


@pytest.mark.slow
def test_the_example_of_a_data_set_makes_one(tmp_path: Path) -> None:
    said = run_example("build_a_data_set.py", str(CLIPS), str(tmp_path / "out"))
    assert "1001_DFA_HAP_XX happy" in said
    assert (tmp_path / "out" / "merr" / "MERR_fine_grained.json").is_file()


@pytest.mark.slow
def test_the_example_of_training_makes_a_model_and_asks_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLIPS", "40")
    said = run_example("train_a_model.py", str(tmp_path))
    assert "alignment: " in said
    assert "'angry': " in said
    assert (tmp_path / "run" / "model" / "config.json").is_file()


def test_every_example_is_run_here() -> None:
    here = Path(__file__).read_text()
    assert all(f'"{path.name}"' in here for path in CLIPS.parent.glob("*.py"))

"""nano in the line: two turns, calibrated, and the rules where it cannot run."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from tests.analyzer.models import tiny_nano
from tests.reasoning.scenes import face, percepts, smile, utterance

from affectlens.analyzer import calibrated, language, readers
from affectlens.analyzer.line import analyze
from affectlens.analyzer.models import models_of
from affectlens.analyzer.settings import DEFAULT, ModelSettings, Settings, digest
from affectlens.annotation.recipe import Recipe
from affectlens.cli import app
from affectlens.clues.gather import gather
from affectlens.emotions.labels import LabelSpace
from affectlens.emotions.spaces import DFEW7
from affectlens.foundation.errors import ConfigError, UnavailableError
from affectlens.foundation.missing import Missing
from affectlens.foundation.timeline import Span
from affectlens.media.clip import Clip
from affectlens.media.opening import open_clip
from affectlens.model import calibration, shipped
from affectlens.model.calibration import Calibration, Fit
from affectlens.model.example import Example
from affectlens.perception.settings import PerceptionSettings, VoiceSettings
from affectlens.reasoning.reasoner import PersonReading, Reading
from affectlens.reasoning.settings import ReasoningSettings

CLIP = Path(__file__).parents[2] / "examples" / "clips" / "1001_DFA_HAP_XX.mp4"
OWN = ModelSettings(device="cpu", max_tokens=8)
EAGER = ReasoningSettings(threshold=0.0, margin=0.0)  # never abstains, but for equal labels
SHY = ReasoningSettings(threshold=1.0)
SILENT = PerceptionSettings(voice=VoiceSettings(words="none"))
PLAIN = ["--set", "language_model.max_tokens=4", "--set", "perception.voice.words=none"]


@pytest.fixture(scope="module")
def clip() -> Clip:
    return open_clip(CLIP)


@pytest.fixture
def nano(monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tiny model in the place of the one that ships."""
    folder = tiny_nano()
    monkeypatch.setattr(shipped, "folder", lambda: folder)
    return folder


@pytest.fixture
def lame(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same, but its language model is one that was not pulled; the hub is out of reach."""
    folder = tmp_path / "lame"
    shutil.copytree(tiny_nano(), folder)
    path = folder / "config.json"
    told = json.loads(path.read_text(encoding="utf-8"))
    told["system"]["language"] = "carried:smollm2-135m-instruct"
    path.write_text(json.dumps(told), encoding="utf-8")
    monkeypatch.setattr(shipped, "folder", lambda: folder)
    monkeypatch.setenv("AFFECTLENS_HOME", str(tmp_path / "home"))
    return folder


def read(clip: Clip, folder: Path, reasoning: ReasoningSettings) -> tuple[Reading, list[str]]:
    settings = Settings(model=str(folder), language_model=OWN, reasoning=reasoning)
    heard: list[str] = []
    scene = smile()
    return language.reader(settings, clip, scene, tell=heard.append)(
        scene, gather(scene), DFEW7
    ), heard


def explained(reading: PersonReading, space: LabelSpace = DFEW7) -> Example | None:
    _, processor = language.load(Settings(model=str(tiny_nano()), language_model=OWN))
    shown = Example(turns=(), subtitle="Hello.")
    return language.explaining(processor.system, shown, reading, gather(smile()), space, "en")


def reading(label: str | None) -> PersonReading:
    likely = dict.fromkeys(DFEW7.labels, 1 / 7)
    return PersonReading("P1", label, likely, 1 / 7, measured=True, segments=(), conflicts=())


def test_the_explanation_is_asked_for_behind_the_label_that_was_decided() -> None:
    example = explained(reading("happy"))
    assert example is not None
    first, second = example.turns
    assert first.answer == "happy"
    assert second.answer is None
    assert example.clues
    assert "AU12" in example.clues


def test_where_the_model_abstains_it_is_not_asked_and_the_rules_tell_what_was_measured(
    clip: Clip,
) -> None:
    assert explained(reading(None)) is None
    found, heard = read(clip, tiny_nano(), SHY)
    assert found.people[0].label is None
    assert heard == []
    assert any(claim.status == "supported" for claim in found.explanation.claims)


def test_label_and_text_agree(clip: Clip) -> None:
    found, heard = read(clip, tiny_nano(), EAGER)
    (person,) = found.people
    assert person.label
    assert heard[0] == "P1: "
    assert person.label in found.explanation.text


def calibrated_copy(folder: Path, *, temperature: float, threshold: float | None = None) -> Path:
    shutil.copytree(tiny_nano(), folder)
    fit = Fit(temperature=temperature, clips=10)
    made = Calibration(space="dfew7", fits={"": fit}, threshold=threshold)
    calibration.write(folder, made)
    return folder


def test_probabilities_are_those_of_the_folder_s_temperature(clip: Clip, tmp_path: Path) -> None:
    plain, _ = read(clip, tiny_nano(), EAGER)
    flat, _ = read(clip, calibrated_copy(tmp_path / "flat", temperature=50.0), EAGER)
    sharp, _ = read(clip, calibrated_copy(tmp_path / "sharp", temperature=0.1), EAGER)
    sure = [one.people[0].confidence for one in (flat, plain, sharp)]
    assert sure == sorted(sure)
    assert len(set(sure)) == 3
    assert sum(flat.people[0].probabilities.values()) == pytest.approx(1)
    assert {one.people[0].label for one in (flat, plain, sharp)} == {plain.people[0].label}


def test_the_model_s_own_threshold_counts_unless_somebody_chose_one(
    clip: Clip, tmp_path: Path
) -> None:
    folder = calibrated_copy(tmp_path / "own", temperature=30.0, threshold=0.0)
    usual = ReasoningSettings(margin=0.0)
    found, _ = read(clip, folder, usual)
    assert found.people[0].label is not None
    other, _ = read(clip, folder, replace(usual, threshold=0.99))
    assert other.people[0].label is None
    made = calibration.read(folder)
    assert calibrated.reasoning(ReasoningSettings(), made).threshold == 0.0
    assert calibrated.reasoning(ReasoningSettings(), None) == ReasoningSettings()


def test_faces_that_are_looked_up_together_are_those_of_each_window_alone(clip: Clip) -> None:
    scene = percepts(faces=[face(duration_s=1.8)], utterances=[utterance(0.2, 1.4)])
    settings = Settings(model=str(tiny_nano()), language_model=OWN)
    usual = ReasoningSettings(window_s=0.9, threshold=0.0, margin=0.0)
    reader = language.reader(replace(settings, reasoning=usual), clip, scene, tell=print)
    spans = [Span(0.0, 0.9), Span(0.9, 1.8)]
    together = reader._examples("P1", spans, ())
    alone = [reader.scene.example("P1", span, ()) for span in (None, *spans)]
    for one, other in zip(together, alone, strict=True):
        found, wanted = one.features["local"], other.features["local"]
        assert not isinstance(found, Missing)
        assert not isinstance(wanted, Missing)
        (ours,), (theirs,) = found, wanted
        assert (ours.values_TD == theirs.values_TD).all()
        assert (ours.times_T == theirs.times_T).all()


def test_nano_means_the_folder_in_the_package(nano: Path, clip: Clip) -> None:
    settings = Settings(model="nano", language_model=OWN, perception=SILENT)
    readers.prepare(settings)
    assert shipped.place("nano") == str(nano)
    assert shipped.place("other/model") == "other/model"
    other = Settings(model="rules", language_model=OWN, perception=SILENT)
    assert digest(settings, CLIP, None, None) != digest(other, CLIP, None, None)


def test_left_to_us_nano_reads_where_it_can(nano: Path) -> None:
    found = analyze(
        CLIP, Settings(model="auto", language_model=OWN, perception=SILENT), offline=True
    )
    assert found.run.model == "nano"
    assert "torch" in found.run.packages
    assert "trained.safetensors" in found.run.weights
    assert not [one for one in found.warnings if "nano" in one]


def test_left_to_us_the_rules_read_where_nano_cannot_and_one_line_says_why(
    lame: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["analyze", str(CLIP), "--set", "model=auto", *PLAIN, "--offline", "--format", "json"]
    assert app.run(asked) == 0
    shown = capsys.readouterr()
    found = json.loads(shown.out)
    assert found["run"]["model"] == "rules"
    line = found["warnings"][0]
    assert "affectlens models pull smollm2-135m-instruct" in line
    assert "\n" not in line
    assert shown.err.count("instead of nano") == 1


def test_asked_for_by_name_nano_is_not_replaced(
    lame: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["analyze", str(CLIP), "--model", "nano", *PLAIN, "--offline"]
    assert app.run(arguments) == 5
    assert "affectlens models pull smollm2-135m-instruct" in capsys.readouterr().err


def test_many_files_are_read_by_the_one_that_was_chosen_and_say_so(
    lame: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "found.jsonl"
    asked = ["analyze", str(CLIP), "--set", "model=auto", *PLAIN, "--offline", "-o", str(out)]
    assert app.run(asked) == 0
    (row,) = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert row["run"]["model"] == "rules"
    assert "instead of nano" in row["warnings"][0]


def test_what_nano_builds_on_is_fetched_with_what_measures(lame: Path) -> None:
    assert "smollm2-135m-instruct" in models_of(Settings(model="auto"))
    assert "smollm2-135m-instruct" in models_of(Settings(model="nano"))
    assert "smollm2-135m-instruct" not in models_of(Settings(model="rules"))
    replaced = ModelSettings(language="tiny:llama")
    assert "smollm2-135m-instruct" not in models_of(Settings(model="nano", language_model=replaced))


def test_an_installation_without_nano_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shipped, "folder", lambda: tmp_path / "nowhere")
    with pytest.raises(UnavailableError, match="not in this installation"):
        readers.prepare(Settings(model="nano"))
    settings, why = readers.settled(Settings(model="auto"))
    assert settings.model == "rules"
    assert len(why) == 1


def test_a_wrong_setting_is_told_and_not_taken_for_a_model_that_is_not_there(nano: Path) -> None:
    own = ModelSettings(device="cpu", without=("smell",))
    with pytest.raises(ConfigError, match="smell"):
        readers.settled(Settings(model="auto", language_model=own))


def test_data_sets_are_read_by_the_rules_whatever_analyses_are() -> None:
    assert Recipe().analysis.model == "rules"
    with pytest.raises(ConfigError, match="rules or nano"):
        Recipe(analysis=Settings(model="auto"))


def test_the_list_of_models_and_the_doctor_tell_of_nano(
    lame: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    app.run(["models", "ls", "--format", "json"])
    facts = {one["name"]: one for one in json.loads(capsys.readouterr().out)}
    assert facts["nano"]["state"] == "lacks a model"
    assert "smollm2-135m-instruct" in facts["nano"]["note"]
    assert facts["nano"]["licence"] == "CC-BY-NC-SA-4.0"


def test_the_default_is_a_choice_of_ours() -> None:
    assert DEFAULT in ("rules", "auto")
    assert Settings().model == DEFAULT

"""Files of any tool become truths and predictions, and what is wrong with them is told by row."""

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from openpyxl import Workbook

from affectlens.corpora.corpus import Sample
from affectlens.emotions.spaces import MER6
from affectlens.evaluation import outcome
from affectlens.evaluation.given import match, read_predictions, read_truths
from affectlens.evaluation.outcome import NOT_GIVEN, Prediction
from affectlens.foundation.errors import InputError
from affectlens.foundation.missing import Missing

EMER = Path(__file__).parents[3] / "shared" / "data" / "emer"


def written(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    return tmp_path / "given.csv"


# Reading truths


def test_columns_are_known_by_the_names_that_data_sets_give_them(csv: Path) -> None:
    written(csv, "name,discrete,valence,sentence,sex", "a,happy,0.5,hello,w", "b,sad,-10,,m")
    first, second = read_truths(csv, reads=["label"], space=MER6)
    assert (first.id, first.label) == ("a", "happy")
    assert (first.valence, first.subtitle) == (0.5, "hello")
    assert first.columns == {"sex": "w"}
    assert second.place == "given.csv, row 3"
    assert isinstance(second.subtitle, Missing)
    assert isinstance(second.valence, Missing)  # -10 is how MERBench says that there is none


def test_english_is_what_is_said_unless_descriptions_are_asked_for(csv: Path) -> None:
    written(csv, "name,chinese,english", "a,好,In the video she smiles at him")
    assert read_truths(csv)[0].subtitle == "In the video she smiles at him"
    (sample,) = read_truths(csv, reads=["description"])
    assert sample.description == "In the video she smiles at him"
    assert isinstance(sample.subtitle, Missing)


def test_what_a_translators_prompt_left_before_a_description_is_taken_off(csv: Path) -> None:
    written(csv, "name,english", "a,Input: In the video he sits", "b,The input: none")
    first, second = read_truths(csv, reads=["description"])
    assert (first.description, second.description) == ("In the video he sits", "The input: none")


@pytest.mark.shared
@pytest.mark.skipif(not EMER.is_dir(), reason="needs the team's ../shared data")
def test_the_files_of_emer_are_read_as_they_are() -> None:
    old = read_truths(EMER / "v1_gt_eng.csv", reads=["label", "description"], space=MER6)
    assert len(old) == 100
    assert old[0].subtitle == "Don't talk to me about feelings anymore."
    assert sum(isinstance(sample.subtitle, Missing) for sample in old) == 7
    new = read_truths(EMER / "v2_openset.csv", reads=["labels"])
    assert len(new) == 332
    assert new[1].labels == ("excited", "joyful", "happy")
    described = read_truths(EMER / "v2_reason.csv", reads=["description"])
    assert [sample.id for sample in described] == [sample.id for sample in new]


# Reading predictions


def of(path: Path) -> Prediction:
    (prediction,) = read_predictions(path)
    return prediction


def test_predictions_of_any_tool_are_read(tmp_path: Path) -> None:
    tab = written(tmp_path / "p.tsv", "names\temo\tval", "a\tHappy\t0.5")
    assert of(tab) == Prediction(id="a", label="Happy", valence=0.5)
    lines = written(tmp_path / "p.jsonl", '{"id": "a", "openset": ["sad", "angry"], "label": null}')
    assert of(lines) == Prediction(id="a", labels=("sad", "angry"))
    text = written(tmp_path / "p.csv", "name,openset,text", "a,\"['sad', 'angry']\",She is sad.")
    assert of(text) == Prediction(id="a", labels=("sad", "angry"), answer="She is sad.")
    chinese = written(tmp_path / "e.csv", "names,chi_reasons", "a,他很高兴")
    assert of(chinese) == Prediction(id="a", explanation="他很高兴")
    shares = written(tmp_path / "s.json", '[{"name": 7, "probabilities": {"happy": 1}}]')
    assert of(shares) == Prediction(id="7", probabilities={"happy": 1.0})
    book = Workbook()
    sheet = book.active
    for row in (("name", "emotion", "valence"), ("a", "sad", -1)):
        sheet.append(row)
    book.save(tmp_path / "p.xlsx")
    assert of(tmp_path / "p.xlsx") == Prediction(id="a", label="sad", valence=-1.0)


def test_an_empty_cell_of_labels_is_nothing_given_and_an_empty_list_is_a_list(
    tmp_path: Path,
) -> None:
    path = written(tmp_path / "p.csv", "name,openset,text", "a,,She is sad.", "b,[],He is sad.")
    first, second = read_predictions(path)
    assert first == Prediction(id="a", answer="She is sad.")
    assert second.labels == ()
    lines = ('{"id": "a", "openset": null}', '{"id": "b", "openset": []}', '{"id": "c"}')
    found = read_predictions(written(tmp_path / "p.jsonl", *lines))
    assert [one.labels for one in found] == [NOT_GIVEN, (), NOT_GIVEN]


def test_a_truth_without_any_emotion_has_no_labels(csv: Path) -> None:
    written(csv, "name,openset", "a,", "b,[]")
    assert [sample.labels for sample in read_truths(csv, reads=["labels"])] == [(), ()]


def test_our_own_records_come_back_as_they_were(tmp_path: Path) -> None:
    told = Prediction(id="a", label=Missing("abstained"), answer="hm", probabilities={"sad": 1.0})
    failed = Prediction(id="b", failure=Missing("the file is broken"))
    lines = [json.dumps(outcome.to_json(prediction)) for prediction in (told, failed)]
    path = written(tmp_path / "predictions.jsonl", *lines)
    assert read_predictions(path) == [told, failed]


def test_the_truth_beside_affectgpts_answer_is_not_taken_for_a_prediction(csv: Path) -> None:
    written(csv, "name,emotion,subtitle,reason,pred_reasons", "a,happy,hi,people said,she smiles")
    assert of(csv) == Prediction(id="a", answer="she smiles", explanation="she smiles")


def npz(path: Path, **arrays: Any) -> Path:
    objects = {name: np.array(value, dtype=object) for name, value in arrays.items()}
    np.savez(path, **objects)  # type: ignore[arg-type]
    return path


def test_affectgpts_results_are_read_without_unpickling(tmp_path: Path) -> None:
    reasons = npz(tmp_path / "r.npz", name2reason={"a": "In the text he is glad."})
    assert of(reasons).answer == of(reasons).explanation == "In the text he is glad."
    items = npz(tmp_path / "o.npz", filenames=["a", "b"], fileitems=["[sad, angry]", "positive"])
    first, second = read_predictions(items)
    assert first.labels == ("sad", "angry")
    assert second.answer == "positive"
    whole = {"a": {"emotion": "sad", "subtitle": "", "reason": "t", "pred_reasons": "p"}}
    old = of(npz(tmp_path / "w.npz", whole_results=whole))
    assert (old.answer, old.label) == ("p", NOT_GIVEN)
    with pytest.raises(InputError, match="it has: other"):
        read_predictions(npz(tmp_path / "x.npz", other=[1]))


# What is wrong

TRUTHS = ("name,label,openset,valence", "c1,happy,[happy],0.5", 'c2,sad,"[sad, low]",-0.5')
WRONG = {
    "a label outside the space": (
        (*TRUTHS, "c3,sadd,[sad],0"),
        r"row 4, column 'label': 'sadd' is no .* Did you mean 'sad'\?",
    ),
    "an empty label": ((*TRUTHS, "c3,,[sad],0"), "row 4, column 'label' is empty: wanted a label"),
    "a name twice": ((*TRUTHS, "c1,sad,[],0"), "row 4, column 'name': 'c1' stands in row 2"),
    "no name": ((*TRUTHS, ",sad,[],0"), "row 4, column 'name' is empty"),
    "a word for a number": ((*TRUTHS, "c3,sad,[],low"), "row 4, column 'valence': wanted a number"),
    "a comma too many": ((*TRUTHS, "c3,sad,[],0,1"), "row 4 has 5 cells under 4 columns"),
    "a missing column": (("name,valence", "c1,0.5"), "has no column 'label' or"),
    "no rows": (TRUTHS[:1], "has no rows"),
    "swapped labels": (("label,name", "c1,happy", "c2,sad"), "'name' and 'label' look swapped: "
                       "given.csv, row 2, column 'name'"),
    "swapped sets": (("name,label,openset", "[sad],sad,c1"), "'name' and 'openset' look swapped"),
    "swapped numbers": (("name,label,valence", "0.5,sad,c1"), "'name' and 'valence' look swapped"),
}  # fmt: skip


@pytest.mark.parametrize("fault", WRONG)
def test_a_fault_in_truths_is_told_by_row_and_column(csv: Path, fault: str) -> None:
    lines, message = WRONG[fault]
    written(csv, *lines)
    with pytest.raises(InputError, match=message):
        read_truths(csv, reads=["label"], space=MER6)


def test_names_that_are_numbers_are_not_taken_for_swapped_ones(csv: Path) -> None:
    written(csv, "name,label,valence", "1,happy,0.5", "2,sad,-0.5")
    assert [sample.id for sample in read_truths(csv, space=MER6)] == ["1", "2"]


def test_a_prediction_may_be_any_word_but_not_stand_under_the_name(csv: Path) -> None:
    written(csv, "name,label", "c1,bored", "c2,whatever")
    assert [prediction.label for prediction in read_predictions(csv)] == ["bored", "whatever"]
    written(csv, "name,label", "happy,c1", "angry,c2")
    with pytest.raises(InputError, match="look swapped"):
        read_predictions(csv)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "given.csv is empty"),
        ("name,label\nc1,fröhlich\n".encode("latin-1"), "row 2, column 'label' is not UTF-8"),
        (b"name,colour\nc1,red\n", "no column of predictions: wanted one of label"),
        (b"label\nhappy\n", "has no column 'name'"),
        (b"name,probabilities\nc1,0.5\n", "row 2, column 'probabilities': wanted a JSON object"),
    ],
)
def test_a_fault_in_predictions_is_told(csv: Path, content: bytes, message: str) -> None:
    csv.write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_predictions(csv)


def test_a_torn_record_of_ours_is_told_by_its_row(tmp_path: Path) -> None:
    path = written(
        tmp_path / "p.jsonl", f'{{"id": "a", "schema": "{outcome.SCHEMA}", "labels": 3}}'
    )
    with pytest.raises(InputError, match="row 1 is no whole record"):
        read_predictions(path)


# Matching


def samples(*ids: str) -> list[Sample]:
    return [Sample(id=name, place=f"t.csv, row {i}") for i, name in enumerate(ids, 2)]


def said(*ids: str) -> list[Prediction]:
    return [Prediction(id=name) for name in ids]


def test_each_truth_meets_its_prediction_in_the_order_of_the_truths() -> None:
    made = match(samples("a", "b"), said("b", "a"))
    assert [(o.truth.id, o.prediction.id) for o in made] == [("a", "a"), ("b", "b")]


def test_what_has_no_counterpart_is_told() -> None:
    with pytest.raises(InputError, match=r"2 of 3 samples .* first is 'b' \(t.csv, row 3\)"):
        match(samples("a", "b", "c"), said("a"))
    with pytest.raises(InputError, match=r"one of 'a.mp4', which is no truth"):
        match(samples("a"), said("a.mp4"))
    with pytest.raises(InputError, match=r"1 of 2 predictions .* prediction 2, 'b'"):
        match(samples("a"), said("a", "b"))
    with pytest.raises(InputError, match="'a' was predicted already"):
        match(samples("a"), said("a", "a"))


def test_a_pool_of_candidates_may_be_larger_than_what_is_scored() -> None:
    assert len(match(samples("a"), said("a", "b"), more=True)) == 1


@pytest.mark.slow
def test_ten_thousand_rows_are_read_and_matched_in_a_second(tmp_path: Path) -> None:
    names = [f"clip_{i:05d}" for i in range(10_000)]
    truths = [f'{name},happy,0.5,"[happy, glad]",hello there' for name in names]
    written(tmp_path / "t.csv", "name,label,valence,openset,sentence", *truths)
    written(tmp_path / "p.csv", "name,label,text", *(f"{name},sad,She is sad" for name in names))
    started = time.perf_counter()
    made = match(
        read_truths(tmp_path / "t.csv", reads=["label"], space=MER6),
        read_predictions(tmp_path / "p.csv", space=MER6),
    )
    assert len(made) == 10_000
    assert time.perf_counter() - started < 3  # measured: 0.3; a busy machine is no fault

"""A survey finds what can be learned, holds clips back, and tells what cannot be."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import overload

import numpy as np
import pytest
from tests.training.made_data import folder, labelled, looked_at, one, opened, recipe

from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.missing import Missing
from affectlens.training.item import Item
from affectlens.training.recipe import Data, Develop
from affectlens.training.survey import Survey


def pools(found: Survey) -> dict[tuple[str, str], list[int]]:
    return {(pool.source, pool.task): pool.indices.tolist() for pool in found.pools}


def test_pools_have_the_clips_that_can_answer_with_weights_of_data_and_task(tmp_path: Path) -> None:
    a = [one("a", label="happy", fine="He smiles."), one("b", fine="He frowns."), one("c")]
    data = {
        "a": Data(path=str(folder(tmp_path / "a", a)), weight=3),
        "b": Data(path=str(folder(tmp_path / "b", labelled(2)))),
    }
    found = looked_at(recipe(data, {"emotion": 1, "reason": 2}))
    assert pools(found) == {
        ("a", "emotion"): [0],
        ("a", "reason"): [0, 1],
        ("b", "emotion"): [0, 1],
    }
    assert [pool.weight for pool in found.pools] == pytest.approx([0.25, 0.5, 0.25])
    assert found.pools[0].indices.dtype == np.uint32
    assert found.counts["a"] == {
        "clips": 3, "learned": 2, "held back": 0, "broken": 0, "emotion": 1, "reason": 2,
    }  # fmt: skip
    assert "data.b has no clip for 'reason': its share goes to its other tasks." in found.notes
    assert any("data.a: 1 of 3 clips have an answer to none" in note for note in found.notes)


def test_a_task_of_no_share_is_not_asked(tmp_path: Path) -> None:
    data = {"a": Data(path=str(folder(tmp_path, labelled(2))))}
    found = looked_at(recipe(data, {"emotion": 1, "reason": 0}))
    assert [pool.task for pool in found.pools] == ["emotion"]


def test_only_clips_of_the_split_are_learned_and_none_counts_as_train(tmp_path: Path) -> None:
    clips = [*labelled(2, split="train"), *labelled(2, prefix="n"), *labelled(2, prefix="t",
             split="test3")]  # fmt: skip
    path = str(folder(tmp_path, clips))
    for split, indices in (("train", [0, 1, 2, 3]), ("test3", [4, 5]), ("", [0, 1, 2, 3, 4, 5])):
        found = looked_at(recipe({"a": Data(path=path, split=split)}, {"emotion": 1}))
        assert pools(found) == {("a", "emotion"): indices}
    with pytest.raises(ConfigError, match=r"no clip of split 'dev'.*'train' \(4 clips\), 'test3'"):
        looked_at(recipe({"a": Data(path=path, split="dev")}, {"emotion": 1}))


def test_held_back_clips_are_in_no_pool_and_the_same_ones_are_developed_on(tmp_path: Path) -> None:
    clips = [*labelled(6, split="train"), *labelled(9, prefix="d", split="dev")]
    data = {"a": Data(path=str(folder(tmp_path, clips)), split="")}
    made = recipe(data, {"emotion": 1}, develop=Develop(most=4))
    found = looked_at(made)
    assert pools(found)["a", "emotion"] == list(range(6))
    assert len(found.develop) == 4
    assert set(found.develop) < {("a", n) for n in range(6, 15)}
    assert found.develop == tuple(sorted(found.develop))
    assert looked_at(made).develop == found.develop
    assert found.counts["a"]["held back"] == 9
    fewer = looked_at(replace(made, develop=Develop(most=2)))
    assert set(fewer.develop) < set(found.develop)
    assert looked_at(replace(made, seed=1)).develop != found.develop


def test_a_share_holds_back_whole_speakers_that_no_other_clip_moves(tmp_path: Path) -> None:
    clips = labelled(200)
    data = {"a": Data(path=str(folder(tmp_path / "a", clips)))}
    made = recipe(data, {"emotion": 1}, develop=Develop(share=0.3))
    found = looked_at(made)
    held = {clips[index].id for _, index in found.develop}
    learned = {clips[index].id for index in pools(found)["a", "emotion"]}
    assert held | learned == {clip.id for clip in clips}
    assert 30 <= len(held) <= 90
    speakers = {clip.id: clip.source.speaker for clip in clips}
    assert not {speakers[id_] for id_ in held} & {speakers[id_] for id_ in learned}
    more = [*labelled(50, prefix="x"), *clips[::-1]]
    other = {"a": Data(path=str(folder(tmp_path / "b", more)))}
    again = looked_at(replace(made, data=other))
    ids = [item.id for item in opened(replace(made, data=other))["a"]]
    assert {ids[index] for _, index in again.develop if ids[index][0] == "c"} == held


def test_clips_that_people_put_into_a_split_are_not_drawn(tmp_path: Path) -> None:
    clips = [*labelled(20, split="train"), *labelled(40, prefix="n")]
    data = {"a": Data(path=str(folder(tmp_path, clips)))}
    found = looked_at(recipe(data, {"emotion": 1}, develop=Develop(share=0.5)))
    assert all(index >= 20 for _, index in found.develop)


def test_held_back_may_be_data_of_their_own(tmp_path: Path) -> None:
    b = [*labelled(3, prefix="b", split="dev"), one("t", label="sad")]
    data = {
        "a": Data(path=str(folder(tmp_path / "a", labelled(4, split="dev"))), split="dev"),
        "b": Data(path=str(folder(tmp_path / "b", b))),
    }
    made = recipe(data, {"emotion": 1}, learned=("a",), develop=Develop(data=("b",)))
    found = looked_at(made)
    assert pools(found) == {("a", "emotion"): [0, 1, 2, 3]}
    assert found.develop == (("b", 0), ("b", 1), ("b", 2))
    assert (found.counts["b"]["learned"], found.counts["b"]["held back"]) == (0, 3)
    gone = replace(made, develop=Develop(data=("b",), split="valid"))
    with pytest.raises(ConfigError, match=r"split 'valid'. But data.b has 'dev' \(3 clips\)"):
        looked_at(gone)


def test_only_clips_with_a_label_are_developed_on_unless_the_loss_is_the_measure(
    tmp_path: Path,
) -> None:
    clips = [one("a", fine="He smiles."), one("b", fine="He frowns.", split="dev")]
    data = {"a": Data(path=str(folder(tmp_path, clips)), split="train")}
    made = recipe(data, {"reason": 1}, develop=Develop(data=("a",)))
    assert looked_at(made).develop == (("a", 1),)  # no label is taught, so it is the loss
    by_label = {"only": replace(made.stages["only"], metric="uar")}
    with pytest.raises(ConfigError, match="1 clips are held back, and none of them has a label"):
        looked_at(replace(made, stages=by_label))


def test_a_run_without_held_back_clips_is_told(tmp_path: Path) -> None:
    data = {"a": Data(path=str(folder(tmp_path, labelled(2))))}
    found = looked_at(recipe(data, {"emotion": 1}))
    assert found.develop == ()
    assert any("the last checkpoint counts as the best" in note for note in found.notes)
    with pytest.raises(ConfigError, match=r"a share of 1e-06"):
        looked_at(recipe(data, {"emotion": 1}, develop=Develop(share=1e-6)))


def test_labels_outside_the_space_are_all_told_before_the_first_step(tmp_path: Path) -> None:
    clips = [
        one("a", label="bored"),
        one("b", label="bored"),
        one("c", label="joy"),
        one("d", label="amused", split="dev"),
        one("e", label="odd", split="test"),
    ]
    data = {"a": Data(path=str(folder(tmp_path, clips)))}
    made = recipe(data, {"emotion": 1}, space="mer6")
    with pytest.raises(ConfigError) as caught:
        looked_at(made)
    told = str(caught.value)
    assert "'bored' (2 clips of data.a); 'amused' (1 clips of data.a)" in told
    assert "data.a.labels" in told
    assert "odd" not in told
    labels = {"bored": "neutral", "Amused": "happy"}
    mapped = looked_at(replace(made, data={"a": replace(data["a"], labels=labels)}))
    assert pools(mapped) == {("a", "emotion"): [0, 1, 2]}
    assert mapped.develop == (("a", 3),)
    nowhere = replace(data["a"], labels={"bored": "tired", "amused": "happy"})
    with pytest.raises(ConfigError, match=r"for: 'bored' \(2 clips of data.a\)\. Say"):
        looked_at(replace(made, data={"a": nowhere}))
    left_out = looked_at(
        replace(made, data={"a": replace(data["a"], labels={"bored": "", "amused": ""})})
    )
    assert pools(left_out) == {("a", "emotion"): [2]}
    assert left_out.develop == ()


def test_foreign_labels_do_not_matter_where_none_is_learned(tmp_path: Path) -> None:
    clips = [one("a", label="bored", fine="He yawns.")]
    data = {"a": Data(path=str(folder(tmp_path, clips)))}
    assert pools(looked_at(recipe(data, {"reason": 1}))) == {("a", "reason"): [0]}


def test_a_task_that_no_clip_answers_is_told_with_the_reasons(tmp_path: Path) -> None:
    data = {"a": Data(path=str(folder(tmp_path / "a", labelled(3))))}
    with pytest.raises(ConfigError, match=r"task 'reason'. data.a: the import does not.* \(3\)"):
        looked_at(recipe(data, {"emotion": 1, "reason": 1}))


def test_data_that_name_a_task_of_their_own_have_clips_for_it(tmp_path: Path) -> None:
    texts = [one("t", fine="He smiles.")]
    data = {
        "a": Data(path=str(folder(tmp_path / "a", texts))),
        "b": Data(path=str(folder(tmp_path / "b", labelled(2))), tasks={"reason": 1, "emotion": 1}),
    }
    with pytest.raises(ConfigError, match=r"task 'reason'. data.b"):
        looked_at(recipe(data, {"reason": 1}))
    plain = {**data, "b": replace(data["b"], tasks={})}
    with pytest.raises(ConfigError, match=r"Nothing is learned for reason: data.b"):
        looked_at(recipe(plain, {"reason": 1}))


def test_broken_clips_are_named_and_too_many_of_them_stop_the_run(tmp_path: Path) -> None:
    path = folder(tmp_path, labelled(10))
    (path / "media" / "c3.wav").unlink()
    file = path / "annotations.jsonl"
    lines = file.read_text().splitlines()
    lines[5] = "{}"
    file.write_text("\n".join([*lines, ""]))
    made = recipe({"a": Data(path=str(path))}, {"emotion": 1}, broken=0.2)
    found = looked_at(made)
    assert [name for name, _ in found.broken] == ["a: c3", "a: clip 5"]
    assert "there is no file media/c3.wav" in found.broken[0][1]
    assert "item 6" in found.broken[1][1]
    assert pools(found)["a", "emotion"] == [0, 1, 2, 4, 6, 7, 8, 9]
    (note,) = (note for note in found.notes if "2 clips cannot be used and are left out" in note)
    assert "c3: there is no file media/c3.wav" in note
    with pytest.raises(InputError, match=r"2 of 10 clips cannot be used.*broken = 0.19.*c3: there"):
        looked_at(replace(made, broken=0.19))


def test_progress_ends_at_the_whole(tmp_path: Path) -> None:
    from affectlens.training.survey import survey

    made = recipe({"a": Data(path=str(folder(tmp_path, labelled(3))))}, {"emotion": 1})
    told: list[tuple[str, float]] = []
    survey(
        opened(made), made, made.stages["only"], lambda *_: None, lambda *_: None,
        progress=lambda stage, share: told.append((stage, share)),
    )  # fmt: skip
    assert told[-1] == ("survey", 1.0)


class Many(Sequence[Item]):
    """One clip, many times over."""

    def __init__(self, item: Item, count: int) -> None:
        self._item, self._count = item, count

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> Item: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Item]: ...
    def __getitem__(self, index: int | slice) -> Item | Sequence[Item]:
        assert isinstance(index, int)
        return replace(self._item, annotation=replace(self._item.annotation, id=f"c{index}"))


def test_a_clip_takes_a_few_bytes_of_memory() -> None:
    import tracemalloc

    made = recipe({"a": Data(path="nowhere")}, {"emotion": 1})
    item = Item(annotation=one("a", label="happy"), media=Path("a.wav"))
    looked_at(made, {"a": Many(item, 10)})
    tracemalloc.start()
    found = looked_at(made, {"a": Many(item, 5_000)})
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(found.pools[0].indices) == 5_000
    assert kept < 5_000 * 64


def test_a_source_of_broken_clips_is_not_looked_through_to_its_end() -> None:
    item = Item(annotation=one("a", label="happy"), media=Missing("it is gone"))
    made = recipe({"a": Data(path="nowhere")}, {"emotion": 1}, broken=0.01)
    with pytest.raises(InputError, match=r"1,001 of 1,001 clips cannot be used"):
        looked_at(made, {"a": Many(item, 10**5)})


@pytest.mark.parametrize("field", ["label", "subtitle", "fine"])
def test_other_words_of_a_clip_are_told_apart_wherever_the_data_lie(
    tmp_path: Path, field: str
) -> None:
    told = {"label": "happy", "subtitle": "Hello.", "fine": "He smiles."}
    before, after = one("a", **told), one("a", **{**told, field: "sad"})
    found = [
        looked_at(recipe({"x": Data(path=str(folder(tmp_path / name, [clip])))}, {"emotion": 1}))
        for name, clip in (("here", before), ("there", before), ("other", after))
    ]
    assert found[0].told == found[1].told != found[2].told

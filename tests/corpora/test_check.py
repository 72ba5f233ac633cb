"""Checks count what is there, and find twins, leaks and gaps; and nothing where there is none."""

import json
from pathlib import Path

from tests.corpora.placing import put

from affectlens.corpora.check import check, text, to_json
from affectlens.corpora.corpus import UNTOLD, Corpus, Sample
from affectlens.emotions.spaces import EKMAN6
from affectlens.foundation.missing import Missing


def sample(id_: str, split: str, media: Path | Missing = UNTOLD, **more: str) -> Sample:
    return Sample(id=id_, split=split, media=media, **{"label": "sad", **more})  # type: ignore[arg-type]


def corpus(*samples: Sample, name: str = "made") -> Corpus:
    return Corpus(name=name, samples=samples, space=EKMAN6, absent=("one part is not there",))


def test_counts_are_by_split_and_label_with_the_labels_that_nobody_has() -> None:
    found = check(
        corpus(
            sample("a", "train", speaker="P1"),
            sample("b", "train", speaker="P1", label="happy"),
            Sample(id="c", split="test"),
        )
    )
    assert found.samples == found.media_missing == 3
    assert found.labels["train"] == dict.fromkeys(EKMAN6.labels, 0) | {"sad": 1, "happy": 1}
    assert found.labels["test"]["no label"] == 1
    assert found.speakers == {"train": 1}
    assert found.absent == ("one part is not there",)
    assert found.clean


def test_the_same_bytes_in_two_splits_are_a_leak_and_in_one_are_twins(tmp_path: Path) -> None:
    files = [
        put(tmp_path / f"{n}.mp4", told) for n, told in enumerate(("same", "same", "same", "some"))
    ]
    inside = check(corpus(sample("a", "train", files[0]), sample("b", "train", files[1])))
    assert [one.ids for one in inside.twins] == [("a", "b")]
    assert inside.clean
    across = check(
        corpus(
            sample("a", "train", files[0]),
            sample("c", "test", files[2], label="happy"),
            sample("d", "test", files[3]),
        )
    )
    (leak,) = across.leaks
    assert (leak.kind, leak.between, leak.items) == ("bytes", ("train", "test"), ("a = c",))
    assert not across.clean
    assert "LEAK: train and test have the same bytes: a = c" in text(across)
    assert "the same bytes with different labels: a = c" in text(across)


def test_only_files_of_one_size_are_read(tmp_path: Path) -> None:
    files = [put(tmp_path / f"{n}", told) for n, told in enumerate(("x", "yy", "zz", "uuu"))]
    shares: list[float] = []
    found = check(
        corpus(*(sample(path.name, "train", path) for path in files)),
        progress=lambda _, share: shares.append(share),
    )
    assert shares == [0.5, 1.0]
    assert not found.twins


def test_one_id_in_two_splits_is_a_leak_and_one_speaker_a_warning() -> None:
    found = check(
        corpus(
            sample("a", "train", speaker="P1"),
            sample("a", "dev", speaker="P2"),
            sample("b", "test", speaker="P1"),
        )
    )
    assert [(one.kind, one.between, one.items) for one in found.leaks] == [
        ("id", ("train", "dev"), ("a",))
    ]
    assert found.repeated_ids == ("a",)
    assert [(one.between, one.items) for one in found.warnings] == [(("train", "test"), ("P1",))]
    assert "warning: train and test have the same speaker: P1" in text(found)


def test_ids_that_another_corpus_has_are_told() -> None:
    trained = corpus(sample("a", "train"), sample("z", "train"), name="mer2023")
    tested = corpus(sample("a", "test"), sample("b", "test"), name="emer")
    found = check(tested, against=[trained, corpus(name="other")])
    assert [(one.between, one.items) for one in found.overlaps] == [(("emer", "mer2023"), ("a",))]
    assert not found.clean
    assert "mer2023 has the same id: a" in text(found)


def test_findings_are_json_and_long_lists_are_cut_for_people_only() -> None:
    samples = [sample(f"s{n}", split) for n in range(9) for split in ("train", "test")]
    found = check(corpus(*samples))
    written = json.loads(json.dumps(to_json(found), allow_nan=False))
    assert written["leaks"][0]["items"] == [f"s{n}" for n in range(9)]
    assert written["clean"] is False
    assert "… (9 in all)" in text(found)
    assert "s8" not in text(found)

"""The page of a run says what happened, of whatever there is, and nothing in it runs."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from tests.training.report import made_runs as runs

from affectlens.foundation.errors import InputError
from affectlens.training.recipe import Develop
from affectlens.training.report import render, write
from affectlens.training.report.words import span


class Checked(HTMLParser):
    """Every tag is closed, nothing is fetched, nothing runs."""

    ALONE = frozenset({"meta", "br"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag not in ("script", "img", "link", "iframe", "object")
        assert not [name for name, _ in attrs if name in ("src", "href") or name.startswith("on")]
        if tag not in self.ALONE:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text.append(data)


def text_of(page: str) -> str:
    checked = Checked()
    checked.feed(page)
    assert checked.open == []
    assert "url(" not in page
    assert not re.search(r"[\s\",(](nan|inf)\b", page)
    return " ".join(" ".join(checked.text).split())


def test_a_whole_run_is_told_from_its_result_on(tmp_path: Path) -> None:
    run = runs.folder(
        tmp_path / "run", [*runs.whole("alignment", 200), *runs.whole("instruction", 400)]
    )
    told = text_of(render(run))
    assert (
        "On 120 clips that were held back, stage instruction came to UAR 72.0% at step 300 "
        "(the best of 8 tries on these clips): 55.3 points above the 16.7% of always naming the "
        "most frequent label."
    ) in told
    assert "The run is done." in told
    assert "from merr and toy, beginning with connectors and LoRA drawn anew" in told
    for said in ("6,738,415,616", "emotion 67%, reason 33%", "28,618", "torch", "2.13.0"):
        assert said in told, said
    assert "affectlens analyze CLIP --model run/model" in told
    assert "The same command goes on" not in told
    assert told.index("Stage instruction") < told.index("Stage alignment")


def test_a_result_that_is_no_better_than_the_most_frequent_label_says_so(tmp_path: Path) -> None:
    for uar, said in ((1 / 6, "which is not above the 16.7%"), (0.1, "6.7 points below the 16.7%")):
        lines = [runs.start("one", 9), runs.development("one", 9, uar)]
        run = runs.folder(tmp_path / f"run-{uar}", lines, runs.recipe(["one"]))
        assert said in text_of(render(run))


def test_the_best_is_the_one_that_the_metric_chooses(tmp_path: Path) -> None:
    lines = [
        runs.start("one", 30),
        runs.development("one", 10, 0.5, loss=0.9),
        runs.development("one", 20, 0.4, loss=0.2),
        runs.development("one", 30, 0.3, loss=0.7),
    ]
    for metric, said in (("uar", "UAR 50.0% at step 10"), ("loss", "UAR 40.0% at step 20")):
        settings = runs.recipe(["one"], develop=Develop(metric=metric))  # type: ignore[arg-type]
        told = text_of(render(runs.folder(tmp_path / metric, lines, settings)))
        assert said in told


def test_an_unfinished_run_says_how_far_it_is_and_how_to_go_on(tmp_path: Path) -> None:
    lines = [*runs.whole("alignment", 200), *runs.whole("instruction", 400)[:12]]
    told = text_of(render(runs.folder(tmp_path / "run", lines)))
    assert "its journal has come to step 100 of 400 of stage instruction" in told
    assert "affectlens train RECIPE.toml -o run" in told
    assert "The model, once it is there: affectlens analyze CLIP --model run/model" in told


def test_of_an_unfinished_run_the_newest_model_that_is_there_can_be_used(tmp_path: Path) -> None:
    run = runs.folder(tmp_path / "run", runs.whole("alignment", 200))
    for made in ("alignment/model", "instruction/best"):
        (run / "stages" / made).mkdir(parents=True)
        assert f"affectlens analyze CLIP --model run/stages/{made}" in text_of(render(run))


def test_a_failed_run_says_why(tmp_path: Path) -> None:
    lines = [
        runs.start("alignment", 200),
        runs.step("alignment", 10, 200, 2.0),
        runs.event("stopped", "alignment", 10, reason="The disk is full."),
    ]
    told = text_of(render(runs.folder(tmp_path / "run", lines)))
    assert "The run stopped at step 10 of 200 of stage alignment: The disk is full." in told
    lines.append(runs.event("resumed", "alignment", 10))
    lines.append(runs.step("alignment", 20, 200, 1.5))
    told = text_of(render(runs.folder(tmp_path / "again", lines)))
    assert "The disk is full." not in told
    assert "1 time, at step 10" in told


def test_between_two_stages_the_next_one_is_waited_for(tmp_path: Path) -> None:
    told = text_of(render(runs.folder(tmp_path / "run", runs.whole("alignment", 40))))
    assert "the next stage after alignment has not begun" in told


@pytest.mark.parametrize("steps", [0, 1])
def test_short_runs_have_a_page(tmp_path: Path, steps: int) -> None:
    lines = [runs.start("one", 1), runs.step("one", 1, 1, 2.5), runs.event("end", "one", 1)]
    run = runs.folder(tmp_path / "run", lines[: 3 * steps], runs.recipe(["one"]))
    told = text_of(render(run))
    assert ("The run is done." in told) == bool(steps)
    assert ("has not begun to learn" in told) != bool(steps)
    assert "how well it does on clips that it has not seen is not known" in told


def test_a_run_whose_journal_was_torn_has_a_page(tmp_path: Path) -> None:
    run = runs.folder(tmp_path / "run", runs.whole("alignment", 40))
    with (run / "journal.jsonl").open("a") as file:
        file.write('{"schema": "affectlens.training-journal/1", "kind": "st')
    assert "Stage alignment" in text_of(render(run))


def test_losses_that_were_no_numbers_are_told(tmp_path: Path) -> None:
    lines = [
        runs.start("one", 30),
        runs.step("one", 10, 30, 2.0),
        runs.step("one", 20, 30, None, not_finite=["loss"]),
    ]
    told = text_of(render(runs.folder(tmp_path / "run", lines, runs.recipe(["one"]))))
    assert "The loss of stage one was no finite number at 1 logged steps, first at step 20" in told


def test_thousands_of_points_stay_a_small_page(tmp_path: Path) -> None:
    lines = [runs.start("one", 40_000)]
    lines += [runs.step("one", at, 40_000, 2.0 + at % 7) for at in range(1, 40_001, 4)]
    page = render(runs.folder(tmp_path / "run", lines, runs.recipe(["one"])))
    assert len(page) < 120_000


def test_broken_samples_are_counted_and_named(tmp_path: Path) -> None:
    run = runs.folder(tmp_path / "run", runs.whole("alignment", 40))
    lines = [
        {"schema": "affectlens.skipped/1", "name": f"clip_{i}", "reason": "It is damaged."}
        for i in range(1234)
    ]
    (run / "skipped.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    told = text_of(render(run))
    assert "1,234 samples could not be learned" in told
    assert "clip_19 It is damaged." in told
    assert "the first 20 of 1,234" in told
    assert "clip_20" not in told


def test_a_sample_that_is_told_twice_counts_once(tmp_path: Path) -> None:
    run = runs.folder(tmp_path / "run", runs.whole("alignment", 40))
    lines = [
        {
            "schema": "affectlens.skipped/1",
            "stage": "alignment",
            "name": "clip",
            "reason": "It is damaged.",
            "position": position,
        }
        for position in (3, 7, 7, 11)  # killed behind 7, before a checkpoint
    ]
    (run / "skipped.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert "3 samples could not be learned" in text_of(render(run))


@pytest.mark.parametrize(("seconds", "told"), [(7.2, "7.2 s"), (600, "10.0 min"), (7300, "2.0 h")])
def test_spans_are_told_as_people_do(seconds: float, told: str) -> None:
    assert span(seconds) == told


def test_every_text_is_escaped(tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>&\"'"
    begun = {
        **runs.start(evil, 20),
        "notes": [evil],
        "cpu": evil,
        "data": {evil: {"clips": 3, evil: 2}},
        "parameters": {evil: {"trained": 1, "frozen": 2}},
    }
    matrix = {"labels": [evil], "answers": [evil], "counts": [[3]]}
    lines = [
        begun,
        runs.step(evil, 10, 20, 1.0, rates={evil: 1e-5, "b": 2e-5}),
        runs.development(evil, 10, 0.5, confusion=matrix, broken=1, broken_clips={evil: evil}),
        runs.event("stopped", evil, 10, reason=evil),
    ]
    run = runs.folder(tmp_path / "run", lines)
    told = json.loads((run / "recipe.json").read_text())
    for named in ("data", "stages"):  # which no recipe of ours calls so
        told["recipe"][named] = {evil: next(iter(told["recipe"][named].values()))}
    told["recipe"]["data"][evil]["path"] = evil
    (run / "recipe.json").write_text(json.dumps(told))
    skipped = {"schema": "affectlens.skipped/1", "name": evil, "reason": evil}
    (run / "skipped.jsonl").write_text(json.dumps(skipped) + "\n")
    page = render(run)
    assert "<script" not in page
    assert evil in text_of(page)


def test_the_same_run_gives_the_same_page(tmp_path: Path) -> None:
    run = runs.folder(tmp_path / "run", runs.whole("alignment", 40))
    assert write(run) == run / "report.html"
    assert (run / "report.html").read_text("utf-8") == render(run)


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is no training run"):
        render(tmp_path)

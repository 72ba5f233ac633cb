"""Each description is made once, is tidy, and says who made it."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from tests.annotation.checks.drafts import draft, told

from affectlens.annotation.annotation import Peak
from affectlens.annotation.describer import TASKS, Request, Task
from affectlens.annotation.draft import Draft
from affectlens.annotation.recipe import Recipe
from affectlens.annotation.steps.described import build_describers, describe, described, fine
from affectlens.annotation.work import Work
from affectlens.foundation.chat import Medium
from affectlens.foundation.errors import ConfigError, UnavailableError
from affectlens.foundation.missing import Missing
from affectlens.foundation.part import use
from affectlens.media.clip import Clip
from affectlens.media.opening import open_clip

CLIP = Path(__file__).parents[3] / "examples" / "clips" / "1001_DFA_HAP_XX.mp4"
PEAK = Peak(
    person="P1",
    time_s=1.1,
    frame=33,
    method="sum",
    box=None,
    action_units={"AU12": 3.2},
    active=("AU12",),
)


@dataclass
class Told:
    """A describer that says what it is told to, and remembers what it was asked."""

    says: list[str | Missing | Exception]
    reads: bool = True
    identity: str = "told"
    asked: list[Request] = field(default_factory=list)
    takes: frozenset[Medium] = frozenset({"picture", "sound"})

    def describe(self, request: Request) -> str | Missing:
        self.asked.append(request)
        said = self.says.pop(0) if len(self.says) > 1 else self.says[0]
        if isinstance(said, Exception):
            raise said
        return said


def work(folder: Path) -> Work:
    """The work of one item, as a new process finds it."""
    return Work(folder, "clip")


def ask(
    task: Task, made: Draft, folder: Path, by: Told, recipe: Recipe | None = None
) -> str | Missing:
    """What a describer says of a draft."""
    return describe(task, made, recipe or Recipe(), work(folder), dict.fromkeys(TASKS, by))[0]


def seen_in(clip: Clip, **found: Any) -> Draft:
    """A draft whose file can be opened."""
    made = draft(**found)
    return replace(made, seen=replace(made.seen, clip=lambda: clip))


def test_a_description_is_asked_for_once_and_then_found(tmp_path: Path) -> None:
    by = Told(["First.", "Second."])
    made = draft(label="happy", coarse="x")
    assert ask("fine", made, tmp_path, by) == "First."
    assert ask("fine", made, tmp_path, by) == "First."
    assert len(by.asked) == 1


def asked_anew(task: Task, made: Draft, other: Draft, folder: Path, **changed: Any) -> bool:
    """Whether a describer is asked once more when the draft, or something of it, is another."""
    clip = open_clip(CLIP)
    one, two = (replace(d, seen=replace(d.seen, clip=lambda: clip)) for d in (made, other))
    recipe = changed.pop("recipe", Recipe())
    assert ask(task, one, folder, Told(["First."], **{**changed, "identity": "told"})) == "First."
    by = Told(["Second."], **changed)
    assert ask(task, two, folder, by, recipe) == ("Second." if by.asked else "First.")
    return bool(by.asked)


@pytest.mark.parametrize(
    ("changed", "by_model", "by_rule"),
    [
        ({"label": "sad"}, {"fine"}, {"fine"}),
        ({"tone": "angry"}, {"fine"}, set()),
        ({"peak": replace(PEAK, time_s=2.0)}, {"objective", "tone"}, set(TASKS[:4])),
        ({"peak": replace(PEAK, active=())}, set(), set(TASKS[:4])),
        ({"person": "P9"}, set(), set(TASKS[:4])),
        ({"key": "cd" * 32}, set(), set(TASKS[:4])),
        ({"sha256": "cd" * 32}, {"objective", "tone"}, set(TASKS[:4])),
    ],
)
def test_what_decides_an_answer_and_nothing_else_decides_its_key(
    changed: dict[str, Any], by_model: set[Task], by_rule: set[Task], tmp_path: Path
) -> None:
    made = draft(label="happy", coarse="x", tone="sad", peak=PEAK)
    seen = {name: changed[name] for name in ("key", "sha256") if name in changed}
    rest = {name: value for name, value in changed.items() if name not in seen}
    other = replace(made, **rest, seen=replace(made.seen, **seen))
    tasks: tuple[Task, ...] = ("objective", "tone", "fine")
    for reads, wanted in ((True, by_model), (False, by_rule)):
        found = {
            task
            for task in tasks
            if asked_anew(task, made, other, tmp_path / f"{task} {reads}", reads=reads)
        }
        assert found == wanted & set(tasks), reads


def test_another_describer_or_prompt_is_asked_anew(tmp_path: Path) -> None:
    made = draft(label="happy", coarse="x", tone="sad", peak=PEAK)
    assert asked_anew("fine", made, made, tmp_path / "1", identity="another")
    assert asked_anew("fine", made, made, tmp_path / "2", recipe=Recipe(prompts="emer"))
    assert not asked_anew("fine", made, made, tmp_path / "3")
    rules = {"reads": False, "recipe": Recipe(prompts="emer")}
    assert not asked_anew("fine", made, made, tmp_path / "4", **rules)


def test_the_file_is_opened_for_asking_and_not_for_finding(tmp_path: Path) -> None:
    clip = open_clip(CLIP)
    by = Told(["A face."])
    assert ask("objective", seen_in(clip, peak=PEAK), tmp_path, by) == "A face."
    (message,) = by.asked[0].messages
    assert isinstance(message.content, tuple)
    assert [type(part).__name__ for part in message.content] == ["Picture", "str"]
    # The draft by hand has no file: opening it raises.
    assert ask("objective", draft(peak=PEAK), tmp_path, by) == "A face."


def test_who_reads_nothing_is_shown_nothing(tmp_path: Path) -> None:
    by = Told(["A face."], reads=False)
    assert ask("objective", draft(peak=PEAK), tmp_path, by) == "A face."
    assert by.asked[0].messages == ()


def test_what_is_said_without_reading_is_kept_by_all_that_it_may_look_at(tmp_path: Path) -> None:
    made = draft(label="happy", fine="A. B.", peak=PEAK)
    by = Told(["1", "2", "3", "4", "5"], reads=False)
    parts = dict.fromkeys(TASKS, by)

    def rewritten(of: Draft, *faults: str) -> str | Missing:
        return describe("rewrite", of, Recipe(), work(tmp_path), parts, faults=faults)[0]

    assert rewritten(made, "A.") == "1"
    assert rewritten(made, "A.") == "1"
    assert rewritten(made, "B.") == "2"
    assert rewritten(replace(made, label="sad"), "B.") == "3"
    assert rewritten(replace(made, label="sad", fine="B."), "B.") == "4"


def test_what_failed_is_asked_again(tmp_path: Path) -> None:
    by = Told([UnavailableError("away"), "  ", "There."])
    made = draft(label="happy", coarse="x")
    with pytest.raises(UnavailableError, match="away"):
        ask("fine", made, tmp_path, by)
    with pytest.raises(UnavailableError, match="told gave an empty text for fine"):
        ask("fine", made, tmp_path, by)
    assert ask("fine", made, tmp_path, by) == "There."


def test_what_there_is_nothing_to_say_of_is_found_again_too(tmp_path: Path) -> None:
    by = Told([Missing("nothing there")])
    made = draft(label="happy", coarse="x")
    assert ask("fine", made, tmp_path, by) == Missing("nothing there")
    assert ask("fine", made, tmp_path, by) == Missing("nothing there")
    assert len(by.asked) == 1


def test_replies_are_tidied(tmp_path: Path) -> None:
    by = Told([" A\n\nsmile\u00a0 and\ta\x00 \x1bfrown\ufffd.\u2028 "])
    assert ask("fine", draft(label="happy", coarse="x"), tmp_path, by) == "A smile and a frown."


def test_a_model_is_not_asked_about_what_is_not_there(tmp_path: Path) -> None:
    by = Told(["Invented."])
    silent = draft("calm")
    quiet = replace(silent, seen=replace(silent.seen, percepts=replace(
        silent.seen.percepts, utterances=(), faces=()
    )))  # fmt: skip
    assert ask("tone", quiet, tmp_path, by) == Missing("nobody speaks")
    assert ask("face", replace(quiet, peak=Missing("no face")), tmp_path, by) == Missing("no face")
    assert isinstance(ask("fine", quiet, tmp_path, by), Missing)
    assert not by.asked


def test_a_tone_is_not_asked_for_without_sound(tmp_path: Path) -> None:
    clip = replace(open_clip(CLIP), sound=Missing("it has no sound"))
    by = Told(["Invented."])
    assert ask("tone", seen_in(clip, peak=PEAK), tmp_path, by) == Missing("it has no sound")
    assert not by.asked


def test_faults_reach_who_rewrites_and_decide_the_key(tmp_path: Path) -> None:
    by = Told(["One.", "Two."])
    made, parts = draft(fine="A. B.", label="happy"), dict.fromkeys(TASKS, by)
    first, _ = describe("rewrite", made, Recipe(), work(tmp_path), parts, faults=("A.",))
    second, _ = describe("rewrite", made, Recipe(), work(tmp_path), parts, faults=("B.",))
    assert (first, second) == ("One.", "Two.")
    assert by.asked[0].faults == ("A.",)
    assert "- A." in str(by.asked[0].messages[-1].content)


def test_everything_says_who_made_it(tmp_path: Path) -> None:
    recipe = Recipe()
    parts = build_describers(recipe)
    made = described(draft(peak=PEAK, label="happy"), recipe, work(tmp_path), parts)
    made = fine(made, recipe, work(tmp_path), parts)
    assert set(made.made) == {"face", "objective", "tone", "subtitle", "coarse", "fine"}
    assert made.made["face"].by == "rules 1, merr phrases"
    assert made.made["subtitle"].by == "transcript of speech"
    assert all(len(one.key) == 64 for one in made.made.values())
    again = described(draft(peak=PEAK, label="happy"), recipe, work(tmp_path), parts)
    assert again.made == {name: made.made[name] for name in again.made}


def test_what_is_missing_was_made_by_nobody(tmp_path: Path) -> None:
    recipe = Recipe()
    made = described(draft("calm"), recipe, work(tmp_path), build_describers(recipe))
    assert isinstance(made.tone, Missing)
    assert "tone" not in made.made
    assert "subtitle" not in made.made


def test_the_subtitle_is_what_the_main_person_says(tmp_path: Path) -> None:
    recipe = Recipe()
    parts = build_describers(recipe)

    def subtitle(made: Draft) -> str | Missing:
        return described(made, recipe, work(tmp_path), parts).subtitle

    assert subtitle(draft("two")) == "That is wonderful news."
    assert subtitle(draft("two", person="P2")) == "I have had enough of this!"
    everybody = "That is wonderful news. I have had enough of this!"
    assert subtitle(draft("two", person="P3")) == everybody
    assert subtitle(draft("calm")) == Missing("nobody speaks")


def test_words_that_came_with_the_file_stand_for_all_others(tmp_path: Path) -> None:
    recipe = Recipe()
    parts = build_describers(recipe)
    made = described(told(draft(), words=" So\nit is. "), recipe, work(tmp_path), parts)
    assert made.subtitle == "So it is."
    assert made.made["subtitle"].by == "told with the file"
    assert made.made["subtitle"].key == ""
    mute = described(told(draft(), words=""), recipe, work(tmp_path), parts)
    assert isinstance(mute.subtitle, Missing)


def test_equal_parts_are_one_describer() -> None:
    plain = use("rules", phrases="plain")
    parts = build_describers(Recipe(face=plain, tone=plain))
    assert parts["face"] is parts["tone"]
    assert parts["objective"] is parts["fine"]
    assert parts["rewrite"] is parts["fine"]
    assert parts["face"] is not parts["fine"]


def test_describers_that_there_are_not_are_refused() -> None:
    with pytest.raises(ConfigError, match="Did you mean 'rules'"):
        build_describers(Recipe(face=use("rule")))
    with pytest.raises(ConfigError, match="phrases is one of 'merr', 'plain'"):
        build_describers(Recipe(face=use("rules", phrases="mer")))

"""What the rules write is borne out by what was measured, and concludes the label."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from tests.annotation.checks.drafts import RECIPE, draft
from tests.reasoning.lies import SCENES

from affectlens.analyzer.line import analyze
from affectlens.analyzer.models import absent_models
from affectlens.analyzer.settings import Settings
from affectlens.annotation.checks import label as label_check
from affectlens.annotation.describer import Request, Task
from affectlens.annotation.describers.rules import Config, build
from affectlens.annotation.draft import Draft
from affectlens.clues.gather import gather
from affectlens.emotions.spaces import MER9
from affectlens.foundation.missing import Missing
from affectlens.reasoning import rules
from affectlens.reasoning.analysis import Analysis
from affectlens.reasoning.grounding import ground
from affectlens.reasoning.settings import ReasoningSettings

RULES = build(Config())
CLIPS = sorted((Path(__file__).parents[3] / "examples" / "clips").glob("*.mp4"))
models = pytest.mark.skipif(
    bool(absent_models(Settings(model="rules"))), reason="run `affectlens models pull`"
)


def write(task: Task, made: Draft, *faults: str) -> str | Missing:
    """What the rules write."""
    return RULES.describe(Request(task=task, draft=made, faults=faults))


def statuses(made: Draft, text: str) -> set[str]:
    """How the sentences of a text fare, checked as those of models are."""
    person = next(one for one in made.seen.analysis.people if one.id == made.person)
    given = {made.label, person.label, *(s.label for s in person.segments)}
    labels = {person.id: {word for word in given if isinstance(word, str)}}
    near = [c for c in made.seen.analysis.clues if c.person in (person.id, None)]
    return {claim.status for claim in ground(text, near, labels=labels)}


def scene(name: str, label: str) -> Draft:
    """A scene made by hand with a label that somebody gave it."""
    return draft(name, label=label)


@pytest.mark.parametrize("name", SCENES)
@pytest.mark.parametrize("label", MER9.labels)
def test_whatever_the_label_no_sentence_is_unsupported_and_the_label_ends_it(
    name: str, label: str
) -> None:
    made = scene(name, label)
    text = write("fine", made)
    assert isinstance(text, str)
    assert statuses(made, text) <= {"supported", "unchecked"}
    assert text.endswith(f"{label}.")
    assert len(text.split()) >= 8
    assert not any(word in text for word in ("None", "Missing", "{", "P1", "(", "AU"))
    checked = replace(made, fine=text)
    assert label_check.check(checked, RECIPE).score == 1.0


def test_a_label_that_the_clues_speak_for_is_concluded_of_them() -> None:
    text = str(write("fine", scene("smile", "happy")))
    assert "lip corners pulled up" in text
    assert "laughter" in text
    assert "“That is wonderful news”" in text
    assert "label" not in text


def test_where_they_speak_for_another_label_that_is_said_and_nothing_invented() -> None:
    text = str(write("fine", scene("smile", "angry")))
    assert "happy rather than angry" in text
    assert "lip corners pulled up" in text
    assert not any(word in text for word in ("brow", "tight", "loud"))
    assert text.endswith("Overall, the person is taken to appear angry.")


def test_a_claim_of_another_emotion_is_open_to_the_check() -> None:
    made = scene("smile", "angry")
    near = [c for c in made.seen.analysis.clues if c.person in ("P1", None)]
    claims = ground(str(write("fine", made)), near, labels={"P1": {"sad"}})
    assert [claim.status for claim in claims][-2:] == ["unsupported", "unsupported"]


def test_where_the_analysis_abstains_it_is_said_that_the_signs_do_not_settle_it() -> None:
    made = scene("smile", "sad")
    (person,) = made.seen.analysis.people
    undecided = replace(person, label=None, probabilities=dict.fromkeys(MER9.labels, 1 / 9))
    seen = replace(made.seen, analysis=replace(made.seen.analysis, people=(undecided,)))
    text = str(write("fine", replace(made, seen=seen)))
    assert "do not settle it" in text
    weak = replace(undecided, probabilities={**dict.fromkeys(MER9.labels, 0.1), "sad": 0.2})
    seen = replace(seen, analysis=replace(seen.analysis, people=(weak,)))
    assert "Weak as these signs are" in str(write("fine", replace(made, seen=seen)))


def test_a_sentence_that_no_clue_bears_out_is_left_out() -> None:
    made = scene("smile", "happy")
    # The clues quote a sentence of which nothing remains that could be compared.
    odd = [
        replace(c, text="the words “?!”", kind="quote") if c.modality == "words" else c
        for c in made.seen.analysis.clues
    ]
    seen = replace(made.seen, analysis=replace(made.seen.analysis, clues=tuple(odd)))
    text = str(write("fine", replace(made, seen=seen)))
    assert "?!" not in text
    assert "lip corners pulled up" in text


def test_wordings_vary_over_files_and_are_the_same_for_one() -> None:
    made = scene("smile", "happy")
    texts = {
        write("fine", replace(made, seen=replace(made.seen, sha256=f"{n:064x}")))
        for n in [*range(30), *range(30)]
    }
    assert 5 < len(texts) <= 30
    assert all(statuses(made, str(text)) == {"supported"} for text in texts)


def test_without_a_label_or_anybody_there_is_nothing_to_explain() -> None:
    unlabelled = draft("smile", label=Missing("nobody gave one"))
    assert write("fine", unlabelled) == Missing("there is no label to explain: nobody gave one")
    assert isinstance(write("fine", draft("smile", label="sad", person="P7")), Missing)


def test_a_rewrite_drops_the_faulty_sentences_and_nothing_else() -> None:
    made = draft(fine="It is so. “No. No.” she says. It is 3.5 s long. The end.")
    assert write("rewrite", made, "It is so.") == "“No. No.” she says. It is 3.5 s long. The end."
    assert isinstance(write("rewrite", draft(fine="A."), "A."), Missing)
    assert isinstance(write("rewrite", draft(), "A."), Missing)


def test_the_identity_tells_one_wording_from_another() -> None:
    assert RULES.identity == "rules 1, merr phrases"
    assert build(Config(phrases="plain")).identity == "rules 1, plain phrases"
    assert not RULES.reads


@cache
def analyzed(path: Path) -> Analysis:
    """The analysis of a clip, in the labels of MERR."""
    return analyze(
        path, Settings(model="rules", reasoning=ReasoningSettings(label_space="mer9")), offline=True
    )


@pytest.mark.slow
@pytest.mark.weights
@models
@pytest.mark.parametrize("path", CLIPS, ids=lambda path: path.stem)
def test_of_real_clips_every_sentence_is_borne_out(path: Path) -> None:
    base = draft()
    made = replace(base, seen=replace(base.seen, sha256=path.stem, analysis=analyzed(path)))
    read = analyzed(path).people[0].label
    text = write("fine", replace(made, label=read or "sad"))
    assert isinstance(text, str)
    found = statuses(replace(made, label=read or "sad"), text)
    assert found == {"supported"} if read else found <= {"supported", "unchecked"}


def test_scenes_are_read_as_the_line_reads_them() -> None:
    found = SCENES["smile"]
    reading = rules.build(ReasoningSettings(label_space="mer9"))(found, gather(found), MER9)
    assert reading.people[0].label == "happy"

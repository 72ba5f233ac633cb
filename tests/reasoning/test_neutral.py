"""What nobody measures, gender, age and origin, is not said of people."""

import pytest

from affectlens.reasoning.neutral import neutral


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("The young woman raises her brows.", "The person raises the brows."),
        ("She looks at him; he turns away.",
         "The person looks at the person; the person turns away."),
        ("An elderly Chinese man smiles to himself.", "A person smiles to themselves."),
        ("Two women laugh.", "Two people laugh."),
        ("A Black speaker shouts.", "A speaker shouts."),
        ("the male speaker's voice", "the speaker's voice"),
        ("It is hers. Look at her.", "It is the person's. Look at the person."),
        ("P1 says “She is an old lady.” and he cries.",
         "P1 says “She is an old lady.” and the person cries."),
        ("A young African American woman in her late thirties smiles.", "A person smiles."),
        ("An Asian person and an old actor.", "A person and an actor."),
        ("The 30-year-old father, a child and two teenagers laugh.",
         "The person, a person and two people laugh."),
        ("A dark-skinned person in their 40s frowns.", "A person frowns."),
        ("The white wall, a black coat, other people, the theme.",
         "The white wall, a black coat, other people, the theme."),
    ],
)  # fmt: skip
def test_words_for_gender_age_and_origin_go(written: str, told: str) -> None:
    assert neutral(written) == told


def test_text_without_such_words_stays_as_it_is() -> None:
    text = "P1 raises the cheeks from 0.8 to 1.1 s (AU06). The manner is humane."
    assert neutral(text) == text

"""The coarse caption, from the descriptions that there are (Emotion-LLaMA, its LLaMA-3 table)."""

from affectlens.annotation.draft import Draft
from affectlens.annotation.fields import fields
from affectlens.annotation.template import Template
from affectlens.foundation.missing import Missing

VERSION = 1  # raised when the same descriptions give another caption

# The paper's, with its curly apostrophes, and the same without what is missing.
_CAPTION = Template(
    (
        ("This person in the video is {person}.",),
        (
            "The person’s expression and actions include {face}, and the person’s tone is {tone}.",
            "The person’s expression and actions include {face}.",
            "The person’s tone is {tone}.",
        ),
        ("Saying: {words}",),
    )
)


def coarse(draft: Draft) -> str | Missing:
    """The caption; Missing where nothing was described."""
    return _CAPTION.fill(fields(draft)) or Missing("there is nothing to make a caption of")

"""What templates can say of a draft: its descriptions, worded to stand inside of a sentence."""

import re
from collections.abc import Callable, Sequence

from affectlens.annotation.draft import Draft
from affectlens.annotation.template import Values
from affectlens.emotions.spaces import space
from affectlens.foundation.missing import Missing

FIELDS = (
    "objective",  # what is seen, as it was described
    "person",  # the same to stand after "This person in the video is"
    "face",  # to stand inside of a sentence
    "tone",
    "speaking",  # the tone to stand after "The person is"
    "subtitle",  # with a mark at its end
    "words",  # the same as it was said
    "label",
    "labels",  # those of the label space
    "options",  # tones of voice to choose from
    "clues",  # objective, face and tone as sentences
    "measured",  # clues of the person and of the scene, one a line
    "draft",  # the fine description
    "faults",  # its sentences that nothing bears out, one a line
)
_MEASURED = 24  # clues that are told at most
_PHRASE = 4  # words of a short phrase, such as "Lip Corner Puller"

_SUBJECT = re.compile(
    r"^(?:this|the|a|one)\s+(?:\w+\s+)?(?:person|man|woman|boy|girl|child|lady|speaker|character)"
    r"(?:\s+(?:in|on|of)\s+(?:the\s+|this\s+)?(?:video|image|picture|photo|frame|clip|scene))?"
    r"\s+is\s+",
    re.IGNORECASE,
)
# How models begin a reply about a voice: "The tone of the speaker in the video is".
_TONE = re.compile(
    r"^(?:the|this|their|his|her)\s+"
    r"(?:(?:speaker|person|man|woman|voice)['’]s\s+)?(?:\w+\s+)?(?:tone|voice)"
    r"(?:\s+(?:of|in)\s+(?:the\s+|this\s+)?(?:voice|speaker|person|man|woman|audio|video))*"
    r"\s+(?:is|sounds|seems)\s+",
    re.IGNORECASE,
)
_ENDED = re.compile(r"[.!?…。！？][\"'”’»)]*$")


def fields(draft: Draft, options: Sequence[str] = (), faults: Sequence[str] = ()) -> Values:
    """Every field; Missing is what the draft does not have."""
    return {
        "objective": _told(draft.objective, ended),
        "person": _told(draft.objective, _of_person),
        "face": _told(draft.face, inside),
        "tone": _told(draft.tone, _of_voice),
        "speaking": _told(draft.tone, _speaking),
        "subtitle": _told(draft.subtitle, ended),
        "words": draft.subtitle,
        "label": draft.label,
        "labels": _labels(draft),
        "options": ", ".join(options) if options else Missing("the prompts have no options"),
        "clues": _clues(draft),
        "measured": _measured(draft),
        "draft": draft.fine,
        "faults": "\n".join(f"- {one}" for one in faults) or Missing("there are no faults"),
    }


def ended(text: str) -> str:
    """A text with a mark at its end."""
    return text if _ENDED.search(text) else f"{text}."


def inside(text: str) -> str:
    """A description to stand inside of a sentence: "eyes widened, wide-mouthed"."""
    return ", ".join(_small(piece) for piece in text.rstrip(" .").split(", "))


def _small(text: str) -> str:
    """Short phrases in small letters, of others the first; words in capitals stay: I, AU12."""
    first, *rest = text.split(" ")
    if len(rest) < _PHRASE:
        rest = [_lower(word) for word in rest]
    return " ".join([_lower(first), *rest])


def _lower(word: str) -> str:
    return word if word == word.upper() and word != "A" else word.lower()


def _told(text: str | Missing, worded: Callable[[str], str]) -> str | Missing:
    return text if isinstance(text, Missing) else worded(text)


def _of_person(text: str) -> str:
    """What stands after "This person in the video is"."""
    rest, found = _SUBJECT.subn("", text, count=1)
    return rest.rstrip(" .") if found else _small(text.rstrip(" ."))


def _of_voice(tone: str) -> str:
    """What stands after "The person’s tone is"."""
    return inside(_TONE.sub("", tone, count=1))


def _speaking(tone: str) -> str:
    plain = _of_voice(tone)
    if re.fullmatch(r"[^\W\d_]+(?:-[^\W\d_]+)*", plain):
        return f"speaking with {'an' if plain[0] in 'aeiou' else 'a'} {plain} voice"
    return f"speaking in this tone: {plain}"


def _labels(draft: Draft) -> str:
    return ", ".join(space(draft.seen.analysis.run.label_space).labels)


def _clues(draft: Draft) -> str | Missing:
    """What was described, in sentences."""
    parts = (
        draft.objective,
        _told(draft.face, lambda text: f"The person’s face: {inside(text)}"),
        _told(draft.tone, lambda text: f"The person’s tone: {_of_voice(text)}"),
    )
    found = [ended(text) for text in parts if isinstance(text, str)]
    return " ".join(found) or Missing("nothing was described")


def _measured(draft: Draft) -> str | Missing:
    """The clearest clues, in their order of time."""
    near = [c for c in draft.seen.analysis.clues if c.person in (draft.person, None)]
    told = {c.id for c in sorted(near, key=lambda c: -c.strength)[:_MEASURED]}
    lines = [
        f"- {c.modality}, {c.span.start_s:.1f} to {c.span.end_s:.1f} s: {c.text}"
        for c in near
        if c.id in told
    ]
    return "\n".join(lines) or Missing("nothing was measured")

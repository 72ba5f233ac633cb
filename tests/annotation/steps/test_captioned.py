"""The coarse caption is the paper's, and shorter where something is missing."""

import itertools
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.annotation.checks.drafts import draft

from affectlens.annotation.steps.captioned import coarse
from affectlens.foundation.missing import Missing

PARTS = {
    "objective": "The woman in the video is talking to a man.",
    "face": "Eyes widened, Wide-mouthed.",
    "tone": "happy",
    "subtitle": "Oh my.",
}
SEEN = "This person in the video is talking to a man."
SHOWN = "The person’s expression and actions include eyes widened, wide-mouthed"
SAID = "Saying: Oh my."
WANTED = {
    "ofts": f"{SEEN} {SHOWN}, and the person’s tone is happy. {SAID}",
    "oft": f"{SEEN} {SHOWN}, and the person’s tone is happy.",
    "ofs": f"{SEEN} {SHOWN}. {SAID}",
    "of": f"{SEEN} {SHOWN}.",
    "ots": f"{SEEN} The person’s tone is happy. {SAID}",
    "ot": f"{SEEN} The person’s tone is happy.",
    "os": f"{SEEN} {SAID}",
    "o": SEEN,
    "fts": f"{SHOWN}, and the person’s tone is happy. {SAID}",
    "ft": f"{SHOWN}, and the person’s tone is happy.",
    "fs": f"{SHOWN}. {SAID}",
    "f": f"{SHOWN}.",
    "ts": f"The person’s tone is happy. {SAID}",
    "t": "The person’s tone is happy.",
    "s": SAID,
}


def test_the_caption_is_the_papers_with_every_part_and_without_any() -> None:
    found = {}
    for n in range(5):
        for kept in itertools.combinations(PARTS, n):
            made: dict[str, Any] = {
                name: PARTS[name] if name in kept else Missing("x") for name in PARTS
            }
            found[
                "".join({"objective": "o", "face": "f", "tone": "t"}.get(k, "s") for k in kept)
            ] = coarse(draft(**made))
    nothing = found.pop("")
    assert found == WANTED
    assert nothing == Missing("there is nothing to make a caption of")


@given(st.lists(st.text(max_size=20) | st.none(), min_size=4, max_size=4))
@settings(deadline=None, max_examples=50)
def test_no_caption_tells_of_what_is_missing(texts: list[str | None]) -> None:
    absent = Missing("zzz")
    made: dict[str, Any] = {
        k: absent if t is None else t for k, t in zip(PARTS, texts, strict=True)
    }
    caption = coarse(draft(**made))
    said = "".join(text for text in texts if text)
    if not any(word in said for word in ("None", "Missing", "zzz", "{")):
        assert not any(word in str(caption) for word in ("None", "Missing", "zzz", "{"))

"""The page as a file: whole, without a way out, and hard to break out of."""

import base64
import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.reasoning.render.samples import HOSTILE, SAMPLES, hostile, sound_only, two_people
from tests.reasoning.report.clips import write_two_people

from affectlens.foundation.missing import Missing
from affectlens.media.clip import Clip
from affectlens.media.opening import open_clip
from affectlens.reasoning.analysis import Analysis
from affectlens.reasoning.report import html_report
from affectlens.reasoning.report.excerpt import LONGEST_S, Excerpt, excerpt


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    target = tmp_path_factory.mktemp("clips") / "two people.mp4"
    write_two_people(target)
    return open_clip(target)


def elements(page: str, tag: str) -> list[str]:
    """What stands inside every element of a name."""
    return re.findall(rf"<{tag}\b[^>]*>(.*?)</{tag}>", page, re.DOTALL)


@pytest.mark.parametrize("make", SAMPLES.values(), ids=SAMPLES.keys())
def test_the_page_names_no_other_place_and_fills_every_part(make: Callable[[], Analysis]) -> None:
    page = html_report(make(), None)
    shell = page.replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"""(?:src|href|url|import)\s*[=(]\s*["']?(?:https?:)?//""", shell)
    assert "http" not in re.sub(r"http-equiv", "", shell)
    assert "{{" not in page


def test_the_policy_allows_its_own_script_and_style_and_nothing_else() -> None:
    page = html_report(two_people(), None)
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]+)"', page)
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["media-src"] == "data:"
    for rule, text in (
        ("script-src", elements(page, "script")[-1]),
        ("style-src", elements(page, "style")[0]),
    ):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert rules[rule] == f"'sha256-{digest}'"


def test_hostile_words_never_end_their_element_and_arrive_unchanged() -> None:
    page = html_report(hostile(), None)
    assert "<img" not in page
    assert page.count("</script>") == 2
    data = json.loads(elements(page, "script")[0])
    assert data["analysis"]["transcript"][0]["text"] == HOSTILE


def test_a_page_without_its_clip_says_so() -> None:
    data = json.loads(elements(html_report(two_people(), None), "script")[0])
    assert data["absent"] == "the media file was not given to the report"


def test_the_clip_is_inside_as_data(clip: Clip) -> None:
    page = html_report(two_people(), clip)
    (media,) = re.findall(r'<video id="media"[^>]* src="data:video/mp4;base64,([^"]+)"', page)
    assert base64.b64decode(media)[4:8] == b"ftyp"


def test_where_no_face_was_followed_a_redacted_page_has_sound_but_no_picture(clip: Clip) -> None:
    made = excerpt(clip, sound_only().people, redact=True)
    assert isinstance(made, Excerpt)
    assert made.mime == "audio/mp4"


def test_a_redacted_clip_differs_from_the_plain_one(clip: Clip) -> None:
    plain, hidden = (excerpt(clip, two_people().people, redact=redact) for redact in (False, True))
    assert isinstance(plain, Excerpt)
    assert isinstance(hidden, Excerpt)
    assert len(hidden.data) < 0.6 * len(plain.data)  # the noise of the faces is gone


def test_a_clip_that_no_page_can_hold_is_left_out_with_the_reason(clip: Clip) -> None:
    long = type(clip)(
        name=clip.name, path=clip.path, sha256=clip.sha256, duration_s=LONGEST_S + 1,
        video=clip.video, sound=clip.sound, subtitles=clip.subtitles,
    )  # fmt: skip
    made = excerpt(long, (), redact=False)
    assert isinstance(made, Missing)
    assert "15 minutes" in made.reason


def test_writing_the_page_leaves_no_file_behind(
    clip: Clip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    html_report(two_people(), clip)
    assert not list(tmp_path.iterdir())

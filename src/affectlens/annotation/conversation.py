"""An annotation as a conversation: what trainers of language models read of it."""

import re
from typing import Any, Literal

from affectlens.annotation.annotation import Annotation
from affectlens.emotions.labels import LabelSpace
from affectlens.emotions.spaces import MER9
from affectlens.foundation.hashing import sha256_of_text
from affectlens.foundation.missing import Missing
from affectlens.model.pools import instructions, question

Task = Literal["reason", "emotion"]
TASKS: tuple[Task, ...] = ("reason", "emotion")

# The keys of media in trainers' rows, each with what stands for one of them in the text.
PLACEHOLDERS = {"videos": "<video>", "audios": "<audio>", "images": "<image>"}

_PROMPTS = "emotion_llama"
_SAID = {"en": "The person in video says: {}", "zh": "视频中的人物说：{}"}
# What trainers and their tokenizers take for something else than text: <video>, </img>, <|im_end|>.
_TAG = re.compile(r"<([^<>\s]+)>")
_HAN = re.compile("[\u4e00-\u9fff]")
_LETTER = re.compile(r"[^\W\d_]")


def turns(
    annotation: Annotation, task: Task = "reason", space: LabelSpace = MER9
) -> list[dict[str, str]]:
    """A question about a clip and its answer; none where the annotation has no answer.

    "reason" is answered by the fine description, else the coarse one; which question of the
    published pool is asked hangs on the clip's id. "emotion" asks for one label of a space.
    """
    answer = _answer(annotation, task)
    if isinstance(answer, Missing):
        return []
    language = language_of(annotation)
    lines = [PLACEHOLDERS[key] for key, paths in media_of(annotation).items() for _ in paths]
    if not isinstance(annotation.subtitle, Missing) and annotation.subtitle.strip():
        lines.append(_SAID[language].format(_inert(annotation.subtitle.strip())))
    lines.append(_question(annotation.id, task, space, language))
    return [
        {"role": "user", "content": "\n".join(lines)},
        {"role": "assistant", "content": _inert(answer.strip())},
    ]


def trainer_fields(annotation: Annotation) -> dict[str, Any]:
    """`messages`, `videos`, `audios`, `images` and `ov_labels`: lists, all always there."""
    labels = annotation.labels
    return {
        "messages": turns(annotation),
        **media_of(annotation),
        "ov_labels": [] if isinstance(labels, Missing) else list(labels),
    }


def media_of(annotation: Annotation) -> dict[str, list[str]]:
    """Paths below the data set's folder by the trainers' keys, in the order of `PLACEHOLDERS`."""
    media = annotation.media
    paths = {"videos": media.video, "audios": media.sound, "images": media.picture}
    return {key: [] if path is None else [path] for key, path in paths.items()}


def language_of(annotation: Annotation) -> str:
    """That of the description, "en" or "zh": questions come in English and Chinese."""
    text = _answer(annotation, "reason")
    if isinstance(text, Missing):
        return "en"
    return "zh" if 2 * len(_HAN.findall(text)) > len(_LETTER.findall(text)) else "en"


def _answer(annotation: Annotation, task: Task) -> str | Missing:
    """What is to be learnt; text of blanks is no answer."""
    told = [annotation.label] if task == "emotion" else [annotation.fine, annotation.coarse]
    texts = (text for text in told if not isinstance(text, Missing) and text.strip())
    return next(texts, Missing("nothing is told of it"))


def _question(id_: str, task: Task, space: LabelSpace, language: str) -> str:
    if task == "emotion":
        return question(_PROMPTS, space, language=language)
    pool = instructions(_PROMPTS, "reason", language=language)
    return pool[int(sha256_of_text(id_), 16) % len(pool)]


def _inert(text: str) -> str:
    """The same with ‹video› for <video>, so that no trainer takes it for more than words."""
    return _TAG.sub(r"‹\1›", text)

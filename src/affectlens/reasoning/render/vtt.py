"""WebVTT captions for players of web pages: what each person expresses and says."""

import html

from affectlens.reasoning.analysis import Analysis
from affectlens.reasoning.captions import Line, captions

SUFFIX = ".vtt"
LONG = "WebVTT captions: what each person expresses and says, speakers as voice tags"


def render(analysis: Analysis) -> str:
    """The captions; text is escaped, words carry their speaker as a voice."""
    blocks = ["WEBVTT"]
    for caption in captions(analysis):
        times = f"{_clock(caption.span.start_s)} --> {_clock(caption.span.end_s)}"
        blocks.append("\n".join([times, *map(_line, caption.lines)]))
    return "\n\n".join(blocks) + "\n"


def _line(line: Line) -> str:
    """A line of a caption."""
    text = html.escape(line.text, quote=False)
    if not line.spoken:
        return f"[{text}]"
    return f"<v {html.escape(line.person, quote=False)}>{text}</v>" if line.person else text


def _clock(time_s: float) -> str:
    """Hours, minutes, seconds and milliseconds, the last after a full stop."""
    whole_ms = round(1000 * time_s)
    minutes, ms = divmod(whole_ms, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{ms // 1000:02}.{ms % 1000:03}"

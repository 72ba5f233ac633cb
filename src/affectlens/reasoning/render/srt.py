"""SubRip subtitles: what each person expresses, and below it what is said."""

from affectlens.reasoning.analysis import Analysis
from affectlens.reasoning.captions import Line, captions

SUFFIX = ".srt"
LONG = "SubRip subtitles: what each person expresses and says"


def render(analysis: Analysis) -> str:
    """Numbered captions; what is expressed stands in square brackets, as sounds do in films."""
    blocks = []
    for number, caption in enumerate(captions(analysis), start=1):
        times = f"{_clock(caption.span.start_s)} --> {_clock(caption.span.end_s)}"
        blocks.append("\n".join([str(number), times, *map(_line, caption.lines)]))
    return "\n\n".join(blocks) + "\n"


def _line(line: Line) -> str:
    """A line of a caption. SubRip cannot escape: an arrow in the text would read as a time."""
    who = f"{line.person}: " if line.person and line.spoken else ""
    text = (who + line.text).replace("-->", "→")
    return text if line.spoken else f"[{text}]"


def _clock(time_s: float) -> str:
    """Hours, minutes, seconds and milliseconds, the last after a comma."""
    whole_ms = round(1000 * time_s)
    minutes, ms = divmod(whole_ms, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{ms // 1000:02},{ms % 1000:03}"

"""Times and scores hearing on recorded speech: word errors, false alarms, seconds per second.

    python benchmarks/words.py ../shared/data/ravdess-speech [COUNT]

Compares Whisper's encoder over the speech and a margin with all 30 s, as it was trained. RAVDESS:
two sentences, acted in eight emotions. One core; loading is not counted.
"""

import random
import re
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from affectlens.foundation.missing import Missing
from affectlens.media.opening import open_clip
from affectlens.perception.backends import whisper
from affectlens.perception.settings import VoiceSettings
from affectlens.perception.speech import hear
from affectlens.perception.words import transcribe

SAID = {
    "01": "kids are talking by the door",
    "02": "dogs are sitting by the door",
}


def errors(wanted: Sequence[str], found: Sequence[str]) -> int:
    """Fewest words to change, add or take away."""
    row = list(range(len(found) + 1))
    for i, word in enumerate(wanted, 1):
        before, row[0] = row[0], i
        for j, other in enumerate(found, 1):
            change = before + (word != other)
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, change)
    return row[-1]


def score(files: Sequence[Path], name: str) -> None:
    """Print one row."""
    wrong = words = events = 0
    heard_s = words_s = sound_s = 0.0
    for path in files:
        clip = open_clip(path)
        start = time.perf_counter()
        heard = hear(clip, VoiceSettings())
        middle = time.perf_counter()
        found = transcribe(clip, heard.speech, VoiceSettings())
        words_s += time.perf_counter() - middle
        heard_s += middle - start
        sound_s += clip.duration_s
        text = "" if isinstance(found, Missing) else " ".join(s.text for s in found.sentences)
        wanted = SAID[path.stem.split("-")[4]].split()
        wrong += errors(wanted, re.findall(r"[\w']+", text.lower()))
        words += len(wanted)
        events += 0 if isinstance(heard.events, Missing) else len(heard.events)
    print(
        f"{name:10} word errors {wrong / words:.3f}   events per clip {events / len(files):.3f}   "
        f"hearing {heard_s / sound_s:.3f} x   words {words_s / sound_s:.3f} x real time"
    )


def main() -> None:
    """Score a sample with both ways of encoding."""
    files = sorted(Path(sys.argv[1]).glob("*.ogg"))
    random.Random(0).shuffle(files)  # noqa: S311
    files = files[: int(sys.argv[2]) if len(sys.argv) > 2 else 60]
    transcribe(
        open_clip(files[0]), hear(open_clip(files[0]), VoiceSettings()).speech, VoiceSettings()
    )
    score(files, "shortened")
    whisper.LEAST = whisper.FULL
    score(files, "full 30 s")


if __name__ == "__main__":
    main()

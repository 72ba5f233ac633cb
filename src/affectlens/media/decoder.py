"""The decoder's process: one job from stdin, or one after the other, answers to stdout.

Started as `python -m affectlens.media.decoder`. It lowers its own limits before the file is
touched, loads nothing but PyAV, and reads the file through an open descriptor, so that FFmpeg never
sees a name it could take for a pattern or a URL.
"""

import errno
import gc
import json
import math
import os
import resource
import socket
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av.error

from affectlens.foundation.errors import AffectlensError, InputError, LimitError
from affectlens.media import pictures, survey, wire

_SPARE_FILES = 8  # Python opens a few while it runs; a demuxer has no business with more


def main() -> int:
    """Do the job on stdin; from a socket, those that come with their files one after the other."""
    answers = os.dup(1)
    os.dup2(2, 1)  # a library that prints must not write between our messages
    if not stat.S_ISSOCK(os.fstat(0).st_mode):
        do(json.loads(sys.stdin.buffer.readline()), answers)
        return 0
    gc.freeze()  # what is imported need not be looked at again and again
    with socket.socket(fileno=0) as line:
        for number, job in enumerate(jobs_of(line)):
            do(job, answers, capped=number > 0)
            gc.collect()  # PyAV's containers hold themselves, and with them open files
    return 0


def jobs_of(line: socket.socket) -> Iterator[dict[str, Any]]:
    """Jobs with their files, until nobody asks any more."""
    told, files = b"", list[int]()
    while True:
        more, came, _, _ = socket.recv_fds(line, 1 << 16, 1)
        told, files = told + more, files + came
        if not more:
            return
        if told.endswith(b"\n"):
            yield {**json.loads(told), "file": files[0]}
            os.close(files[0])
            told, files = b"", []


def do(job: dict[str, Any], answers: int, *, capped: bool = False) -> None:
    """Do a job; every failure that can be told ends as an answer."""
    task = {"survey": survey.answer, "pictures": pictures.answer}[job["task"]]
    try:
        if not capped:
            set_caps(job["limits"])
        task(job, answers)
        wire.send(answers, {"kind": "end"})
    except BrokenPipeError:
        return  # nobody listens any more
    except (AffectlensError, ImportError, MemoryError, OSError, av.error.FFmpegError) as error:
        said = in_plain_words(error, job)
        cap = isinstance(said, LimitError)
        wire.send(answers, {"kind": "error", "cap": cap, "text": str(said)})


def set_caps(limits: dict[str, Any]) -> None:
    """Lower what this process may use: memory, processor time, open files; it writes no file."""
    highest = max(int(entry.name) for entry in Path("/dev/fd").iterdir())
    caps = {
        resource.RLIMIT_AS: int(limits["memory_bytes"]),
        resource.RLIMIT_CPU: 2 * math.ceil(limits["wall_s"]) + 10,  # two threads at most
        resource.RLIMIT_NOFILE: highest + 1 + _SPARE_FILES,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
    }
    for what, most in caps.items():
        hard = resource.getrlimit(what)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (most, most))


def in_plain_words(error: Exception, job: dict[str, Any]) -> AffectlensError:
    """The same failure as a sentence for people."""
    name = job["name"]
    if isinstance(error, AffectlensError):
        return error
    # Of PyAV only parts are left to import, which fails when there is no room for them.
    no_room = isinstance(error, (MemoryError, ImportError))
    if no_room or getattr(error, "errno", None) == errno.ENOMEM:
        mebibytes = job["limits"]["memory_bytes"] // 2**20
        return LimitError(
            f"Decoding {name} needs more than the {mebibytes} MiB of memory it may use."
            " If you trust the file, raise memory_bytes."
        )
    reason = getattr(error, "strerror", None) or str(error)
    if getattr(error, "errno", None) == errno.EINVAL:  # what FFmpeg answers for a refused format
        reason = "its format is unknown, or one that leads to other files and is refused"
    return InputError(
        f"{name} cannot be read as video, sound, picture or subtitles: {reason}."
        " It may be damaged, cut off or of another kind."
    )


if __name__ == "__main__":
    sys.exit(main())

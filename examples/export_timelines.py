"""Write a clip's timeline for ELAN and Praat: `python examples/export_timelines.py FILE FOLDER`."""

import sys
from pathlib import Path

import affectlens
from affectlens.foundation import plugins
from affectlens.foundation.records import write_atomically

clip, folder = Path(sys.argv[1]), Path(sys.argv[2])
analysis = affectlens.analyze(clip)
for name in ("elan", "textgrid", "vtt"):
    renderer = plugins.load("reasoning.render", name)
    target = folder / f"{clip.stem}{renderer.SUFFIX}"
    write_atomically(target, renderer.render(analysis))
    print(target)

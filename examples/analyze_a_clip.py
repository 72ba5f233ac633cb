"""Analyze a clip from Python: `python examples/analyze_a_clip.py [FILE]`."""

import sys
from pathlib import Path

import affectlens

clip = sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent / "clips/1001_DFA_HAP_XX.mp4"
analysis = affectlens.analyze(clip)

for person in analysis.people:
    print(f"{person.id} expresses {person.label or 'nothing clear'} ({person.confidence:.2f})")
    for segment in person.segments:
        span = segment.span
        print(f"  {span.start_s:5.1f}–{span.end_s:.1f} s  {segment.label or 'undecided'}")

# Every claim of the explanation cites the measurements that it rests on.
clues = {clue.id: clue for clue in analysis.clues}
for claim in analysis.explanation.claims:
    print(f"\n{claim.text}")
    for clue_id in claim.clues:
        print(f"  [{clue_id}] {clues[clue_id].text}: {dict(clues[clue_id].numbers)}")

for absence in analysis.missing:
    print(f"\nNot measured: {absence.what}, because {absence.why}")

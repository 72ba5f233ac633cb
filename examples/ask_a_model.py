"""A language model that sees, hears and reads a clip: `python examples/ask_a_model.py [MODEL]`.

MODEL is a folder or a hub id. Without one, Emotion-LLaMA at a tiny size with random weights shows
how the parts meet; what it answers means nothing.
"""

import sys
from pathlib import Path

import affectlens
from affectlens.emotions.spaces import MER9
from affectlens.encoders.encode import encode
from affectlens.foundation.device import Place
from affectlens.foundation.missing import Missing
from affectlens.model import checkpoint
from affectlens.model.asking import Asking
from affectlens.model.example import Example, Turn
from affectlens.model.pools import instruction
from affectlens.model.published import published
from affectlens.model.tiny import shrink

HERE = Place(device="auto")

if len(sys.argv) > 1:
    model, processor = affectlens.load_model(sys.argv[1], place=HERE)
else:
    model, processor = checkpoint.create(shrink(published("emotion_llama")), place=HERE)

clip = affectlens.open_clip(Path(__file__).parent / "clips/1001_DFA_HAP_XX.mp4")
percepts = affectlens.observe(clip, affectlens.Settings().perception)
system = processor.system

# Each stream's features, or why it has none; nothing is ever filled with zeros.
streams = {stream.name: stream.sources for stream in system.streams}
features = encode(streams, clip, percepts, place=HERE)
for name, found in features.items():
    print(name, found.reason if isinstance(found, Missing) else found[0].values_TD.shape)

question = Turn(question=instruction(system.prompts, "emotion"), task="emotion")
example = Example(turns=(question,), features=features, subtitle="Don't forget a jacket.")
(answer,) = affectlens.ask(model, processor, [example], Asking(labels=MER9, max_tokens=20))
print(repr(answer.text))
if not isinstance(answer.labels, Missing):
    for label, probability in answer.labels.probabilities.items():
        print(f"{label:10s} {probability:.2f}")

"""The straightforward loop that `benchmarks.training` compares with."""

# B samples, T tokens, D width of the language model, V vocabulary

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from affectlens.model import prompt
from affectlens.model.batch import IGNORED
from affectlens.model.prompt import Begin, Slot, Symbol, Text
from affectlens.training import groups
from affectlens.training.draw import Lesson
from affectlens.training.lessons import Lessons

if TYPE_CHECKING:
    from benchmarks.training import Bench


class Straightforward:
    """The released loops, written plainly."""

    def __init__(self, bench: "Bench") -> None:
        self.bench = bench
        self.live = replace(bench.teacher, featured=replace(bench.teacher.featured, how="live"))
        self.model, self.processor = bench.loaded()
        stage = bench.recipe.stages["all"]
        groups.settle(self.model, stage.groups)
        self.embed = self.model.get_input_embeddings()
        learned = [p for p in self.model.parameters() if p.requires_grad]
        self.optimizer = torch.optim.AdamW(learned, lr=stage.schedule.peak, weight_decay=0.0)
        self.model.train()

    def step(self, positions: range) -> float:
        """Learn one batch."""
        lessons = Lessons(
            self.bench.plan,
            self.bench.sources,
            self.live,
            self.processor,
            self.bench.recipe.stages["all"].dropout,
        )
        wrapped = [self._wrapped(lessons[position]) for position in positions]
        longest = max(len(labels) for _, labels in wrapped)
        inputs_BTD, mask_BT, labels_BT = self._padded(wrapped, longest)
        out = self.model.language(inputs_embeds=inputs_BTD, attention_mask=mask_BT)
        logits_BTV = out.logits[:, :-1].float()
        loss = torch.nn.functional.cross_entropy(
            logits_BTV.flatten(0, 1), labels_BT[:, 1:].flatten(), ignore_index=IGNORED
        )
        self.optimizer.zero_grad()
        torch.autograd.backward(loss)
        self.optimizer.step()
        return float(loss.detach())

    def _wrapped(self, lesson: Any) -> tuple[Tensor, list[int]]:
        """One sample as embeddings (T, D) and labels: its texts embedded piece by piece."""
        assert isinstance(lesson, Lesson), lesson
        example = lesson.example
        tokens = self.model.encode_streams(self.processor.streams_of([example]))
        spelling, layout = self.processor.spelling, self.processor.system.training
        parts: list[Tensor] = []
        labels: list[int] = []
        for piece in prompt.build(example, layout, spelling, learn=True):
            match piece:
                case Slot(name):
                    parts.append(tokens[name][0])
                    labels += [IGNORED] * len(tokens[name][0])
                    continue
                case Text(text):
                    ids = spelling.ids(text)
                case Symbol(spelled):
                    ids = [spelling.id_of(spelled)]
                case Begin():
                    ids = [self.processor.tokenizer.bos_token_id]
            parts.append(self.embed(torch.tensor(ids, dtype=torch.long)))
            learned = not isinstance(piece, Begin) and piece.learned
            labels += ids if learned else [IGNORED] * len(ids)
        return torch.cat(parts), labels

    def _padded(
        self, wrapped: Sequence[tuple[Tensor, list[int]]], longest: int
    ) -> tuple[Tensor, Tensor, Tensor]:
        inputs_BTD = torch.stack(
            [torch.nn.functional.pad(one, (0, 0, 0, longest - len(one))) for one, _ in wrapped]
        )
        rows = [(len(labels), longest - len(labels), labels) for _, labels in wrapped]
        mask_BT = torch.tensor([[1] * n + [0] * rest for n, rest, _ in rows])
        labels_BT = torch.tensor([labels + [IGNORED] * rest for _, rest, labels in rows])
        return inputs_BTD, mask_BT, labels_BT

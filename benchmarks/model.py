"""The model against the reference's way of asking it, in one run: `python benchmarks/model.py`.

    python benchmarks/model.py [--small] [--tokens 32 128] [--repeats 3] [--threads 2]

Both have the same random weights: Emotion-LLaMA's connectors and LoRA around a Llama of SmolLM2's
135 M parameters; features of 256 + 4 tokens are random, so encoders cost nothing on either side.
The other side is the released code's path written straightforwardly: each prompt is wrapped by
itself, each label is scored by a full pass over prompt and label, answers are generated one by one.
Both must give the same numbers and the same ids (in bfloat16 they only nearly can). The released
code never merges LoRA; ours is timed both ways. `benchmarks/decode.py` measures a
model of Llama-2-7B's shapes on a GPU.
"""

# B samples, T tokens, D width, L labels, P patches

import argparse
import copy
import os
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from torch import Tensor
from transformers import LlamaConfig, PreTrainedTokenizerFast

from affectlens.emotions.spaces import MER9
from affectlens.encoders.features import Features
from affectlens.model import lora, pools, prompt
from affectlens.model.answer import Answer, LabelScores
from affectlens.model.asking import Asking, ask
from affectlens.model.config import AffectLMConfig
from affectlens.model.example import Example, Turn
from affectlens.model.network import AffectLM
from affectlens.model.processor import AffectProcessor
from affectlens.model.prompt import Begin, Slot, Symbol, Text
from affectlens.model.systems import emotion_llama

SAMPLES = 8
TOLERANCE = {torch.float32: 1e-4, torch.bfloat16: 1.0}  # of a sum of logarithms
SAID = ("Oh my!", "I never said that he would come back.", "No.", "You cannot be serious about it")
SMOLLM2 = {
    "hidden_size": 576,
    "intermediate_size": 1536,
    "num_hidden_layers": 30,
    "num_attention_heads": 9,
    "num_key_value_heads": 3,
    "tie_word_embeddings": True,
    "vocab_size": 49152,
}
SMALL = {**SMOLLM2, "num_hidden_layers": 4, "vocab_size": 4096}


@dataclass(frozen=True)
class Bench:
    """A model, its processor and what is asked."""

    model: AffectLM
    processor: AffectProcessor
    examples: Sequence[Example]

    def ask(self, how: Asking) -> list[Answer]:
        """Our side of the comparison."""
        return ask(self.model, self.processor, self.examples, how)

    def merged(self) -> "Bench":
        """The same with LoRA folded into the weights."""
        model = copy.deepcopy(self.model)
        lora.merge(model)
        return replace(self, model=model)


def tokenizer() -> PreTrainedTokenizerFast:
    """Trained here on the questions themselves, so that prompts are about as long as Llama 2's."""
    special = dict(
        zip(("unk_token", "bos_token", "eos_token"), ("<unk>", "<s>", "</s>"), strict=True)
    )
    net = Tokenizer(models.BPE(unk_token=special["unk_token"]))
    net.pre_tokenizer = pre_tokenizers.Whitespace()
    around = "[INST] <video> </video> <feature> </feature> The person in video says: [/INST]"
    texts = [pools.label_question(MER9), *SAID, around]
    trainer = trainers.BpeTrainer(vocab_size=220, special_tokens=list(special.values()))
    net.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(tokenizer_object=net, **special, pad_token=special["eos_token"])


def features(rows: int, width: int, seed: int) -> tuple[Features]:
    """Random rows at second 0."""
    values_TD = np.random.default_rng(seed).normal(size=(rows, width)).astype(np.float32)
    return (Features(values_TD, np.zeros(rows)),)


def example(seed: int) -> Example:
    """A clip with all streams and the recognition question."""
    streams = {
        "patches": features(1024, 1408, seed),
        **{name: features(1, 1024, seed + 1) for name in ("local", "temporal", "audio")},
        "context": features(1, 1408, seed + 2),
    }
    turn = Turn(question=pools.label_question(MER9), task="emotion")
    return Example(turns=(turn,), features=streams, subtitle=SAID[seed % len(SAID)])


def build(shape: dict[str, Any], dtype: torch.dtype) -> Bench:
    """Emotion-LLaMA around a random Llama of some shape."""
    torch.manual_seed(0)
    system = emotion_llama.build(emotion_llama.Config())
    text_config = LlamaConfig(**shape, max_position_embeddings=2048, eos_token_id=2)
    model = AffectLM(AffectLMConfig(system=system, text_config=text_config)).to(dtype).eval()
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "lora_B" in name:  # zeros at the start; trained ones are not
                weight.normal_(std=0.02)
    processor = AffectProcessor(tokenizer(), system=system, context=2048)
    return Bench(model, processor, [example(seed) for seed in range(SAMPLES)])


class Reference:
    """The released code's path: one sample, one label, one answer at a time."""

    def __init__(self, bench: Bench) -> None:
        self.model, self.processor = bench.model, bench.processor
        self.embed = bench.model.get_input_embeddings()

    def wrapped(self, one: Example) -> Tensor:
        """Embeddings (1, T, D) of a prompt: its texts embedded piece by piece around the tokens."""
        batch = self.processor([one], training=False)
        tokens = self.model.encode_streams(batch["streams"])
        layout, spelling = self.processor.system.generation, self.processor.spelling
        parts: list[Tensor] = []
        for piece in prompt.build(one, layout, spelling, learn=False):
            match piece:
                case Slot(name):
                    parts.append(tokens[name][0])
                case Text(text):
                    parts.append(self.embed(torch.tensor(spelling.ids(text), dtype=torch.long)))
                case Symbol(spelled):
                    parts.append(self.embed(torch.tensor([spelling.id_of(spelled)])))
                case Begin():
                    parts.append(self.embed(torch.tensor([self.processor.tokenizer.bos_token_id])))
        return torch.cat(parts)[None]

    @torch.inference_mode()
    def scores(self, examples: Sequence[Example], labels: Sequence[Sequence[int]]) -> Tensor:
        """Log-likelihoods (B, L), each by a pass over the whole prompt and the label."""
        rows = []
        for one in examples:
            prompt_1TD = self.wrapped(one)
            for label in labels:
                label_1TD = self.embed(torch.tensor([label]))
                whole_1TD = torch.cat([prompt_1TD, label_1TD], 1)
                logits_TV = self.model.language(inputs_embeds=whole_1TD).logits[0]
                logs_TV = logits_TV[prompt_1TD.shape[1] - 1 : -1].log_softmax(-1)
                rows.append(logs_TV[range(len(label)), list(label)].sum())
        return torch.stack(rows).view(len(examples), len(labels))

    @torch.inference_mode()
    def texts(self, examples: Sequence[Example], tokens: int) -> list[str]:
        """Answers, one after the other."""
        found = []
        for one in examples:
            prompt_1TD = self.wrapped(one)
            ids_1T = self.model.language.generate(
                inputs_embeds=prompt_1TD,
                attention_mask=torch.ones(prompt_1TD.shape[:2], dtype=torch.long),
                max_new_tokens=tokens,
                do_sample=False,
                pad_token_id=2,
            )
            found.append(self.processor.decode(ids_1T[0]))
        return found


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds and what came of it."""
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def compare(
    what: str, theirs: Callable[[], Any], ours: dict[str, Callable[[], Any]], repeats: int
) -> list[Any]:
    """Print the medians of runs in turns; give what the reference and each of ours found."""
    ways = {"reference": theirs, **ours}
    runs = [[timed(work) for work in ways.values()] for _ in range(repeats)]
    print(what)
    medians = [statistics.median(run[i][0] for run in runs) for i in range(len(ways))]
    for i, name in enumerate(ways):
        turns = [run[0][0] / run[i][0] for run in runs]
        spread = f"{min(turns):.2f} to {max(turns):.2f} in single turns" if i else ""
        print(
            f"  {name:28}{medians[i]:8.2f} s {medians[0] / medians[i]:7.2f} × {spread}", flush=True
        )
    return [result for _, result in runs[-1]]


def compare_scoring(bench: Bench, repeats: int) -> None:
    """Nine labels of eight samples."""
    reference, merged = Reference(bench), bench.merged()
    labels = [bench.processor.answer_ids(label) for label in MER9.labels]
    how = Asking(max_tokens=0, labels=MER9, batch_size=SAMPLES)
    wanted_BL, *found = compare(
        f"scores of {len(labels)} labels, {SAMPLES} samples",
        lambda: reference.scores(bench.examples, labels),
        {"ours": lambda: bench.ask(how), "ours, LoRA merged": lambda: merged.ask(how)},
        repeats,
    )
    for answers in found:
        found_BL = torch.tensor([list(scored(one).log_likelihoods.values()) for one in answers])
        worst = float((found_BL - wanted_BL).abs().max())
        print(f"  largest difference of a log-likelihood: {worst:.1e}")
        assert worst < TOLERANCE[bench.model.dtype], worst


def scored(answer: Answer) -> LabelScores:
    """The scores of an answer that has them."""
    assert isinstance(answer.labels, LabelScores)
    return answer.labels


def compare_texts(bench: Bench, tokens: int, repeats: int) -> None:
    """Answers of some length to eight samples."""
    reference, merged = Reference(bench), bench.merged()
    how = Asking(max_tokens=tokens, batch_size=SAMPLES)
    wanted, *found = compare(
        f"answers of {tokens} tokens, {SAMPLES} samples",
        lambda: reference.texts(bench.examples, tokens),
        {"ours": lambda: bench.ask(how), "ours, LoRA merged": lambda: merged.ask(how)},
        repeats,
    )
    for answers in found:
        same = sum(one.text == text for one, text in zip(answers, wanted, strict=True))
        whole = all(one.tokens == tokens for one in answers)
        print(f"  the same text: {same} of {SAMPLES}; all of {tokens} tokens: {whole}")
        assert same == SAMPLES or bench.model.dtype != torch.float32


def main() -> None:
    """Print all comparisons."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--small", action="store_true", help="4 layers: a smoke test")
    parser.add_argument("--tokens", type=int, nargs="+", default=[32, 128], help="of an answer")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--bfloat16", action="store_true", help="on the CPU too")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    dtype = torch.bfloat16 if given.bfloat16 else torch.float32
    bench = build(SMALL if given.small else SMOLLM2, dtype=dtype)
    lengths = [len(bench.processor.row(one).ids) for one in bench.examples]
    print(
        f"CPU, {given.threads} threads, {dtype}, load {os.getloadavg()[0]:.1f} at the start; "
        f"{bench.model.num_parameters() / 1e6:.0f} M parameters, prompts of {min(lengths)} to "
        f"{max(lengths)} tokens; medians of {given.repeats}",
        flush=True,
    )
    # What is done once only, such as making room, is timed for nobody.
    replace(bench, examples=bench.examples[:1]).ask(Asking(max_tokens=2))
    compare_scoring(bench, given.repeats)
    for tokens in given.tokens:
        compare_texts(bench, tokens, given.repeats)


if __name__ == "__main__":
    main()

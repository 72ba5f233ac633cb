"""Training against a straightforward loop, in one run: `python -m benchmarks.training`.

    python -m benchmarks.training [--small] [--steps 3] [--batch 8] [--threads 2] [--folder DIR]
    python -m benchmarks.training --gpu          # MFU at Llama-2-7B's shapes, cached features

Both train the same LoRA and connectors on the same clips in the same order: AffectGPT's streams and
prompts around a Llama of SmolLM2's 135 M parameters, with CLIP ViT-B/32 (8 frames) and HuBERT-base;
all weights are random. The straightforward loop does what the released loops do: it opens each clip
and runs the encoders at each step, wraps each prompt by itself out of pieces that are embedded one
by one, pads the batch to its longest sample and makes logits for every token. Ours reads features
that were made once, packs samples end to end and makes logits only where answers are. Losses of
both are printed; they are equal to rounding. Time for encoding once is told apart.
"""

import argparse
import itertools
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from benchmarks.model import SMALL, SMOLLM2, tokenizer
from benchmarks.training_loop import Straightforward
from transformers import (
    CLIPConfig,
    CLIPModel,
    CLIPTextConfig,
    CLIPVisionConfig,
    HubertConfig,
    HubertModel,
    LlamaConfig,
    TrainerCallback,
)

from affectlens.corpora import toy
from affectlens.encoders.encode import release
from affectlens.foundation import config
from affectlens.foundation.part import use
from affectlens.model.checkpoint import Loaded
from affectlens.model.config import AffectLMConfig
from affectlens.model.declaration import System
from affectlens.model.network import AffectLM
from affectlens.model.processor import AffectProcessor
from affectlens.model.systems import affectgpt
from affectlens.training import featured, prepared
from affectlens.training.fitting import Watch, fit
from affectlens.training.item import Sources
from affectlens.training.lessons import Lessons
from affectlens.training.recipe import Recipe
from affectlens.training.teaching import Teacher

_LAYERS = {False: 12, True: 2}  # of the encoders; --small is for trying the benchmark itself


@dataclass(frozen=True)
class Bench:
    """What both sides share."""

    recipe: Recipe
    system: System
    teacher: Teacher
    sources: Sources
    plan: Any
    shape: Mapping[str, Any]

    def loaded(self) -> Loaded:
        """A new model with the same random weights each time."""
        torch.manual_seed(0)
        text_config = LlamaConfig(
            **self.shape, max_position_embeddings=2048, eos_token_id=2, bos_token_id=1
        )
        model = AffectLM(AffectLMConfig(system=self.system, text_config=text_config))
        processor = AffectProcessor(tokenizer(), system=self.system, context=2048)
        return Loaded(model.eval(), processor)

    def lessons(self, processor: AffectProcessor) -> Lessons:
        """What is learned, position by position."""
        stage = self.recipe.stages["all"]
        return Lessons(self.plan, self.sources, self.teacher, processor, stage.dropout)


def build(folder: Path, args: argparse.Namespace) -> Bench:
    """Clips, encoders with random weights on the disk, and the recipe."""
    manifest = folder / "toy" / "manifest.csv"
    if not manifest.is_file():
        toy.make(manifest.parent, clips=max(24, args.batch * 3))
    recipe = config.read(
        Recipe,
        file=None,
        env={},
        sets=[
            "system=affectgpt",
            "system.pictures=frames",
            "data.toy.format=manifest",
            f"data.toy.path={manifest}",
            "data.toy.split=",
            "stages.all.tasks.ovlabel=1",
            "stages.all.tasks.description=1",
            f"stages.all.batch={args.batch}",
            f"stages.all.micro_batch={args.batch}",
            f"stages.all.steps_per_epoch={args.steps + 1}",
            "stages.all.loss=token",
            "stages.all.schedule.last=1e-5",
            "stages.all.optimizer.decay=0",
            "engine.device=cpu",
            "engine.precision=float32",
            f"engine.threads={args.threads}",
            "keep.log_every=1",
            "keep.tensorboard=false",
            "space=mer6",
        ],
    )
    recipe = replace(recipe, develop=replace(recipe.develop, split="none"))
    system = _system(folder, args.small)
    shown = featured.featured(recipe, system, folder / "features")
    stage = recipe.stages["all"]
    teacher = Teacher(recipe=recipe, stage=stage, system=system, featured=shown)
    sources = prepared.sources_of(recipe)
    ready = prepared.prepare(sources, teacher, None)["all"]
    shape = SMALL if args.small else SMOLLM2
    return Bench(recipe, system, teacher, sources, ready.plan, shape)


def _system(folder: Path, small: bool) -> System:
    """AffectGPT with base-size encoders, whose random weights lie in folders of transformers."""
    clip, hubert = folder / "clip", folder / "hubert"
    layers = _LAYERS[small]
    if not clip.is_dir():
        torch.manual_seed(1)
        vision = CLIPVisionConfig(num_hidden_layers=layers, projection_dim=512)
        text = CLIPTextConfig(num_hidden_layers=1, hidden_size=64, intermediate_size=64)
        made = CLIPConfig(
            text_config=text.to_dict(), vision_config=vision.to_dict(), projection_dim=512
        )
        CLIPModel(made).save_pretrained(clip)
        HubertModel(HubertConfig(num_hidden_layers=layers)).save_pretrained(hubert)
        (hubert / "preprocessor_config.json").write_text('{"do_normalize": true}')
    system = affectgpt.build(affectgpt.Config(pictures="frames"))
    parts = {
        "clip": use("clip", weights=str(clip), width=768, projected=512),
        "hubert": use("hubert", weights=str(hubert), width=768, pool="mean", normalise="clip"),
    }
    streams = tuple(
        replace(
            stream,
            sources=tuple(replace(one, encoder=parts[one.encoder.name]) for one in stream.sources),
        )
        for stream in system.streams
    )
    assert system.lora is not None
    lora = replace(system.lora, dropout=0.0)  # so that both sides can be compared
    return replace(system, streams=streams, lora=lora, tokenizer={})


class _Clock(TrainerCallback):  # type: ignore[misc]
    """When each step ended, and its loss."""

    def __init__(self) -> None:
        self.ends: list[float] = []
        self.losses: list[float] = []

    def on_step_end(self, *_: Any, **__: Any) -> None:
        """Note the time."""
        self.ends.append(time.perf_counter())

    def on_log(self, *_: Any, logs: Mapping[str, float] | None = None, **__: Any) -> None:
        """Note the loss."""
        if logs and "loss" in logs:
            self.losses.append(logs["loss"])


def ours(bench: Bench, folder: Path) -> _Clock:
    """Our trainer, features made before."""
    clock = _Clock()
    loaded = bench.loaded()
    with tempfile.TemporaryDirectory(dir=folder) as place:
        fit(
            "all",
            bench.recipe,
            loaded,
            bench.lessons(loaded.processor),
            Path(place),
            Watch(callbacks=(clock,)),
        )
    return clock


def plain(bench: Bench) -> _Clock:
    """The straightforward loop."""
    clock = _Clock()
    side = Straightforward(bench)
    batch = bench.recipe.stages["all"].batch
    for first in range(0, len(bench.plan), batch):
        clock.losses.append(side.step(range(first, first + batch)))
        clock.ends.append(time.perf_counter())
    return clock


def seconds(clock: _Clock) -> float:
    """Of a step, the median without the first one."""
    return statistics.median(b - a for a, b in itertools.pairwise(clock.ends))


def peak_bytes() -> int:
    """The most memory that this process had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def compare(args: argparse.Namespace) -> None:
    """Print both sides."""
    torch.set_num_threads(args.threads)
    with tempfile.TemporaryDirectory() as scratch:
        folder = args.folder or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        bench = build(folder, args)
        begun = time.perf_counter()
        wanted = {"toy": range(len(bench.sources["toy"]))}
        made = featured.make(bench.sources, wanted, bench.teacher.featured)
        assert not made.broken, made.broken[0]
        encoding_s = time.perf_counter() - begun
        release()
        print(f"encoding {made.done} clips once: {encoding_s:.1f} s", flush=True)
        mine = ours(bench, folder)
        print(f"peak memory after ours: {peak_bytes() / 2**30:.2f} GiB", flush=True)
        other = plain(bench)
        print(f"peak memory after both: {peak_bytes() / 2**30:.2f} GiB", flush=True)
    for name, clock in (("straightforward", other), ("ours", mine)):
        rate = args.batch / seconds(clock)
        losses = " ".join(f"{loss:.4f}" for loss in clock.losses)
        print(f"{name:16} {rate:7.2f} samples/s   losses {losses}")
    print(f"ratio            {seconds(other) / seconds(mine):7.2f}")
    apart = max(abs(a - b) for a, b in zip(mine.losses, other.losses, strict=True))
    print(f"greatest difference of losses: {apart:.1e}")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--small", action="store_true", help="few layers, to try the benchmark")
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--folder", type=Path, help="keep clips, encoders and features here")
    parser.add_argument("--gpu", action="store_true", help="MFU at Llama-2-7B's shapes")
    args = parser.parse_args()
    if args.gpu:
        from benchmarks.training_gpu import measure

        measure(args.batch, args.steps)
    else:
        compare(args)


if __name__ == "__main__":
    main()

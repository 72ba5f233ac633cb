"""Emotion-LLaMA's path, one sample at a time, written from specs/emotion-llama.md alone.

An oracle: plain functions over a dict of tensors under the released names (§1.2, §2.1), none of
Affectlens' model code. B is the batch, T positions, N patches plus CLS, D the width of the picture
encoder, E the width of the language model, H heads, K the width of a head, V the vocabulary.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - its usual name

Weights = Mapping[str, Tensor]
Tokenize = Callable[[str], list[int]]
LLAMA = "llama_model.base_model.model.model"
FEATURES = ("feats_llama_proj1", "feats_llama_proj2", "feats_llama_proj3")  # MAE, VideoMAE, HuBERT
BOS, EOS = 1, 2


@dataclass(frozen=True)
class Sizes:
    """What the tensors' shapes do not tell."""

    picture_heads: int
    heads: int
    scale: float  # of LoRA: alpha / r
    rope_base: float = 10_000.0
    norm_eps: float = 1e-5


@dataclass(frozen=True)
class Sample:
    """A clip: a square RGB picture, MAE, VideoMAE and HuBERT, and texts; None is not there."""

    picture_HWC: NDArray[np.uint8] | None
    features: tuple[Tensor | None, Tensor | None, Tensor | None]
    sentence: str
    task: str
    prompt: str


def _linear(x: Tensor, w: Weights, name: str) -> Tensor:
    return x @ w[f"{name}.weight"].T + w.get(f"{name}.bias", torch.zeros(()))


def _layers(w: Weights, start: str) -> Sequence[int]:
    return sorted({int(n.removeprefix(start).split(".")[0]) for n in w if n.startswith(start)})


def _layer_norm(x: Tensor, w: Weights, name: str, eps: float) -> Tensor:
    return F.layer_norm(x, x.shape[-1:], w[f"{name}.weight"], w[f"{name}.bias"], eps)


def _attend(q_TK: Tensor, k_TK: Tensor, v_TK: Tensor, causal: bool) -> Tensor:
    scores_TT = q_TK @ k_TK.T / math.sqrt(q_TK.shape[-1])
    if causal:
        scores_TT = scores_TT + torch.full_like(scores_TT, -torch.inf).triu(1)
    return scores_TT.softmax(-1) @ v_TK


def normalised(picture_HWC: NDArray[np.uint8]) -> Tensor:
    """Gives CHW by CLIP's mean and deviation (§1.2)."""
    mean_C = torch.tensor([0.48145466, 0.4578275, 0.40821073])
    std_C = torch.tensor([0.26862954, 0.26130258, 0.27577711])
    return ((torch.from_numpy(picture_HWC).float() / 255 - mean_C) / std_C).permute(2, 0, 1)


def eva(picture_CHW: Tensor, w: Weights, heads: int) -> Tensor:
    """Gives the last block's output after ln_vision, CLS first, (N, D) (§1.1, §1.2)."""
    kernel = w["visual_encoder.patch_embed.proj.weight"]
    bias_D, side = w["visual_encoder.patch_embed.proj.bias"], kernel.shape[-1]
    rows = [w["visual_encoder.cls_token"].reshape(-1)]
    for top in range(0, picture_CHW.shape[1], side):
        for left in range(0, picture_CHW.shape[2], side):
            patch = picture_CHW[:, top : top + side, left : left + side]
            rows.append(kernel.flatten(1) @ patch.flatten() + bias_D)
    x_ND = torch.stack(rows) + w["visual_encoder.pos_embed"][0]
    for i in _layers(w, "visual_encoder.blocks."):
        block = f"visual_encoder.blocks.{i}"
        y_ND = _layer_norm(x_ND, w, f"{block}.norm1", 1e-6)
        q_ND, k_ND, v_ND = (y_ND @ w[f"{block}.attn.qkv.weight"].T).chunk(3, -1)
        q_ND, v_ND = q_ND + w[f"{block}.attn.q_bias"], v_ND + w[f"{block}.attn.v_bias"]
        parts = zip(*(one.chunk(heads, -1) for one in (q_ND, k_ND, v_ND)), strict=True)
        mixed_ND = torch.cat([_attend(q, k, v, causal=False) for q, k, v in parts], -1)
        x_ND = x_ND + _linear(mixed_ND, w, f"{block}.attn.proj")
        y_ND = _linear(_layer_norm(x_ND, w, f"{block}.norm2", 1e-6), w, f"{block}.mlp.fc1")
        x_ND = x_ND + _linear(F.gelu(y_ND), w, f"{block}.mlp.fc2")
    return _layer_norm(x_ND, w, "ln_vision", 1e-5)


def encode(sample: Sample, w: Weights, sizes: Sizes) -> tuple[Tensor, Tensor]:
    """Gives the patch tokens (N, E) and MAE, VideoMAE, HuBERT, CLS (≤ 4, E), what is there."""
    patches_NE = nothing_NE = torch.zeros(0, len(w["llama_proj.weight"]))
    pairs = zip(FEATURES, sample.features, strict=True)
    single = [_linear(x, w, name) for name, x in pairs if x is not None]
    if sample.picture_HWC is not None:
        x_ND = eva(normalised(sample.picture_HWC), w, sizes.picture_heads)
        merged = x_ND[1:].reshape((len(x_ND) - 1) // 4, 4 * x_ND.shape[1])  # 1 x 4 strips
        patches_NE = _linear(merged, w, "llama_proj")
        single.append(_linear(x_ND[0], w, "cls_tk_llama_proj"))
    return patches_NE, torch.stack(single) if single else nothing_NE


def spliced(
    sample: Sample, w: Weights, sizes: Sizes, tokenize: Tokenize, *, released: bool
) -> Tensor:
    """Gives the embeddings that the language model sees before it answers, (T, E) (§3.1, §3.2).

    Where nothing stands at a place its text is left out: Affectlens' rule, the reference has none.
    """
    patches_NE, single_NE = encode(sample, w, sizes)
    video, feature = "<video><VideoHere></video> ", "<feature><FeatureHere></feature> "
    runs = {"<VideoHere>": patches_NE, "<FeatureHere>": single_NE}
    if released:
        video, feature, runs = video + feature, "", {"<VideoHere>": torch.cat([*runs.values()])}
    text = video * (len(runs["<VideoHere>"]) > 0)
    text += feature * (len(runs.get("<FeatureHere>", "")) > 0)
    line = f"The person in video says: {sample.sentence}. "
    text = f"[INST] {text}{line} [{sample.task}] {sample.prompt}  [/INST]"
    table_VE = w[f"{LLAMA}.embed_tokens.weight"]
    found = [table_VE[[BOS] * (1 + released)]]
    for place, run_NE in runs.items():
        if place in text:
            before, _, text = text.partition(place)
            found += [table_VE[tokenize(before)], run_NE]
    return torch.cat([*found, table_VE[tokenize(text)]])


def _rms(x: Tensor, weight: Tensor, eps: float) -> Tensor:
    return x / torch.sqrt((x * x).mean(-1, keepdim=True) + eps) * weight


def _turn(x_TK: Tensor, base: float) -> Tensor:
    half = x_TK.shape[-1] // 2
    rates = torch.tensor([base ** (-i / half) for i in range(half)])
    cos, sin = (angles := torch.arange(len(x_TK))[:, None] * rates).cos(), angles.sin()
    first, second = x_TK[:, :half], x_TK[:, half:]
    return torch.cat([first * cos - second * sin, second * cos + first * sin], -1)


def _with_lora(x_TE: Tensor, w: Weights, name: str, scale: float) -> Tensor:
    added = x_TE @ w[f"{name}.lora_A.weight"].T @ w[f"{name}.lora_B.weight"].T
    return x_TE @ w[f"{name}.weight"].T + scale * added


def llama(x_TE: Tensor, w: Weights, sizes: Sizes) -> Tensor:
    """Gives the logits of every position, (T, V)."""
    for i in _layers(w, f"{LLAMA}.layers."):
        layer = f"{LLAMA}.layers.{i}"
        y_TE = _rms(x_TE, w[f"{layer}.input_layernorm.weight"], sizes.norm_eps)
        q_TE = _with_lora(y_TE, w, f"{layer}.self_attn.q_proj", sizes.scale)
        k_TE = _linear(y_TE, w, f"{layer}.self_attn.k_proj")
        v_TE = _with_lora(y_TE, w, f"{layer}.self_attn.v_proj", sizes.scale)
        width = q_TE.shape[-1] // sizes.heads
        q, k, v = (torch.split(all_TE, width, -1) for all_TE in (q_TE, k_TE, v_TE))
        share = sizes.heads // len(k)  # query heads that share a key and a value
        q, k = (tuple(_turn(x_TK, sizes.rope_base) for x_TK in heads) for heads in (q, k))
        mixed = [_attend(x, k[h // share], v[h // share], causal=True) for h, x in enumerate(q)]
        x_TE = x_TE + _linear(torch.cat(mixed, -1), w, f"{layer}.self_attn.o_proj")
        y_TE = _rms(x_TE, w[f"{layer}.post_attention_layernorm.weight"], sizes.norm_eps)
        gate = _linear(y_TE, w, f"{layer}.mlp.gate_proj")
        open_TE = gate * torch.sigmoid(gate) * _linear(y_TE, w, f"{layer}.mlp.up_proj")
        x_TE = x_TE + _linear(open_TE, w, f"{layer}.mlp.down_proj")
    x_TE = _rms(x_TE, w[f"{LLAMA}.norm.weight"], sizes.norm_eps)
    return x_TE @ w["llama_model.base_model.model.lm_head.0.weight"].T


def _chances(before_TE: Tensor, answer: Sequence[int], w: Weights, sizes: Sizes) -> Tensor:
    """Gives the log-probability of each answer token behind what stands before it."""
    table_VE = w[f"{LLAMA}.embed_tokens.weight"]
    logits_TV = llama(torch.cat([before_TE, table_VE[list(answer)]]), w, sizes)
    rows = enumerate(answer, start=len(before_TE) - 1)
    return torch.stack([logits_TV[row].log_softmax(-1)[token] for row, token in rows])


def loss(before: Sequence[Tensor], answers: Sequence[list[int]], w: Weights, sizes: Sizes) -> float:
    """Gives the mean cross-entropy over every answer token and `</s>` of the batch (§3.3)."""
    pairs = zip(before, answers, strict=True)
    return -float(torch.cat([_chances(x_TE, [*ids, EOS], w, sizes) for x_TE, ids in pairs]).mean())


def label_score(before_TE: Tensor, label: Sequence[int], w: Weights, sizes: Sizes) -> float:
    """Gives the log-likelihood of the label's tokens and `</s>` by one full forward."""
    return float(_chances(before_TE, [*label, EOS], w, sizes).sum())


def greedy(before_TE: Tensor, w: Weights, sizes: Sizes, most: int) -> list[int]:
    """Gives the tokens of the largest logit, one after another, up to `</s>` or `most`."""
    table_VE, found = w[f"{LLAMA}.embed_tokens.weight"], list[int]()
    while len(found) < most:
        logits_V = llama(torch.cat([before_TE, table_VE[found]]), w, sizes)[-1]
        found.append(int(logits_V.argmax()))
        if found[-1] == EOS:
            break
    return found

"""Log-likelihoods of labels as answers: one prefill, then one more pass for all labels at once."""

# B samples, T prefix tokens, N nodes of the tree, L labels, E edges of the tree, V vocabulary,
# D model width, R rows of the fallback (B × L), A longest label

import copy
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from transformers import Cache, DynamicCache

from affectlens.emotions.labels import LabelSpace
from affectlens.foundation.errors import AffectlensError, ConfigError
from affectlens.model.answer import LabelScores
from affectlens.model.cache import roomy_cache
from affectlens.model.network import positions

# Families that take a 4-D mask and position ids as given; a test compares each with plain passes.
_TREE_FAMILIES = frozenset({"gemma3_text", "llama", "mistral", "qwen2", "qwen3"})
_TREE_ATTENTION = frozenset({"eager", "sdpa"})
_TREE_LAYERS = frozenset({"full_attention", "sliding_attention"})


@dataclass(frozen=True, slots=True)
class Scored:
    """What the labels of each sample score; `cache` has the prefix, generation can go on from it.

    `cache` is None where the language model cannot give its prefix back.
    """

    log_likelihoods_BL: Tensor  # float32, natural log, summed over a label's tokens
    cache: Cache | None


@dataclass(slots=True)
class Tree:
    """Labels as token ids, merged where they begin alike.

    A node is a token that something follows; -1 stands for the prefix itself. An edge is a token
    that follows a node, and every label is a path of edges.
    """

    tokens: list[int] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    depths: list[int] = field(default_factory=list)
    nodes: dict[tuple[int, int], int] = field(default_factory=dict)  # by parent and token
    edges: dict[tuple[int, int], int] = field(default_factory=dict)  # by node and token
    paths: list[list[int]] = field(default_factory=list)

    def add(self, label: Sequence[int]) -> None:
        """One more label."""
        node, path = -1, []
        for depth, token in enumerate(label):
            path.append(self.edges.setdefault((node, token), len(self.edges)))
            if depth + 1 < len(label):
                node = self._child(node, token, depth)
        self.paths.append(path)

    def _child(self, parent: int, token: int, depth: int) -> int:
        if (parent, token) not in self.nodes:
            self.nodes[parent, token] = len(self.nodes)
            self.tokens.append(token)
            self.parents.append(parent)
            self.depths.append(depth)
        return self.nodes[parent, token]

    def ancestors(self) -> Tensor:
        """Bool, shape (N, N): row n is True at n and at all nodes above it."""
        seen_NN = torch.zeros(len(self.tokens), len(self.tokens), dtype=torch.bool)
        for node, parent in enumerate(self.parents):
            if parent >= 0:
                seen_NN[node] = seen_NN[parent]
            seen_NN[node, node] = True
        return seen_NN


def plant(labels: Sequence[Sequence[int]]) -> Tree:
    """The tree of some labels, each of one token or more.

    Raises:
        ConfigError: there is no label, or one has no token.
    """
    if not labels or not all(labels):
        raise ConfigError(f"Labels to score have one token or more each; got {list(labels)}.")
    tree = Tree()
    for label in labels:
        tree.add(label)
    return tree


def takes_tree(language: Any) -> bool:
    """Whether a language model takes the labels' tree behind one prefix, told by its config."""
    config = language.config.get_text_config()
    return (
        config.model_type in _TREE_FAMILIES
        and config._attn_implementation in _TREE_ATTENTION  # noqa: SLF001 - its only name
        and _TREE_LAYERS.issuperset(getattr(config, "layer_types", None) or ())
        and not getattr(config, "use_bidirectional_attention", False)
    )


@torch.no_grad()
def score_labels(
    language: Any,
    embeds_BTD: Tensor,
    attention_mask_BT: Tensor,
    labels: Sequence[Sequence[int]],
) -> Scored:
    """Log-likelihood of every label after every prefix; prefixes are padded on the left.

    `labels` are token ids, the end included. The prefixes run once. Behind their cache the labels
    run as one tree: shared beginnings once, first tokens not at all, as the prefix predicts them.
    Models that take no such mask (`takes_tree`) get their cache repeated for each label instead.
    """
    tree = plant(labels)
    assert bool(attention_mask_BT[:, -1].all()), "prefixes are padded on the left"
    cache = empty_cache(language)
    first_BV = prefill(language, embeds_BTD, attention_mask_BT, cache)
    if not takes_tree(language):
        return Scored(_repeated(language, cache, attention_mask_BT, labels, first_BV), None)
    if not tree.tokens:
        return Scored(_along(tree, first_BV[:, None]), cache)
    nodes_BNV = _grow(language, tree, cache, attention_mask_BT)
    cache.crop(-len(tree.tokens))
    return Scored(_along(tree, torch.cat([first_BV[:, None], nodes_BNV], 1)), cache)


def empty_cache(language: Any) -> Cache:
    """A cache for prefixes and what follows; what a family needs that is not known to us."""
    return roomy_cache() if takes_tree(language) else DynamicCache(config=language.config)


def prefill(language: Any, embeds_BTD: Tensor, attention_mask_BT: Tensor, cache: Cache) -> Tensor:
    """Logits (B, V) behind the prefixes; fills the cache."""
    output = language(
        inputs_embeds=embeds_BTD,
        attention_mask=attention_mask_BT,
        position_ids=positions(attention_mask_BT, embeds_BTD.shape[1]),
        past_key_values=cache,
        use_cache=True,
        logits_to_keep=1,
    )
    logits_BV: Tensor = output.logits[:, -1]
    return logits_BV


def _grow(language: Any, tree: Tree, cache: Cache, attention_mask_BT: Tensor) -> Tensor:
    """Logits (B, N, V) behind every node."""
    device = attention_mask_BT.device
    nodes_BN = torch.tensor(tree.tokens, device=device).expand(len(attention_mask_BT), -1)
    depths_N = torch.tensor(tree.depths, device=device)
    dtype = language.get_input_embeddings().weight.dtype
    output = language(
        input_ids=nodes_BN,
        attention_mask=_masks(language.config.get_text_config(), tree, attention_mask_BT, dtype),
        position_ids=attention_mask_BT.sum(1)[:, None] + depths_N,
        past_key_values=cache,
        use_cache=True,
    )
    logits_BNV: Tensor = output.logits
    return logits_BNV


def _masks(
    config: Any, tree: Tree, attention_mask_BT: Tensor, dtype: torch.dtype
) -> Tensor | dict[str, Tensor]:
    """The tree's mask, or one for each kind of layer where a model has several."""
    kinds = getattr(config, "layer_types", None)
    window = getattr(config, "sliding_window", None)
    if not kinds:
        return _mask(tree, attention_mask_BT, window, dtype)
    windows = {"full_attention": None, "sliding_attention": window}
    return {kind: _mask(tree, attention_mask_BT, windows[kind], dtype) for kind in set(kinds)}


def _mask(tree: Tree, attention_mask_BT: Tensor, window: int | None, dtype: torch.dtype) -> Tensor:
    """What is added to attention, shape (B, 1, N, T + N): 0 where a node may look, else lowest."""
    samples, length = attention_mask_BT.shape
    device = attention_mask_BT.device
    nodes = len(tree.tokens)
    prefix_BNT = attention_mask_BT.bool()[:, None].expand(-1, nodes, -1)
    tree_BNN = tree.ancestors().to(device).expand(samples, -1, -1)
    seen_BNK = torch.cat([prefix_BNT, tree_BNN], 2)
    if window is not None:
        columns_N = length + torch.tensor(tree.depths, device=device)
        columns_K = torch.cat([torch.arange(length, device=device), columns_N])
        seen_BNK = seen_BNK & (columns_K[None] > columns_N[:, None] - window)
    blank_BNK = torch.zeros(seen_BNK.shape, dtype=dtype, device=device)
    return blank_BNK.masked_fill(~seen_BNK, torch.finfo(dtype).min)[:, None]


def _along(tree: Tree, logits_BNV: Tensor) -> Tensor:
    """Sums (B, L) along the labels' paths; row 0 of the logits is the prefix, row 1 + n node n."""
    logits_BNV = logits_BNV.float()
    device = logits_BNV.device
    rows_E = torch.tensor([node + 1 for node, _ in tree.edges], device=device)
    tokens_E = torch.tensor([token for _, token in tree.edges], device=device)
    edges_BE = logits_BNV[:, rows_E, tokens_E] - logits_BNV.logsumexp(-1)[:, rows_E]
    return torch.stack([edges_BE[:, path].sum(1) for path in tree.paths], 1)


def _repeated(
    language: Any,
    cache: Cache,
    attention_mask_BT: Tensor,
    labels: Sequence[Sequence[int]],
    first_BV: Tensor,
) -> Tensor:
    """Log-likelihoods (B, L) with a copy of the prefix's cache for each label."""
    samples, longest = len(first_BV), max(map(len, labels))
    device = first_BV.device
    ids_LA = torch.tensor([[*one, *[0] * (longest - len(one))] for one in labels], device=device)
    real_LA = torch.tensor([[i < len(one) for i in range(longest)] for one in labels]).to(device)
    ids_RA, real_RA = ids_LA.repeat(samples, 1), real_LA.repeat(samples, 1)
    logits_RAV = first_BV.repeat_interleave(len(labels), 0)[:, None]
    if longest > 1:
        copied = copy.deepcopy(cache)
        copied.batch_repeat_interleave(len(labels))
        mask_RT = attention_mask_BT.repeat_interleave(len(labels), 0)
        # The last token predicts nothing, so it is not run.
        mask_RK = torch.cat([mask_RT, real_RA[:, 1:].to(mask_RT.dtype)], 1)
        steps_A = torch.arange(longest - 1, device=device)
        output = language(
            input_ids=ids_RA[:, :-1],
            attention_mask=mask_RK,
            position_ids=mask_RT.sum(1)[:, None] + steps_A,
            past_key_values=copied,
            use_cache=True,
        )
        logits_RAV = torch.cat([logits_RAV, output.logits], 1)
    logs_RAV = logits_RAV.float().log_softmax(-1)
    logs_RA = logs_RAV.gather(2, ids_RA[..., None])[..., 0].masked_fill(~real_RA, 0.0)
    return logs_RA.sum(1).view(samples, len(labels))


def label_scores(
    space: LabelSpace,
    log_likelihoods: Sequence[float],
    tokens: Sequence[int],
    *,
    per_token: bool = False,
    temperature: float = 1.0,
) -> LabelScores:
    """The labels of a space with probabilities: the softmax of log likelihoods over temperature.

    Sums are the default: with the end included they are what the model believes of each whole
    answer, given that it is one of them. `per_token` takes means, for label sets whose words are
    cut into very different numbers of tokens; it is a habit of the field without that meaning.

    Raises:
        ConfigError: the temperature is not above 0.
        AffectlensError: a log likelihood is no finite number.
    """
    if not all(map(math.isfinite, log_likelihoods)):
        found = dict(zip(space.labels, log_likelihoods, strict=True))
        raise AffectlensError(
            f"The language model's scores of the labels are not finite: {found}. Its weights hold "
            "such numbers, or its precision is too low: try bfloat16 or float32."
        )
    if temperature <= 0:
        raise ConfigError(f"The temperature of label scores is above 0, got {temperature}.")
    counts = tokens if per_token else [1] * len(tokens)
    levels = [
        value / count / temperature for value, count in zip(log_likelihoods, counts, strict=True)
    ]
    highest = max(levels)
    weights = [math.exp(level - highest) for level in levels]
    total = math.fsum(weights)
    return LabelScores(
        space=space.name,
        log_likelihoods=_by_label(space, log_likelihoods),
        tokens=dict(zip(space.labels, tokens, strict=True)),
        probabilities=_by_label(space, [weight / total for weight in weights]),
    )


def _by_label(space: LabelSpace, values: Sequence[float]) -> Mapping[str, float]:
    return dict(zip(space.labels, values, strict=True))

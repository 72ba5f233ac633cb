"""BERTScore: how well the words of two texts match by an encoder's states."""

# N pairs, T tokens of one text, S of another, D width of the states

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from affectlens.evaluation.metric import Floats
from affectlens.foundation.errors import ConfigError, InputError

if TYPE_CHECKING:
    from torch import Tensor

_KEPT = 4096  # texts whose states are kept: floors compare the same texts again and again


@dataclass(slots=True, eq=False)
class BertScore:
    """Greedy matching of contextual states by cosine (Zhang et al. 2020, eq. 1).

    Special tokens take no part; there are no inverse document frequencies and no rescaling. Text
    beyond what the encoder takes is cut off.
    """

    tokenizer: Any
    encoder: Any
    layer: int  # as `hidden_states` counts them: 0 embeddings, -1 the last
    states: "dict[str, Tensor]" = field(default_factory=dict)

    def __call__(self, said: Sequence[str], true: Sequence[str]) -> Floats:
        """Precision, recall and F of each pair, (N, 3); 0 where a text has no token."""
        pairs = zip(said, true, strict=True)
        return np.array([self._pair(one, other) for one, other in pairs]).reshape(-1, 3)

    def _pair(self, said: str, true: str) -> tuple[float, float, float]:
        said_TD, true_SD = self._states(said), self._states(true)
        if not len(said_TD) or not len(true_SD):
            return 0.0, 0.0, 0.0
        cosine_TS = said_TD @ true_SD.T
        precision = float(cosine_TS.max(1).values.mean())
        recall = float(cosine_TS.max(0).values.mean())
        both = precision + recall
        return precision, recall, 2 * precision * recall / both if both > 0 else 0.0

    def _states(self, text: str) -> "Tensor":
        """States of a text's tokens, of length 1, (T, D)."""
        import torch

        found = self.states.get(text)
        if found is None:
            inputs = self.tokenizer(
                text, return_tensors="pt", truncation=True, return_special_tokens_mask=True
            )
            words_T = inputs.pop("special_tokens_mask")[0] == 0
            with torch.inference_mode():
                given = self.encoder(**inputs.to(self.encoder.device), output_hidden_states=True)
            states_TD = given.hidden_states[self.layer][0].float().cpu()[words_T]
            found = torch.nn.functional.normalize(states_TD, dim=-1)
            if len(self.states) < _KEPT:
                self.states[text] = found
        return found


def load(source: str, layer: int) -> BertScore:
    """The encoder of a hub id or folder.

    Raises:
        UnavailableError: it is neither here nor to be fetched.
        InputError: its files cannot be read, or are not all there.
        ConfigError: it has no such layer.
    """
    from transformers import AutoModel, AutoTokenizer

    from affectlens.encoders.quiet import quiet
    from affectlens.encoders.weights import locate
    from affectlens.foundation.device import Place

    folder = locate(source, what="the encoder of BERTScore")
    with quiet():
        try:
            tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
            encoder, report = AutoModel.from_pretrained(
                folder, local_files_only=True, use_safetensors=True, output_loading_info=True
            )
        except (OSError, ValueError) as error:
            raise InputError(f"The encoder in {folder} cannot be read: {error}") from error
    # A pooler, which some checkpoints lack, gives no states.
    lacking = sorted(key for key in report["missing_keys"] if not key.startswith("pooler."))
    if lacking or report["mismatched_keys"]:
        raise InputError(f"{folder} does not hold the whole encoder: {', '.join(lacking)}.")
    layers = encoder.config.num_hidden_layers
    if not -layers - 1 <= layer <= layers:
        raise ConfigError(f"{source} has {layers} layers; there is no layer {layer}.")
    limit = getattr(encoder.config, "max_position_embeddings", tokenizer.model_max_length)
    tokenizer.model_max_length = min(tokenizer.model_max_length, limit)
    return BertScore(tokenizer, encoder.to(Place().torch_device()).eval(), layer)

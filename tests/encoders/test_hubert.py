"""HuBERT, wav2vec 2.0 and WavLM out of folders as they are published."""

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from affectlens.encoders.backends import hubert, wav2vec2, wavlm
from affectlens.encoders.view import Waves
from affectlens.foundation.device import Place
from affectlens.foundation.errors import ConfigError, InputError

CPU = Place(device="cpu")
SIZES: dict[str, Any] = {
    "hidden_size": 32,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "conv_dim": (32,) * 7,
    "num_conv_pos_embeddings": 8,
    "num_conv_pos_embedding_groups": 4,
    "do_stable_layer_norm": True,
    "feat_extract_norm": "layer",
}
KINDS = {
    "hubert": (hubert, "Hubert"),
    "wav2vec2": (wav2vec2, "Wav2Vec2"),
    "wavlm": (wavlm, "WavLM"),
}
SOUND = Waves(
    (np.random.default_rng(0).standard_normal(8000, np.float32) * np.float32(0.1),), np.array([0.0])
)
Change = Callable[[dict[str, torch.Tensor]], object]


def published(folder: Path, kind: str, *, normalise: bool = True) -> Any:
    """A random net in a folder as the hub has them, with old names and leftovers."""
    import transformers

    torch.manual_seed(0)
    name = KINDS[kind][1]
    net = getattr(transformers, f"{name}Model")(getattr(transformers, f"{name}Config")(**SIZES))
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))  # no zeros, no ones
    net.eval().save_pretrained(folder)
    rewrite(folder, _as_published)
    (folder / "preprocessor_config.json").write_text(json.dumps({"do_normalize": normalise}))
    return net


def _as_published(tensors: dict[str, torch.Tensor]) -> None:
    for new, old in (("original0", "g"), ("original1", "v")):
        place = "encoder.pos_conv_embed.conv."
        tensors[f"{place}weight_{old}"] = tensors.pop(f"{place}parametrizations.weight.{new}")
    tensors["quantizer.codevectors"] = torch.zeros(1)


def rewrite(folder: Path, change: Change) -> None:
    tensors = load_file(folder / "model.safetensors")
    change(tensors)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def config(module: ModuleType, folder: Path, **settings: Any) -> Any:
    return module.Config(weights=str(folder), **{"width": 32, **settings})


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("normalise", [True, False])
def test_a_published_folder_gives_the_librarys_states(
    tmp_path: Path, kind: str, *, normalise: bool
) -> None:
    net = published(tmp_path, kind, normalise=normalise)
    module = KINDS[kind][0]
    found = module.build(config(module, tmp_path), CPU)(SOUND)["states"].values_TD
    given = torch.from_numpy(SOUND.samples_NS[0])[None]
    if normalise:
        given = (given - given.mean()) / given.std(correction=0)
    with torch.no_grad():
        expected = net(given).last_hidden_state[0].numpy()
    np.testing.assert_allclose(found, expected, atol=2e-5)


def test_the_fingerprint_is_that_of_the_weights(tmp_path: Path) -> None:
    published(tmp_path, "hubert")
    first = hubert.build(config(hubert, tmp_path), CPU).fingerprint
    assert first == hubert.build(config(hubert, tmp_path, pool="mean"), CPU).fingerprint
    rewrite(tmp_path, lambda tensors: tensors["encoder.layer_norm.bias"].add_(1))
    assert first != hubert.build(config(hubert, tmp_path), CPU).fingerprint


def test_missing_and_unknown_tensors_stop_the_loading_with_their_names(tmp_path: Path) -> None:
    published(tmp_path, "hubert")
    rewrite(tmp_path, lambda tensors: tensors.update(encoder_extra=torch.ones(1)))
    with pytest.raises(InputError, match="encoder_extra"):
        hubert.build(config(hubert, tmp_path), CPU)
    rewrite(tmp_path, lambda tensors: tensors.pop("encoder_extra"))
    rewrite(tmp_path, lambda tensors: tensors.pop("encoder.layer_norm.bias"))
    with pytest.raises(InputError, match=r"encoder\.layer_norm\.bias"):
        hubert.build(config(hubert, tmp_path), CPU)


def test_another_width_another_kind_and_too_few_layers_are_said_before_weights_are_read(
    tmp_path: Path,
) -> None:
    published(tmp_path, "hubert")
    (tmp_path / "model.safetensors").write_bytes(b"nobody reads this")
    with pytest.raises(ConfigError, match="1024"):
        hubert.build(config(hubert, tmp_path, width=1024), CPU)
    with pytest.raises(ConfigError, match="asks for 7"):
        hubert.build(config(hubert, tmp_path, layers=(7,)), CPU)
    with pytest.raises(InputError, match="hubert"):
        wavlm.build(config(wavlm, tmp_path), CPU)


def test_whether_sound_is_normalised_is_not_guessed(tmp_path: Path) -> None:
    published(tmp_path, "hubert")
    (tmp_path / "preprocessor_config.json").unlink()
    with pytest.raises(InputError, match="do_normalize"):
        hubert.build(config(hubert, tmp_path), CPU)


def test_the_published_large_net_is_1024_wide() -> None:
    from transformers import HubertConfig, HubertModel

    large = {"hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16}
    with torch.device("meta"):
        net = HubertModel(
            HubertConfig(
                **large,
                intermediate_size=4096,
                conv_bias=True,
                feat_extract_norm="layer",
                do_stable_layer_norm=True,
                mask_time_prob=0.0,
            )
        ).eval()
        states = net(torch.empty(8, 32000)).last_hidden_state
    assert states.shape == (8, 99, hubert.Config().width)
    assert sum(p.numel() for p in net.parameters()) == pytest.approx(315.4e6, rel=1e-3)

"""Whisper's encoder: the library's numbers, rows for sound and not for padding, carried weights."""

# S samples, T steps, D width

import struct
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from affectlens.encoders import whisper_ct2, whisper_states
from affectlens.encoders.backends import whisper
from affectlens.encoders.view import Waves
from affectlens.encoders.whisper_states import WhisperStates
from affectlens.foundation import weights
from affectlens.foundation.device import Place
from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.missing import Missing

CPU = Place(device="cpu")
TINY = whisper.tiny(whisper.Config())
RATE_HZ = 16000
SMALL: dict[str, Any] = {
    "d_model": 64,
    "encoder_layers": 2,
    "encoder_attention_heads": 1,
    "encoder_ffn_dim": 256,
    "decoder_layers": 1, "decoder_attention_heads": 1, "decoder_ffn_dim": 8,
    "vocab_size": 60,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "decoder_start_token_id": 3,
}  # fmt: skip


CT2_NORMS = {
    "self_attn_layer_norm": "self_attention/layer_norm",
    "final_layer_norm": "ffn/layer_norm",
}
CT2_LINES = {
    "self_attn.out_proj": "self_attention/linear_1",
    "fc1": "ffn/linear_0",
    "fc2": "ffn/linear_1",
}


def sound(seconds: float, seed: int = 0) -> NDArray[np.float32]:
    """Something between a voice and noise."""
    rng = np.random.default_rng(seed)
    times_S = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    hum_S = np.sin(2 * np.pi * 150 * times_S * (1 + 0.02 * np.sin(5 * times_S)))
    return (0.2 * hum_S + 0.02 * rng.standard_normal(len(times_S))).astype(np.float32)


def waves(*samples: NDArray[np.float32]) -> Waves:
    return Waves(samples, np.arange(len(samples), dtype=np.float64) * 40)


def built(config: whisper.Config) -> WhisperStates:
    return cast(WhisperStates, whisper.build(config, CPU))


@pytest.fixture
def small() -> Any:
    from transformers import WhisperConfig, WhisperForConditionalGeneration

    torch.manual_seed(0)
    net = WhisperForConditionalGeneration(WhisperConfig(**SMALL)).eval()
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))  # no zeros, no ones
    return net


def test_a_row_for_every_20_ms_of_sound_and_none_for_its_padding() -> None:
    features = built(TINY)(waves(sound(1.01), sound(0.5)))["states"]
    assert features.values_TD.shape == (51 + 25, 32)
    assert features.times_T[[0, 1, 51]].tolist() == pytest.approx([0.01, 0.03, 40.01])
    assert np.isfinite(features.values_TD).all()


def test_half_precision_is_near_full() -> None:
    shown, config = waves(sound(1)), replace(TINY, pad="none")
    half = whisper.build(config, Place(device="cpu", precision="bfloat16"))
    exact, near = (encoder(shown)["states"].values_TD for encoder in (built(config), half))
    assert near.dtype == np.float32
    assert (exact * near).sum() > 0.99 * np.linalg.norm(exact) * np.linalg.norm(near)


def test_padding_is_given_where_it_is_asked_for() -> None:
    shown = waves(sound(1))
    every = built(replace(TINY, keep_padding=True))(shown)["states"].values_TD
    assert every.shape == (1500, 32)
    np.testing.assert_array_equal(every[:50], built(TINY)(shown)["states"].values_TD)


def test_sound_of_more_than_30_s_goes_on_in_the_next_piece() -> None:
    features = built(TINY)(waves(sound(31)))["states"]
    assert len(features.values_TD) == 1550
    np.testing.assert_allclose(np.diff(features.times_T), 0.02)
    late = built(TINY)(waves(sound(31)[30 * RATE_HZ :]))["states"].values_TD
    np.testing.assert_allclose(features.values_TD[1500:], late, atol=1e-5)


def test_without_padding_the_work_is_that_of_the_sound_alone() -> None:
    encoder = built(replace(TINY, pad="none"))
    frames: list[int] = []
    encoder._net.conv1.register_forward_pre_hook(lambda _, given: frames.append(given[0].shape[-1]))
    features = encoder(waves(sound(1), sound(0.701), sound(1)))["states"]
    assert frames == [100, 72]  # the two of one length in one batch
    assert len(features.values_TD) == 50 + 36 + 50
    alone = encoder(waves(sound(0.701)))["states"].values_TD
    np.testing.assert_allclose(features.values_TD[50:86], alone, atol=1e-5)


def test_states_are_the_librarys(small: Any, tmp_path: Path) -> None:
    from transformers import WhisperFeatureExtractor

    small.save_pretrained(tmp_path)
    mel = WhisperFeatureExtractor()(sound(2), sampling_rate=RATE_HZ, return_tensors="pt")
    with torch.no_grad():
        out = small.model.encoder(mel["input_features"], output_hidden_states=True)
    every = (*out.hidden_states[:-1], out.last_hidden_state)
    for layers in ((-1,), (0, -2, -1), (1,)):
        config = whisper.Config(weights=str(tmp_path), width=64, layers=layers, keep_padding=True)
        found = built(config)(waves(sound(2)))["states"].values_TD
        expected = torch.stack([every[layer][0] for layer in layers]).mean(0)
        np.testing.assert_allclose(found, expected.numpy(), atol=2e-5)


def test_layers_that_nobody_wants_are_not_computed() -> None:
    encoder = built(replace(TINY, layers=(1,)))
    worked: list[int] = []
    for number, layer in enumerate(encoder._net.layers, start=1):
        layer.register_forward_hook(lambda *_, number=number: worked.append(number))
    encoder(waves(sound(0.5)))
    assert len(encoder._net.layers) == 2
    assert worked == [1]


def test_another_width_and_missing_tensors_are_said(small: Any, tmp_path: Path) -> None:
    small.save_pretrained(tmp_path)
    with pytest.raises(ConfigError, match="64"):
        built(whisper.Config(weights=str(tmp_path)))
    with pytest.raises(ConfigError, match="asks for 3"):
        built(whisper.Config(weights=str(tmp_path), width=64, layers=(3,)))
    small.config.encoder_layers = 3
    small.config.save_pretrained(tmp_path)
    with pytest.raises(InputError, match=r"missing: layers\.2"):
        built(whisper.Config(weights=str(tmp_path), width=64))


@pytest.mark.parametrize(
    "setting", [{"layers": ()}, {"pad": "10s"}, {"pad": "none", "keep_padding": True}]
)
def test_settings_that_make_no_sense_are_refused(setting: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        whisper.Config(**setting)


def test_the_published_large_encoder_is_1280_wide() -> None:
    from transformers import WhisperConfig
    from transformers.models.whisper.modeling_whisper import WhisperEncoder

    with torch.device("meta"):
        large = WhisperConfig(
            d_model=1280, encoder_layers=32, encoder_attention_heads=20, num_mel_bins=128
        )
        large.encoder_ffn_dim = 5120
        net = WhisperEncoder(large).eval()
        states = whisper_states.encode(net, torch.empty(1, 128, 3000), [32])
    assert states.shape == (1, 1, 1500, whisper.Config().width)
    assert sum(p.numel() for p in net.parameters()) == 636_968_960


def as_ct2(encoder: Any, path: Path, *, type_: int = 4) -> None:
    """Write an encoder as CTranslate2 does, keys, queries and values in one."""
    tensors = {name: value.half().numpy() for name, value in encoder.state_dict().items()}
    found = {
        "encoder/conv1/weight": tensors["conv1.weight"],
        "encoder/conv1/bias": tensors["conv1.bias"],
        "encoder/conv2/weight": tensors["conv2.weight"],
        "encoder/conv2/bias": tensors["conv2.bias"],
        "encoder/position_encodings/encodings": tensors["embed_positions.weight"],
        "encoder/layer_norm/gamma": tensors["layer_norm.weight"],
        "encoder/layer_norm/beta": tensors["layer_norm.bias"],
        "encoder/num_heads": np.array(1, np.int16),
        "decoder/embeddings/weight": np.ones((3, 2), np.float16),
    }
    for number in range(2):
        old, new = f"layers.{number}.", f"encoder/layer_{number}/"
        for a, b in CT2_NORMS.items():
            found[f"{new}{b}/gamma"] = tensors[f"{old}{a}.weight"]
            found[f"{new}{b}/beta"] = tensors[f"{old}{a}.bias"]
        for a, b in CT2_LINES.items():
            found[f"{new}{b}/weight"] = tensors[f"{old}{a}.weight"]
            found[f"{new}{b}/bias"] = tensors[f"{old}{a}.bias"]
        q, k, v = (f"{old}self_attn.{part}_proj." for part in "qkv")
        fused = f"{new}self_attention/linear_0/"
        found[fused + "weight"] = np.concatenate([tensors[p + "weight"] for p in (q, k, v)])
        no_bias = np.zeros(64, np.float16)
        found[fused + "bias"] = np.concatenate([tensors[q + "bias"], no_bias, tensors[v + "bias"]])
    with path.open("wb") as file:
        file.write(struct.pack("<I", 6) + _text("WhisperSpec") + struct.pack("<II", 3, len(found)))
        for name, values in found.items():
            given = type_ if values.ndim else 2
            shape = struct.pack(f"<{values.ndim}I", *values.shape)
            file.write(_text(name) + struct.pack("<B", values.ndim) + shape)
            file.write(struct.pack("<BI", given, values.nbytes) + values.tobytes())
        file.write(struct.pack("<I", 0))


def _text(words: str) -> bytes:
    return struct.pack("<H", len(words) + 1) + words.encode() + b"\0"


def test_an_encoder_comes_back_from_ctranslate2s_file_as_it_was(small: Any, tmp_path: Path) -> None:
    as_ct2(small.model.encoder, tmp_path / "model.bin")
    found = whisper_ct2.encoder(tmp_path / "model.bin")
    expected = small.model.encoder.state_dict()
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        assert torch.equal(found[name], value.half().float()), name


def test_a_quantised_and_a_damaged_file_are_refused(small: Any, tmp_path: Path) -> None:
    path = tmp_path / "model.bin"
    as_ct2(small.model.encoder, path, type_=1)
    with pytest.raises(InputError, match="quantised"):
        whisper_ct2.encoder(path)
    as_ct2(small.model.encoder, path)
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(InputError, match="whole"):
        whisper_ct2.encoder(path)
    path.write_bytes(struct.pack("<I", 5))
    with pytest.raises(InputError, match="version 5"):
        whisper_ct2.encoder(path)


@pytest.mark.weights
def test_the_carried_model_gives_the_states_that_ctranslate2_gives() -> None:
    from ctranslate2 import StorageView
    from ctranslate2.models import Whisper
    from transformers import WhisperFeatureExtractor

    folder = weights.find("whisper-base")
    if isinstance(folder, Missing):
        pytest.skip(str(folder))
    config = whisper.Config(weights="carried:whisper-base", width=512)
    found = built(replace(config, keep_padding=True))(waves(sound(3)))["states"].values_TD
    mel = WhisperFeatureExtractor()(sound(3), sampling_rate=RATE_HZ, return_tensors="np")
    given = StorageView.from_array(np.ascontiguousarray(mel["input_features"]))
    other = Whisper(str(folder), compute_type="float32").encode(given)
    expected = np.array(other)[0]
    cosines = (found * expected).sum(1) / (
        np.linalg.norm(found, axis=1) * np.linalg.norm(expected, axis=1)
    )
    assert cosines.min() > 0.999
    np.testing.assert_allclose(found, expected, atol=0.02)


def test_a_carried_model_of_another_width_is_refused() -> None:
    if isinstance(weights.find("whisper-base"), Missing):
        pytest.skip("whisper-base is not pulled")
    with pytest.raises(ConfigError, match="512"):
        built(whisper.Config(weights="carried:whisper-base"))

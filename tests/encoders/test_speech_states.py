"""States of speech nets: their rows, their times, and that padding and batches change nothing."""

# S samples, T steps, D width

from dataclasses import replace
from types import ModuleType
from typing import Any, cast

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from affectlens.encoders.backends import hubert, wav2vec2, wavlm
from affectlens.encoders.speech_states import SpeechStates
from affectlens.encoders.view import Waves
from affectlens.foundation.device import Place
from affectlens.foundation.errors import ConfigError

CPU = Place(device="cpu")
TINY = hubert.tiny(hubert.Config())
RATE_HZ = 16000


def noise(seconds: float, seed: int = 0, loudness: float = 0.1) -> NDArray[np.float32]:
    rng = np.random.default_rng(seed)
    return (loudness * rng.standard_normal(int(seconds * RATE_HZ))).astype(np.float32)


def waves(*samples: NDArray[np.float32]) -> Waves:
    return Waves(samples, np.arange(len(samples), dtype=np.float64) * 2)


def built(config: hubert.Config) -> SpeechStates:
    return cast(SpeechStates, hubert.build(config, CPU))


def rows(config: hubert.Config, shown: Waves) -> NDArray[np.float32]:
    return built(config)(shown)["states"].values_TD


def grouped() -> SpeechStates:
    """A net whose first norm runs over time, as the base nets have it."""
    from transformers import HubertConfig, HubertModel

    torch.manual_seed(0)
    net = HubertModel(
        HubertConfig(
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=4,
            intermediate_size=64,
            conv_dim=(32,) * 7,
            num_conv_pos_embeddings=8,
            num_conv_pos_embedding_groups=4,
            feat_extract_norm="group",
        )
    ).eval()
    return SpeechStates(net, TINY, normalise=True, fingerprint="")


@pytest.mark.parametrize("module", [hubert, wav2vec2, wavlm])
def test_there_is_a_row_for_every_20_ms_at_its_middle(module: ModuleType) -> None:
    encoder = module.build(module.tiny(module.Config()), CPU)
    features = encoder(waves(noise(1), noise(0.5)))["states"]
    assert features.values_TD.shape == (49 + 24, 32)
    assert features.times_T[:2].tolist() == pytest.approx([0.01, 0.03])
    assert features.times_T[49] == pytest.approx(2.01)
    assert np.isfinite(features.values_TD).all()
    assert features.values_TD.std(axis=0).min() > 0.01


@pytest.mark.parametrize("module", [hubert, wav2vec2, wavlm])
def test_half_precision_is_near_full(module: ModuleType) -> None:
    config, shown = module.tiny(module.Config()), waves(noise(1))
    exact, near = (
        module.build(config, Place(device="cpu", precision=precision))(shown)["states"].values_TD
        for precision in ("float32", "bfloat16")
    )
    assert near.dtype == np.float32
    assert (exact * near).sum() > 0.99 * np.linalg.norm(exact) * np.linalg.norm(near)


def test_a_segment_has_the_same_states_alone_and_beside_others() -> None:
    a, b, short = noise(1, 1), noise(1, 2), noise(0.3, 3)
    for encoder in (built(TINY), grouped()):
        together = encoder(waves(a, b, short))["states"].values_TD
        alone = [encoder(waves(one))["states"].values_TD for one in (a, b, short)]
        np.testing.assert_allclose(together, np.concatenate(alone), atol=1e-5)


def test_long_sound_is_done_in_pieces_with_as_many_rows_as_in_one() -> None:
    sound = noise(4.73)
    whole = built(TINY)(waves(sound))["states"]
    sizes: list[int] = []
    encoder = built(replace(TINY, longest_s=1.0))
    encoder._net.register_forward_pre_hook(lambda _, given: sizes.append(given[0].numel()))
    pieces = encoder(waves(sound))["states"]
    assert pieces.values_TD.shape == whole.values_TD.shape
    np.testing.assert_array_equal(pieces.times_T, whole.times_T)
    assert len(sizes) == 5
    assert max(sizes) <= RATE_HZ + 80  # what the last step sees beyond its own 20 ms
    similarity = (pieces.values_TD * whole.values_TD).sum() / (
        np.linalg.norm(pieces.values_TD) * np.linalg.norm(whole.values_TD)
    )
    assert similarity > 0.95


def test_sound_shorter_than_a_step_has_one_row() -> None:
    assert rows(TINY, waves(noise(0.01))).shape == (1, 32)


def test_mean_gives_one_row_per_segment_in_its_middle() -> None:
    shown = waves(noise(1), noise(0.5))
    mean = built(replace(TINY, pool="mean"))(shown)["states"]
    every = rows(TINY, shown)
    expected = np.stack([every[:49].mean(axis=0), every[49:].mean(axis=0)])
    np.testing.assert_allclose(mean.values_TD, expected, atol=1e-6)
    assert mean.times_T.tolist() == pytest.approx([0.5, 2.25])


def test_layers_are_counted_as_published_the_last_after_its_norm_and_averaged() -> None:
    shown = waves(noise(0.5))
    encoder = built(replace(TINY, layers=(-1, -2, -3)))
    found: list[torch.Tensor] = []
    for layer in encoder._net.encoder.layers:
        layer.register_forward_hook(lambda _, __, out: found.append(out))
    values_TD = encoder(shown)["states"].values_TD
    with torch.no_grad():
        last = encoder._net.encoder.layer_norm(found[-1])
    expected = (last + found[-2] + found[-3]) / 3
    np.testing.assert_allclose(values_TD, expected[0].numpy(), atol=1e-6)


def test_input_is_normalised_as_the_published_extractor_does() -> None:
    from transformers import Wav2Vec2FeatureExtractor

    extractor = Wav2Vec2FeatureExtractor(do_normalize=True)
    quiet, loud = noise(1, 1, 0.01) + 0.02, noise(1, 2, 0.5)
    # Called with a tensor, as AffectGPT calls it, the extractor takes all for one sound.
    together = torch.tensor(np.stack([quiet, loud]))
    for config, given in ((TINY, [quiet, loud]), (replace(TINY, normalise="clip"), together)):
        expected = extractor(given, sampling_rate=RATE_HZ, return_tensors="np")["input_values"]
        found = built(config)._input([quiet, loud])
        np.testing.assert_allclose(np.stack(found), np.squeeze(expected), atol=1e-5)


def test_loudness_is_lost_within_a_segment_and_kept_within_a_clip() -> None:
    quiet, loud = waves(noise(1), noise(1, 1)), waves(noise(1), 10 * noise(1, 1))
    assert np.allclose(rows(TINY, quiet), rows(TINY, loud), atol=1e-3)
    by_clip = replace(TINY, normalise="clip")
    assert not np.allclose(rows(by_clip, quiet), rows(by_clip, loud), atol=1e-1)


def test_silence_gives_finite_states() -> None:
    assert np.isfinite(rows(TINY, waves(np.zeros(RATE_HZ, np.float32)))).all()


@pytest.mark.parametrize(
    "setting",
    [{"layers": ()}, {"pool": "max"}, {"normalise": "all"}, {"longest_s": 0.1}, {"width": 30}],
)
def test_settings_that_make_no_sense_are_refused(setting: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        hubert.Config(**{"weights": "tiny", **setting})

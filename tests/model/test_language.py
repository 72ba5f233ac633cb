"""Language models by name."""

import importlib.util
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from tests.model.affect_models import CPU

from affectlens.foundation.device import Place
from affectlens.foundation.errors import ConfigError, InputError, UnavailableError
from affectlens.model.language import language_config, load_language


def test_a_tiny_model_is_the_same_each_time() -> None:
    first, second = (load_language("tiny:qwen3", CPU).state_dict() for _ in range(2))
    torch.testing.assert_close(first, second, atol=0, rtol=0)


def test_a_tiny_model_is_in_the_precision_that_was_asked_for() -> None:
    model = load_language("tiny:mistral", Place(device="cpu", precision="bfloat16"))
    assert {p.dtype for p in model.parameters()} == {torch.bfloat16}
    assert not model.training


def test_smollm2_ties_its_head_and_llama_does_not() -> None:
    tied, untied = (load_language(f"tiny:{name}", CPU) for name in ("smollm2", "llama"))
    assert tied.lm_head.weight is tied.get_input_embeddings().weight
    assert untied.lm_head.weight is not untied.get_input_embeddings().weight


def test_a_folder_is_read(tmp_path: Path) -> None:
    made = load_language("tiny:qwen2", CPU)
    made.save_pretrained(tmp_path)
    again = load_language(str(tmp_path), CPU, attention="eager")
    torch.testing.assert_close(again.state_dict(), made.state_dict(), atol=0, rtol=0)
    assert again.config._attn_implementation == "eager"
    assert language_config(str(tmp_path)).hidden_size == 32


def test_a_folder_that_lacks_a_tensor_is_refused_and_one_with_more_is_not(tmp_path: Path) -> None:
    load_language("tiny:qwen2", CPU).save_pretrained(tmp_path)
    path = tmp_path / "model.safetensors"
    tensors = load_file(path)
    save_file({**tensors, "more": torch.zeros(2)}, path, metadata={"format": "pt"})
    load_language(str(tmp_path), CPU)
    del tensors["model.layers.1.mlp.up_proj.weight"]
    save_file(tensors, path, metadata={"format": "pt"})
    with pytest.raises(InputError, match=r"whole language model(?s:.*)layers\.1\.mlp\.up_proj"):
        load_language(str(tmp_path), CPU)
    path.write_bytes(b"no safetensors")
    with pytest.raises(InputError, match="cannot be read"):
        load_language(str(tmp_path), CPU)


def test_an_unknown_tiny_family_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"'lama'. Did you mean 'llama'"):
        language_config("tiny:lama")  # codespell:ignore lama


def test_what_cannot_be_had_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AFFECTLENS_OFFLINE", "1")
    for ask in (language_config, lambda name: load_language(name, CPU)):
        with pytest.raises(UnavailableError, match=r"nobody/nothing.* give its folder"):
            ask("nobody/nothing")


@pytest.mark.skipif(
    importlib.util.find_spec("bitsandbytes") is not None, reason="bitsandbytes is installed"
)
def test_bits_without_bitsandbytes_say_what_to_install(tmp_path: Path) -> None:
    load_language("tiny:llama", CPU).save_pretrained(tmp_path)
    with pytest.raises(UnavailableError, match=r"in 4 bits needs .*pip install bitsandbytes"):
        load_language(str(tmp_path), CPU, bits=4)


def test_a_tiny_model_takes_no_quantization() -> None:
    with pytest.raises(ConfigError, match="leave out the 4 bits"):
        load_language("tiny:llama", CPU, bits=4)

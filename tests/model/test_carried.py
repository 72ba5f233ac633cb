"""Carried language models: converted once, exactly, whole or not at all."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.model import made_gguf
from tests.model.affect_models import CPU

from affectlens.foundation import manifest, weights
from affectlens.foundation.errors import ConfigError, InputError, UnavailableError
from affectlens.foundation.manifest import Model
from affectlens.foundation.missing import Missing
from affectlens.model import carried, gguf, llama_gguf
from affectlens.model import manifest as model_manifest
from affectlens.model.language import language_config, load_language
from affectlens.model.tokenizers import Spelling, load_tokenizer

SMOLLM2 = "carried:smollm2-135m-instruct"
NAME = "tiny-llama"
LANGUAGE = f"carried:{NAME}"


@pytest.fixture
def pulled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache with a small carried model in it, and nothing else; gives its file."""
    source = tmp_path / "source.gguf"
    made_gguf.write(source)
    data = source.read_bytes()
    text = f"""
    [{NAME}]
    what = "a small random Llama"
    licence = "MIT"
    licence_source = "made by a test"
    [{NAME}.files]
    "{NAME}.gguf" = {{ size = {len(data)}, sha256 = "{hashlib.sha256(data).hexdigest()}" }}
    """
    known: dict[str, Model] = manifest.parse(text)
    monkeypatch.setattr(manifest, "read", lambda: known)
    monkeypatch.setenv("AFFECTLENS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("AFFECTLENS_OFFLINE", "1")
    file = weights.kept(known[NAME], weights.cache_folder()) / f"{NAME}.gguf"
    file.parent.mkdir(parents=True)
    source.rename(file)
    return file


def test_every_tensor_is_dequantised_to_the_very_number(tmp_path: Path) -> None:
    stored = made_gguf.write(tmp_path / "a.gguf")
    found = dict(gguf.opened(tmp_path / "a.gguf").tensors())
    assert found.keys() == stored.keys()
    for name, values in stored.items():
        np.testing.assert_array_equal(found[name], values)


def test_heads_are_turned_back_and_the_rest_is_only_renamed(pulled: Path) -> None:
    stored = dict(gguf.opened(pulled).tensors())
    net = load_language(LANGUAGE, CPU)
    tensors = net.state_dict()
    down = stored["blk.1.ffn_down.weight"]
    np.testing.assert_array_equal(
        tensors["model.layers.1.mlp.down_proj.weight"].numpy(), down.astype(np.float16)
    )
    for letter, heads in (("q", made_gguf.HEADS), ("k", made_gguf.GROUPS)):
        theirs = torch.from_numpy(stored[f"blk.0.attn_{letter}.weight"].astype(np.float16)).float()
        ours = tensors[f"model.layers.0.self_attn.{letter}_proj.weight"]
        half = len(ours) // heads // 2
        for head in range(heads):
            first = 2 * half * head
            assert torch.equal(ours[first : first + half], theirs[first : first + 2 * half : 2])
            assert torch.equal(
                ours[first + half : first + 2 * half], theirs[first + 1 : first + 2 * half : 2]
            )
    assert net.lm_head.weight is net.get_input_embeddings().weight
    with torch.inference_mode():
        assert net(torch.tensor([[1, 5, 9]])).logits.isfinite().all()


def test_the_config_is_that_of_the_fields(pulled: Path) -> None:
    config = language_config(LANGUAGE)
    assert pulled.is_file()
    assert (config.model_type, config.num_hidden_layers, config.head_dim) == ("llama", 2, 16)
    assert (config.rms_norm_eps, config.rope_parameters["rope_theta"]) == (1e-5, 100_000.0)
    assert (config.bos_token_id, config.eos_token_id, config.pad_token_id) == (1, 2, 2)


@pytest.mark.usefixtures("pulled")
def test_the_tokenizer_has_its_template_and_cuts_off_each_digit_first() -> None:
    tokenizer = load_tokenizer(LANGUAGE)
    ids = (tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.pad_token_id)
    assert (*ids, tokenizer.unk_token_id) == (1, 2, 2, 0)
    assert Spelling(tokenizer).chat(["A1"])[0] == "<|im_start|>user\n"
    names = tokenizer.convert_ids_to_tokens(tokenizer("haha  12 é").input_ids)
    assert names == ["ha", "ha", "ĠĠ", "1", "2", "Ġ", "Ã", "©"]  # " 12" as a word: Ġ, Ġ, 1, 2
    assert tokenizer.decode(tokenizer("haha  12 é\n").input_ids) == "haha  12 é\n"
    assert not set(Spelling(tokenizer).ids("<|im_end|>")) & {0, 1, 2}


def test_it_is_converted_once_and_again_when_the_folder_is_gone(pulled: Path) -> None:
    made = carried.folder(NAME)
    before = {path.name: path.stat().st_mtime_ns for path in made.iterdir()}
    assert carried.folder(NAME) == made
    assert {path.name: path.stat().st_mtime_ns for path in made.iterdir()} == before
    assert made.parent == weights.cache_folder() / "converted"
    assert [path for path in made.parent.iterdir() if not path.name.startswith(".")] == [made]
    assert pulled.is_file()


def test_a_damaged_file_is_never_converted(pulled: Path) -> None:
    data = bytearray(pulled.read_bytes())
    data[-1] ^= 1
    pulled.write_bytes(data)
    with pytest.raises(UnavailableError, match=f"affectlens models pull {NAME}"):
        carried.folder(NAME)
    pulled.write_bytes(data[:-1])
    with pytest.raises(UnavailableError, match="damaged"):
        load_language(LANGUAGE, CPU)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"general.architecture": "gemma3"}, "'gemma3'; wanted llama"),
        ({"tokenizer.ggml.pre": "qwen2"}, "qwen2; wanted gpt2, smollm"),
    ],
)
def test_what_cannot_be_converted_is_refused(
    tmp_path: Path, changed: dict[str, str], said: str
) -> None:
    made_gguf.write(tmp_path / "a.gguf", **changed)
    (tmp_path / "out").mkdir()
    with pytest.raises(InputError, match=said):
        llama_gguf.write(tmp_path / "a.gguf", tmp_path / "out")


@pytest.mark.parametrize("size", [0, 3, 100, 5_000])
def test_a_file_that_is_cut_off_is_refused(tmp_path: Path, size: int) -> None:
    path = tmp_path / "a.gguf"
    made_gguf.write(path)
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(InputError, match=r"a\.gguf"):
        gguf.opened(path)


def test_a_file_that_ends_within_its_tensors_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.gguf"
    made_gguf.write(path)
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(InputError, match=r"has not all of blk\.1"):
        dict(gguf.opened(path).tensors())


def test_what_is_not_pulled_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AFFECTLENS_HOME", str(tmp_path))
    for ask in (language_config, load_tokenizer, lambda name: load_language(name, CPU)):
        with pytest.raises(UnavailableError) as caught:
            ask(SMOLLM2)
        assert "\n" not in str(caught.value)
        assert "`affectlens models pull smollm2-135m-instruct`" in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_a_name_that_is_not_carried_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match="Did you mean 'smollm2-135m-instruct'"):
        language_config("carried:smollm-135m-instruct")


def test_a_folder_that_cannot_be_written_is_said_with_what_to_do(pulled: Path) -> None:
    (pulled.parents[2] / "converted").write_text("a file, not a folder")
    with pytest.raises(UnavailableError, match="AFFECTLENS_HOME"):
        carried.folder(NAME)


@pytest.mark.usefixtures("pulled")
def test_a_models_manifest_names_the_carried_weights(tmp_path: Path) -> None:
    model_manifest.write(tmp_path, system="nano", language=LANGUAGE)
    written = json.loads((tmp_path / model_manifest.FILE).read_text())
    assert written["language_sha256"] == weights.fingerprint(NAME)
    model_manifest.write(tmp_path, system="nano", language="somebody/their-model")
    assert "language_sha256" not in json.loads((tmp_path / model_manifest.FILE).read_text())


@pytest.mark.weights
@pytest.mark.skipif(
    isinstance(weights.find("smollm2-135m-instruct"), Missing),
    reason="needs `affectlens models pull smollm2-135m-instruct`",
)
def test_smollm2_answers_in_its_own_template() -> None:
    net, tokenizer = load_language(SMOLLM2, CPU), load_tokenizer(SMOLLM2)
    assert (tokenizer.bos_token, tokenizer.eos_token) == ("<|im_start|>", "<|im_end|>")
    assert (len(tokenizer), sum(p.numel() for p in net.parameters())) == (49152, 134_515_008)
    asked = [{"role": "user", "content": "What is the capital of France?"}]
    prompt = tokenizer.apply_chat_template(asked, add_generation_prompt=True, return_tensors="pt")
    with torch.inference_mode():
        made = net.generate(**prompt, max_new_tokens=12, do_sample=False)
    assert "Paris" in tokenizer.decode(made[0])

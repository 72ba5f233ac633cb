"""From a released checkpoint to answers: `affectlens models convert`, and what loads its folder."""

import copy
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from tests.encoders.made_clips import clip, film, percepts
from tests.model import released_files as released
from torch import Tensor
from transformers import LlamaConfig

from affectlens.cli import app
from affectlens.encoders import random_weights
from affectlens.encoders.encode import encode
from affectlens.encoders.encoder import Source
from affectlens.encoders.eva_net import EvaVit
from affectlens.encoders.eva_sizes import Sizes
from affectlens.encoders.features import Features
from affectlens.encoders.pixels import Preparation, prepared
from affectlens.encoders.store import FeatureStore
from affectlens.encoders.view import View
from affectlens.foundation.device import Place
from affectlens.foundation.errors import UnavailableError
from affectlens.foundation.hashing import sha256_of
from affectlens.foundation.missing import Missing
from affectlens.foundation.part import use
from affectlens.model import checkpoint
from affectlens.model.checkpoint import Loaded
from affectlens.model.config import AffectLMConfig
from affectlens.model.example import Example, Turn
from affectlens.model.network import AffectLM

Shapes = dict[str, tuple[int, ...]]
ONE = torch.ones(1)


def everything(layers: int, trained: Shapes, half: int) -> Shapes:
    """The names of a whole released file, with what is dropped."""
    return {**trained, **released.buffers(layers, half), **released.head()}


def marked(shapes: Shapes) -> dict[str, Tensor]:
    """Each tensor full of its own number, and as small in a file as one number."""
    return {
        name: torch.tensor([float(number)]).expand(shape)
        for number, (name, shape) in enumerate(shapes.items(), start=1)
    }


def test_a_file_with_all_206_names_is_converted_and_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    like = released.like(tmp_path / "like")
    config = AffectLMConfig.from_pretrained(like)
    shape = {"hidden_size": 32, "num_attention_heads": 4, "num_key_value_heads": 2}
    config.text_config = LlamaConfig(**shape, intermediate_size=64, num_hidden_layers=32)
    config.save_pretrained(like)
    trained = {**released.tiny_emotion(), **released.lora(32, 4, 32, 16)}
    tensors = marked(everything(32, trained, 4))
    assert len(tensors) == 206
    file = released.write(tmp_path / "checkpoint_best.pth", tensors)
    out = tmp_path / "emotion-llama"

    assert app.run(["models", "convert", str(file), "--out", str(out), "--like", str(like)]) == 0
    told = capsys.readouterr().out
    for said in (
        "checkpoint_best.pth: emotion_llama", sha256_of(file), "138 tensors", "dropped   36",
        "dropped   32", "attention.", "inv_freq", "3 beside the net", "needs also",
        f"affectlens analyze CLIP --model {out}",
    ):  # fmt: skip
        assert said in told
    made = load_file(out / "trained.safetensors")
    assert len(made) == 138
    name = released.LAYER.format(i=31) + "v_proj.lora_B.weight"
    ours = "language.model.layers.31.self_attn.v_proj.lora_B.default.weight"
    assert set(made[ours].view(-1).tolist()) == {tensors[name].view(-1)[0].item()}


def test_what_is_wrong_goes_to_stderr_with_exit_code_4(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tensors = released.drawn(released.tiny_emotion())
    del tensors["feats_llama_proj2.bias"]
    file = released.write(tmp_path / "checkpoint_best.pth", tensors)
    like = released.like(tmp_path / "like")
    arguments = ["models", "convert", str(file), "--out", str(tmp_path / "o"), "--like", str(like)]
    assert app.run(arguments) == 4
    shown = capsys.readouterr()
    assert "1 missing:\n  feats_llama_proj2.bias" in shown.err
    assert shown.out == ""
    assert app.run([*arguments, "--from", "emotion_lama"]) == 2
    assert "Did you mean 'emotion_llama'" in capsys.readouterr().err


def test_the_command_line_goes_there_and_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = released.write(tmp_path / "in.pth", released.drawn(released.tiny_emotion()))
    ours, back = str(tmp_path / "ours"), str(tmp_path / "back.pth")
    like = str(released.like(tmp_path / "like"))
    to_ours = ["models", "convert", str(file), "--out", ours, "--like", like, "--format", "json"]
    assert app.run(to_ours) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["sources"][0]["sha256"] == sha256_of(file)
    assert app.run(["models", "convert", ours, "--to", "original", "--out", back]) == 0
    assert "emotion_llama" in capsys.readouterr().out
    first, second = (torch.load(one, weights_only=True)["model"] for one in (file, back))
    assert first.keys() == second.keys()
    assert all(torch.equal(first[name], second[name]) for name in first)


@pytest.fixture(name="files", scope="module")
def _files(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Tensor], Loaded]:
    """Released tensors, and the model that was made of them."""
    folder = tmp_path_factory.mktemp("converted")
    tensors = {n: t / 8 for n, t in released.drawn(released.tiny_emotion(), seed=3).items()}
    file = released.write(folder / "in.pth", tensors)
    out = folder / "ours"
    like = released.like(folder / "like")
    arguments = ["models", "convert", str(file), "--out", str(out), "--like", str(like)]
    assert app.run(arguments) == 0
    return tensors, checkpoint.load(str(out), place=released.CPU)


@torch.inference_mode()
def logits(model: AffectLM) -> Tensor:
    """Of a text without streams."""
    ids_BT = torch.arange(3, 40)[None]
    found: Tensor = model(input_ids=ids_BT, attention_mask=torch.ones_like(ids_BT)).logits
    return found


def test_released_lora_does_to_the_language_model_what_its_numbers_say(
    files: tuple[dict[str, Tensor], Loaded],
) -> None:
    """W x + (alpha / r) B A x, and q_proj is not v_proj."""
    tensors, loaded = files
    new = checkpoint.create(loaded.model.config.declaration, place=released.CPU).model
    by_hand = copy.deepcopy(new)
    scale = 16 / 64
    for i in range(released.LAYERS):
        for target in ("q_proj", "v_proj"):
            name = f"{released.LAYER.format(i=i)}{target}"
            change = tensors[f"{name}.lora_B.weight"] @ tensors[f"{name}.lora_A.weight"]
            layer = by_hand.language.model.layers[i].self_attn.get_submodule(target)
            layer.get_base_layer().weight.data += scale * change
    assert (logits(new) - logits(loaded.model)).abs().max() > 1e-2
    torch.testing.assert_close(logits(loaded.model), logits(by_hand), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize(
    ("stream", "name"),
    [
        ("local", "feats_llama_proj1"),
        ("temporal", "feats_llama_proj2"),
        ("audio", "feats_llama_proj3"),
        ("context", "cls_tk_llama_proj"),
    ],
)
def test_released_projections_make_the_tokens_of_their_streams(
    stream: str, name: str, files: tuple[dict[str, Tensor], Loaded]
) -> None:
    tensors, (model, processor) = files
    width = released.trained_widths()[stream]
    values_TD = torch.linspace(-1, 1, width)[None]
    features = Features(values_TD.numpy(), torch.zeros(1).numpy())
    example = Example(turns=(Turn(question="How?"),), features={stream: (features,)})
    batch = processor([example], training=False)
    slot = 1 + [one.name for one in model.config.declaration.streams].index(stream)
    token_BSL = model.embed(batch)[batch["slots"] == slot]
    wanted_SL = values_TD @ tensors[f"{name}.weight"].T + tensors[f"{name}.bias"]
    torch.testing.assert_close(token_BSL, wanted_SL, atol=1e-5, rtol=1e-4)


@pytest.fixture(name="own_home")
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, offline, in a folder without weights."""
    monkeypatch.setenv("AFFECTLENS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("AFFECTLENS_OFFLINE", "1")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home"


def test_an_encoders_pth_becomes_features_without_a_path_in_the_declaration(
    own_home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sizes = {"width": 8, "heads": 2, "side": 28, "depth": 39}
    pictures = film(3)
    source = Source(use("eva", **sizes), View(of="first_frame"), "patches")

    def patches() -> Features:
        store = FeatureStore(tmp_path / "features")
        place = Place(device="cpu")
        found = encode({"s": (source,)}, clip(pictures), percepts(), place=place, store=store)["s"]
        assert not isinstance(found, Missing), found
        return found[0]

    with pytest.raises(UnavailableError, match=r"affectlens models convert eva_vit_g\.pth"):
        patches()

    net = EvaVit(Sizes(**sizes)).eval()
    random_weights.fill(net)
    file = tmp_path / "eva_vit_g.pth"
    torch.save({n: t.half() for n, t in net.state_dict().items()} | {"head.bias": ONE}, file)
    like = tmp_path / "like"
    like.mkdir()
    (like / "config.json").write_text(json.dumps({"sizes": sizes}))
    assert app.run(["models", "convert", str(file), "--like", str(like)]) == 0
    told = capsys.readouterr().out
    assert f"Written to {own_home / 'converted' / 'eva_vit_g'}: eva" in told
    assert "finds it by its name, eva_vit_g" in told
    assert not list(own_home.rglob("*.part"))

    how = Preparation(side=28, mean_std="clip")
    pixels_TCHW = torch.from_numpy(prepared(pictures.pictures[0][None], how))
    with torch.inference_mode():
        tokens_TKD = net.half().float()(pixels_TCHW)
    wanted_TKD = torch.nn.functional.layer_norm(tokens_TKD, (8,))
    np.testing.assert_allclose(patches().values_TD, wanted_TKD[0, 1:], atol=1e-5)

    assert app.run(["models", "convert", str(file), "--like", str(like)]) == 2
    assert "is there already" in capsys.readouterr().err


def test_weights_that_no_encoder_asks_for_need_a_place(
    own_home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "in.safetensors"
    save_file(released.drawn(released.tiny_emotion()), file)
    like = str(released.like(tmp_path / "like"))
    assert app.run(["models", "convert", str(file), "--like", like]) == 2
    assert "say with --out which folder to make" in capsys.readouterr().err
    assert [path for path in own_home.rglob("*") if path.is_file()] == []


# Says its peak memory in KiB, its children's too. Asked from outside, it would be at least that of
# whoever started it: Linux counts what a process was before it became this program.
_MEASURED = """
import resource, sys
from pathlib import Path
from affectlens.cli import app
code = app.run(sys.argv[1:])
lines = Path("/proc/self/status").read_text().splitlines()
own = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
print(max(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss), file=sys.stderr)
sys.exit(code)
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no /proc here")
def test_the_published_sizes_are_converted_in_little_memory(tmp_path: Path) -> None:
    trained = {
        **released.lora(32, 64, 4096, 4096),
        **released.linear("llama_proj", 5632, 4096),
        **released.linear("feats_llama_proj1", 1024, 4096),
        **released.linear("feats_llama_proj2", 1024, 4096),
        **released.linear("feats_llama_proj3", 1024, 4096),
        **released.linear("cls_tk_llama_proj", 1408, 4096),
    }
    tensors = {name: t.clone() for name, t in marked(everything(32, trained, 64)).items()}
    file = released.write(tmp_path / "checkpoint_best.pth", tensors)
    command = [sys.executable, "-c", _MEASURED, "models", "convert", str(file)]
    done = subprocess.run(
        [*command, "--out", str(tmp_path / "out")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    for said in (
        "138 tensors, 74,993,664 parameters",
        "compat released",
        "Llama-2-7b",
        "eva_vit_g",
    ):
        assert said in done.stdout
    assert (tmp_path / "out" / "trained.safetensors").stat().st_size < 74_993_664 * 4 + 30_000
    peak_kib = int(done.stderr.split()[-1])
    assert peak_kib < 1_600_000

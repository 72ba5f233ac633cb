"""AffectGPT as it was published: sizes, numbers of the connectors, sentences and ids."""

# N samples, T rows, D width, H hidden width

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tests.house.tree import ROOT
from tests.model.made_tokenizers import chatml
from torch import Tensor, nn
from transformers import Qwen2Config

from affectlens.emotions.labels import LabelSpace
from affectlens.encoders.features import Features
from affectlens.encoders.view import View
from affectlens.foundation.device import Place
from affectlens.foundation.errors import ConfigError
from affectlens.foundation.missing import Missing
from affectlens.foundation.part import configured, use
from affectlens.model import checkpoint, streams
from affectlens.model.asking import Asking, ask
from affectlens.model.batch import IGNORED
from affectlens.model.config import AffectLMConfig
from affectlens.model.connector import GROUP, Connector
from affectlens.model.declaration import System
from affectlens.model.example import Example, Turn
from affectlens.model.network import AffectLM, skeleton
from affectlens.model.padded import Padded, pad
from affectlens.model.processor import AffectProcessor
from affectlens.model.published import published
from affectlens.model.systems.affectgpt import Config, build
from affectlens.model.tiny import shrink
from affectlens.model.tokenizers import load_tokenizer

PAPER = published("affectgpt")
RELEASED = published("affectgpt", compat="released")
VECTORS = ROOT.parent / "shared" / "specs" / "wheel_vectors.json"
START, END = "<|im_start|>", "<|im_end|>"


@pytest.fixture(scope="module")
def model() -> AffectLM:
    qwen_7b = Qwen2Config(
        vocab_size=152064,
        hidden_size=3584,
        intermediate_size=18944,
        num_hidden_layers=28,
        num_attention_heads=28,
        num_key_value_heads=4,
    )
    return skeleton(AffectLMConfig(system=PAPER, text_config=qwen_7b))


def count(model: nn.Module, part: str = "") -> int:
    return sum(p.numel() for name, p in model.named_parameters() if part in name)


def test_lora_has_as_many_parameters_as_the_released_files(model: AffectLM) -> None:
    assert count(model, ".lora_") == 40_370_176
    assert sum(".lora_" in name for name, _ in model.named_parameters()) == 392


def test_connectors_have_those_of_the_released_files_but_for_still_images(model: AffectLM) -> None:
    found = {name: count(model, f"connectors.{name}.") for name in model.connectors}
    assert found == {"multi": 7_610_882, "audio": 3_674_625, "pictures": 2_756_865}
    with torch.device("meta"):
        image = built("pooled_linear", (768,), 3584)
    assert sum(found.values()) + count(image) == 16_798_468
    assert count(model, ".lora_") + sum(found.values()) + count(image) == 57_168_644


def test_trained_is_that_and_no_more(model: AffectLM) -> None:
    assert sum(p.numel() for p in model.parameters() if p.requires_grad) == 54_412_548


def test_eight_pictures_and_eight_segments_of_two_seconds_are_shown() -> None:
    assert [stream.name for stream in PAPER.streams] == ["multi", "audio", "pictures"]
    seen, heard = PAPER.stream("multi").sources
    assert seen.view == View(of="faces", count=8)
    assert heard.view == View(of="sound", count=8, segment_s=2.0)
    assert (PAPER.stream("audio").sources, PAPER.stream("pictures").sources) == ((heard,), (seen,))
    assert streams.widths(PAPER) == {"multi": (768, 1024), "audio": (1024,), "pictures": (768,)}
    _, hubert = configured("encoders.backends", heard.encoder)
    assert (sorted(hubert.layers), hubert.pool) == ([-4, -3, -2, -1], "mean")
    assert hubert.normalise == "clip"


def test_frames_take_the_place_of_faces_with_a_sentence_of_their_own() -> None:
    frames = build(Config(pictures="frames"))
    assert frames.stream("pictures").sources[0].view.of == "frames"
    assert "extract faces" in "".join(PAPER.training.first)
    assert "extract faces" not in "".join(frames.training.first)


@pytest.mark.parametrize("wrong", [{"compat": "old"}, {"pictures": "image"}])
def test_a_wrong_choice_is_told_with_the_right_ones(wrong: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match=r"is one of .*; got '"):
        Config(**wrong)  # type: ignore[arg-type]


def qwen(folder: Path, system: System) -> AffectProcessor:
    """The processor of a system over a byte-level tokenizer with Qwen's special tokens."""
    chatml().save_pretrained(folder)
    return AffectProcessor(load_tokenizer(str(folder), system.tokenizer), system=system)


def example(**texts: Any) -> Example:
    """One with all streams."""
    rows = {"multi": (8, 8), "audio": (8,), "pictures": (8,)}
    features = {
        name: tuple(
            Features(np.zeros((n, width), np.float32), np.arange(n, dtype=np.float64))
            for n, width in zip(rows[name], widths, strict=True)
        )
        for name, widths in streams.widths(PAPER).items()
    }
    turn = Turn(question="Who is it?", answer="He is sad.")
    return Example(turns=(turn,), features=features, **texts)


def test_a_sample_is_written_as_the_released_code_writes_it(tmp_path: Path) -> None:
    processor = qwen(tmp_path, PAPER)
    row = processor.row(example(subtitle="Oh my!"), training=True)
    text = processor.tokenizer.decode(row.ids)
    slot = "<|endoftext|>"  # padding stands where a stream's token goes
    assert text == (
        f"{START}###Human: The audio and video merged info is: <Multi>{slot}</Multi>. The audio "
        f"content is as follows: <Audio>{slot}</Audio>. Meanwhile, we uniformly sample raw frames "
        f"from the video and extract faces from these frames: <Video>{slot}</Video>. The subtitle "
        "of this video is: <Subtitle>Oh my!</Subtitle>. Now, please answer my question based on "
        f"all the provided information. Who is it? ###Assistant: He is sad.###{END}"
    )
    assert [slot for slot in row.slots if slot] == [1, 2, 3]
    learned = [i for i, label in zip(row.ids, row.labels, strict=True) if label != IGNORED]
    assert processor.tokenizer.decode(learned) == f"He is sad.###{END}"


def test_released_weights_generate_without_the_begin_that_they_were_trained_with(
    tmp_path: Path,
) -> None:
    paper, released = (qwen(tmp_path, system) for system in (PAPER, RELEASED))
    begin = paper.tokenizer.convert_tokens_to_ids(START)
    one = example()
    assert paper.row(one).ids == [begin, *released.row(one).ids]
    assert paper.row(one, training=True) == released.row(one, training=True)


def test_what_is_generated_is_read_without_its_end(tmp_path: Path) -> None:
    processor = qwen(tmp_path, PAPER)
    assert processor.end == processor.tokenizer.eos_token_id
    for text in ("He is sad.", "He is sad.###", "He is sad.### and more", f"He is sad.###{END}x"):
        ids = processor.tokenizer(text, add_special_tokens=False)["input_ids"]
        assert processor.decode(ids) == "He is sad."


def built(name: str, widths: tuple[int, ...], width: int) -> Connector:
    module, config = configured(GROUP, use(name))
    connector: Connector = module.build(config, widths, width)
    return connector


def sine(layer: nn.Module, seed: int) -> None:
    """The filling of specs/wheel_vectors.json."""
    assert isinstance(layer, nn.Linear)
    out, wide = layer.weight.shape
    n_OI = torch.arange(out * wide, dtype=torch.float64).view(out, wide)
    layer.weight.data = torch.sin(0.7 * n_OI + seed)
    layer.bias.data = torch.cos(torch.arange(out, dtype=torch.float64) + seed)


def padded(rows_NTD: Tensor) -> Padded:
    whole = pad([Features(one.float().numpy(), np.zeros(len(one))) for one in rows_NTD])
    whole["values_NTD"] = rows_NTD
    return whole


def wave(samples: int, rows: int, width: int, *, audio: bool = False) -> Tensor:
    n_NTD = torch.arange(samples * rows * width, dtype=torch.float64).view(samples, rows, width)
    return torch.cos(0.2 * n_NTD) if audio else torch.sin(0.3 * n_NTD)


def weights(out: int, wide: int, seed: int) -> tuple[Tensor, Tensor]:
    layer = nn.Linear(wide, out, dtype=torch.float64)
    sine(layer, seed)
    return layer.weight.data, layer.bias.data


@pytest.mark.shared
@pytest.mark.skipif(not VECTORS.is_file(), reason="needs ../shared with the golden numbers")
def test_the_pictures_connector_gives_the_golden_numbers() -> None:
    golden = json.loads(Path(VECTORS).read_text("utf-8"))["affectgpt_connectors"]
    dims, seeds = golden["dims"], golden["seeds"]
    connector = built(PAPER.stream("pictures").connector.name, (dims["V"],), dims["L"]).double()
    sine(connector.get_submodule("gate"), seeds["video_attention_mlp"])
    sine(connector.get_submodule("linear"), seeds["affectgpt_proj"])
    tokens_ND = connector([padded(wave(dims["B"], dims["T"], dims["V"]))])[:, 0]
    expected_ND = torch.tensor(golden["video_token"], dtype=torch.float64)
    torch.testing.assert_close(tokens_ND, expected_ND, atol=1e-10, rtol=0)


def test_what_joins_sound_and_pictures_computes_what_the_paper_writes() -> None:
    """Golden numbers of it are not published; the equations of the spec are written out here."""
    connector = built("gated_fusion", (6, 8), 5).double()
    layers = {"embs.0": 6, "embs.1": 7, "attention_mlp": 8, "fc_att": 9, "linear": 10}
    for name, seed in layers.items():
        sine(connector.get_submodule(name), seed)
    seen_NTD, heard_NTD = wave(2, 3, 6), wave(2, 4, 8, audio=True)
    tokens_ND = connector([padded(seen_NTD), padded(heard_NTD)])[:, 0]
    (vw, vb), (aw, ab) = weights(8, 6, 6), weights(8, 8, 7)
    (mw, mb), (fw, fb), (pw, pb) = weights(8, 16, 8), weights(2, 8, 9), weights(5, 8, 10)
    for n in range(2):
        v_H = vw @ (seen_NTD[n].sum(0) / 3) + vb
        a_H = aw @ (heard_NTD[n].sum(0) / 4) + ab
        w = fw @ (mw @ torch.cat([v_H, a_H]) + mb) + fb
        expected_D = pw @ (w[0] * v_H + w[1] * a_H) + pb
        torch.testing.assert_close(tokens_ND[n], expected_D, atol=1e-10, rtol=0)


def test_a_label_is_scored_as_the_sentence_that_training_writes_around_it() -> None:
    model, processor = checkpoint.create(shrink(PAPER), place=Place(device="cpu"))
    labels = LabelSpace("two", ("happy", "sad"))
    (answer,) = ask(model, processor, [asked()], Asking(labels=labels, max_tokens=0))
    assert not isinstance(answer.labels, Missing)
    likely = []
    for label in labels.labels:
        batch = processor([asked(f"The most likely label is {label}.")], training=True)
        learned = int((batch["labels"] != IGNORED).sum())
        likely.append(-float(model(**batch).loss.detach()) * learned)
    given = [answer.labels.log_likelihoods[label] for label in labels.labels]
    assert given == pytest.approx(likely, abs=1e-2)


def asked(answer: str | None = None) -> Example:
    return Example(turns=(Turn(question="Which emotion?", answer=answer),), subtitle="Oh my!")

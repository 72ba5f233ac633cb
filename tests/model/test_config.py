"""The config and its way through JSON."""

import dataclasses
import json
from pathlib import Path

import pytest
from tests.model.affect_models import LORA, PATCHES, SYSTEM

from affectlens.foundation.errors import ConfigError
from affectlens.foundation.part import use
from affectlens.model.config import AffectLMConfig
from affectlens.model.language import language_config


def config() -> AffectLMConfig:
    return AffectLMConfig(system=SYSTEM, text_config=language_config("tiny:gemma3"))


def test_a_config_comes_back_from_its_file(tmp_path: Path) -> None:
    config().save_pretrained(tmp_path)
    again = AffectLMConfig.from_pretrained(tmp_path)
    assert again.declaration == SYSTEM
    assert again.text_config.to_dict() == config().text_config.to_dict()
    assert again.widths == {"patches": [8], "context": [8]}
    assert again.to_dict() == AffectLMConfig.from_dict(config().to_dict()).to_dict()


def test_the_text_config_is_what_generation_asks_for() -> None:
    assert config().get_text_config(decoder=True).model_type == "gemma3_text"
    assert config().tie_word_embeddings


def test_the_declared_adapter_is_called_default_and_others_stand_beside_it() -> None:
    data = {**config().to_dict(), "adapters": {"second": dataclasses.asdict(LORA)}}
    again = AffectLMConfig.from_dict(json.loads(json.dumps(data, default=str)))
    assert again.loras == {"default": LORA, "second": LORA}


def test_an_encoder_that_gives_another_width_than_the_weights_know_stops() -> None:
    data = config().to_dict()
    data["widths"]["patches"] = [1408]
    with pytest.raises(ConfigError, match=r"'patches' of the widths \[1408\].* now give \[8\]"):
        AffectLMConfig.from_dict(data)


def test_an_unknown_encoder_stops_before_anything_is_made() -> None:
    source = dataclasses.replace(PATCHES.sources[0], encoder=use("evva"))
    system = dataclasses.replace(
        SYSTEM, streams=(dataclasses.replace(PATCHES, sources=(source,)), SYSTEM.streams[1])
    )
    with pytest.raises(ConfigError, match=r"Stream 'patches': .*'evva'.* Did you mean 'eva'"):
        AffectLMConfig(system=system, text_config=language_config("tiny:llama"))


def test_a_config_without_a_system_says_so() -> None:
    with pytest.raises(ConfigError, match="needs a system"):
        AffectLMConfig()

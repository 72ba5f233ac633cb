"""Chat models as people have them on disk, random and tiny: one that reads, sees or hears."""

import io
import wave
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from tests.model.made_tokenizers import chatml
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from affectlens.foundation.chat import Picture, Sound

PARTS = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{% for c in m['content'] %}"
    "{% if c['type'] == 'image' %}<|vision_start|><|image_pad|><|vision_end|>"
    "{% elif c['type'] == 'audio' %}<|audio_bos|><|AUDIO|><|audio_eos|>"
    "{% else %}{{ c['text'] }}{% endif %}{% endfor %}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
_MARKS = (
    *("<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>", "<image>"),
    *("<|AUDIO|>", "<|audio_bos|>", "<|audio_eos|>"),
)


def picture(colour: str) -> Picture:
    held = io.BytesIO()
    Image.new("RGB", (60, 40), colour).save(held, "PNG")
    return Picture(held.getvalue(), "image/png")


def sound(pitch_hz: float, rate_hz: int = 16_000, channels: int = 1) -> Sound:
    """Half a second."""
    samples_S = np.sin(np.arange(rate_hz // 2) * pitch_hz / rate_hz * 2 * np.pi) * 9000
    held = io.BytesIO()
    with wave.open(held, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(np.repeat(samples_S.astype("<i2"), channels).tobytes())
    return Sound(held.getvalue())


def reading(folder: Path) -> Path:
    """Qwen2."""
    from transformers import Qwen2Config, Qwen2ForCausalLM

    torch.manual_seed(3)
    tokenizer = chatml()
    model = Qwen2ForCausalLM(Qwen2Config(**_text(tokenizer)))
    return _saved(model, tokenizer, folder)


def llava(folder: Path) -> Path:
    """LLaVA, whose processor takes no videos."""
    from transformers import (
        CLIPImageProcessorPil,
        CLIPVisionConfig,
        LlavaConfig,
        LlavaForConditionalGeneration,
        LlavaProcessor,
        Qwen2Config,
    )

    tokenizer = _marked()
    vision = CLIPVisionConfig(
        hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
        image_size=28, patch_size=14,
    )  # fmt: skip
    model = LlavaForConditionalGeneration(
        LlavaConfig(
            vision_config=vision,
            text_config=Qwen2Config(**_text(tokenizer)),
            image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
            vision_feature_layer=-1,
        )
    )
    processor = LlavaProcessor(
        image_processor=CLIPImageProcessorPil(
            size={"shortest_edge": 28}, crop_size={"height": 28, "width": 28}
        ),
        tokenizer=tokenizer,
        patch_size=14,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
        chat_template=PARTS.replace("<|vision_start|><|image_pad|><|vision_end|>", "<image>"),
    )
    return _saved(model, processor, folder)


def qwen_vl(folder: Path) -> Path:
    """Qwen2.5-VL, whose processor would want torchvision for videos."""
    from transformers import (
        Qwen2_5_VLConfig,
        Qwen2_5_VLForConditionalGeneration,
        Qwen2VLImageProcessorPil,
    )

    tokenizer = _marked()
    rope = {"rope_type": "default", "rope_theta": 10_000.0, "mrope_section": [2, 1, 1]}
    vision = {
        "depth": 2, "hidden_size": 32, "intermediate_size": 32, "num_heads": 4,
        "out_hidden_size": 32, "patch_size": 14, "window_size": 56, "fullatt_block_indexes": [1],
    }  # fmt: skip
    marks = ("vision_start", "vision_end", "image", "video")
    names = ("<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>")
    ids = {
        f"{mark}_token_id": tokenizer.convert_tokens_to_ids(name)
        for mark, name in zip(marks, names, strict=True)
    }
    model = Qwen2_5_VLForConditionalGeneration(
        Qwen2_5_VLConfig(
            text_config=_text(tokenizer) | {"rope_parameters": rope}, vision_config=vision, **ids
        )
    )
    tokenizer.chat_template = PARTS
    tokenizer.save_pretrained(folder)
    eye = Qwen2VLImageProcessorPil(min_pixels=28 * 28, max_pixels=56 * 56)
    eye._processor_class = "Qwen2_5_VLProcessor"
    return _saved(model, eye, folder)


def qwen_audio(folder: Path) -> Path:
    """Qwen2-Audio."""
    from transformers import (
        Qwen2AudioConfig,
        Qwen2AudioForConditionalGeneration,
        Qwen2AudioProcessor,
        WhisperFeatureExtractor,
    )

    tokenizer = _marked()
    audio = {
        "model_type": "qwen2_audio_encoder", "d_model": 16, "encoder_layers": 1,
        "encoder_attention_heads": 2, "encoder_ffn_dim": 32, "num_mel_bins": 16,
        "max_source_positions": 50,
    }  # fmt: skip
    model = Qwen2AudioForConditionalGeneration(
        Qwen2AudioConfig(
            audio_config=audio,
            text_config=_text(tokenizer) | {"model_type": "qwen2"},
            audio_token_index=tokenizer.convert_tokens_to_ids("<|AUDIO|>"),
        )
    )
    ear = WhisperFeatureExtractor(feature_size=16, chunk_length=1, sampling_rate=16_000)
    processor = Qwen2AudioProcessor(feature_extractor=ear, tokenizer=tokenizer, chat_template=PARTS)
    return _saved(model, processor, folder)


def _marked() -> PreTrainedTokenizerFast:
    torch.manual_seed(2)
    tokenizer = chatml(None)
    tokenizer.add_special_tokens({"additional_special_tokens": list(_MARKS)})
    return tokenizer


def _text(tokenizer: PreTrainedTokenizerFast) -> dict[str, Any]:
    return {
        "vocab_size": len(tokenizer), "hidden_size": 32, "intermediate_size": 64,
        "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
        "max_position_embeddings": 1024, "bos_token_id": None,
        "eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id,
        "tie_word_embeddings": False,
    }  # fmt: skip


def _saved(model: PreTrainedModel, words: Any, folder: Path) -> Path:
    tokenizer = chatml()
    with torch.no_grad():  # sharper than random nets are, and with an end within reach
        model.lm_head.weight.mul_(40)
        model.lm_head.weight[tokenizer.eos_token_id] *= 1.5
    # What makers set for chat is chance and penalties; a describer must not have them.
    model.generation_config.update(do_sample=True, temperature=0.7, top_k=20)
    model.save_pretrained(folder)
    words.save_pretrained(folder)
    return folder

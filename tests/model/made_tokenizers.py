"""Tokenizers made on the spot: of the kinds that Qwen, SmolLM2 and Llama 2 have, but small."""

from pathlib import Path

from sentencepiece import SentencePieceTrainer
from tokenizers import AddedToken, Tokenizer, decoders, pre_tokenizers
from tokenizers.models import BPE
from transformers import PreTrainedTokenizerFast

LLAMA2 = Path(__file__).parents[3] / "shared" / "data" / "llama2-tokenizer" / "tokenizer.model"
TEXTS = [
    "[INST] <video> the person in the video says: oh my! happy sad </video> <feature>",
    "which emotion label in the video represents: angry, worried, surprise, contempt",
] * 20
CHATML = (
    "{% if messages[0]['role'] != 'system' %}<|im_start|>system\nYou help.<|im_end|>\n{% endif %}"
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] | trim }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def chatml(template: str | None = CHATML) -> PreTrainedTokenizerFast:
    """Byte-level as Qwen's: no begin, special tokens beside the vocabulary, one not special."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    backend = Tokenizer(BPE({letter: i for i, letter in enumerate(letters)}, []))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    backend.add_special_tokens(["<|endoftext|>", "<|im_start|>", "<|im_end|>"])
    backend.add_tokens([AddedToken("<think>", special=False)])
    return PreTrainedTokenizerFast(
        tokenizer_object=backend,
        eos_token="<|im_end|>",  # noqa: S106
        pad_token="<|endoftext|>",  # noqa: S106
        chat_template=template,
    )


def sentencepiece_file(folder: Path, kind: str = "bpe", control: str = "") -> Path:
    """A tokenizer.model like Llama 2's, with a vocabulary of 330."""
    SentencePieceTrainer.train(
        sentence_iterator=iter(TEXTS),
        model_prefix=str(folder / "tokenizer"),
        vocab_size=330,
        hard_vocab_limit=False,
        model_type=kind,
        byte_fallback=True,
        normalization_rule_name="identity",
        remove_extra_whitespaces=False,
        character_coverage=1.0,
        control_symbols=control,
        minloglevel=2,
    )
    return folder / "tokenizer.model"

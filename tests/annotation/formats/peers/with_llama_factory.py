"""Run by an interpreter that has LLaMA-Factory: its own loading of data sets, up to token ids.

Prints one JSON object: for each data set of `dataset_info.json` its converted rows, and the text
that its processor makes of them. No weights are needed: the tokenizer knows bytes only, and media
are checked and counted, not decoded.
"""

import importlib
import importlib.util
import json
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

OMNI = ("<|IMAGE|>", "<|VIDEO|>", "<|AUDIO|>", "<|im_start|>", "<|im_end|>")


def tokenizer() -> Any:
    """Of bytes, with the special tokens that the template puts in."""
    tokenizers = importlib.import_module("tokenizers")
    transformers = importlib.import_module("transformers")
    letters = sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet())
    made = tokenizers.Tokenizer(
        tokenizers.models.BPE(vocab={one: i for i, one in enumerate(letters)}, merges=[])
    )
    made.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = tokenizers.decoders.ByteLevel()
    found = transformers.PreTrainedTokenizerFast(
        tokenizer_object=made,
    )
    ends = {"eos_token": "<|im_end|>", "pad_token": "<|endoftext|>"}
    found.add_special_tokens({**ends, "additional_special_tokens": list(OMNI)})
    return found


def without_torchaudio() -> None:
    """LLaMA-Factory imports it to read sounds, and there is no build of it for every torch."""
    if importlib.util.find_spec("torchaudio") is None:
        empty = ModuleType("torchaudio")
        empty.__spec__ = ModuleSpec("torchaudio", None)
        sys.modules["torchaudio"] = empty


def main(folder: Path, cache: Path) -> None:
    """Load every data set of a folder."""
    without_torchaudio()
    loader = importlib.import_module("llamafactory.data.loader")
    template = importlib.import_module("llamafactory.data.template")
    hparams = importlib.import_module("llamafactory.hparams")
    names = list(json.loads((folder / "dataset_info.json").read_text("utf-8")))
    model_args = hparams.ModelArguments(model_name_or_path="none", cache_dir=str(cache))
    training = importlib.import_module("transformers").Seq2SeqTrainingArguments(
        output_dir=str(cache / "out"), report_to=[], use_cpu=True
    )
    words = tokenizer()
    args = hparams.DataArguments(template="qwen2_omni", dataset=names[0], dataset_dir=str(folder))
    plan = template.get_template_and_fix_tokenizer(words, args)
    plan.mm_plugin.expand_mm_tokens = False  # one token each: nothing is decoded for its length
    eyes = SimpleNamespace(merge_size=2)
    processor = SimpleNamespace(
        image_processor=eyes, video_processor=eyes, feature_extractor=SimpleNamespace()
    )
    found = {}
    for name in names:
        own = hparams.DataArguments(
            template="qwen2_omni", dataset=name, dataset_dir=str(folder), cutoff_len=4096
        )
        told = (model_args, own, training, "sft")
        rows = loader._get_merged_dataset(own.dataset, *told)
        made = loader.get_dataset(plan, *told, words, processor)["train_dataset"]
        texts = [words.decode(ids) for ids in made["input_ids"]]
        found[name] = {"rows": [dict(row) for row in rows], "texts": texts}
    print("FOUND " + json.dumps(found))  # noqa: T201 - it is read by the test


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))

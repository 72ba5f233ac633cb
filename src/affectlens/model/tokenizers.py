"""Tokenizers of language models, and `Spelling`: text that can never become a special token."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from affectlens.encoders import weights
from affectlens.foundation.errors import ConfigError, InputError
from affectlens.model import carried
from affectlens.model.prompt import Symbol

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from transformers import PreTrainedTokenizerBase, PreTrainedTokenizerFast

TINY = "tiny:"  # begins the names of languages that need no files
TINY_VOCABULARY = 259  # ids: 0 <pad>, 1 <s>, 2 </s>, then the 256 bytes
_OPTIONS = {"legacy", "bos"}
_FILES = ("tokenizer*", "*.jinja", "config.json", "vocab.*", "merges.txt", "*tokens*.json")
_SENTENCEPIECE = "tokenizer.model"
_BLANK = "▁"  # what SentencePiece writes for a blank
_TINY_CHAT = (
    "{% for message in messages %}<s>{{ message.role }}\n{{ message.content }}</s>\n{% endfor %}"
    "{% if add_generation_prompt %}<s>assistant\n{% endif %}"
)
# Where rebuilt tokenizers have been found to differ: runs of blanks, bytes, edges, brackets.
_PROBES = (
    "[INST] <video>", "a.  [emotion] b,   c?  [/INST]", "    x\n\n\ty ", "你好，wörld 😀",
    "<s>a</s> <0x41> happy</s>", "</video> <feature><FeatureHere></feature> Oh my!. ", "１２ ﬁ",
)  # fmt: skip


def load_tokenizer(
    language: str, options: Mapping[str, Any] | None = None
) -> "PreTrainedTokenizerFast":
    """The tokenizer of a language model: a hub id, folder, tokenizer.model, "carried:…", "tiny:…".

    Option `legacy`: Llama 2's first tokenization, in which text behind <s> and </s> starts with a
    blank as any other text (spec §3.2); it is built from tokenizer.model wherever there is one.
    Option `bos`: the token that begins a sequence, if the vocabulary has it; Qwen's has none of its
    own, and AffectGPT takes <|im_start|> (affectgpt-emer.md §3.2).

    Raises:
        ConfigError: there is no such option, or the tokenizer is of a kind that cannot be used.
        UnavailableError: the tokenizer is not here and the hub cannot be reached.
        InputError: the files hold no tokenizer that can be read.
    """
    unknown = set(options or {}) - _OPTIONS
    if unknown:
        known = ", ".join(sorted(_OPTIONS))
        raise ConfigError(f"A tokenizer has no option {sorted(unknown)}. It has: {known}.")
    tokenizer = _padded(_loaded(language, legacy=bool((options or {}).get("legacy"))))
    begin = (options or {}).get("bos")
    if begin in {token.content for token in tokenizer.added_tokens_decoder.values()}:
        tokenizer.bos_token = begin
    return tokenizer


def _loaded(language: str, *, legacy: bool) -> "PreTrainedTokenizerFast":
    if language.startswith(TINY):
        return _tiny()
    path = Path(language).expanduser()
    if path.is_file():
        return from_sentencepiece(path)
    name = carried.name_of(language)
    if name is None:
        folder = weights.locate(language, what="The tokenizer", patterns=_FILES)
    else:
        folder = carried.folder(name)
    has_json = (folder / "tokenizer.json").is_file()
    if (folder / _SENTENCEPIECE).is_file() and (legacy or not has_json):
        return from_sentencepiece(folder / _SENTENCEPIECE)
    return _from_folder(folder, as_it_stands=legacy)


def from_sentencepiece(path: Path) -> "PreTrainedTokenizerFast":
    """A fast tokenizer with the very ids of a SentencePiece BPE file, each text with its blank.

    Ours, since the one that transformers 5 makes of such a file joins blanks first: ".  [" becomes
    29889 259 29961 with Llama 2, which was trained on 29889 29871 518.

    Raises:
        InputError: it is no SentencePiece file, or one that cannot be rebuilt exactly.
    """
    from sentencepiece import SentencePieceProcessor
    from tokenizers import Tokenizer, decoders, normalizers
    from tokenizers.models import BPE
    from transformers import PreTrainedTokenizerFast

    try:
        model = SentencePieceProcessor(model_file=str(path))
    except (OSError, RuntimeError) as error:
        raise InputError(f"{path} is no SentencePiece model: {error}") from None
    pieces = {model.id_to_piece(i): i for i in range(model.get_piece_size())}
    names = {"unk": model.unk_id(), "bos": model.bos_id(), "eos": model.eos_id()}
    if min(names.values()) < 0:
        raise InputError(f"{path} lacks one of the pieces for unknown, begin and end: {names}.")
    special = {f"{name}_token": model.id_to_piece(i) for name, i in names.items()}
    unk = special["unk_token"]
    net = BPE(pieces, _merges(model, pieces), unk_token=unk, fuse_unk=True, byte_fallback=True)
    backend = Tokenizer(net)
    backend.normalizer = normalizers.Sequence(
        [normalizers.Prepend(_BLANK), normalizers.Replace(" ", _BLANK)]
    )
    backend.decoder = decoders.Sequence(
        [decoders.Replace(_BLANK, " "), decoders.ByteFallback(), decoders.Fuse(),
         decoders.Strip(" ", 1, 0)]
    )  # fmt: skip
    ranked = all(model.get_score(i).is_integer() for i in pieces.values())  # not so in unigrams
    if not ranked or any(_plain(backend, probe) != model.encode(probe) for probe in _PROBES):
        raise InputError(
            f"{path} is a SentencePiece model of a kind that cannot be rebuilt exactly. Give the "
            "folder of the language model with its tokenizer.json."
        )
    return PreTrainedTokenizerFast(
        tokenizer_object=backend, clean_up_tokenization_spaces=False, **special
    )


class Spelling:
    """How a tokenizer spells: its special tokens by name, and plain text as ids without them."""

    def __init__(self, tokenizer: "PreTrainedTokenizerBase") -> None:
        """Any fast tokenizer.

        Raises:
            ConfigError: it is none.
        """
        if not getattr(tokenizer, "is_fast", False):
            raise ConfigError(
                f"{type(tokenizer).__name__} is no fast tokenizer; the model needs a tokenizer.json"
            )
        self._tokenizer = tokenizer
        added = {token.content: i for i, token in tokenizer.added_tokens_decoder.items()}
        self._ids: dict[str, int] = added
        longest_first = sorted(added, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")
        self._without: Tokenizer | None = None

    @property
    def eos(self) -> str:
        """The end-of-sequence token."""
        return str(self._tokenizer.eos_token)

    def split(self, text: str, *, learned: bool = False) -> list[str | Symbol]:
        """Text that we or a template wrote, taken apart at its special tokens."""
        parts: list[str | Symbol] = []
        start = 0
        for found in self._pattern.finditer(text):
            parts += [text[start : found.start()], Symbol(found.group(), learned)]
            start = found.end()
        return [part for part in (*parts, text[start:]) if part]

    def id_of(self, symbol: str) -> int:
        """The id of a special token that `split` found."""
        return self._ids[symbol]

    def chat_end(self) -> str:
        """The special token that the chat template writes behind an answer, else the tokenizer's.

        With Gemma it is <end_of_turn>, not <eos>, which is what such models stop at.
        """
        messages = ["affectlens-question", "affectlens-answer"]
        _, _, behind = self._conversation(messages, go_on=False).rpartition(messages[-1])
        found = [part.spelled for part in self.split(behind) if isinstance(part, Symbol)]
        return found[0] if found else str(self._tokenizer.eos_token)

    def chat(self, contents: Sequence[str]) -> list[str]:
        """What the chat template writes before, between and behind messages of user and assistant.

        `contents` alternate, the user first and last; the last text ends where an answer begins.

        Raises:
            ConfigError: there is no chat template, or it changes or repeats messages.
        """
        rest = self._conversation(contents, go_on=True)
        texts = []
        for content in contents:
            before, *behind = rest.split(content)
            if len(behind) != 1:
                raise ConfigError(
                    f"The tokenizer's chat template writes a message {len(behind)} times instead "
                    "of once; give the layout a `wrap` of its own."
                )
            texts.append(before)
            rest = behind[0]
        return [*texts, rest]

    def _conversation(self, contents: Sequence[str], *, go_on: bool) -> str:
        """What the chat template makes of messages; `go_on` adds the beginning of an answer."""
        if not self._tokenizer.chat_template:
            raise ConfigError("The prompt asks for a chat template and the tokenizer has none.")
        roles = ("user", "assistant")
        messages = [{"role": roles[i % 2], "content": text} for i, text in enumerate(contents)]
        return str(
            self._tokenizer.apply_chat_template(
                messages, tokenize=False, add_generation_prompt=go_on
            )
        )

    def ids(self, text: str) -> list[int]:
        """The ids of plain text: whatever it spells, no special token is among them."""
        backend: Tokenizer = self._tokenizer.backend_tokenizer
        if self._pattern.search(text):
            self._without = self._without or _without_added(backend)
            backend = self._without
        return _plain(backend, text)


def _plain(backend: "Tokenizer", text: str) -> list[int]:
    return list(backend.encode(text, add_special_tokens=False).ids)


def _from_folder(folder: Path, *, as_it_stands: bool) -> "PreTrainedTokenizerFast":
    """What the library makes of a folder; as it stands, tokenizer.json without second thoughts."""
    from transformers import AutoTokenizer, PreTrainedTokenizerFast

    kind = PreTrainedTokenizerFast if as_it_stands else AutoTokenizer
    try:
        tokenizer = kind.from_pretrained(str(folder), local_files_only=True)
    except (OSError, ValueError, KeyError) as error:
        first = str(error).strip().split("\n")[0]
        raise InputError(f"There is no tokenizer that can be read in {folder}: {first}") from error
    if not isinstance(tokenizer, PreTrainedTokenizerFast):
        raise ConfigError(
            f"{folder} has a tokenizer of the kind {type(tokenizer).__name__}; one with "
            "tokenizer.json is needed."
        )
    return tokenizer


def _padded(tokenizer: "PreTrainedTokenizerFast") -> "PreTrainedTokenizerFast":
    """With an id to pad with; which one does not matter, the attention mask hides it."""
    if tokenizer.pad_token_id is None:
        if tokenizer.eos_token is None:
            raise ConfigError("The tokenizer has no end-of-sequence token; it cannot answer.")
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def _merges(model: Any, pieces: Mapping[str, int]) -> list[tuple[str, str]]:
    """Pairs in the order in which SentencePiece joins them: best score first.

    Runs of blanks score least, though their ids are small. Bytes and symbols are never joined.
    """
    scores = {
        piece: model.get_score(i)
        for piece, i in pieces.items()
        if not (model.is_byte(i) or model.is_control(i) or model.is_unknown(i))
    }
    return [
        (piece[:cut], piece[cut:])
        for piece in sorted(scores, key=lambda piece: -scores[piece])
        for cut in range(1, len(piece))
        if piece[:cut] in pieces and piece[cut:] in pieces
    ]


def _without_added(backend: "Tokenizer") -> "Tokenizer":
    """A copy that knows no special tokens."""
    from tokenizers import Tokenizer

    plain = json.loads(backend.to_str())
    return Tokenizer.from_str(json.dumps({**plain, "added_tokens": [], "post_processor": None}))


def _tiny() -> "PreTrainedTokenizerFast":
    """Bytes, a begin, an end and a pad: for models of the tests, of every family alike."""
    from tokenizers import Tokenizer, decoders
    from tokenizers.models import BPE
    from transformers import PreTrainedTokenizerFast

    special = ["<pad>", "<s>", "</s>"]
    names = [*special, *(f"<0x{byte:02X}>" for byte in range(256))]
    backend = Tokenizer(BPE({name: i for i, name in enumerate(names)}, [], byte_fallback=True))
    backend.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Fuse()])
    pad, bos, eos = special
    return PreTrainedTokenizerFast(
        tokenizer_object=backend,
        pad_token=pad,
        bos_token=bos,
        eos_token=eos,
        chat_template=_TINY_CHAT,
        clean_up_tokenization_spaces=False,
    )

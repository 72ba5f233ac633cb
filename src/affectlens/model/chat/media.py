"""`MediaChat`: a model that is shown pictures or sounds beside texts, a conversation at a time."""

# B conversations, T tokens

import io
import threading
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from affectlens.foundation.chat import Medium, Message, Picture, Sound, media
from affectlens.foundation.device import Place
from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.missing import Missing
from affectlens.foundation.progress import Progress, silent
from affectlens.model.chat import greedy
from affectlens.model.chat.files import Files
from affectlens.model.chat.processors import load_processor
from affectlens.model.chat.sounds import samples
from affectlens.model.chat.text import no_template

if TYPE_CHECKING:
    from transformers import PretrainedConfig, PreTrainedModel

_HEARS = ("feature_extractor", "audio_processor")  # what processors call what takes sounds
_RATE_HZ = 16_000  # of sounds, where a processor does not say


class MediaChat:
    """Loads its weights when it is first asked."""

    def __init__(
        self,
        model: str,
        config: "PretrainedConfig",
        place: Place,
        *,
        files: Files,
        threads: int | None,
    ) -> None:
        """A model by its files.

        Raises:
            InputError: its processor cannot be read.
            UnavailableError: its processor needs a package that is not installed.
            ConfigError: it has no chat template.
        """
        self.model = model
        self._config, self._place, self._files, self._threads = config, place, files, threads
        self._processor: Any = load_processor(files.words, config)
        if not self._processor.chat_template:
            raise ConfigError(no_template(model))
        self._special = greedy.special(self._processor.tokenizer)
        self._lock = threading.Lock()

    @property
    def takes(self) -> frozenset[Medium]:
        """What its processor has parts for."""
        sees = getattr(self._processor, "image_processor", None) is not None
        hears = self._ear is not None
        said: dict[Medium, bool] = {"picture": sees, "sound": hears}
        return frozenset(medium for medium, taken in said.items() if taken)

    def ask(
        self,
        conversations: Sequence[Sequence[Message]],
        *,
        max_tokens: int,
        batch: int = 1,
        progress: Progress = silent,
    ) -> list[str | Missing]:
        """A reply to each; `batch` is of no matter, they run one after the other.

        Raises:
            InputError: its files cannot be read, or a picture or sound that it is shown.
        """
        del batch
        replies = []
        with self._lock, greedy.running(self._threads):
            for conversation in conversations:
                replies.append(self._reply(conversation, max_tokens))
                progress(f"asking {self.model}", len(replies) / len(conversations))
        return replies

    @cached_property
    def _net(self) -> "PreTrainedModel":
        from transformers import AutoModelForMultimodalLM

        from affectlens.model.language import load_folder

        net = load_folder(
            AutoModelForMultimodalLM,
            self._files.weights,
            config=self._config,
            dtype=self._place.torch_dtype(),
            device_map={"": self._place.torch_device()},
        )
        greedy.settle(net, self._processor.tokenizer)
        return net

    @property
    def _ear(self) -> Any:
        parts = (getattr(self._processor, name, None) for name in _HEARS)
        return next((part for part in parts if part is not None), None)

    def _reply(self, conversation: Sequence[Message], max_tokens: int) -> str | Missing:
        net = self._net
        given = self._encoded(conversation).to(net.device, net.dtype)
        width = given["input_ids"].shape[1]
        if greedy.is_long(net, width, max_tokens):
            return greedy.LONG
        made_BT = net.generate(**given, max_new_tokens=max_tokens)
        return greedy.said(made_BT[0, width:].tolist(), net, self._processor.tokenizer)

    def _encoded(self, conversation: Sequence[Message]) -> Any:
        """In the model's own template, thinking switched off where it knows how."""
        assert media(conversation) <= self.takes, f"{self.model} takes {self.takes}"
        template = self._processor.chat_template
        knows = "enable_thinking" in str(template)
        return self._processor.apply_chat_template(
            [{"role": turn.role, "content": self._parts(turn)} for turn in conversation],
            tokenize=True,
            add_generation_prompt=True,
            return_dict=True,
            return_tensors="pt",
            **({"enable_thinking": False} if knows else {}),
        )

    def _parts(self, turn: Message) -> list[dict[str, Any]]:
        parts = (turn.content,) if isinstance(turn.content, str) else turn.content
        return [self._part(part) for part in parts]

    def _part(self, part: str | Picture | Sound) -> dict[str, Any]:
        if isinstance(part, str):
            return {"type": "text", "text": greedy.plain(part, self._special)}
        if isinstance(part, Sound):
            rate_hz = getattr(self._ear, "sampling_rate", _RATE_HZ)
            return {"type": "audio", "audio": samples(part, rate_hz)}
        return {"type": "image", "image": _opened(part)}


def _opened(picture: Picture) -> Any:
    from PIL import Image, UnidentifiedImageError

    try:
        return Image.open(io.BytesIO(picture.data)).convert("RGB")
    except (UnidentifiedImageError, OSError) as error:
        raise InputError(f"A picture to show a model cannot be read: {error}") from error

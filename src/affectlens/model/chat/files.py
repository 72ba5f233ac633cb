"""Where a chat model's files are, and what tells it from all others."""

from dataclasses import dataclass
from pathlib import Path

from affectlens.encoders import weights
from affectlens.foundation.hashing import sha256_of, sha256_of_text

TINY = "tiny:"  # begins the names of models with random weights
# Tokenizer, template and processor; vocabularies of older models are .txt or .model.
_WORDS = ("*.json", "*.jinja", "*.txt", "*.model")
# Of those, what decides a reply; notes and indexes may change.
_DECIDE = ("tokenizer*", "*.jinja", "chat_template.json", "processor_config.json", "vocab*")
_DECIDE_TOO = ("merges.txt", "special_tokens_map.json", "generation_config.json")


@dataclass(frozen=True, slots=True)
class Files:
    """Two folders, since converted weights lie elsewhere than what came with them."""

    words: Path
    weights: Path

    @property
    def fingerprint(self) -> str:
        """SHA-256 in hex of all that decides a reply, by names and contents."""
        found = {path for name in (*_DECIDE, *_DECIDE_TOO) for path in self.words.glob(name)}
        lines = [f"{sha256_of(path)}  {path.name}\n" for path in sorted(found)]
        return sha256_of_text("".join([weights.fingerprint(self.weights), "\n", *lines]))


def files(model: str, *, what: str, revision: str | None = None) -> Files:
    """The files of a hub id or folder; `what` says in messages what the model is for.

    Raises:
        UnavailableError: it is neither here nor to be fetched.
    """
    # Weights first: they bring most of a repository at once.
    net = weights.locate(model, what=what, revision=revision)
    return Files(weights.locate(model, what=what, patterns=_WORDS, revision=revision), net)


def identity(model: str, precision: str, *, what: str, revision: str | None = None) -> str:
    """The model's name, the checksum of its files, and in which precision it runs.

    Raises:
        UnavailableError: it is neither here nor to be fetched.
    """
    if model.startswith(TINY):
        checksum = weights.random_fingerprint(model)
    else:
        checksum = files(model, what=what, revision=revision).fingerprint
    # A folder's place is of no matter, its content is.
    return f"{Path(model).name}@{checksum[:16]} in {precision}"

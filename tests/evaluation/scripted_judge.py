"""A judge that replies by a function, for tests of who asks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from affectlens.foundation.missing import Missing
from affectlens.foundation.progress import Progress, silent


@dataclass
class Scripted:
    """A judge that replies by a function and remembers what it was asked."""

    reply: Callable[[str], str | Missing]
    identity: str = "scripted"
    asked: list[str] = field(default_factory=list)

    def ask(self, prompts: Sequence[str], *, progress: Progress = silent) -> list[str | Missing]:
        self.asked += prompts
        progress("asking", 1.0)
        return [self.reply(prompt) for prompt in prompts]


def always(text: str | Missing) -> Scripted:
    return Scripted(lambda _: text)

"""`Panel`: a judge with a memory: its replies are stored beside the run, not asked for again.

Replies are lines of a ledger: who was asked (`identity`), what (`prompt`), and the `reply`, or why
there is none (`missing`). `--judge replay` reads the same file where the judge is not at hand.
"""

from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from affectlens.corpora import table
from affectlens.evaluation.judge import Judge
from affectlens.foundation import config, plugins
from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.missing import Missing
from affectlens.foundation.progress import Progress, silent
from affectlens.foundation.records import Ledger

GROUP = "evaluation.judges"
SCHEMA = "affectlens.reply/1"
REPLAY = "replay"
_AT_A_TIME = 64  # prompts between two writes: so many replies a kill may cost
_LINES = (".jsonl", ".ndjson")

Replies = dict[str, str | Missing]  # by prompt


class Panel:
    """A `Judge` that asks another only for what is not known yet, and counts."""

    def __init__(self, judge: Judge, replies: Path | None = None) -> None:
        """`replies` is a ledger that is read and added to; without one replies are only held.

        Raises:
            InputError: the ledger is damaged, or something else.
        """
        self._judge = judge
        self._ledger = None if replies is None else Ledger(replies, SCHEMA)
        stored = {} if replies is None else stored_replies(replies).get(judge.identity, {})
        # What failed before is asked again: the server may have been down.
        self._known: Replies = {p: r for p, r in stored.items() if isinstance(r, str)}
        self._wanted: set[str] = set()

    @property
    def identity(self) -> str:
        """The judge's."""
        return self._judge.identity

    def ask(self, prompts: Sequence[str], *, progress: Progress = silent) -> list[str | Missing]:
        """A reply to each, in their order.

        Raises:
            UnavailableError: there is something to ask, and the judge cannot be had.
        """
        self._wanted.update(prompts)
        new = [prompt for prompt in dict.fromkeys(prompts) if prompt not in self._known]
        for start in range(0, len(new), _AT_A_TIME):
            part = new[start : start + _AT_A_TIME]
            tell = partial(_tell_part, progress, start / len(new), len(part) / len(new))
            for prompt, reply in zip(part, self._judge.ask(part, progress=tell), strict=True):
                self._known[prompt] = reply
                if self._ledger is not None:
                    self._ledger.append({**_record(self.identity, prompt, reply), **self._served()})
        return [self._known[prompt] for prompt in prompts]

    def _served(self) -> dict[str, list[str]]:
        """What servers say of the models that replied so far; other judges have no such thing."""
        served = getattr(self._judge, "served", ())
        return {"served": list(served)} if served else {}

    def summary(self) -> dict[str, Any]:
        """What reports tell of the judge: who it is, how much it was asked, how often in vain."""
        refused = [
            r.reason for p in sorted(self._wanted) if isinstance(r := self._known[p], Missing)
        ]
        return {
            "identity": self.identity,
            "prompts": len(self._wanted),
            "refused": len(refused),
            "reasons": sorted(set(refused))[:5],
        }


def load(name: str | None, settings: Sequence[str] = (), replies: Path | None = None) -> Panel:
    """The judge of a name with settings such as "model=qwen"; without a name, stored replies only.

    Raises:
        ConfigError: there is no such judge or setting, or neither a judge nor replies.
        InputError: the file of replies cannot be read.
    """
    if name is None and replies is None:
        raise ConfigError(
            "This metric asks a judge: choose --judge "
            f"{' or '.join(plugins.names(GROUP))} with its settings, such as model=NAME, or give "
            "the file of replies of an earlier run."
        )
    if name in (None, REPLAY) and replies is not None:
        settings = [f"path={replies}", *settings]
        replies = None  # read it, leave it as it is
    module = plugins.load(GROUP, name or REPLAY)
    return Panel(
        module.build(config.read(module.Config, file=None, env={}, sets=settings)), replies
    )


def ask_each(
    judge: Judge, prompts: Sequence[str | Missing], *, progress: Progress = silent
) -> list[str | Missing]:
    """A reply to each prompt; for a prompt that is Missing, that."""
    said = [prompt for prompt in prompts if isinstance(prompt, str)]
    replies = iter(judge.ask(said, progress=progress) if said else [])
    return [
        prompt if isinstance(prompt, Missing) else _of_judge(next(replies)) for prompt in prompts
    ]


def _of_judge(reply: str | Missing) -> str | Missing:
    return Missing(f"the judge: {reply.reason}") if isinstance(reply, Missing) else reply


def stored_replies(path: Path) -> dict[str, Replies]:
    """Replies of a file by the identity of who gave them, then by prompt; the last one counts.

    JSON lines are a ledger of ours (not there: no replies); any other table has the columns prompt
    and reply, and may have identity.

    Raises:
        InputError: it is neither.
    """
    found: dict[str, Replies] = {}
    for identity, prompt, reply in _ledger(path) if path.suffix in _LINES else _table(path):
        found.setdefault(identity, {})[prompt] = reply
    return found


def _ledger(path: Path) -> Iterable[tuple[str, str, str | Missing]]:
    for record in Ledger(path, SCHEMA).read():
        who, prompt, reply = (record.get(name) for name in ("identity", "prompt", "reply"))
        reason = record.get("missing")
        if isinstance(reason, str):
            reply = Missing(reason)
        if not (isinstance(who, str) and isinstance(prompt, str)):
            raise InputError(f"{path}: wanted identity and prompt as texts in {sorted(record)}.")
        if not isinstance(reply, str | Missing):
            raise InputError(f"{path}: wanted a reply as a text, found {reply!r}.")
        yield who, prompt, reply


def _table(path: Path) -> Iterable[tuple[str, str, str | Missing]]:
    read = table.read(path)
    prompt, reply, identity = read.column("prompt"), read.column("reply"), read.find("identity")
    for row in read:
        text = row.text(reply) or Missing("the stored reply is empty")
        who = row.text(identity) if identity is not None else ""
        yield who or f"replies of {path.name}", str(row.cells[prompt]), text


def _record(identity: str, prompt: str, reply: str | Missing) -> dict[str, str]:
    said = {"missing": reply.reason} if isinstance(reply, Missing) else {"reply": reply}
    return {"identity": identity, "prompt": prompt, **said}


def _tell_part(progress: Progress, done: float, part: float, stage: str, share: float) -> None:
    progress(stage, done + part * share)

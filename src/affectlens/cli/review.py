"""`affectlens review`: people look over a data set on a page of this machine."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from affectlens.annotation.review.agreement import ReviewAgreement
    from affectlens.annotation.review.desk import Desk
    from affectlens.foundation.missing import Missing

_STOPPED = 130  # by Ctrl-C, which is how a review ends

_LOOK_S = 0.5  # between two looks whether a signal came


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(review)


def review(
    dataset: Annotated[Path, typer.Argument(help="The folder that `annotate -o` made.")],
    reviewer: Annotated[
        str | None, typer.Option(help="Your name in the log.", show_default="your user name")
    ] = None,
    labels: Annotated[
        str | None,
        typer.Option(help="What to choose from: mer9, or a,b,c.", show_default="the data set's"),
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any that is free.")] = 0,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Open no browser.")] = False,
    agreement: Annotated[
        bool, typer.Option("--agreement", help="Print how far reviewers agree, and stop.")
    ] = False,
) -> None:
    """Accept, edit, relabel, take out or skip each clip; every decision is added to a log.

    `affectlens annotate -o DATASET` afterwards makes the data set as the majority decided.
    """
    from affectlens.annotation.review.desk import Desk
    from affectlens.cli.terminal import emit
    from affectlens.emotions.spaces import space

    chosen = None if labels is None else space(labels).labels
    desk = Desk(dataset, _name() if reviewer is None else reviewer, chosen)
    if agreement:
        emit(table(desk.agreement()))
        return
    try:
        _serve(desk, port, open_it=not no_browser)
    except (KeyboardInterrupt, SystemExit) as stop:
        _sum_up(desk)
        if isinstance(stop, SystemExit) and stop.code != _STOPPED:
            raise


def table(found: "ReviewAgreement") -> str:
    """Who did what, and how far they agree, as plain text."""
    from affectlens.cli.terminal import columns

    if not found.reviewers:
        stale = f" {found.stale} decisions are about what has changed since." if found.stale else ""
        return f"Nobody has reviewed this data set yet.{stale}"
    heads = ("reviewer", "accepted", "relabelled", "edited", "taken out", "skipped", "rating")
    did = [
        (one.name, *map(str, (one.accepted, one.relabelled, one.edited, one.rejected)),
         str(one.skipped), _number(one.rating))
        for one in found.reviewers
    ]  # fmt: skip
    compared = [
        *((f"{one.one} and {one.other}", one.agreement) for one in found.pairs),
        *((f"{one.name} and the data set", one.own) for one in found.reviewers),
    ]
    pairs = [
        (who, str(how.n), _number(how.identical), _number(how.kappa), _number(how.alpha))
        for who, how in compared
    ]
    lines = [
        columns(heads, did),
        columns(("labels of", "clips", "identical", "kappa", "alpha"), pairs),
        f"All reviewers: Krippendorff's alpha {_number(found.alpha)} over {found.shared} clips "
        f"that two or more labelled, of {found.items} reviewed.",
    ]
    if found.stale:
        lines.append(f"Left out: {found.stale} decisions about what has changed since.")
    return "\n\n".join(lines)


def _serve(desk: "Desk", port: int, *, open_it: bool) -> None:
    """Serve until a signal ends it."""
    import threading
    import webbrowser

    from affectlens.annotation.review.server import serving
    from affectlens.cli.terminal import console, emit

    with serving(desk, port) as address:
        emit(address.url)
        console().print(
            f"Reviewing {desk.root} as {desk.reviewer}. Ctrl-C ends it; nothing is lost then.",
            markup=False,
        )
        if open_it:
            webbrowser.open(address.once)
        never = threading.Event()
        while not never.wait(_LOOK_S):  # a signal that another thread is given wakes nobody
            pass


def _sum_up(desk: "Desk") -> None:
    from affectlens.cli.terminal import console, emit

    console().print(
        f"\n{desk.made} decisions made. `affectlens annotate -o {desk.root}` makes the data set "
        "as the majority decided.",
        markup=False,
    )
    if desk.made:
        emit(table(desk.agreement()))


def _name() -> str:
    """The user's name on this machine."""
    import getpass

    from affectlens.foundation.errors import ConfigError

    try:
        return getpass.getuser()
    except (OSError, KeyError):  # no account, such as in a container
        raise ConfigError("Nobody knows your name here: give it by --reviewer.") from None


def _number(value: "float | Missing") -> str:
    return f"{value:.2f}" if isinstance(value, float) else "–"

"""`affectlens chat`: questions about a clip, answered by a language model."""

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(chat)


def chat(
    path: Annotated[Path, typer.Argument(help="A video, sound, picture or text.")],
    model: Annotated[str, typer.Option(help="nano, or a model's folder or hub id.")],
    question: Annotated[
        list[str] | None,
        typer.Option("--question", "-q", help="Ask this (again and again) and leave."),
    ] = None,
    person: Annotated[str | None, typer.Option(help="About whom, such as P1.")] = None,
    language: Annotated[str | None, typer.Option(help="Spoken language, such as en or zh.")] = None,
    subtitles: Annotated[Path | None, typer.Option(help="SRT or VTT file with the words.")] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Never fetch a model.")] = False,
    config: Annotated[Path | None, typer.Option(help="TOML file with settings.")] = None,
    sets: Annotated[
        list[str] | None, typer.Option("--set", help="One setting: language_model.max_tokens=99")
    ] = None,
) -> None:
    """Talk about a clip: each answer is written while you read, and remembers what came before."""
    from affectlens.cli import _analyze, _chat

    given = [f"model={model}"]
    if language is not None:
        given.append(f"perception.voice.language={language}")
    settings = _analyze.read_settings(config, [*(sets or []), *given])
    asked = _chat.Opening(
        path=path, questions=question, person=person, subtitles=subtitles, offline=offline
    )
    raise typer.Exit(_chat.run(asked, settings))

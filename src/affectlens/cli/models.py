"""`affectlens models`: which models there are, fetching, checking and converting them."""

import json
from pathlib import Path
from typing import Annotated, Literal

import typer

Names = Annotated[
    list[str] | None, typer.Argument(help="Models; all but optional ones when none is named.")
]


def register(app: typer.Typer) -> None:
    """Add the verb with its parts."""
    group = typer.Typer(no_args_is_help=True)
    group.command("ls")(ls)
    group.command("pull")(pull)
    group.command("verify")(verify)
    group.command("convert")(convert)
    app.add_typer(group, name="models", help="List, fetch, check and convert the models.")


def ls(
    format: Annotated[  # noqa: A002
        Literal["table", "json"], typer.Option(help="What stdout gets.")
    ] = "table",
) -> None:
    """List every model: what it is, its licence, its size and where it is."""
    from affectlens.cli.terminal import columns, emit
    from affectlens.foundation import weights

    found = [*_shipped(), *(_facts(name) for name in weights.names())]
    if format == "json":
        emit(json.dumps(found, indent=2, ensure_ascii=False))
        return
    rows = []
    for facts in found:
        size = int(str(facts["bytes"]))
        size_text = f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{size / 1e3:.1f} kB"
        told = (facts[key] for key in ("name", "state", "licence", "what"))
        name, state, licence, what = map(str, told)
        rows.append([name, state, size_text, licence, what])
    emit(columns(["name", "state", "size", "licence", "what"], rows))


def pull(
    names: Names = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Only what is on this machine.")
    ] = False,
) -> None:
    """Fetch models that are not on this machine yet, and check those that are."""
    from affectlens.cli.terminal import bars, console
    from affectlens.foundation import weights
    from affectlens.foundation.pull import pull as fetch

    wanted = names or weights.defaults()
    with bars() as progress:
        fetch(wanted, offline=offline, progress=progress)
    console().print(f"On this machine: {', '.join(wanted)}.", markup=False)


def verify(names: Names = None) -> None:
    """Compare models with their checksums; exit code 5 when one is missing or wrong."""
    from affectlens.cli.terminal import columns, emit
    from affectlens.foundation import weights

    problems = {name: weights.verify(name) for name in names or weights.defaults()}
    rows = [[name, "ok" if not found else "; ".join(found)] for name, found in problems.items()]
    emit(columns(["name", "result"], rows))
    if any(problems.values()):
        raise typer.Exit(5)


def convert(
    files: Annotated[
        list[Path],
        typer.Argument(
            help="Released files (.pth, .safetensors); of several, later ones override earlier "
            "ones. With --to original, one folder of ours.",
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            help="The folder to make; with --to original, the file. Weights of an encoder need "
            "none: they go where it finds them by name."
        ),
    ] = None,
    form: Annotated[
        str | None, typer.Option("--from", help="The files' format; else it is recognised.")
    ] = None,
    to: Annotated[
        Literal["ours", "original"], typer.Option(help="Our layout, or back to the released one.")
    ] = "ours",
    without: Annotated[
        list[str] | None,
        typer.Option(help="A stream that the weights were trained without, such as context."),
    ] = None,
    drop: Annotated[
        list[str] | None, typer.Option(help="Tensors to leave out, by name with * and ?.")
    ] = None,
    like: Annotated[
        Path | None,
        typer.Option(help="A folder whose config.json says other sizes than the published."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace what a conversion wrote there before.")
    ] = False,
    format: Annotated[  # noqa: A002
        Literal["text", "json"], typer.Option(help="What stdout gets.")
    ] = "text",
) -> None:
    """Turn released checkpoints into safetensors of ours, strictly, or back."""
    from affectlens.cli import _conversion as conversion

    if to == "original":
        conversion.back(files, out, form=form, force=force, as_json=format == "json")
        return
    from affectlens.model.convert.convert import Options

    options = Options(
        form=form, like=like, without=tuple(without or ()), drop=tuple(drop or ()), force=force
    )
    conversion.forth(files, out, options, as_json=format == "json")


def _shipped() -> list[dict[str, object]]:
    """The model of our own that is in the package."""
    from affectlens.analyzer.settings import stamp
    from affectlens.model import shipped

    folder = shipped.folder()
    if not folder.is_dir():
        return []
    files = [path for path in folder.rglob("*") if path.is_file()]
    lacking = shipped.obstacle(shipped.NANO)
    return [
        {
            "name": shipped.NANO,
            "what": "What reads in an analysis: Emotion-LLaMA's architecture at laptop size",
            "licence": "CC-BY-NC-SA-4.0",
            "licence_source": str(folder / "README.md"),
            "note": f"It cannot run here: {lacking}." if lacking else "",
            "bytes": sum(path.stat().st_size for path in files),
            "sha256": stamp(shipped.NANO),
            "state": "lacks a model" if lacking else "built in",
            "path": str(folder),
        }
    ]


def _state(name: str) -> str:
    from affectlens.foundation import weights

    if weights.is_builtin(name):
        return "built in"
    return "cached" if isinstance(weights.find(name), Path) else "missing"


def _facts(name: str) -> dict[str, object]:
    from affectlens.foundation import weights

    model, found = weights.spec(name), weights.find(name)
    return {
        "name": name,
        "what": model.what,
        "licence": model.licence,
        "licence_source": model.licence_source,
        "note": model.note,
        "bytes": model.size,
        "sha256": weights.fingerprint(name),
        "state": _state(name),
        "path": str(found) if isinstance(found, Path) else None,
    }

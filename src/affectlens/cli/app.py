"""`affectlens`: finds the verbs, runs one, and turns errors into exit codes.

0 ok · 1 bug · 2 usage or settings · 3 some items failed · 4 no usable input ·
5 missing dependency, model or network · 6 resource limit · 130 and 143 stopped by a signal.
"""

import importlib
import logging
import pkgutil
import signal
import sys
from types import FrameType

import typer

import affectlens
from affectlens import cli
from affectlens.foundation.errors import AffectlensError
from affectlens.foundation.privacy import refuse_telemetry

_NOT_VERBS = {"app", "terminal"}


def build() -> typer.Typer:
    """The command line with every verb; a verb is a file of this folder with `register(app)`."""
    app = typer.Typer(
        name="affectlens",
        help="Which emotion each person in a video expresses, when, and why.",
        no_args_is_help=True,
        add_completion=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    @app.callback(invoke_without_command=True)
    def root(
        version: bool = typer.Option(False, "--version", help="Print the version and stop."),
        verbose: bool = typer.Option(False, "--verbose", "-v", help="Log what happens to stderr."),
    ) -> None:
        logging.basicConfig(level=logging.INFO if verbose else logging.ERROR, stream=sys.stderr)
        if version:
            sys.stdout.write(f"affectlens {affectlens.__version__}\n")
            raise typer.Exit

    for module in sorted(m.name for m in pkgutil.iter_modules(cli.__path__)):
        if module not in _NOT_VERBS and not module.startswith("_"):
            importlib.import_module(f"affectlens.cli.{module}").register(app)
    return app


def run(arguments: list[str]) -> int:
    """Run one command line and give its exit code; errors for people are said, not traced."""
    try:
        build()(args=arguments, prog_name="affectlens")
    except AffectlensError as error:
        sys.stderr.write(f"affectlens: {error}\n")
        return error.exit_code
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    return 0


def main() -> None:
    """The entry point of the installed command."""
    refuse_telemetry()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    sys.exit(run(sys.argv[1:]))


def _stop(number: int, frame: FrameType | None) -> None:
    """Leave through the ordinary exits, so that nothing is left half-written."""
    raise SystemExit(128 + number)


if __name__ == "__main__":
    main()

"""`affectlens`: finds the verbs, runs one, and turns errors into exit codes.

0 ok · 1 bug · 2 usage or settings · 3 some items failed · 4 no usable input ·
5 missing dependency, model or network · 6 resource limit or full disk ·
130, 141 and 143 stopped by a signal (Ctrl-C, a reader that left, an end asked for).
"""

import errno
import importlib
import logging
import os
import pkgutil
import signal
import sys
from pathlib import Path
from types import FrameType

import typer

import affectlens
from affectlens import cli
from affectlens.cli.terminal import silence_stdout
from affectlens.foundation.errors import AffectlensError
from affectlens.foundation.privacy import refuse_telemetry
from affectlens.foundation.threads import sleep_while_waiting

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
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
    except OSError as error:  # what has a better answer is an AffectlensError
        return _refused(error)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    return 0


def _refused(error: OSError) -> int:
    """Say what the system did not let us write or read; the disk is a limit, the rest usage."""
    logging.getLogger(__name__).info("The system refused.", exc_info=error)
    place = error.filename2 or error.filename or "the output"
    sys.stderr.write(f"affectlens: {place} cannot be used: {error.strerror or error}.\n")
    silence_stdout()
    return 6 if error.errno in _FULL else 2


def _open_standard_streams() -> None:
    """Fill closed descriptors 0-2, or a file opened next would take the place of stdout."""
    while (handle := os.open(os.devnull, os.O_RDWR)) <= 2:  # the lowest free number is given
        pass
    os.close(handle)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115


def main() -> None:
    """The entry point of the installed command."""
    _open_standard_streams()
    refuse_telemetry()
    sleep_while_waiting()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    code = run(sys.argv[1:])
    for number in (signal.SIGINT, signal.SIGTERM):  # while Python ends, an exit would be a trace
        signal.signal(number, signal.SIG_DFL)
    sys.exit(code)


def _stop(number: int, frame: FrameType | None) -> None:
    """Leave through the ordinary exits, so that nothing is left half-written."""
    raise SystemExit(128 + number)


if __name__ == "__main__":
    main()

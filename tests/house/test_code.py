"""Files and functions stay short, are named for what they make, and say so first."""

import ast
import re

from tests.house.tree import ROOT, files, modules, parsed, short, text_of

LINES_OF_A_FILE = 300
LINES_OF_A_FUNCTION = 50
NOT_A_NAME = {"utils", "util", "helpers", "helper", "common", "core", "base", "misc"}
# A folder of a person or of this project's machines; this file says them and is passed over.
A_MACHINE = re.compile(r"(?<![\w.])/(home|root|work|Users)/\w|\b[A-Z]:\\")


def test_no_file_is_longer_than_people_read() -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in modules()}
    long = {short(path): lines for path, lines in lengths.items() if lines > LINES_OF_A_FILE}
    assert long == {}


def test_no_function_is_longer_than_a_screen() -> None:
    """Its body counts: a verb's signature is as long as its list of options."""
    long = {
        f"{short(path)}:{node.lineno} {node.name}": lines
        for path in modules()
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := (node.end_lineno or 0) - node.body[0].lineno + 1) > LINES_OF_A_FUNCTION
    }
    assert long == {}


def test_no_module_has_a_name_that_says_nothing() -> None:
    parts = {short(path): {path.stem, *path.relative_to(ROOT).parts} for path in modules()}
    assert [path for path, names in parts.items() if names & NOT_A_NAME] == []


def test_every_module_says_in_its_first_line_what_it_is() -> None:
    silent = [
        short(path)
        for path in modules()
        if not (ast.get_docstring(parsed(path)) or "").split("\n")[0].strip()
    ]
    assert silent == []


def test_no_file_knows_a_machine_or_a_person() -> None:
    found = [
        f"{short(path)}:{number} {match.group()}"
        for path in files()
        if short(path) != "tests/house/test_code.py"
        for number, line in enumerate((text_of(path) or "").splitlines(), start=1)
        if (match := A_MACHINE.search(line))
    ]
    assert found == []


def test_constraints_are_names_and_versions_only() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    wrong = [
        line
        for line in lines
        if line and not line.startswith("#") and not re.fullmatch(r"[\w.-]+==[\w.+!]+", line)
    ]
    assert wrong == []

"""Review servers to visit."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.annotation.review.samples import dataset
from tests.annotation.review.visits import Visitor

from affectlens.annotation.review.desk import Desk
from affectlens.annotation.review.server import serving


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return dataset(tmp_path / "set")


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set of which nobody may change anything."""
    return dataset(tmp_path_factory.mktemp("review") / "set")


@pytest.fixture(scope="module")
def visitor(untouched: Path) -> Iterator[Visitor]:
    """Somebody before the server of the untouched data set."""
    with serving(Desk(untouched, "ada")) as address:
        yield Visitor(address.url)


@pytest.fixture
def writer(root: Path) -> Iterator[Visitor]:
    """Somebody before a server of their own."""
    with serving(Desk(root, "ada")) as address:
        yield Visitor(address.url)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """The Chromium of the system, without a window."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("Chromium is not installed")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield opened
        opened.close()

"""Pages are followed as a reader would: what they say to type is typed, what they show appears.

The reader has a clone, the installed command, and the local indexes in the place of the public
ones. Three things differ from a reader's machine, and are changed in what is written and
changed back in what is printed: the addresses of the indexes, the reader's folder, and Python
3.11 where the tests run with another one.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pytest

from tests.docs._pages import REPOSITORY, Page, pages
from tests.docs._session import World, run_page
from tests.support import HOST_PYTHON, Workspace, make_workspace
from tests.support.command import BIN

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.support import IndexServer

_PAGES_PYTHON: Final = "3.11"
_READERS_FOLDER: Final = "/home/ada/project"
_MIRROR: Final = "https://mirror.example/whl"
_PYTORCH: Final = "https://download.pytorch.org/whl"
_NOWHERE: Final = "http://127.0.0.1:9/whl"
_DEFAULT: Final = "https://packages.example/simple"
_SOURCES: Final = re.compile(r"(?m)^\[sources\]$")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Changes:
    """What is changed on the way in, and back on the way out."""

    workspace: Workspace
    addresses: Mapping[str, str]
    """What a page calls a place, and what it is here."""

    def adapt(self, name: str, text: str) -> str:
        """Return the text of a file, or a command (no name), as it is written."""
        if name.endswith(".toml") and "pytorch =" not in text and "[environment]" in text:
            line = f'[sources]\npytorch = "{_PYTORCH}"'
            text = _SOURCES.sub(line, text) if _SOURCES.search(text) else f"{text}\n{line}\n"
        for shown, real in self.addresses.items():
            text = text.replace(shown, real)
        text = text.replace(f'python = "{_PAGES_PYTHON}"', f'python = "{HOST_PYTHON}"')
        if not name:
            text = text.replace(f"python{_PAGES_PYTHON}", f"python{HOST_PYTHON}")
            text = text.replace(f"--python {_PAGES_PYTHON}", f"--python {HOST_PYTHON}")
        return text

    def tidy(self, output: str) -> str:
        """Return an output as it would be on the reader's machine.

        What a page shows goes through here too, since other Pythons in it change likewise.
        """
        for shown, real in self.addresses.items():
            output = output.replace(real, shown)
        output = output.replace(str(self.workspace.root), _READERS_FOLDER)
        if HOST_PYTHON != _PAGES_PYTHON:
            output = output.replace(HOST_PYTHON, _PAGES_PYTHON)
            output = output.replace(_tag(HOST_PYTHON), _tag(_PAGES_PYTHON))
        return output


def _addresses(page: Page, index: IndexServer) -> dict[str, str]:
    """Return the places that a page may name; one with a mirror cannot reach PyTorch's index."""
    if _MIRROR in page.text:
        return {_DEFAULT: index.default, _MIRROR: index.pytorch, _PYTORCH: _NOWHERE}
    return {_DEFAULT: index.default, _PYTORCH: index.pytorch}


def _tag(python: str) -> str:
    return f"cp{python.replace('.', '')}"


def _clone(folder: Path) -> None:
    """Make ``folder`` look like a clone in which ``make`` has already set up ``.dev``."""
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(REPOSITORY / name, folder)
    (folder / ".dev").mkdir()
    for name in ("bin", "lib", "pyvenv.cfg"):
        (folder / ".dev" / name).symlink_to(BIN.parent / name)
    (folder / ".dev" / ".run").touch()


def _copy_examples(folder: Path) -> None:
    (folder / "examples").mkdir()
    for pattern in ("[!p.]*.toml", "*.py"):
        for path in (REPOSITORY / "examples").glob(pattern):
            shutil.copy(path, folder / "examples")


def _world(page: Page, folder: Path, index: IndexServer) -> World:
    """Return a reader's machine for ``page``."""
    workspace = make_workspace(folder, index)
    changes = _Changes(workspace=workspace, addresses=_addresses(page, index))
    _copy_examples(workspace.root)
    if "$ make" in page.text:  # else the reader's own project, where our pyproject.toml is not
        _clone(workspace.root)
    for path in (workspace.root / "examples").glob("*.toml"):
        path.write_text(changes.adapt(path.name, path.read_text()))
    stage = folder / "stage"
    stage.mkdir()
    return World(
        folder=workspace.root,
        stage=stage,
        environ={
            **workspace.environ,
            "PATH": os.pathsep.join((str(BIN), workspace.environ["PATH"])),
            "COLUMNS": "100",
        },
        python=sys.executable,
        adapt=changes.adapt,
        tidy=changes.tidy,
    )


@pytest.mark.e2e
@pytest.mark.parametrize(
    "page",
    [page for page in pages() if any(block.is_run for block in page.blocks)],
    ids=lambda page: page.name,
)
def test_a_page_can_be_followed(page: Page, tmp_path: Path, index: IndexServer) -> None:
    """Every command of a page ends as shown and prints what is shown."""
    problems = run_page(page.blocks, _world(page, tmp_path, index))
    if problems:
        pytest.fail("\n".join(problems), pytrace=False)

"""A project of uv whose environment is torchenv's path is warned about."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from provisioner.environment import uv_project_findings
from provisioner.findings import Severity

if TYPE_CHECKING:
    from pathlib import Path

PROJECT = '[project]\nname = "demo"\nversion = "1"\n'


@pytest.mark.parametrize(
    ("content", "link", "variable", "warned"),
    [
        (PROJECT, ".venv", None, True),
        (PROJECT, ".venv", "", True),
        (PROJECT, "envs/torch", "envs/torch", True),
        (PROJECT, ".venv", "other", False),
        (PROJECT, "envs/torch", None, False),
        (PROJECT + "[tool.uv]\nmanaged = false\n", ".venv", None, False),
        ("[tool.ruff]\n", ".venv", None, False),
        ("not toml", ".venv", None, False),
        (None, ".venv", None, False),
    ],
)
def test_a_path_that_uv_would_use_is_warned_about(
    tmp_path: Path, content: str | None, link: str, variable: str | None, *, warned: bool
) -> None:
    """It is warned about where uv keeps this very project's environment there, and only then."""
    if content is not None:
        (tmp_path / "pyproject.toml").write_text(content)
    environ = {} if variable is None else {"UV_PROJECT_ENVIRONMENT": variable}
    found = uv_project_findings(tmp_path / link, environ)
    assert [one.code for one in found] == (["TE618"] if warned else [])
    assert all(one.severity is Severity.WARNING for one in found)


def test_the_lock_of_uv_is_named(tmp_path: Path) -> None:
    """Where the project is locked too, the finding says so."""
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    (tmp_path / "uv.lock").write_text("version = 1\n")
    (found,) = uv_project_findings(tmp_path / ".venv", {})
    assert "`uv.lock`" in found.why

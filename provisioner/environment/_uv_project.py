"""Whether uv would use the environment's path as its own project's."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from provisioner import toml
from provisioner.findings import Finding, Severity
from provisioner.paths import display

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def uv_project_findings(link: Path, environ: Mapping[str, str]) -> tuple[Finding, ...]:
    """Return a warning where `uv run` or `uv sync` beside the environment would write into it.

    uv does so where a ``pyproject.toml`` has a ``[project]`` that it manages, at ``.venv`` beside
    that file or where ``UV_PROJECT_ENVIRONMENT`` says; through the link, into the generation.

    Args:
        link: The environment's absolute path.
        environ: The caller's environment variables.
    """
    for file in (folder / "pyproject.toml" for folder in link.parents):
        used = file.parent / (environ.get("UV_PROJECT_ENVIRONMENT") or ".venv")
        if used == link and _is_managed(file):
            return (_finding(link, file),)
    return ()


def _is_managed(file: Path) -> bool:
    """Whether uv takes the folder of a ``pyproject.toml`` for a project to be synced."""
    with contextlib.suppress(OSError, UnicodeDecodeError, toml.TOMLDecodeError):
        content = toml.loads(file.read_text(encoding="utf-8"))
        tools = content.get("tool", {})
        uv = tools.get("uv", {}) if isinstance(tools, dict) else {}
        managed = uv.get("managed", True) if isinstance(uv, dict) else True
        return "project" in content and managed is not False
    return False


def _finding(link: Path, file: Path) -> Finding:
    lock = " and a `uv.lock`" if (file.parent / "uv.lock").is_file() else ""
    return Finding(
        code="TE618",
        severity=Severity.WARNING,
        message=f"`uv run` and `uv sync` would change `{display(link)}`.",
        why=f"`{display(file)}` describes a project{lock}, and this path is where uv keeps the "
        "environment of that project. It would write through the link into the generation, and "
        "remove packages that the project does not name.",
        do="Let the variable `UV_PROJECT_ENVIRONMENT` name another folder for uv, or give another "
        "`environment.path` in the spec; `torchenv run` starts programs here without uv.",
    )

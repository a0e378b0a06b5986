"""Fetching a Python that the machine does not have, by the engine: ``uv python install``.

It comes from where uv has its builds from, or from a mirror that ``TORCHENV_PYTHON_MIRROR`` names,
and goes where uv keeps its Pythons, which is one of the places that are searched anyway.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provisioner.engine import clean_environ
from provisioner.findings import Finding, WorldError
from provisioner.process import ProcessFailedError, run

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

MIRROR: Final = "TORCHENV_PYTHON_MIRROR"
"""Variable with the address of a mirror of uv's Python builds."""
_TIMEOUT_S: Final = 900.0
_LAST_LINES: Final = 6


def install_python(python: str, environ: Mapping[str, str], *, uv: Path | None = None) -> None:
    """Have the engine fetch a Python.

    Args:
        python: Minor version or exact one, ``t`` appended for free-threaded.
        environ: The caller's environment variables.
        uv: The engine; torchenv's own by default.

    Raises:
        WorldError: It cannot be had (``TE650``).
    """
    from uv import find_uv_bin  # noqa: PLC0415 - seldom needed

    kept = {name: environ[name] for name in ("UV_PYTHON_INSTALL_DIR",) if name in environ}
    variables = {**clean_environ(environ), **kept, "UV_NO_CONFIG": "1", "NO_COLOR": "1"}
    words: list[str | Path] = [uv or find_uv_bin(), "python", "install", "--no-bin", python]
    if mirror := environ.get(MIRROR):
        words += ["--mirror", mirror]
    try:
        run(words, env=variables, timeout_s=_TIMEOUT_S)
    except ProcessFailedError as exc:
        raise WorldError(_not_to_be_had(python, exc)) from exc


def _not_to_be_had(python: str, exc: ProcessFailedError) -> Finding:
    lines = [line for line in exc.completed.stderr.splitlines() if line.strip()][-_LAST_LINES:]
    said = "\n".join(lines) or exc.reason
    return Finding(
        code="TE650",
        message=f"Python `{python}` cannot be fetched.",
        why=f"The engine (`uv python install`, {exc.reason}) said:\n{said}",
        do=f"Name a mirror of its builds with `{MIRROR}`, or install this Python by other means, "
        "for instance your system's packages or a module of the cluster.",
    )

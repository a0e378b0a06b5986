"""The engine: ``uv``, run as a program. It resolves and installs; it decides nothing.

Always the ``uv`` that torchenv depends on, never one on ``PATH``. It runs without the user's
``UV_*`` variables and configuration files, since those change which versions are chosen, and with
a cache of our own, since entries of the user's cache are not verified.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from provisioner import process

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

_FOREIGN_PREFIXES = ("UV_", "PYTHON", "PIP_")
_FOREIGN = frozenset({"VIRTUAL_ENV", "CONDA_PREFIX", "CONDA_DEFAULT_ENV", "RUST_LOG"})


def clean_environ(environ: Mapping[str, str]) -> dict[str, str]:
    """Return ``environ`` without what would change an installer's or an interpreter's behaviour."""
    return {
        name: value
        for name, value in environ.items()
        if not name.startswith(_FOREIGN_PREFIXES) and name not in _FOREIGN
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """How to run the engine: its cache and the environment variables that it may see."""

    cache: Path
    """``UV_CACHE_DIR``, torchenv's own: in the store to resolve, in the generation to install."""
    environ: Mapping[str, str]
    """The caller's environment variables; cleaned here."""

    def run(
        self,
        args: Sequence[str | Path],
        *,
        cwd: Path | None = None,
        extra_environ: Mapping[str, str] | None = None,
        on_stderr: Callable[[str], None] | None = None,
        meanwhile: Callable[[], None] | None = None,
    ) -> process.Completed:
        """Run ``uv`` with ``args``; ``meanwhile`` is called once it has started.

        ``extra_environ`` is where secrets go (``UV_INDEX_<NAME>_PASSWORD``), never ``args``.

        Raises:
            provisioner.process.ProcessFailedError: The engine failed; its standard error says why.
        """
        # Imported late: only commands that resolve or install need it.
        from uv import find_uv_bin  # noqa: PLC0415

        environ = clean_environ(self.environ)
        environ.update(
            UV_CACHE_DIR=str(self.cache),
            UV_NO_CONFIG="1",
            UV_NO_PROGRESS="1",
            UV_PYTHON_DOWNLOADS="never",
            NO_COLOR="1",
        )
        environ.update(extra_environ or {})
        return process.run(
            [find_uv_bin(), *args], env=environ, cwd=cwd, on_stderr=on_stderr, meanwhile=meanwhile
        )

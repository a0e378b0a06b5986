"""An empty virtual environment, made by ``virtualenv`` at a generation's final path."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from provisioner.findings import Finding, WorldError
from provisioner.foreign import contained

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from virtualenv.activation.activator import Activator

    from provisioner.host import Interpreter


@dataclass(frozen=True, slots=True, kw_only=True)
class VenvSource:
    """What a virtual environment is made from."""

    interpreter: Interpreter
    """The base interpreter."""
    link: Path
    """The environment's path."""
    app_data: Path
    """Where ``virtualenv`` may remember what it learns about interpreters."""
    environ: Mapping[str, str]
    """The caller's environment variables; ``VIRTUALENV_*`` of them are left out."""


def create_virtualenv(folder: Path, source: VenvSource) -> None:
    """Make a virtual environment without any package in ``folder``.

    Its ``activate`` scripts name the link, so that a shell that is active sees the next switch;
    everything that is installed later names ``folder``, so that it keeps meeting the same files.

    Raises:
        WorldError: ``virtualenv`` refused (``TE604``).
        OSError: The folder cannot be written.
    """
    arguments = ["--no-seed", "--no-venv-redirect", "--no-vcs-ignore", "--no-periodic-update"]
    arguments += ["--app-data", str(source.app_data), "--python", str(source.interpreter.path)]
    arguments.append(str(folder))
    with contained("virtualenv") as printed:
        from virtualenv.run import session_via_cli  # noqa: PLC0415 - 150 ms, for building only

        try:
            session = session_via_cli(arguments, setup_logging=False, env=_clean(source.environ))
            for activator in session.activators:
                _name_link(activator, source.link)
            with session:
                session.run()
        except (RuntimeError, SystemExit) as exc:
            reason = (printed.getvalue().strip() or str(exc)).splitlines()[-1]
            raise WorldError(_refused(source.interpreter, reason)) from exc


def _name_link(activator: Activator, link: Path) -> None:
    """Make an activator write ``link`` as the environment's path.

    ``replacements`` is the hook that virtualenv's own activators override for such values.
    """
    values = getattr(activator, "replacements", None)
    if values is None:
        return

    def with_link(*args: object) -> dict[str, str]:
        return {**values(*args), "__VIRTUAL_ENV__": str(link), "__VIRTUAL_NAME__": link.name}

    activator.replacements = with_link  # type: ignore[attr-defined]  # of the subclass, see above


def _clean(environ: Mapping[str, str]) -> dict[str, str]:
    """Leave out the user's settings of virtualenv, and have it read no file of them."""
    clean = {name: text for name, text in environ.items() if not name.startswith("VIRTUALENV_")}
    return {**clean, "VIRTUALENV_CONFIG_FILE": os.devnull}


def _refused(interpreter: Interpreter, reason: str) -> Finding:
    return Finding(
        code="TE604",
        message=f"No virtual environment can be made from `{interpreter.path}`.",
        why=f"`virtualenv` said: {reason}.",
        do="Check that this Python works, or ask for another one with `environment.python`.",
    )

"""``torchenv rollback`` and ``torchenv history``: the generations of an environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provisioner.api._setting import Setting
from provisioner.events import Reporter

if TYPE_CHECKING:
    from provisioner.environment import History, RolledBack, VerifySetting
    from provisioner.spec import Spec


def history(spec: Spec) -> History:
    """Return what the spec's environment was, and which generations are still there."""
    from provisioner.environment import environment_history

    return environment_history(spec.path)


def rollback(
    spec: Spec,
    number: int | None = None,
    *,
    thorough: bool = False,
    wait: bool = True,
    reporter: Reporter | None = None,
) -> RolledBack:
    """Switch the spec's environment to an older generation, once that is seen to be as it was.

    Args:
        spec: Names the environment.
        number: Of the generation; by default the one that was current before the present one.
        thorough: Compare every byte, and not sizes and times only.
        wait: Wait for an apply that works on the environment.
        reporter: Listens to the progress.

    Raises:
        WorldError: There is no such generation, or the place cannot be written.
        VerificationError: The generation is not as it was.
    """
    from provisioner.environment import roll_back

    comparing = _thorough(Setting(spec)) if thorough else None
    return roll_back(spec, number, reporter or Reporter(), thorough=comparing, wait=wait)


def put_back(spec: Spec, *, wait: bool = True, reporter: Reporter | None = None) -> None:
    """Put the environment of another tool, which an apply moved aside, back to its path.

    Raises:
        WorldError: None was kept aside (``TE651``), somebody works there, or the place cannot be
            written.
    """
    from provisioner.environment import restore_kept

    restore_kept(spec.path, reporter or Reporter(), wait=wait)


def _thorough(setting: Setting) -> VerifySetting:
    from provisioner.environment import VerifySetting, records_folder

    return VerifySetting(
        records=records_folder(setting.environ),
        wheel_of=lambda package: setting.store.find(package.sha256),
        environ=setting.environ,
    )

"""``torchenv gc`` and ``torchenv destroy``: removing what torchenv made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provisioner.events import Reporter

if TYPE_CHECKING:
    from provisioner.environment import Removal
    from provisioner.spec import Spec


def gc(
    spec: Spec,
    *,
    keep: int = 0,
    dry_run: bool = False,
    wait: bool = True,
    reporter: Reporter | None = None,
) -> Removal:
    """Remove the generations of the spec's environment that are not used, and left-overs.

    Args:
        spec: Names the environment.
        keep: How many generations to keep beside the current one.
        dry_run: Only say what would be removed.
        wait: Wait for an apply that works there.
        reporter: Listens to the progress.

    Raises:
        WorldError: Somebody works there, or the folder cannot be written.
    """
    from provisioner.environment import plan_tidying, tidy

    if dry_run:
        return plan_tidying(spec.path, keep=keep)
    return tidy(spec.path, reporter or Reporter(), keep=keep, wait=wait)


def plan_destroy(spec: Spec) -> Removal:
    """Return what :func:`destroy` would remove; changes nothing.

    Raises:
        WorldError: What is at the environment's path was not made by torchenv (``TE639``).
    """
    from provisioner.environment import plan_destruction

    return plan_destruction(spec.path)


def destroy(spec: Spec, *, wait: bool = True, reporter: Reporter | None = None) -> Removal:
    """Remove the spec's environment with all its generations; spec and lock stay.

    Raises:
        WorldError: It was not made by torchenv (``TE639``), somebody works there, or the folder
            cannot be written.
    """
    from provisioner.environment import destroy as destroy_environment

    return destroy_environment(spec.path, reporter or Reporter(), wait=wait)

"""``torchenv gc`` and ``torchenv destroy``: removing what torchenv made."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from provisioner.api._setting import Setting
from provisioner.events import Reporter

if TYPE_CHECKING:
    from provisioner.environment import Removal
    from provisioner.spec import Spec


def gc(  # noqa: PLR0913 - keywords, each a word of the command line
    spec: Spec,
    *,
    keep: int = 0,
    days: float = 30,
    dry_run: bool = False,
    wait: bool = True,
    reporter: Reporter | None = None,
) -> Removal:
    """Remove the generations of the spec's environment that are not used, and left-overs.

    Unpacked wheels and RECORDs in the store that no environment used for long go too.

    Args:
        spec: Names the environment.
        keep: How many generations to keep beside the current one.
        days: How long what is in the store must not have been used.
        dry_run: Only say what would be removed.
        wait: Wait for an apply that works there.
        reporter: Listens to the progress.

    Raises:
        WorldError: Somebody works there, or the folder or the store cannot be written.
    """
    from provisioner.environment import plan_tidying, remove_unused, tidy
    from provisioner.store import iter_kept

    if dry_run:
        removal = plan_tidying(spec.path, keep=keep)
    else:
        removal = tidy(
            spec.path, Setting(spec).environ, reporter or Reporter(), keep=keep, wait=wait
        )
    store = Setting(spec).store.root
    wheels = {one.sha256: one.idle_days for one in iter_kept(store) if not one.part}
    unused = remove_unused(store, wheels, days, dry_run=dry_run)
    return replace(removal, unused=unused)


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

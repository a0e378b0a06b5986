"""What comes with an apply and runs at every start of Python, for those that show changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from provisioner.api._setting import Setting
    from provisioner.environment import Changes
    from provisioner.lockfile import Lock, LockedWheel


def changes_with_startup(changes: Changes, lock: Lock, setting: Setting) -> Changes:
    """Return the changes with what the store knows of files that run at every start."""
    if changes.is_empty:
        return changes
    from provisioner.environment import records_folder, with_startup

    def find(wheel: LockedWheel) -> Path:
        return setting.store.path(wheel.wanted)

    return with_startup(changes, lock, records_folder(setting.environ), find)

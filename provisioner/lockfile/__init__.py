"""The lock: resolving through the engine, writing and reading PEP 751, knowing when it is stale.

Each module is loaded when something of it is first asked for: reading a lock needs a few of them.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from provisioner.lockfile._align import leading, version_notes
    from provisioner.lockfile._at_index import index_findings
    from provisioner.lockfile._build import Builder
    from provisioner.lockfile._bundle import (
        BundleFile,
        all_wheels,
        installed_wheels,
        require_same_lock,
        take_wheels,
        verify_bundle,
        write_bundle,
    )
    from provisioner.lockfile._by_path import render_by_path
    from provisioner.lockfile._connections import (
        engine_environ,
        network_settings,
        public_indexes,
    )
    from provisioner.lockfile._difference import LockDifference, PackageChange, difference
    from provisioner.lockfile._foreign import ForeignLock, read_foreign_lock
    from provisioner.lockfile._keep import Upgrade, preferences
    from provisioner.lockfile._make import LockRequest, make_lock, tags_of
    from provisioner.lockfile._pages import Pages
    from provisioner.lockfile._read import read_lock
    from provisioner.lockfile._set import as_set, left_over, set_problem, write_locks
    from provisioner.lockfile._sources import local_folders, lock_sources
    from provisioner.lockfile._stale import (
        InputChange,
        compat_note,
        foreign_lock,
        input_changes,
        staleness,
    )
    from provisioner.lockfile._trust import LockTrust
    from provisioner.lockfile._types import (
        Archive,
        Checkout,
        Folder,
        Lock,
        LockedPackage,
        LockedSource,
        LockedWheel,
    )
    from provisioner.lockfile._unpacked import unpacked_sizes
    from provisioner.lockfile._write import render_lock

__all__ = [
    "Archive",
    "Builder",
    "BundleFile",
    "Checkout",
    "Folder",
    "ForeignLock",
    "InputChange",
    "Lock",
    "LockDifference",
    "LockRequest",
    "LockTrust",
    "LockedPackage",
    "LockedSource",
    "LockedWheel",
    "PackageChange",
    "Pages",
    "Upgrade",
    "all_wheels",
    "as_set",
    "compat_note",
    "difference",
    "engine_environ",
    "foreign_lock",
    "index_findings",
    "input_changes",
    "installed_wheels",
    "leading",
    "left_over",
    "local_folders",
    "lock_sources",
    "make_lock",
    "network_settings",
    "preferences",
    "public_indexes",
    "read_foreign_lock",
    "read_lock",
    "render_by_path",
    "render_lock",
    "require_same_lock",
    "set_problem",
    "staleness",
    "tags_of",
    "take_wheels",
    "unpacked_sizes",
    "verify_bundle",
    "version_notes",
    "write_bundle",
    "write_locks",
]

_MODULES = {
    "Archive": "_types",
    "Builder": "_build",
    "Checkout": "_types",
    "Folder": "_types",
    "LockedSource": "_types",
    "BundleFile": "_bundle",
    "ForeignLock": "_foreign",
    "InputChange": "_stale",
    "Lock": "_types",
    "LockDifference": "_difference",
    "LockRequest": "_make",
    "LockTrust": "_trust",
    "LockedPackage": "_types",
    "LockedWheel": "_types",
    "PackageChange": "_difference",
    "Pages": "_pages",
    "Upgrade": "_keep",
    "all_wheels": "_bundle",
    "as_set": "_set",
    "compat_note": "_stale",
    "difference": "_difference",
    "engine_environ": "_connections",
    "foreign_lock": "_stale",
    "index_findings": "_at_index",
    "input_changes": "_stale",
    "installed_wheels": "_bundle",
    "leading": "_align",
    "left_over": "_set",
    "local_folders": "_sources",
    "lock_sources": "_sources",
    "make_lock": "_make",
    "network_settings": "_connections",
    "preferences": "_keep",
    "public_indexes": "_connections",
    "read_foreign_lock": "_foreign",
    "read_lock": "_read",
    "render_by_path": "_by_path",
    "render_lock": "_write",
    "require_same_lock": "_bundle",
    "set_problem": "_set",
    "staleness": "_stale",
    "tags_of": "_make",
    "take_wheels": "_bundle",
    "unpacked_sizes": "_unpacked",
    "verify_bundle": "_bundle",
    "version_notes": "_align",
    "write_bundle": "_bundle",
    "write_locks": "_set",
}
"""The module that defines each."""


def __getattr__(name: str) -> object:
    """Load what is asked for, from the module that defines it."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415 - the point of it

    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)

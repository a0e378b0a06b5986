"""The lock: resolving through the engine, writing and reading PEP 751, knowing when it is stale."""

from provisioner.lockfile._align import leading, version_notes
from provisioner.lockfile._bundle import (
    BundleFile,
    require_same_lock,
    take_wheels,
    verify_bundle,
    wanted_wheels,
    write_bundle,
)
from provisioner.lockfile._connections import engine_environ, network_settings
from provisioner.lockfile._difference import LockDifference, PackageChange, difference
from provisioner.lockfile._foreign import ForeignLock, read_foreign_lock
from provisioner.lockfile._keep import Upgrade, preferences
from provisioner.lockfile._make import LockRequest, make_lock, tags_of
from provisioner.lockfile._read import read_lock
from provisioner.lockfile._set import as_set, left_over, set_problem, write_locks
from provisioner.lockfile._sources import local_folders
from provisioner.lockfile._stale import InputChange, foreign_lock, input_changes, staleness
from provisioner.lockfile._trust import LockTrust
from provisioner.lockfile._types import Lock, LockedPackage, LockedWheel
from provisioner.lockfile._unpacked import unpacked_sizes
from provisioner.lockfile._write import render_lock

__all__ = [
    "BundleFile",
    "ForeignLock",
    "InputChange",
    "Lock",
    "LockDifference",
    "LockRequest",
    "LockTrust",
    "LockedPackage",
    "LockedWheel",
    "PackageChange",
    "Upgrade",
    "as_set",
    "difference",
    "engine_environ",
    "foreign_lock",
    "input_changes",
    "leading",
    "left_over",
    "local_folders",
    "make_lock",
    "network_settings",
    "preferences",
    "read_foreign_lock",
    "read_lock",
    "render_lock",
    "require_same_lock",
    "set_problem",
    "staleness",
    "tags_of",
    "take_wheels",
    "unpacked_sizes",
    "verify_bundle",
    "version_notes",
    "wanted_wheels",
    "write_bundle",
    "write_locks",
]

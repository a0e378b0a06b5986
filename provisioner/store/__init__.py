"""The store: verified wheels by hash, and the engine's cache beside them."""

from provisioner.store._findings import disk_failure
from provisioner.store._keep import Kept, iter_kept, prune, verify
from provisioner.store._part import sha256_of
from provisioner.store._safety import Startup
from provisioner.store._store import Store
from provisioner.store._types import WantedWheel
from provisioner.store._wheel import read_startup

__all__ = [
    "Kept",
    "Startup",
    "Store",
    "WantedWheel",
    "disk_failure",
    "iter_kept",
    "prune",
    "read_startup",
    "sha256_of",
    "verify",
]

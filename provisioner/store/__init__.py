"""The store: verified wheels by hash, and the engine's cache beside them."""

from provisioner.store._findings import disk_failure
from provisioner.store._part import sha256_of
from provisioner.store._store import Store
from provisioner.store._types import WantedWheel

__all__ = ["Store", "WantedWheel", "disk_failure", "sha256_of"]

"""The store: verified wheels by hash, and the engine's cache beside them."""

from provisioner.store._part import sha256_of
from provisioner.store._store import Store
from provisioner.store._types import WantedWheel

__all__ = ["Store", "WantedWheel", "sha256_of"]

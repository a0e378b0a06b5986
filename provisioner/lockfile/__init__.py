"""The lock: resolving through the engine, writing and reading PEP 751, knowing when it is stale."""

from provisioner.lock._types import Lock, LockedPackage, LockedWheel

__all__ = ["Lock", "LockedPackage", "LockedWheel"]

"""A PEP 751 file in which every package is a wheel of this machine, named by its path."""

from __future__ import annotations

from typing import TYPE_CHECKING

import tomlkit
from packaging.pylock import Package, PackageWheel, Pylock
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from provisioner.lockfile._types import LockedPackage, LockedWheel


def render_by_path(
    packages: Iterable[LockedPackage],
    path_of: Callable[[LockedWheel], str],
    requires_python: str | None = None,
) -> str:
    """Return the text of the file.

    Args:
        packages: Each with the wheels that the file is to name.
        path_of: Where a wheel lies, absolute or seen from the file.
        requires_python: For which Python the file is, where it says that.
    """
    listed = [
        Package(
            name=canonicalize_name(package.name),
            version=Version(package.version),
            wheels=[
                PackageWheel(
                    name=wheel.name,
                    path=path_of(wheel),
                    size=wheel.size,
                    hashes={"sha256": wheel.sha256},
                )
                for wheel in package.wheels
            ],
        )
        for package in packages
    ]
    document = Pylock(
        lock_version=Version("1.0"),
        created_by="torchenv",
        requires_python=SpecifierSet(requires_python) if requires_python else None,
        packages=listed,
    )
    return tomlkit.dumps(document.to_dict())

"""What changed from one lock to the next."""

from __future__ import annotations

from dataclasses import replace

from provisioner.lockfile import LockedPackage, difference
from tests.lockfile.test_lock_file import sample, wheel


def package(
    name: str, version: str, index: str = "https://registry.example/simple"
) -> LockedPackage:
    """Return a locked package with one wheel."""
    wheels = (wheel(f"{name}-{version}-py3-none-any.whl"),)
    return LockedPackage(name=name, version=version, wheels=wheels, index=index)


def test_everything_is_added_at_first() -> None:
    """Without an earlier lock every package is new."""
    found = difference(None, sample())
    assert [one.name for one in found.added] == ["filelock", "torch"]
    assert (found.removed, found.changed, found.unchanged) == ((), (), 0)


def test_no_change() -> None:
    """A lock does not differ from itself."""
    found = difference(sample(), sample())
    assert found.is_empty
    assert found.unchanged == 2


def test_kinds_of_changes() -> None:
    """Another version, another wheel of it and another index are told apart."""
    before = replace(
        sample(),
        packages=(package("a", "1"), package("b", "1"), package("c", "1"), package("d", "1")),
    )
    other_wheel = replace(package("b", "1"), wheels=(wheel("b-1-1-py3-none-any.whl"),))
    after = replace(
        sample(),
        packages=(
            package("a", "2"),
            other_wheel,
            package("c", "1", index="https://mirror.example/simple"),
            package("e", "1"),
        ),
    )
    found = difference(before, after)
    assert [(one.name, one.reason) for one in found.changed] == [
        ("a", "version"),
        ("b", "wheel"),
        ("c", "index"),
    ]
    assert [one.name for one in found.added] == ["e"]
    assert [one.name for one in found.removed] == ["d"]

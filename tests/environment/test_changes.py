"""What an apply would change: laws of the pure comparison."""

from __future__ import annotations

import hashlib
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from provisioner.environment import Absent, Changes, Foreign, Installed, Ours, plan_changes
from provisioner.environment._layout import Generation
from provisioner.lockfile import Lock, LockedPackage, LockedWheel
from provisioner.planner import Target

VERSIONS = st.dictionaries(
    st.sampled_from(["torch", "numpy", "requests", "idna", "pip"]),
    st.sampled_from(["1.0", "1.0+cpu", "2.0"]),
)


def sha256(name: str, version: str) -> str:
    """Return the hash of a wheel that does not exist."""
    return hashlib.sha256(f"{name} {version}".encode()).hexdigest()


def lock_of(versions: dict[str, str]) -> Lock:
    """Return a lock of these packages."""
    return Lock(
        file=Path("/p/pylock.torchenv.toml"),
        digest="0" * 64,
        spec_digest="1" * 64,
        target=Target(platform="linux-x86_64", python="3.11", accelerator="cpu"),
        requires_python="==3.11.*",
        trio=(),
        constraints=(),
        packages=tuple(
            LockedPackage(
                name=name,
                version=version,
                wheels=(
                    LockedWheel(
                        name=f"{name}-{version}-py3-none-any.whl",
                        url=f"https://registry.example/{name}",
                        size=1,
                        sha256=sha256(name, version),
                    ),
                ),
                index=None,
            )
            for name, version in sorted(versions.items())
        ),
        compat_version="1",
    )


def ours(versions: dict[str, str], *, known: bool = True) -> Ours:
    """Return an environment with these packages."""
    return Ours(
        generation=Generation(number=1, folder=Path("/p/.torchenv/.venv/0001")),
        state=None,
        installed=tuple(
            Installed(name=name, version=version, sha256=sha256(name, version) if known else None)
            for name, version in sorted(versions.items())
        ),
    )


def result(changes: Changes) -> dict[str, str]:
    """Return what is installed after the changes."""
    parts = (*changes.added, *changes.changed, *changes.unchanged)
    return {each.name: each.after for each in parts if each.after is not None}


@given(VERSIONS)
def test_after_an_apply_there_is_nothing_to_change(versions: dict[str, str]) -> None:
    """An environment equal to its lock needs no change."""
    changes = plan_changes(ours(versions), lock_of(versions))
    assert changes.is_empty
    assert result(changes) == versions


@given(VERSIONS, VERSIONS)
def test_the_changes_lead_to_the_lock(before: dict[str, str], after: dict[str, str]) -> None:
    """Whatever was there, the result is the lock, and nothing is named twice."""
    changes = plan_changes(ours(before), lock_of(after))
    assert result(changes) == after
    assert {each.name for each in changes.removed} == before.keys() - after.keys()
    every = (*changes.added, *changes.removed, *changes.changed, *changes.unchanged)
    assert len({each.name for each in every}) == len(every)


@given(VERSIONS)
def test_unknown_wheels_are_replaced(versions: dict[str, str]) -> None:
    """What somebody else installed is not trusted to be the locked wheel."""
    changes = plan_changes(ours(versions, known=False), lock_of(versions))
    assert {each.name for each in changes.changed} == versions.keys()


@given(VERSIONS)
def test_nothing_and_foreign_start_from_nothing(versions: dict[str, str]) -> None:
    """Where no environment of ours is, everything is added."""
    for environment in (Absent(), Foreign(kind="folder")):
        changes = plan_changes(environment, lock_of(versions))
        assert [each.name for each in changes.added] == sorted(versions)
        assert (changes.removed, changes.changed, changes.unchanged) == ((), (), ())

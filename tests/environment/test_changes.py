"""What an apply would change: laws of the pure comparison."""

from __future__ import annotations

import hashlib
import io
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from provisioner.cli.render.plan import print_changes
from provisioner.environment import Absent, Change, Changes, Foreign, Installed, Ours, plan_changes
from provisioner.environment._changes import is_build_of
from provisioner.environment._layout import Generation
from provisioner.environment._owners import Difference, Owner
from provisioner.lockfile import Lock, LockedPackage, LockedWheel
from provisioner.planner import ChosenBuild, Target

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


LOCK = replace(
    lock_of({"torch": "2.2.0", "pip": "26.3"}),
    trio=(ChosenBuild(name="torch", public="2.2.0", version="2.2.0", accelerator="cpu"),),
)
TORCH = Installed(name="torch", version="2.2.0", sha256=sha256("torch", "2.2.0"))
PIP = Installed(name="pip", version="26.3", sha256=sha256("pip", "26.3"))


def reason(*installed: Installed, differences: tuple[Difference, ...] = ()) -> tuple[str, str]:
    """Return why torch would be replaced."""
    environment = replace(ours({}), installed=(*installed, PIP))
    changes = plan_changes(environment, LOCK, differences)
    (torch,) = (one for one in (*changes.changed, *changes.unchanged) if one.name == "torch")
    return torch.reason, torch.detail


def of_torch(kind: str, *, is_stray: bool = False) -> Difference:
    """Return a file of torch that differs."""
    owner = Owner(name="torch", version="2.2.0", is_stray=is_stray)
    return Difference(kind=kind, path="torch/a.py", owner=owner)  # type: ignore[arg-type]


def test_every_change_has_its_reason() -> None:
    """What is seen of an installed package decides why it is replaced."""
    assert reason(TORCH) == ("as locked", "")
    assert reason(replace(TORCH, version="2.1.0")) == ("other version", "")
    seen = replace(TORCH, version="2.2.0+cu121", build="cuda 12.1")
    assert reason(seen) == ("other build", "`torch/version.py` says cuda 12.1")
    assert reason(replace(TORCH, build="cuda 12.1")) == (
        "other build",
        "`torch/version.py` says cuda 12.1, and cpu is locked",
    )
    assert reason(replace(TORCH, build="cpu")) == ("as locked", "")
    assert reason(replace(TORCH, origin_sha256="f" * 64))[0] == "other build"
    assert reason(replace(TORCH, sha256="f" * 64)) == (
        "other build",
        "it came from the wheel ffffffffffff…",
    )
    assert reason(replace(TORCH, sha256=None))[0] == "unknown wheel"
    assert reason(replace(TORCH, has_record=False))[0] == "half removed"
    assert reason(replace(TORCH, version="2.1.0"), TORCH) == (
        "half removed",
        "two of it are installed, 2.1.0 and 2.2.0",
    )
    damage = (of_torch("missing"), of_torch("changed"), of_torch("changed"))
    assert reason(TORCH, differences=damage) == ("damaged", "1 missing, 2 changed")
    assert reason(TORCH, differences=(of_torch("byte code"),))[0] == "damaged"
    assert reason(TORCH, differences=(of_torch("added"),)) == ("foreign files", "1 added")
    assert reason(TORCH, differences=(of_torch("added", is_stray=True),))[0] == "as locked"


def test_what_is_left_behind_is_told_apart() -> None:
    """A package of an older lock and one that somebody installed have different reasons."""
    old = Installed(name="idna", version="3", sha256="0" * 64)
    hand = Installed(name="numpy", version="2", sha256=None)
    changes = plan_changes(replace(ours({}), installed=(old, hand)), LOCK)
    assert [(one.name, one.reason) for one in changes.removed] == [
        ("idna", "not locked"),
        ("numpy", "stray"),
    ]
    assert [(one.reason, one.size_bytes) for one in changes.added] == [("not installed", 1)] * 2


@pytest.mark.parametrize(
    ("told", "accelerator", "is_it"),
    [
        ("cuda 12.1", "cu121", True),
        ("cuda 12.1", "cu12", False),
        ("cuda 11.8", "cu118", True),
        ("cpu", "cu118", False),
        ("cuda 12.1", "cpu", False),
        ("hip 6.4.43482-0f2", "rocm6.4", True),
        ("hip 6.4.43482-0f2", "rocm6.4.1", True),
        ("hip 6.3.1", "rocm6.4", False),
        ("xpu 20250101", "xpu", True),
        ("cuda 12.1", "something-new", True),
    ],
)
def test_a_build_is_known_by_what_it_says(told: str, accelerator: str, *, is_it: bool) -> None:
    """What `torch/version.py` says is compared with the accelerator that is locked."""
    assert is_build_of(told, accelerator) == is_it


def shown(changes: Changes) -> str:
    """Return what is printed of changes, of a spec that asks for torch and numpy."""
    console = Console(file=io.StringIO(), width=200)
    print_changes(console, changes, {"torch", "numpy"})
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_what_comes_with_a_change_stands_below_it() -> None:
    """First what the spec asks for; where that does not change, no branch is drawn."""
    torch = Change(name="torch", before="2.2.0+cpu", after="2.2.1+cpu", reason="other version")
    sympy = Change(name="sympy", before="1.12", after="1.13", reason="other version")
    numpy = Change(name="numpy", before=None, after="2.1", reason="not installed", size_bytes=10**6)
    jinja = Change(name="jinja2", before="3.1", after=None, reason="not locked")
    both = Changes(added=(numpy,), removed=(jinja,), changed=(sympy, torch))
    assert shown(both) == (
        "Changes, 0 unchanged\n"
        "  + numpy 2.1  (1.0 MB)\n"
        "  ~ torch 2.2.0+cpu → 2.2.1+cpu\n"
        "  and with them\n"
        "    - jinja2 3.1\n"
        "    ~ sympy 1.12 → 1.13\n"
    )
    assert shown(Changes(changed=(sympy,))) == "Changes, 0 unchanged\n  ~ sympy 1.12 → 1.13\n"

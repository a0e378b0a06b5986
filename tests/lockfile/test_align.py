"""Versions over several targets: who leads, and the reasons of what differs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

import pytest

from provisioner.findings import Finding, WorldError
from provisioner.lockfile import LockedPackage, leading, version_notes
from provisioner.lockfile._tags import Floors, target_tags
from provisioner.network import Client, Page
from provisioner.planner import Constraint, Target
from tests.lockfile.test_lock_file import sample, wheel

if TYPE_CHECKING:
    from provisioner.lockfile import Lock

INDEX = "https://registry.example/simple"


class Pages:
    """A client that has one page for every project, or none."""

    def __init__(self, *names: str) -> None:
        """List these files on it; without any the server fails."""
        self._names = names

    def get(self, url: str) -> Page:
        """Return the page."""
        if not self._names:
            raise WorldError(Finding(code="TE402", message="m", why="w", do="d"))
        links = "".join(f'<a href="{name}">{name}</a>' for name in self._names)
        return Page(url=url, content_type="text/html", body=links.encode())


def lock(target: str, *constraints: Constraint, **versions: str) -> Lock:
    """Return the lock of a target with these packages."""
    packages = (
        LockedPackage(
            name=name,
            version=version,
            wheels=(wheel(f"{name}-{version}-py3-none-any.whl"),),
            index=INDEX,
        )
        for name, version in sorted(versions.items())
    )
    found = sample()
    return replace(
        found,
        target=replace(found.target, name=target),
        packages=tuple(packages),
        constraints=constraints,
    )


def notes(first: Lock, other: Lock, *files: str) -> tuple[Finding, ...]:
    """Return what is said of two targets, with an index that has these files."""
    tags = target_tags(
        Target(platform="linux-x86_64", python="3.9", accelerator="cpu"), Floors(glibc="2.28")
    )
    client = cast("Client", Pages(*files))
    return version_notes([first, other], {str(other.target.name): tags}, client)


def test_the_first_target_leads() -> None:
    """Its versions come before a target's own old ones, but for what belongs to a build."""
    first = lock("a", numpy="2.1.0", torch="2.6.0+cu118", triton="3.2.0")
    own = (("numpy", "2.0.0"), ("colorama", "0.4"), ("torch", "2.5.0+cpu"))
    assert leading(own, None, str.isdigit) == own
    assert leading(own, first, lambda name: name == "triton") == (
        ("colorama", "0.4"),
        ("numpy", "2.1.0"),
        ("torch", "2.5.0+cpu"),
    )


def test_equal_versions_need_no_note() -> None:
    """Builds of one version are no difference, and a package of one target alone neither."""
    first = lock("a", torch="2.6.0+cu118", numpy="2.1.0", triton="3.2.0")
    assert notes(first, lock("b", torch="2.6.0+cpu", numpy="2.1.0", colorama="0.4")) == ()


@pytest.mark.parametrize(
    ("files", "constraints", "why"),
    [
        pytest.param(
            ("numpy-2.1.0-cp310-cp310-manylinux_2_17_x86_64.whl", "numpy-2.0.2-py3-none-any.whl"),
            (),
            f"`{INDEX}` has no wheel of 2.1.0 that this target can use.",
            id="no wheel",
        ),
        pytest.param(
            ("numpy-2.1.0-cp39-cp39-manylinux_2_17_x86_64.whl",),
            (),
            "What else is locked for that target does not admit the version of the first.",
            id="something else",
        ),
        pytest.param(
            (),
            (),
            "What else is locked for that target does not admit the version of the first.",
            id="the index does not answer",
        ),
        pytest.param(
            (),
            (Constraint(requirement="numpy<2.1", why="It was so built.", source="s"),),
            "There `numpy<2.1` holds: It was so built.",
            id="the plan",
        ),
    ],
)
def test_why_a_version_differs(
    files: tuple[str, ...], constraints: tuple[Constraint, ...], why: str
) -> None:
    """The plan's own constraint comes first, then what the index has, then all the rest."""
    (note,) = notes(lock("a", numpy="2.1.0"), lock("b", *constraints, numpy="2.0.2"), *files)
    assert note.message == "`numpy` is 2.0.2 for `b` and 2.1.0 for `a`."
    assert (note.code, note.why) == ("TE464", why)


def test_another_torch_is_planned() -> None:
    """A torch that the plan chose is no matter of the index."""
    (note,) = notes(lock("a", torch="2.9.1+cpu"), lock("b", torch="2.7.1+cu118"))
    assert note.why == "It belongs to the torch that is planned for that target."

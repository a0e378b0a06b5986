"""Completing what the engine answered, and refusing what cannot be locked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from provisioner.findings import WorldError
from provisioner.lockfile import Pages
from provisioner.lockfile._complete import Answer, complete
from provisioner.lockfile._tags import Floors, target_tags
from provisioner.network import Client, IndexFile, Network
from provisioner.planner import Target

if TYPE_CHECKING:
    from collections.abc import Sequence

TAGS = target_tags(
    Target(platform="linux-x86_64", python="3.11", accelerator="cpu"), Floors(glibc="2.28")
)
URL = "https://registry.example/files"


def answer(*packages: dict[str, Any], published: Sequence[IndexFile] = ()) -> Answer:
    """Return an answer in which everything else is empty."""
    return Answer(
        packages=packages,
        origins={"a": ("1", "https://user:secret@registry.example/simple/")},
        local=(),
        published={"torch": published} if published else {},
        learned={},
        tags=TAGS,
    )


def package(*wheels: dict[str, Any]) -> dict[str, Any]:
    """Return a package of the engine's pylock."""
    return {"name": "a", "version": "1", "wheels": list(wheels)}


def wheel(name: str = "a-1-py3-none-any.whl", **more: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return a wheel of the engine's pylock."""
    return {"url": f"{URL}/{name}", "size": 7, "hashes": {"sha256": "0" * 64}, **more}


def test_names_order_and_index() -> None:
    """Names come from the addresses, the best wheel comes first, and no credentials stay."""
    best, other = "a-1-cp311-cp311-manylinux_2_28_x86_64.whl", "a-1-py3-none-any.whl"
    url = f"https://user:secret@registry.example/files/{best}"
    found = complete(answer(package(wheel(other), wheel(url=url))), Pages(Client(Network())))
    assert [one.name for one in found[0].wheels] == [best, other]
    assert found[0].wheel.url == f"{URL}/{best}"
    assert found[0].index == "https://registry.example/simple"


def test_unusable_wheels_are_left_out() -> None:
    """Wheels of other platforms are not locked."""
    other = wheel("a-1-cp311-cp311-win_amd64.whl")
    (found,) = complete(answer(package(other, wheel())), Pages(Client(Network())))
    assert [one.name for one in found.wheels] == ["a-1-py3-none-any.whl"]


def test_no_wheel_without_hash() -> None:
    """A lock never has a wheel without a hash, whatever the engine says."""
    with pytest.raises(WorldError) as caught:
        complete(answer(package(wheel(hashes={}))), Pages(Client(Network())))
    assert [one.code for one in caught.value.findings] == ["TE404"]
    assert "`a-1-py3-none-any.whl`" in caught.value.findings[0].message


def test_nothing_of_this_machine_only() -> None:
    """A package whose wheels lie on this machine only is refused."""
    local = wheel(url="file:///home/user/a-1-py3-none-any.whl")
    with pytest.raises(WorldError) as caught:
        complete(answer(package(local)), Pages(Client(Network())))
    assert [one.code for one in caught.value.findings] == ["TE430"]


def test_routed_packages_are_as_their_index_says() -> None:
    """What the trio's index publishes is taken from its page."""
    name = "torch-2.2.0+cpu-cp311-cp311-linux_x86_64.whl"
    file = IndexFile(name=name, url=f"{URL}/{name}", sha256="1" * 64, size=9)
    (found,) = complete(answer(published=[file]), Pages(Client(Network())))
    assert (found.name, found.version) == ("torch", "2.2.0+cpu")
    assert found.wheel.confirmed

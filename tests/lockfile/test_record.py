"""Public addresses for what a mirror serves."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from provisioner.findings import VerificationError
from provisioner.lockfile import LockedPackage, LockedWheel
from provisioner.lockfile._record import Places, record_public
from provisioner.network import Client, Network

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support import IndexServer, Scenario

MIRROR = "https://mirror.example/whl"
PATTERN = "/whl/cpu/torch-2.2.0+cpu-cp311-cp311-linux_x86_64.whl"


def locked(index: IndexServer) -> LockedPackage:
    """Return torch as it is locked behind a mirror that has the public file."""
    file = index.find(PATTERN)
    wheel = LockedWheel(
        name=file.name,
        url=f"{MIRROR}/cpu/{file.name.replace('+', '%2B')}",
        size=len(file.content),
        sha256=file.sha256,
    )
    return LockedPackage(name="torch", version="2.2.0+cpu", wheels=(wheel,), index=f"{MIRROR}/cpu")


def test_same_file(index: IndexServer) -> None:
    """Where the public index states the same hash, its address is recorded and confirmed."""
    package = locked(index)
    with Client(Network()) as client:
        places = Places(mirror=MIRROR, public=index.pytorch)
        (recorded,) = record_public((package,), places, client)
    assert recorded.index == f"{index.pytorch}/cpu"
    name = index.find(PATTERN).name.replace("+", "%2B")
    assert recorded.wheel.url == f"{index.pytorch}/cpu/{name}"
    assert recorded.wheel.confirmed


def test_other_file(index: IndexServer) -> None:
    """Where it states another hash, nothing is locked."""
    package = locked(index)
    other = replace(package, wheels=(replace(package.wheel, sha256="ab" * 32),))
    places = Places(mirror=MIRROR, public=index.pytorch)
    with Client(Network()) as client, pytest.raises(VerificationError) as caught:
        record_public((other,), places, client)
    assert [one.code for one in caught.value.findings] == ["TE445"]


def test_hash_that_nobody_states(
    serve: Callable[[Scenario], IndexServer], main_scenario: Scenario
) -> None:
    """Where the public index states no hash, the address is recorded and marked."""
    index = serve(main_scenario.deviate(PATTERN, hash="missing"))
    with Client(Network()) as client:
        places = Places(mirror=MIRROR, public=index.pytorch)
        (recorded,) = record_public((locked(index),), places, client)
    assert recorded.index == f"{index.pytorch}/cpu"
    assert not recorded.wheel.confirmed


def test_other_addresses_stay(index: IndexServer) -> None:
    """What does not come from the mirror is left alone, look-alikes of its address too."""
    places = Places(mirror=MIRROR, public=index.pytorch)
    assert places.public_url("https://mirror.example/whl-old/a") == (
        "https://mirror.example/whl-old/a"
    )
    wheel = replace(locked(index).wheel, url="https://second.example/whl/cpu/torch.whl")
    package = replace(locked(index), wheels=(wheel,))
    with Client(Network()) as client:
        assert record_public((package,), places, client) == (package,)


def test_client_asks_the_mirror(index: IndexServer) -> None:
    """What begins with the public address is asked at the mirror, credentials and all."""
    public = "https://public.example/whl"
    file = index.find(PATTERN)
    with Client(Network(mirrors=((public, index.pytorch),))) as client:
        assert client.size(f"{public}/cpu/{file.name.replace('+', '%2B')}") == len(file.content)

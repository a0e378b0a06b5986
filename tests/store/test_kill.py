"""Killed at any point, by a signal that nobody can catch: the next run fetches the rest only."""

from __future__ import annotations

import random
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import pytest

from tests.store.conftest import wanted
from tests.support.fileserver import FileServer, changed
from tests.support.wheels import Member, Wheel, build_wheel

if TYPE_CHECKING:
    from pathlib import Path

    from provisioner.store import WantedWheel

_NOISE: Final = random.Random(0).randbytes(24 << 20)  # noqa: S311 - bytes that do not repeat
_WHEEL: Final = Wheel(
    project="demo",
    version="1.0",
    tag="py3-none-any",
    members=(Member(path="demo/noise.bin", content=_NOISE),),
)
_IN_FLIGHT: Final = 4 * (256 << 10)
"""What lies between the server and four connections of a killed process, and is lost."""


@pytest.fixture(scope="module")
def content() -> bytes:
    """A wheel of 24 MiB."""
    return build_wheel(_WHEEL)


def _start(store: Path, wheel: WantedWheel, connections: int) -> subprocess.Popen[str]:
    words = [str(store), wheel.url, wheel.name, str(wheel.size), wheel.sha256, str(connections)]
    return subprocess.Popen(
        [sys.executable, "-m", "tests.store.child", *words], stdout=subprocess.PIPE, text=True
    )


def _kill_at(child: subprocess.Popen[str], bytes_: int) -> None:
    """Kill the process when it has reported that many bytes."""
    received = 0
    assert child.stdout is not None
    with child.stdout as lines:
        for line in lines:
            received += int(line)
            if received >= bytes_:
                break
        child.kill()
    child.wait()


def _finish(child: subprocess.Popen[str]) -> None:
    out, _ = child.communicate(timeout=60)
    assert child.returncode == 0, out


@pytest.mark.parametrize("connections", [1, 4])
@pytest.mark.parametrize("shares", [(0.5,), (0.1, 0.4, 0.8)])
def test_killed_and_run_again(
    tmp_path: Path, content: bytes, shares: tuple[float, ...], connections: int
) -> None:
    """Whatever was written before the kill is not fetched again, however often that happens."""
    store = tmp_path / "store"
    with FileServer(content, changed(bytes_per_s=20e6)) as server:
        wheel = wanted(content, f"{server.url}/demo-1.0-py3-none-any.whl")
        for share in shares:
            _kill_at(_start(store, wheel, connections), int(share * len(content)))
        _finish(_start(store, wheel, connections))
        assert server.sent_bytes <= 1.02 * len(content) + len(shares) * _IN_FLIGHT
    files = [one for one in (store / "wheels").rglob("*") if one.is_file()]
    assert [one.name for one in files] == [wheel.name]
    assert files[0].read_bytes() == content


def test_killed_at_random_points(tmp_path: Path, content: bytes) -> None:
    """Eight kills at points that nobody chose end in the same file."""
    store = tmp_path / "store"
    chance = random.Random(6)  # noqa: S311 - points in time
    with FileServer(content) as server:
        wheel = wanted(content, f"{server.url}/demo-1.0-py3-none-any.whl")
        for _ in range(8):
            _kill_at(_start(store, wheel, 4), chance.randrange(len(content)))
        _finish(_start(store, wheel, 4))
    (path,) = [one for one in (store / "wheels").rglob("*") if one.is_file()]
    assert path.read_bytes() == content


def test_two_processes_fetch_a_wheel_once(tmp_path: Path, content: bytes) -> None:
    """Who comes second waits, and takes what the first one brought."""
    store = tmp_path / "store"
    with FileServer(content) as server:
        wheel = wanted(content, f"{server.url}/demo-1.0-py3-none-any.whl")
        both = [_start(store, wheel, 2) for _ in range(2)]
        for one in both:
            _finish(one)
        assert server.sent_bytes == len(content)

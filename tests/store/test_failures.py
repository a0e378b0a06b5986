"""Whatever goes wrong: one finding, no half wheel, no thread left."""

from __future__ import annotations

import errno
import os
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from provisioner.events import Reporter
from provisioner.findings import Finding, TorchenvError, VerificationError, WorldError
from provisioner.network import Client, Network
from provisioner.store import Store, WantedWheel, _findings
from tests.network.server import Answer, Server
from tests.store.conftest import Listener, publish, wanted, wheel_bytes
from tests.support.wheels import Defects, Member, Wheel, build_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    """A fork copies the locks of other threads, so none may be left when a fetch ends."""
    yield
    assert [one.name for one in threading.enumerate() if one.name.startswith("fetch")] == []


def _failure(store: Store, wheels: list[WantedWheel], client: Client) -> TorchenvError:
    with pytest.raises(TorchenvError) as raised:
        store.fetch(wheels, client, Reporter())
    for wheel in wheels:
        left = {one.suffix for one in store.path(wheel).parent.glob("*.whl.*")}
        assert left in (set(), {".part", ".journal"})
    return raised.value


def _has_part(store: Store, wheel: WantedWheel) -> bool:
    """Whether something is left that the next run goes on from."""
    path = store.path(wheel)
    return path.with_name(f"{path.name}.part").exists()


def _finding(store: Store, wheel: WantedWheel, client: Client) -> Finding:
    error = _failure(store, [wheel], client)
    assert not store.path(wheel).exists()
    assert len(error.findings) == 1
    return error.findings[0]


def test_wrong_hash(server: Server, store: Store, client: Client) -> None:
    """Fetched once more from the start, then refused with both hashes."""
    content = wheel_bytes("demo")
    other = bytes(len(content))
    url = server.put("/demo.whl", Answer(body=other))
    wheel = wanted(content, url.replace("//", "//u:secret@"))
    finding = _finding(store, wheel, client)
    assert finding.code == "TE501"
    assert finding.message == "`demo-1.0-py3-none-any.whl` does not match its hash."
    assert finding.why == (
        f"Wanted sha256 {wheel.sha256} and {len(content)} bytes; `{url}` sent "
        f"sha256 {wanted(other).sha256} and {len(content)} bytes, twice. "
        "The bytes are no wheel at all."
    )
    assert server.paths() == ["/demo.whl", "/demo.whl"]


def test_wrong_hash_is_a_verification_failure(server: Server, store: Store, client: Client) -> None:
    """Exit code 4, not 3: the world answered, and wrongly."""
    url = server.put("/demo.whl", Answer(body=b"x"))
    assert isinstance(_failure(store, [wanted(b"y", url)], client), VerificationError)


def test_second_attempt_may_be_right(
    server: Server, store: Store, client: Client, listener: Listener
) -> None:
    """A passing fault costs a second transfer, which is counted once."""
    content = wheel_bytes("demo")
    url = server.put("/demo.whl", Answer(body=bytes(len(content))), Answer(body=content))
    wheel = wanted(content, url)
    assert store.fetch([wheel], client, listener)[wheel.sha256].read_bytes() == content
    assert listener.received == {wheel.name: wheel.size}


def test_web_page_is_recognised(server: Server, store: Store, client: Client) -> None:
    """A login page in place of a wheel is named as such."""
    page = b"\n<!DOCTYPE HTML><title>Login</title>"
    wheel = wanted(wheel_bytes("demo"), server.put("/demo.whl", Answer(body=page)))
    finding = _finding(store, wheel, client)
    assert finding.code == "TE508"
    assert finding.message == "A web page came in place of `demo-1.0-py3-none-any.whl`."


def test_too_many_bytes_are_not_read_to_the_end(
    server: Server, store: Store, client: Client
) -> None:
    """An endless answer ends when it is longer than the wheel."""
    go_on = threading.Event()
    url = server.put("/demo.whl", Answer(body=bytes(10_000), length=10**12, hang=go_on))
    wheel = wanted(b"x" * 100, url)
    finding = _finding(store, wheel, client)
    go_on.set()
    assert finding.code == "TE509"
    assert "has 1000000000000, asked twice" in finding.why
    assert not _has_part(store, wheel)


def test_endless_answers_without_a_length_end(server: Server, store: Store, client: Client) -> None:
    """Nor is one that does not say how long it is."""
    url = server.put("/demo.whl", Answer(body=bytes(10_000), length=-1))
    finding = _finding(store, wanted(b"x" * 100, url), client)
    assert finding.code == "TE509"
    assert "has more than 100, asked twice" in finding.why


def test_truncated_transfer(server: Server, store: Store, client: Client) -> None:
    """A server that always stops at the same byte and cannot go on there: how far it came."""
    content = bytes(3_000_000)
    url = server.put("/demo.whl", Answer(body=content, send=2_000_000, ranges=False))
    wheel = wanted(content, url)
    finding = _finding(store, wheel, client)
    assert finding.code == "TE502"
    assert finding.message == "`demo-1.0-py3-none-any.whl` did not arrive whole."
    assert finding.why.startswith("2.0 MB of 3.0 MB came at best; then 4 tries in a row")
    assert finding.do.endswith("The same command begins anew.")


def test_silence_in_the_middle(server: Server, store: Store) -> None:
    """A server that stops to send is given up after a while, not after the time limit."""
    go_on = threading.Event()
    url = server.put("/demo.whl", Answer(body=b"xxx", length=9, hang=go_on, ranges=False))
    wheel = wanted(b"x" * 9, url)
    with Client(Network(timeout_s=60, stall_s=0.1, retries=1, backoff_s=0)) as client:
        finding = _finding(store, wheel, client)
    go_on.set()
    assert finding.code == "TE502"
    assert "stopped to send in the middle of" in finding.why


@pytest.mark.parametrize("status", [403, 404, 410])
def test_wheel_is_gone(server: Server, store: Store, client: Client, status: int) -> None:
    """The server does not have it (any more): lock again."""
    url = server.put("/demo.whl", Answer(status=status))
    finding = _finding(store, wanted(b"x", url), client)
    assert finding.code == "TE403"
    assert finding.message == "`demo-1.0-py3-none-any.whl` is not where the lock says."
    assert f"The answer to `{url}` was {status}" in finding.why
    assert "torchenv lock" in finding.do


@pytest.mark.parametrize(("status", "code"), [(401, "TE402"), (407, "TE429"), (500, "TE402")])
def test_other_answers_keep_their_finding(
    server: Server, store: Store, client: Client, status: int, code: str
) -> None:
    """What the network says better is passed on."""
    url = server.put("/demo.whl", Answer(status=status))
    assert _finding(store, wanted(b"x", url), client).code == code


def test_unreachable_host(store: Store, client: Client) -> None:
    """No connection at all is no broken download."""
    wheel = wanted(b"x", "https://registry.invalid/demo.whl")
    assert _finding(store, wheel, client).code == "TE401"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (wheel_bytes("other"), "Its metadata says `other` 1.0."),
        (wheel_bytes("demo", "1.0+cpu"), "Its metadata says `demo` 1.0+cpu."),
        (
            wheel_bytes("demo", defects=Defects(metadata_version="2.0")),
            "Its metadata says `demo` 2.0.",
        ),
        (wheel_bytes("demo", defects=Defects(metadata_version="?")), "Its metadata says `demo` ?."),
        (b"no zip", "It is not a readable wheel (File is not a zip file)."),
        (wheel_bytes("demo")[:-30], "It is not a readable wheel (File is not a zip file)."),
        (
            build_wheel(
                Wheel(
                    project="demo",
                    version="1.0",
                    tag="py3-none-any",
                    members=(Member(path="x-1.dist-info/METADATA", content=b""),),
                )
            ),
            "It is not a readable wheel (2 `*.dist-info/METADATA` in it).",
        ),
    ],
)
def test_wheel_is_not_what_its_name_says(
    server: Server, store: Store, client: Client, content: bytes, why: str
) -> None:
    """The right hash on the wrong file: the lock named a lie, and the store does not keep it."""
    url = server.put("/demo.whl", Answer(body=content))
    finding = _finding(store, wanted(content, url), client)
    assert finding.code == "TE504"
    assert finding.message == "`demo-1.0-py3-none-any.whl` is not what its name says."
    assert finding.why.startswith(why)


def test_too_little_space_is_known_before(server: Server, tmp_path: Path, client: Client) -> None:
    """Nothing is asked for when it cannot fit; the numbers are said."""
    wheel = publish(server, "demo")
    large = WantedWheel(name=wheel.name, url=wheel.url, size=2_500_000_000, sha256=wheel.sha256)
    store = Store(tmp_path / "store", free_bytes=lambda _: 1_234_567_890)
    finding = _finding(store, large, client)
    assert finding.code == "TE503"
    assert finding.why == "2,500.0 MB are to be fetched, and 1,234.6 MB are free."
    assert "TORCHENV_STORE" in finding.do
    assert server.requests == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's always full device")
def test_full_disk_while_writing(server: Server, store: Store, client: Client) -> None:
    """The disk fills up on the way: said as that."""
    wheel = publish(server, "demo")
    path = store.path(wheel)
    path.parent.mkdir(parents=True)
    path.with_name(f"{path.name}.part").symlink_to("/dev/full")
    finding = _finding(store, wheel, client)
    assert finding.code == "TE503"
    assert finding.message == f"The disk that holds `{store.root}` is full."
    assert "No space left on device" in finding.why


def test_used_up_quota(tmp_path: Path) -> None:
    """A quota is not a full disk: other words, and another place to look."""
    exc = OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))
    finding = _findings.disk_failure(tmp_path, exc)
    assert finding.code == "TE503"
    assert finding.message == f"Your quota on the disk that holds `{tmp_path}` is used up."
    assert "`quota -s`" in finding.do


def test_store_below_a_file(server: Server, client: Client, tmp_path: Path) -> None:
    """`TORCHENV_STORE` that is no folder."""
    (tmp_path / "file").touch()
    store = Store(tmp_path / "file" / "store")
    with pytest.raises(WorldError) as raised:
        store.fetch([publish(server, "demo")], client, Reporter())
    finding = raised.value.findings[0]
    assert finding.code == "TE505"
    assert finding.message == f"The store at `{store.root}` cannot be written."
    assert finding.why == f"`{tmp_path / 'file'}`: File exists."


@pytest.mark.skipif(
    os.geteuid() == 0, reason="root may write anywhere; test_store_below_a_file covers the finding"
)
def test_store_without_permission(server: Server, store: Store, client: Client) -> None:
    """A folder that belongs to somebody else."""
    store.root.mkdir(parents=True)
    store.root.chmod(0o500)
    finding = _finding(store, publish(server, "demo"), client)
    assert finding.code == "TE505"


def test_first_failure_ends_the_others(server: Server, store: Store, client: Client) -> None:
    """Nobody waits minutes for a large wheel to hear that another one is gone."""
    go_on, begun = threading.Event(), threading.Event()

    class Watcher(Listener):
        def download_progress(self, name: str, received_bytes: int) -> None:
            super().download_progress(name, received_bytes)
            begun.set()

    slow_url = server.put("/slow.whl", Answer(body=b"x" * 10, length=99, hang=go_on))
    gone_url = server.put("/gone.whl", Answer(status=404, hang=begun))
    wheels = [wanted(b"x" * 99, slow_url), wanted(b"y", gone_url)]
    with pytest.raises(WorldError) as raised:
        store.fetch(wheels, client, Watcher())
    go_on.set()
    assert [finding.code for finding in raised.value.findings] == ["TE403"]


def test_complete_wheels_stay_after_a_failure(server: Server, store: Store, client: Client) -> None:
    """What arrived whole is not fetched again by the next attempt."""
    wheel = publish(server, "demo")
    store.fetch([wheel], client, Reporter())
    _failure(store, [wheel, wanted(b"x", f"{server.url}/none.whl")], client)
    assert store.path(wheel).is_file()


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Ctrl-C raises KeyboardInterrupt, also where a shell started the tests with it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_interrupt_ends_everything(server: Server, store: Store, client: Client) -> None:
    """Ctrl-C while silent servers hold the line: at once, and what came is kept."""

    class Interrupter(Listener):
        def download_progress(self, name: str, received_bytes: int) -> None:
            super().download_progress(name, received_bytes)
            if received_bytes > 0:
                os.kill(os.getpid(), signal.SIGINT)

    go_on = threading.Event()
    url = server.put("/demo.whl", Answer(body=b"x", length=99, hang=go_on))
    wheel = wanted(bytes(99), url)
    listener = Interrupter()
    with pytest.raises(KeyboardInterrupt):
        store.fetch([wheel], client, listener)
    go_on.set()
    assert listener.finished == 1
    assert _has_part(store, wheel)


def test_the_same_failure_twice_in_a_row_says_what_was_tried(
    server: Server, tmp_path: Path
) -> None:
    """Whatever it was; another failure, or a wheel that arrived, begins anew."""
    wheel = publish(server, "demo")
    path = wheel.url.removeprefix(server.url)
    (good,) = server.answers[path]
    store = Store(tmp_path / "store")
    network = Network(backoff_s=0, retries=1, environ={"http_proxy": ""})
    with Client(network) as client:
        server.put(path, Answer(status=404))
        first, second, third = (_finding(store, wheel, client) for _ in range(3))
        server.put(path, Answer(status=401))
        other = _finding(store, wheel, client)
        server.put(path, good)
        store.fetch([wheel], client, Reporter())
        store.path(wheel).unlink()
        server.put(path, Answer(status=401))
        after = _finding(store, wheel, client)
    assert "runs" not in first.why
    assert second.why.removeprefix(first.why) == (
        f" The last 2 runs ended like this. In each, `{server.url.removeprefix('http://')}` was "
        "asked directly, with up to 2 tries in a row that brought nothing; further stores, pip's "
        "cache and `find-links` do not have the wheel."
    )
    assert "One more run is unlikely to help" in second.do
    assert "The last 3 runs" in third.why
    assert "runs" not in other.why
    assert "runs" not in after.why

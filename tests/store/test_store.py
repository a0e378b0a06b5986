"""The store keeps whole, verified wheels under their hash, and takes them from where they are."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock

from provisioner.events import Reporter
from provisioner.findings import VerificationError, WorldError
from provisioner.store import Store, WantedWheel
from provisioner.urls import quote_name
from tests.network.server import Answer, Server
from tests.store.conftest import Listener, publish, wanted, wheel_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from provisioner.network import Client


def test_path_is_made_of_hash_and_name(store: Store) -> None:
    """An installer reads the name, everything else goes by the hash."""
    wheel = wanted(b"x")
    assert store.path(wheel) == store.root / "wheels" / "2d" / wheel.sha256 / wheel.name


def test_fetched_wheels_are_whole_and_alone(
    server: Server, store: Store, client: Client, listener: Listener
) -> None:
    """Several wheels arrive under their own names, with nothing else left beside them."""
    wheels = [publish(server, f"demo{number}", "1.0+cu118") for number in range(6)]
    files = store.fetch(wheels, client, listener)
    assert files == {wheel.sha256: store.path(wheel) for wheel in wheels}
    for wheel in wheels:
        assert files[wheel.sha256].stat().st_size == wheel.size
        assert [one.name for one in store.path(wheel).parent.iterdir()] == [wheel.name]


def test_progress_adds_up(server: Server, store: Store, client: Client, listener: Listener) -> None:
    """What is announced is what is counted, wheel by wheel."""
    wheels = [publish(server, f"demo{number}") for number in range(3)]
    store.fetch([*wheels, wheels[0]], client, listener)
    assert listener.started == [(3, sum(wheel.size for wheel in wheels))]
    assert listener.received == {wheel.name: wheel.size for wheel in wheels}
    assert listener.finished == 1


def test_second_fetch_asks_nobody(
    server: Server, store: Store, client: Client, listener: Listener
) -> None:
    """What is there is taken: no request, no event."""
    wheel = publish(server, "demo")
    first = store.fetch([wheel], client, Reporter())
    server.requests.clear()
    assert store.fetch([wheel], client, listener) == first
    assert (server.requests, listener.started) == ([], [])


def test_nothing_wanted_makes_no_folder(store: Store, client: Client) -> None:
    """A store that is not needed is not made."""
    assert store.fetch([], client, Reporter()) == {}
    assert not store.root.exists()


def test_folders_are_private(server: Server, store: Store, client: Client) -> None:
    """Wheels may be confidential: nobody else can look."""
    wheel = publish(server, "demo")
    path = store.fetch([wheel], client, Reporter())[wheel.sha256]
    while path != store.root.parent:
        path = path.parent
        assert stat.S_IMODE(path.stat().st_mode) == 0o700


def test_incomplete_file_is_fetched_anew(server: Server, store: Store, client: Client) -> None:
    """A file of another size cannot be the wheel, however it got there."""
    wheel = publish(server, "demo")
    path = store.path(wheel)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"half")
    store.fetch([wheel], client, Reporter())
    assert path.stat().st_size == wheel.size


def test_damage_heals_itself(
    server: Server, store: Store, client: Client, listener: Listener
) -> None:
    """A wheel whose bytes changed since it was verified is fetched anew."""
    wheel = publish(server, "demo")
    path = store.fetch([wheel], client, Reporter())[wheel.sha256]
    whole = path.read_bytes()
    path.write_bytes(bytes(len(whole)))
    store.fetch([wheel], client, listener)
    assert path.read_bytes() == whole
    assert listener.details == ["demo-1.0-py3-none-any.whl: damaged in the store, fetched anew"]


def test_damage_stays_where_nothing_replaces_it(
    server: Server, store: Store, client: Client
) -> None:
    """A damaged wheel is never handed out, and gives way only to a whole one."""
    wheel = publish(server, "demo")
    path = store.fetch([wheel], client, Reporter())[wheel.sha256]
    path.write_bytes(bytes(wheel.size))
    server.put("/files/demo-1.0-py3-none-any.whl", Answer(status=404))
    with pytest.raises(WorldError):
        store.fetch([wheel], client, Reporter())
    assert path.read_bytes() == bytes(wheel.size)


def test_left_over_part_does_no_harm(server: Server, store: Store, client: Client) -> None:
    """What a killed process left behind is overwritten."""
    wheel = publish(server, "demo")
    path = store.path(wheel)
    path.parent.mkdir(parents=True)
    path.with_name(f"{path.name}.part").write_bytes(b"x" * 10_000)
    store.fetch([wheel], client, Reporter())
    assert [one.name for one in path.parent.iterdir()] == [wheel.name]


@pytest.mark.parametrize(
    "name",
    [
        "demo.whl",
        "demo-1.0.tar.gz",
        "demo-1.0-py3-none-any/../../x.whl",
        "../demo-1.0-py3-none-any.whl",
    ],
)
def test_names_that_lead_elsewhere_are_refused(name: str) -> None:
    """A lock edited by hand cannot make the store write outside its folders."""
    with pytest.raises(VerificationError) as raised:
        wanted(b"x", name=name)
    assert raised.value.findings[0].code == "TE504"
    assert raised.value.findings[0].message == f"`{name}` is not the name of a wheel."


@pytest.mark.parametrize("sha256", ["", "../..", "AB" * 32, "ab" * 31])
def test_hashes_that_are_none_are_refused(sha256: str) -> None:
    """Neither can a hash."""
    with pytest.raises(VerificationError, match="TE504"):
        WantedWheel(name="demo-1.0-py3-none-any.whl", url="", size=1, sha256=sha256)


# -- local sources


def test_wheel_in_a_folder_is_copied(
    store: Store, client: Client, listener: Listener, tmp_path: Path
) -> None:
    """find-links: the bytes are taken from there, as a copy of their own."""
    content = wheel_bytes("demo")
    source = tmp_path / "links" / "demo-1.0-py3-none-any.whl"
    source.parent.mkdir()
    source.write_bytes(content)
    wheel = wanted(content, "https://registry.invalid/demo.whl")
    path = store.fetch([wheel], client, listener, [tmp_path / "none", source.parent])[wheel.sha256]
    assert path.read_bytes() == content
    assert path.stat().st_ino != source.stat().st_ino
    assert listener.received == {wheel.name: wheel.size}
    assert listener.details == [f"{wheel.name}: copied from {source}"]


@dataclass(frozen=True, kw_only=True)
class Source:
    """A local source: where the wheel lies, a page that links it, and what is configured."""

    file: str
    page: str | None = None
    configured: str = ""

    def make(self, root: Path, content: bytes) -> Path:
        """Make it below ``root`` and return what pip's configuration would name."""
        (root / self.file).parent.mkdir(exist_ok=True)
        (root / self.file).write_bytes(content)
        if self.page is not None:
            (root / self.page).parent.mkdir(parents=True, exist_ok=True)
            href = "../" * self.page.count("/") + quote_name(self.file)
            (root / self.page).write_text(f'<a href="{href}">x</a>', encoding="utf-8")
        return root / self.configured


@pytest.mark.parametrize(
    "source",
    [
        Source(file="demo/demo-1.0+cpu-py3-none-any.whl"),
        Source(file="demo-1.0%2Bcpu-py3-none-any.whl"),
        Source(
            file="files/demo-1.0+cpu-py3-none-any.whl",
            page="simple/demo/index.html",
            configured="simple",
        ),
        Source(file="demo-1.0+cpu-py3-none-any.whl", page="links.html", configured="links.html"),
    ],
)
def test_shapes_of_local_sources(
    store: Store, client: Client, tmp_path: Path, source: Source
) -> None:
    """Folders of projects, mirrors with names as in URLs, simple indexes, pages of links."""
    content = wheel_bytes("demo", "1.0+cpu")
    folder = source.make(tmp_path, content)
    wheel = wanted(content, "https://registry.invalid/x", "demo-1.0+cpu-py3-none-any.whl")
    files = store.fetch([wheel], client, Reporter(), [folder])
    assert files[wheel.sha256].read_bytes() == content


def test_another_build_of_the_same_name_is_not_taken(
    server: Server, store: Store, client: Client, listener: Listener, tmp_path: Path
) -> None:
    """Name and size are a hint; the hash decides, and the server is asked in the end."""
    wheel = publish(server, "demo")
    (tmp_path / wheel.name).write_bytes(bytes(wheel.size))
    path = store.fetch([wheel], client, listener, [tmp_path])[wheel.sha256]
    assert path.read_bytes() == wheel_bytes("demo")
    assert listener.received == {wheel.name: wheel.size}
    assert "another file of the same name and size, not taken" in listener.details[0]


def test_further_stores_are_read_and_never_written(
    server: Server, tmp_path: Path, client: Client, listener: Listener
) -> None:
    """A team's store has the wheel: it is copied, hashed on the way, and nothing is fetched."""
    wheel = publish(server, "demo")
    team = Store(tmp_path / "team")
    there = team.fetch([wheel], client, Reporter())[wheel.sha256]
    before = sorted(str(one) for one in team.root.rglob("*"))
    server.requests.clear()
    mine = Store(tmp_path / "mine", stores=(tmp_path / "none", team.root))
    path = mine.fetch([wheel], client, listener)[wheel.sha256]
    assert path.read_bytes() == there.read_bytes()
    assert path.stat().st_ino != there.stat().st_ino
    assert (server.requests, listener.details) == ([], [f"{wheel.name}: copied from {there}"])
    assert sorted(str(one) for one in team.root.rglob("*")) == before


def test_damage_in_a_further_store_is_not_taken(
    server: Server, tmp_path: Path, client: Client, listener: Listener
) -> None:
    """Nobody vouches for another store but the hash."""
    wheel = publish(server, "demo")
    team = Store(tmp_path / "team")
    team.path(wheel).parent.mkdir(parents=True)
    team.path(wheel).write_bytes(bytes(wheel.size))
    mine = Store(tmp_path / "mine", stores=(team.root,))
    assert mine.fetch([wheel], client, listener)[wheel.sha256].read_bytes() == wheel_bytes("demo")
    assert "another file of the same name and size, not taken" in listener.details[0]


def test_what_pip_fetched_is_taken_from_its_cache(
    server: Server, tmp_path: Path, client: Client, listener: Listener
) -> None:
    """Pip itself downloads a wheel; its cache then has the bytes under the wheel's address."""
    content = wheel_bytes("demo")
    headers = {"Cache-Control": "max-age=1000", "Content-Type": "application/octet-stream"}
    url = server.put("/demo-1.0-py3-none-any.whl", Answer(body=content, headers=headers))
    environ = {"PIP_CACHE_DIR": str(tmp_path / "cache"), "PATH": os.environ["PATH"]}
    # pip keeps nothing that came over plain HTTP from a host that is not trusted.
    trusted = ["--trusted-host", url.split("/")[2]]
    download = [sys.executable, "-m", "pip", "download", "--no-deps", "--no-index", *trusted, url]
    subprocess.run(
        [*download, "--quiet", "--dest", str(tmp_path / "there")], env=environ, check=True
    )
    server.requests.clear()
    wheel = wanted(content, url)
    store = Store(tmp_path / "store", pip_cache=lambda: tmp_path / "cache")
    assert store.fetch([wheel], client, listener)[wheel.sha256].read_bytes() == content
    assert server.requests == []
    assert listener.details[0].startswith(f"{wheel.name}: copied from {tmp_path / 'cache'}")


def test_offline_lists_everything_that_is_missing(
    server: Server, tmp_path: Path, client: Client
) -> None:
    """Nobody is asked, and all wheels are named at once."""
    store = Store(tmp_path / "store", offline=True)
    here = publish(server, "here")
    Store(tmp_path / "store").fetch([here], client, Reporter())
    server.requests.clear()
    wheels = [here, publish(server, "one"), publish(server, "two")]
    with pytest.raises(WorldError) as raised:
        store.fetch(wheels, client, Reporter())
    (finding,) = raised.value.findings
    assert finding.code == "TE511"
    assert finding.message == ("2 wheels are not on this machine, and `--offline` fetches none.")
    assert finding.why.endswith(
        "has:\none-1.0-py3-none-any.whl (0.0 MB)\ntwo-1.0-py3-none-any.whl (0.0 MB)"
    )
    assert server.requests == []
    assert store.fetch([here], client, Reporter())[here.sha256].is_file()


# -- several processes


def test_waits_for_another_process(server: Server, store: Store, client: Client) -> None:
    """Who comes second takes what the first one fetched."""
    wheel = publish(server, "demo")
    waiting = threading.Event()

    class Waiter(Reporter):
        def detail(self, text: str) -> None:
            assert text == "Another process is fetching demo-1.0-py3-none-any.whl: waiting"
            waiting.set()

    (store.root / "locks").mkdir(parents=True)
    with FileLock(store.root / "locks" / f"{wheel.sha256}.lock"):
        thread = threading.Thread(target=store.fetch, args=([wheel], client, Waiter()))
        thread.start()
        assert waiting.wait(10)
        path = store.path(wheel)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(wheel_bytes("demo"))
    thread.join(10)
    assert not thread.is_alive()
    assert server.requests == []


def test_two_at_once_fetch_each_wheel_once(server: Server, store: Store, client: Client) -> None:
    """Two applies that begin together share the work."""
    wheels = [publish(server, f"demo{number}") for number in range(8)]
    both = [
        threading.Thread(target=store.fetch, args=(wheels, client, Reporter())) for _ in range(2)
    ]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join(30)
    assert len(server.requests) == len(wheels)


def test_redirected_download_is_stored(server: Server, store: Store, client: Client) -> None:
    """Indexes send wheels from another host."""
    wheel = publish(server, "demo")
    url = server.put("/moved", Answer(status=302, headers={"Location": wheel.url}))
    moved = WantedWheel(name=wheel.name, url=url, size=wheel.size, sha256=wheel.sha256)
    assert store.fetch([moved], client, Reporter())[wheel.sha256].is_file()

"""The store is looked after: listed, pruned, hashed; what others fetch is left alone."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from filelock import FileLock

from provisioner.events import Reporter
from provisioner.network import Client, Network
from provisioner.store import Store, iter_kept, prune, verify
from tests.network.server import Answer, Server
from tests.store.conftest import Listener, publish, wanted
from tests.store.test_failures import _failure

if TYPE_CHECKING:
    from pathlib import Path

    from provisioner.store import WantedWheel


def _age(path: Path, days: float) -> None:
    """Say of a wheel that it was last wanted days ago."""
    then = time.time() - days * 86_400
    os.utime(path.parent, (then, then))


def _broken_off(server: Server, store: Store) -> WantedWheel:
    """Leave half a wheel behind."""
    url = server.put(
        "/half.whl", Answer(body=b"x" * 100, send=50), Answer(status=503, ranges=False)
    )
    wheel = wanted(b"x" * 100, url, "half-1.0-py3-none-any.whl")
    with Client(Network(retries=0, backoff_s=0)) as client:
        _failure(store, [wheel], client)
    return wheel


def test_no_store_is_empty(tmp_path: Path) -> None:
    """Looking does not make one."""
    assert list(iter_kept(tmp_path / "none")) == []
    assert prune(tmp_path / "none", 0, dry_run=False) == []
    assert verify(tmp_path / "none", Reporter()) == (0, [])
    assert not (tmp_path / "none").exists()


def test_wheels_and_parts_are_listed(server: Server, store: Store, client: Client) -> None:
    """With their hash, size and age; journals are no files of their own."""
    wheel = publish(server, "demo")
    _age(store.fetch([wheel], client, Reporter())[wheel.sha256], 3)
    _broken_off(server, store)
    whole, part = iter_kept(store.root)
    assert (whole.name, whole.sha256, whole.size) == (wheel.name, wheel.sha256, wheel.size)
    assert (round(whole.idle_days), whole.part) == (3, False)
    assert (part.name, part.part) == ("half-1.0-py3-none-any.whl", True)


def test_old_wheels_and_parts_are_pruned(server: Server, store: Store, client: Client) -> None:
    """What was wanted lately stays; nothing is left of what goes."""
    old, new = publish(server, "old"), publish(server, "new")
    files = store.fetch([old, new], client, Reporter())
    half = _broken_off(server, store)
    _age(files[old.sha256], 40)
    would = prune(store.root, 30, dry_run=True)
    assert [one.name for one in would] == ["half-1.0-py3-none-any.whl", old.name]
    assert files[old.sha256].exists()
    assert [one.path for one in prune(store.root, 30, dry_run=False)] == [one.path for one in would]
    assert not store.path(old).parent.exists()
    assert not store.path(half).parent.exists()
    assert files[new.sha256].exists()


def test_a_wheel_that_is_wanted_is_young_again(
    server: Server, store: Store, client: Client
) -> None:
    """Age counts from the last use, not from the download."""
    wheel = publish(server, "demo")
    _age(store.fetch([wheel], client, Reporter())[wheel.sha256], 40)
    store.fetch([wheel], client, Reporter())
    assert prune(store.root, 30, dry_run=False) == []


def test_what_another_process_fetches_stays(server: Server, store: Store) -> None:
    """Its lock is held as long as it writes."""
    half = _broken_off(server, store)
    with FileLock(store.root / "locks" / f"{half.sha256}.lock"):
        assert prune(store.root, 0, dry_run=False) == []
    assert len(prune(store.root, 0, dry_run=False)) == 1


def test_damage_is_found(server: Server, store: Store, client: Client, listener: Listener) -> None:
    """Every wheel is hashed; those that changed are named."""
    good, bad = publish(server, "good"), publish(server, "bad")
    store.fetch([good, bad], client, listener)
    store.path(bad).write_bytes(bytes(bad.size))
    whole, (finding,) = verify(store.root, Reporter())
    assert (whole, finding.code) == (1, "TE513")
    assert finding.message == f"`{bad.name}` in the store is damaged."


def test_being_wanted_leaves_the_wheel_itself_alone(
    server: Server, store: Store, client: Client
) -> None:
    """The engine unpacks a wheel again whose times changed, so the folder's time is renewed."""
    wheel = publish(server, "demo")
    path = store.fetch([wheel], client, Reporter())[wheel.sha256]
    _age(path, 3)
    before = path.stat()
    store.fetch([wheel], client, Reporter())
    assert (path.stat().st_mtime_ns, path.stat().st_ctime_ns) == (
        before.st_mtime_ns,
        before.st_ctime_ns,
    )
    (kept,) = iter_kept(store.root)
    assert round(kept.idle_days) == 0

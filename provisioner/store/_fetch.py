"""Fetching wheels: several at a time, each to its place or not at all.

Threads look for work in turn: the largest wheel that nobody has begun, then another connection for
the one that was begun first. So small wheels come beside large ones, and no connection is idle
while bytes are missing. A thread that has a wheel of its own helps those that were begun before it,
too: large ones are whole one after the other, and can be unpacked while the rest comes. The calling
thread looks after the connections meanwhile.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from provisioner.findings import TorchenvError, VerificationError, WorldError
from provisioner.network import NetworkError, StoppedError, StopSignal
from provisioner.store import _findings
from provisioner.store._again import telling_what_was_tried
from provisioner.store._answer import WrongFileError
from provisioner.store._journal import journal_of, remove_part
from provisioner.store._part import Progress, head_of, publish, sha256_of, write_part
from provisioner.store._transfer import BrokenOffError, Errand, Transfer
from provisioner.store._wheel import check_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from provisioner.events import Reporter
    from provisioner.network import Client, Network
    from provisioner.store._local import LocalPlaces
    from provisioner.store._types import WantedWheel

Arrived = Callable[[str, Path], None]
"""Told the sha256 and the place of a wheel."""
_ATTEMPTS: Final = 2
_LOOK_EVERY_S: Final = 0.2
_ABSENT: Final = frozenset({403, 404, 410})
"""403 as well: object stores, PyTorch's among them, answer so for what they do not have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What the threads of one fetch share."""

    root: Path
    client: Client
    reporter: Reporter
    places: LocalPlaces
    """Where wheels may lie on this machine."""
    offline: bool = False
    """Whether these places are all there is."""
    arrived: Arrived = lambda _sha256, _path: None
    """Told of each wheel that is there and verified, from several threads."""
    stop: StopSignal = field(default_factory=StopSignal)


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A wheel that is to be fetched, and where to."""

    wheel: WantedWheel
    path: Path
    lock: Path
    """Held while the wheel is written, against other processes."""

    @property
    def part(self) -> Path:
        """Where it is while it is not whole."""
        return self.path.with_name(f"{self.path.name}.part")


class Board:
    """Which wheels nobody has begun, and which transfers could use another connection."""

    def __init__(self, missing: Sequence[Missing] = ()) -> None:
        """Put up ``missing``, largest first."""
        self._waiting = sorted(missing, key=lambda one: one.wheel.size)
        self._transfers: dict[Transfer, None] = {}
        """Those at work, in the order in which they were begun."""
        self._unfinished = len(self._waiting)
        self._changed = threading.Condition()

    def next(self) -> Missing | Transfer | None:
        """Return something to do, and wait for it; None when all is done or begun by others."""
        with self._changed:
            while self._unfinished:
                if self._waiting:
                    return self._waiting.pop()
                first = next((one for one in self._transfers if one.wants_help), None)
                if first is not None:
                    return first
                self._changed.wait(_LOOK_EVERY_S)
        return None

    def earlier(self, transfer: Transfer) -> Transfer | None:
        """Return one that was begun before ``transfer`` and could use another connection."""
        with self._changed:
            before = takewhile(lambda one: one is not transfer, self._transfers)
            return next((one for one in before if one.wants_help), None)

    @contextmanager
    def shown(self, transfer: Transfer) -> Iterator[None]:
        """Let others help with a transfer within the block."""
        with self._changed:
            self._transfers[transfer] = None
        try:
            yield
        finally:
            with self._changed:
                del self._transfers[transfer]

    def finished(self) -> None:
        """One wheel needs nobody any more."""
        with self._changed:
            self._unfinished -= 1
            self._changed.notify_all()

    def changed(self) -> None:
        """There may be something new to do."""
        with self._changed:
            self._changed.notify()

    def watch(self) -> None:
        """Look after the connections."""
        now = time.monotonic()
        with self._changed:
            transfers = list(self._transfers)
        for one in transfers:
            one.watch(now)


def fetch_missing(
    missing: Sequence[Missing], job: Job, fetch: Callable[[Missing, Job, Board], None] | None = None
) -> None:
    """Fetch wheels; the first failure ends the others, and no thread outlives the call.

    Args:
        missing: What is to be fetched.
        job: What the threads share.
        fetch: What is done for each of them; by default it is brought to its place.

    Raises:
        WorldError: Network, index or disk said no.
        VerificationError: A wheel is not what the lock says.
    """
    job.reporter.download_started(len(missing), sum(one.wheel.size for one in missing))
    board = Board(missing)
    network = job.client.settings
    look_every_s = min(_LOOK_EVERY_S, network.stall_s / 2)
    pool = ThreadPoolExecutor(network.connections, thread_name_prefix="fetch")
    futures: list[Future[None]] = []
    try:
        futures += [
            pool.submit(_work, board, job, fetch or _fetch_one)
            for _ in range(_threads(missing, network))
        ]
        pending: set[Future[None]] = set(futures)
        while pending:
            done, pending = wait(pending, look_every_s, return_when=FIRST_EXCEPTION)
            if any(one.exception() is not None for one in done):
                break
            board.watch()
    finally:
        # Also on Ctrl-C, which arrives in `wait`. Processes are forked later, and a fork copies
        # the locks that another thread holds, but not the thread.
        job.stop.request()
        pool.shutdown(wait=True, cancel_futures=True)
        job.reporter.download_finished()
    _raise_failures(futures)


def _threads(missing: Sequence[Missing], network: Network) -> int:
    """Return how many threads have something to do."""
    large = any(one.wheel.size >= network.parallel_from_bytes for one in missing)
    return network.connections if large else min(network.connections, len(missing))


def _work(board: Board, job: Job, fetch: Callable[[Missing, Job, Board], None]) -> None:
    """Do what there is to do until nothing is left."""
    while True:
        job.stop.check()
        task = board.next()
        if task is None:
            return
        if isinstance(task, Transfer):
            task.help()
            continue
        try:
            fetch(task, job, board)
        finally:
            board.finished()


def _raise_failures(futures: Sequence[Future[None]]) -> None:
    """Raise what went wrong, all findings in one error; being stopped is no failure."""
    errors = [one.exception() for one in futures if one.done() and not one.cancelled()]
    failures = [one for one in errors if one is not None and not isinstance(one, StoppedError)]
    for failure in failures:
        if not isinstance(failure, TorchenvError):
            raise failure
    findings = [
        found for one in failures if isinstance(one, TorchenvError) for found in one.findings
    ]
    if any(isinstance(one, VerificationError) for one in failures):
        raise VerificationError(findings) from failures[0]
    if failures:
        raise WorldError(findings) from failures[0]


def _fetch_one(missing: Missing, job: Job, board: Board) -> None:
    """Bring one wheel to its place, unless another process just did."""
    try:
        with held(missing, job):
            if is_whole(missing.path, missing.wheel):
                job.reporter.download_progress(missing.wheel.name, missing.wheel.size)
            else:
                with telling_what_was_tried(job.root, missing.wheel, job.client.settings):
                    _receive(missing, job, board)
                    _keep(missing)
        job.arrived(missing.wheel.sha256, missing.path)
    except OSError as exc:
        raise WorldError(_findings.disk_failure(job.root, exc)) from exc


def _keep(missing: Missing) -> None:
    """Move a part with the right hash to its place, if it is the wheel that its name promises."""
    check_part(missing)
    publish(missing.part, missing.path)
    journal_of(missing.part).unlink(missing_ok=True)


def check_part(missing: Missing) -> None:
    """Check that a part is the wheel that its name promises, and remove it if not.

    Raises:
        VerificationError: ``TE504``.
        OSError: It cannot be read.
    """
    try:
        check_wheel(missing.part, missing.wheel)
    except VerificationError:
        remove_part(missing.part)
        raise


@contextmanager
def held(missing: Missing, job: Job) -> Iterator[None]:
    """Hold the wheel's lock; another process may take minutes to give it free."""
    from filelock import FileLock, Timeout  # noqa: PLC0415 - only where something is fetched

    lock = FileLock(missing.lock, mode=0o600)
    waiting = False
    while not lock.is_locked:
        job.stop.check()
        try:
            lock.acquire(timeout=_LOOK_EVERY_S)
        except Timeout:
            if not waiting:
                job.reporter.detail(f"Another process is fetching {missing.wheel.name}: waiting")
            waiting = True
    try:
        yield
    finally:
        lock.release()


def is_whole(path: Path, wheel: WantedWheel) -> bool:
    """Whether the store has the wheel, with the very bytes that were once verified.

    Raises:
        OSError: It is there and cannot be read.
    """
    try:
        return path.stat().st_size == wheel.size and sha256_of(path) == wheel.sha256
    except (FileNotFoundError, NotADirectoryError):
        return False


def _receive(missing: Missing, job: Job, board: Board) -> None:
    """Write the wheel's bytes to its part, from a local source or from its server."""
    wheel = missing.wheel
    progress = Progress(wheel.name, job.reporter)
    copy = missing.path.with_name(f"{missing.path.name}.copy")
    try:
        for path in job.places.iter(wheel):
            if _copy(path, wheel, copy, job, progress):
                copy.replace(missing.part)
                job.reporter.detail(f"{wheel.name}: copied from {path}")
                return
            progress.restart()
    finally:
        copy.unlink(missing_ok=True)
    if job.offline:
        raise WorldError(_findings.offline([wheel], job.root))
    _download(missing, job, board, progress)


def _copy(path: Path, wheel: WantedWheel, copy: Path, job: Job, progress: Progress) -> bool:
    """Copy a file that may be the wheel; return whether it is."""
    try:
        with job.client.open(str(path), stop=job.stop) as file:
            received = write_part(file.blocks, copy, wheel.size, progress)
    except NetworkError as exc:
        job.reporter.detail(f"{path}: not readable ({exc})")
        return False
    if received.sha256 != wheel.sha256:
        job.reporter.detail(f"{path}: another file of the same name and size, not taken")
    return received.sha256 == wheel.sha256


def _download(missing: Missing, job: Job, board: Board, progress: Progress) -> None:
    """Fetch the wheel from its server; one with another hash is fetched once more from zero.

    Raises:
        NetworkError: The server said no for good.
        WorldError: ``TE403``, ``TE502``, ``TE508``.
        VerificationError: ``TE501``, ``TE509``.
    """
    wheel = missing.wheel
    failure: TorchenvError | None = None
    for attempt in range(_ATTEMPTS):
        progress.restart()
        try:
            sha256 = transfer(missing, job, board, progress, single=attempt > 0)
            if sha256 == wheel.sha256:
                return
            head = head_of(missing.part)
            failure = VerificationError(_findings.hash_mismatch(wheel, sha256, head))
        except BrokenOffError as exc:
            raise WorldError(_findings.incomplete(wheel, exc)) from exc
        except NetworkError as exc:
            if exc.status in _ABSENT:
                remove_part(missing.part)
                raise WorldError(_findings.gone(wheel, exc.status or 0)) from exc
            raise
        except WrongFileError as exc:
            failure = wrong_file(wheel, exc)
        remove_part(missing.part)
    if failure is not None:
        raise failure


def wrong_file(wheel: WantedWheel, wrong: WrongFileError) -> TorchenvError:
    """Return the error for a file that cannot be the wheel, before its hash is known."""
    if wrong.is_page:
        return WorldError(_findings.page_instead(wheel))
    return VerificationError(_findings.other_size(wheel, wrong))


def transfer(  # noqa: PLR0913 - what, with what, and how
    missing: Missing,
    job: Job,
    board: Board,
    progress: Progress,
    *,
    proven: bool = True,
    single: bool = False,
) -> str:
    """Bring a wheel's bytes to its part, with the help of other threads; return their sha256.

    Raises:
        NetworkError: The server said no for good.
        BrokenOffError: Several tries brought nothing.
        WrongFileError: The server has another file.
        OSError: The disk does not take it.
    """
    wheel = missing.wheel
    work = Transfer(
        Errand(
            url=wheel.url,
            size=wheel.size,
            part=missing.part,
            client=job.client,
            stop=job.stop,
            progress=progress,
            proven=proven,
            single=single,
            changed=board.changed,
            earlier=board.earlier,
        )
    )
    try:
        if work.resumed_bytes:
            have = _findings.megabytes(work.resumed_bytes)
            job.reporter.detail(f"{wheel.name}: {have} are here from an earlier run")
        with board.shown(work):
            sha256 = work.complete()
        work.sync()
        return sha256
    finally:
        work.close()

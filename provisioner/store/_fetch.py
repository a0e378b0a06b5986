"""Fetching wheels: several at a time, each to its place or not at all."""

from __future__ import annotations

from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from provisioner.findings import TorchenvError, VerificationError, WorldError
from provisioner.network import NetworkError, StoppedError, StopSignal
from provisioner.store import _findings
from provisioner.store._local import iter_local
from provisioner.store._part import Progress, Received, publish, sha256_of, write_part
from provisioner.store._wheel import check_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from provisioner.events import Reporter
    from provisioner.network import Client
    from provisioner.store._types import WantedWheel

_THREADS: Final = 4
"""Indexes serve one connection well below what a line carries; more than a few annoys them."""
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
    local_sources: tuple[Path, ...]
    stop: StopSignal = field(default_factory=StopSignal)


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A wheel that is to be fetched, and where to."""

    wheel: WantedWheel
    path: Path
    lock: Path
    """Held while the wheel is written, against other processes."""


class _BrokenOffError(Exception):
    """A transfer ended before its time."""

    def __init__(self, received_bytes: int, cause: NetworkError) -> None:
        super().__init__(str(cause))
        self.received_bytes = received_bytes
        self.cause = cause


def fetch_missing(missing: Sequence[Missing], job: Job) -> None:
    """Fetch wheels; the first failure ends the others, and no thread outlives the call.

    Raises:
        WorldError: Network, index or disk said no.
        VerificationError: A wheel is not what the lock says.
    """
    job.reporter.download_started(len(missing), sum(one.wheel.size for one in missing))
    pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="fetch")
    futures: list[Future[None]] = []
    try:
        futures += [pool.submit(_fetch_one, one, job) for one in missing]
        wait(futures, return_when=FIRST_EXCEPTION)
    finally:
        # Also on Ctrl-C, which arrives in `wait`. Processes are forked later, and a fork copies
        # the locks that another thread holds, but not the thread.
        job.stop.request()
        pool.shutdown(wait=True, cancel_futures=True)
        job.reporter.download_finished()
    _raise_failures(futures)


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


def _fetch_one(missing: Missing, job: Job) -> None:
    """Bring one wheel to its place, unless another process just did."""
    part = missing.path.with_name(f"{missing.path.name}.part")
    try:
        with _held(missing, job):
            if is_whole(missing.path, missing.wheel):
                job.reporter.download_progress(missing.wheel.name, missing.wheel.size)
                return
            try:
                _receive(missing.wheel, part, job)
                check_wheel(part, missing.wheel)
                publish(part, missing.path)
            finally:
                part.unlink(missing_ok=True)
    except OSError as exc:
        raise WorldError(_findings.disk_failure(job.root, exc)) from exc


@contextmanager
def _held(missing: Missing, job: Job) -> Iterator[None]:
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


def _receive(wheel: WantedWheel, part: Path, job: Job) -> None:
    """Write the wheel's bytes to ``part``, from a local source or from its server."""
    progress = Progress(wheel.name, job.reporter)
    for path in iter_local(wheel, job.local_sources, job.client):
        if _copy(path, wheel, part, job, progress):
            job.reporter.detail(f"{wheel.name}: copied from {path}")
            return
        progress.restart()
    _download(wheel, part, job, progress)


def _copy(path: Path, wheel: WantedWheel, part: Path, job: Job, progress: Progress) -> bool:
    """Copy a file that may be the wheel; return whether it is."""
    try:
        received = _transfer(str(path), wheel, part, job, progress)
    except (NetworkError, _BrokenOffError) as exc:
        job.reporter.detail(f"{path}: not readable ({exc})")
        return False
    if received.sha256 != wheel.sha256:
        job.reporter.detail(f"{path}: another file of the same name and size, not taken")
    return received.sha256 == wheel.sha256


def _download(wheel: WantedWheel, part: Path, job: Job, progress: Progress) -> None:
    """Fetch the wheel from its server; a broken or wrong transfer is begun anew once."""
    failure: TorchenvError | None = None
    for _ in range(_ATTEMPTS):
        progress.restart()
        try:
            received = _transfer(wheel.url, wheel, part, job, progress)
        except _BrokenOffError as exc:
            why = exc.cause.findings[0].why
            failure = WorldError(_findings.incomplete(wheel, exc.received_bytes, why))
            continue
        except NetworkError as exc:
            if exc.status in _ABSENT:
                raise WorldError(_findings.gone(wheel, exc.status or 0)) from exc
            raise
        if received.sha256 == wheel.sha256:
            return
        failure = VerificationError(_findings.hash_mismatch(wheel, received))
    if failure is not None:
        raise failure


def _transfer(place: str, wheel: WantedWheel, part: Path, job: Job, progress: Progress) -> Received:
    """Write what ``place`` (URL or path) holds to ``part``.

    Raises:
        NetworkError: It cannot be opened.
        _BrokenOffError: It ended too early.
    """
    with job.client.open(place, stop=job.stop) as download:
        try:
            received = write_part(download.blocks, part, wheel.size, progress)
        except NetworkError as exc:
            job.stop.check()  # cutting a connection makes it fail
            raise _BrokenOffError(progress.received_bytes, exc) from exc
    return received

"""One file over HTTP: over one connection or several, on from where it stopped, retried.

A transfer belongs to one thread, which calls :meth:`Transfer.complete`; others may call
:meth:`Transfer.help` meanwhile. Every piece of work is one request for one span of the file:

- The first answer decides. A server that sends a range (206) is asked for further ones at the same
  time; one that sends the whole file (200) is listened to over this one connection.
- Every range names the state of the file that the first answer named (``If-Range``). A server whose
  file is another one by now sends it whole, and the transfer begins anew with that.
- Failures are counted only while nothing is won: every try that brought the file further than any
  try before starts the count again. So a bad line is used for as long as it carries something.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from provisioner.network import NetworkError, StoppedError
from provisioner.store._answer import HEAD_BYTES, WrongFileError, judged
from provisioner.store._hashing import Hasher
from provisioner.store._journal import Origin, PartFile, remove_part
from provisioner.store._lines import Line, Lines
from provisioner.store._spans import Span, front, missing, pieces, total
from provisioner.store._tries import Tries

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from provisioner.network import Client, Download, StopSignal
    from provisioner.store._part import Progress

_SMALLEST_PART: Final = 8 << 20
_LARGEST_PART: Final = 32 << 20
_PARTS: Final = 64
_LOOK_EVERY_S: Final = 0.2
_BUSY: Final = frozenset({403, 429, 500, 502, 503, 504})
"""What servers answer to one connection too many."""
_NOT_SATISFIABLE: Final = 416


class BrokenOffError(Exception):
    """The transfer was given up after several tries that brought nothing."""

    def __init__(self, best_bytes: int, kept_bytes: int, tries: int, cause: NetworkError) -> None:
        """Keep what was seen.

        Args:
            best_bytes: How far it came at best.
            kept_bytes: What is there now, for the next run to go on from.
            tries: How often it was tried in vain at last.
            cause: Why it ended the last time.
        """
        super().__init__(str(cause))
        self.best_bytes = best_bytes
        self.kept_bytes = kept_bytes
        self.tries = tries
        self.cause = cause


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """What a transfer is to bring, and with what."""

    url: str
    size: int
    """Bytes."""
    part: Path
    """Where they go, with a journal beside it."""
    client: Client
    stop: StopSignal
    progress: Progress
    proven: bool = True
    """Whether a hash proves the result. Where none does, bytes are only joined if the server names
    the state of its file."""
    single: bool = False
    """Begin at the first byte, and use one connection."""
    changed: Callable[[], None] = lambda: None
    """Called when there may be work for others."""
    earlier: Callable[[Transfer], Transfer | None] = lambda _transfer: None
    """Returns another transfer that is to be helped first."""


class Transfer:
    """A file that is being fetched."""

    def __init__(self, errand: Errand) -> None:
        """Open the part, with what an earlier run left in it.

        Raises:
            OSError: The part cannot be written.
        """
        self._errand = errand
        self._size = errand.size
        self._network = errand.client.settings
        self._cond = threading.Condition()
        self._lines = Lines(
            self._network,
            may_split=not errand.single and self._size >= self._network.parallel_from_bytes,
        )
        self._epoch = 0
        """Grows when all bytes are forgotten; lines of an earlier one are no longer wanted."""
        self._failure: Exception | None = None
        self._last: NetworkError | None = None
        self._change: NetworkError | None = None
        """Set when the server named another state of its file."""
        self._tries = Tries(self._network, self._size)
        self._validator: str | None = None
        self._file = PartFile(errand.part)
        self._hasher = Hasher(self._file.read)
        self.resumed_bytes = 0 if errand.single else self._resume()
        if not self.resumed_bytes:
            self._file.begin(self._origin())
        self._tries.best_bytes = self.resumed_bytes
        self._queue = deque(self._cut_up(missing(self._file.done, self._size)))
        errand.progress.add(self.resumed_bytes)

    # -- what others see

    @property
    def wants_help(self) -> bool:
        """Whether another connection would have something to do now."""
        return (
            bool(self._queue)
            and not self._lines.is_full
            and self._failure is None
            and time.monotonic() >= self._tries.rest_until
        )

    def help(self) -> None:
        """Do one piece of the work, if there is one; what fails is the owner's to tell."""
        line = self._take()
        if line is not None:
            self._work(line)

    def complete(self) -> str:
        """Work until the whole file is there; return its sha256.

        Raises:
            NetworkError: The server said no for good.
            BrokenOffError: Several tries brought nothing.
            WrongFileError: The server has another file.
            StoppedError: The transfer was stopped.
            OSError: The disk does not take it.
        """
        try:
            while not self._is_done:
                self._raise_failure()
                other = self._errand.earlier(self)
                if other is not None:
                    other.help()
                    continue
                line = self._take()
                if line is None:
                    self._wait()
                else:
                    self._work(line)
        finally:
            self._leave()
        self._errand.progress.flush()
        return self._hasher.finish(self._size)

    def sync(self) -> None:
        """Wait until the bytes are on the disk.

        Raises:
            OSError: The disk does not take them.
        """
        self._file.sync()

    def close(self) -> None:
        """Close the files, which stay where they are unless nothing came."""
        self._file.close()
        if not self._file.done:
            with suppress(OSError):
                remove_part(self._errand.part)

    def watch(self, now: float) -> None:
        """Cut connections that carry nothing, and allow more where each of them is slow.

        Args:
            now: What ``time.monotonic`` says.
        """
        with self._cond:
            stalled = self._lines.stalled(now)
            more = self._lines.adapt(now)
        for line in stalled:
            line.end()
        if more:
            self._errand.changed()

    # -- one piece of work

    def _raise_failure(self) -> None:
        """Raise what the transfer failed with, once nobody is at work any more."""
        with self._cond:
            if self._failure is not None and not self._lines:
                raise self._failure

    def _take(self) -> Line | None:
        """Return a connection with a span to fetch, where one may be opened now."""
        with self._cond:
            self._errand.stop.check()
            if not self.wants_help:
                return None
            return self._lines.open(self._queue.popleft(), self._epoch)

    def _work(self, line: Line) -> None:
        """Fetch what a line is for; failures are kept for the owner."""
        try:
            self._receive(line)
        except NetworkError as exc:
            self._errand.stop.check()
            self._after_failure(line, exc)
        except StoppedError:
            raise
        except Exception as exc:  # noqa: BLE001 - the owner raises it, whoever met it
            self._fail(exc)
        finally:
            with self._cond:
                self._lines.discard(line)
                if line.epoch == self._epoch and line.span[0] < line.span[1]:
                    self._queue.appendleft(line.span)
                self._cond.notify_all()
            self._errand.changed()

    def _receive(self, line: Line) -> None:
        """Fetch the line's span; the line then says what of it is still missing.

        Raises:
            NetworkError: It did not come whole.
            WrongFileError: This is another file.
        """
        start, end = line.span
        with self._errand.client.open(
            self._errand.url,
            start=start,
            end=None if end == self._size and not (start == 0 and self._lines.may_split) else end,
            validator=self._validator,
            retry=False,
            stop=self._errand.stop,
        ) as download:
            line.cut, line.since = download.cut, time.monotonic()
            blocks = judged(download, self._size)
            if not self._admit(line, download):
                return
            for block in blocks:
                if not self._keep(line, block):
                    return
        raise NetworkError("truncated", self._errand.url, "it ended early")

    def _admit(self, line: Line, download: Download) -> bool:
        """Take in what an answer says of the file; return whether its bytes are wanted."""
        with self._cond:
            if line.epoch != self._epoch:
                return False
            if not download.partial:
                self._begin_anew(download.validator, line)
                self._queue.clear()
                line.epoch, line.span = self._epoch, (0, self._size)
            elif self._is_another(download.validator):
                # It did not look at ``If-Range``.
                self._begin_anew(download.validator)
                return False
            else:
                self._learn(download.validator)
        self._errand.changed()
        return True

    def _is_another(self, validator: str | None) -> bool:
        """Whether a server names another state of its file than before."""
        return None not in {self._validator, validator} and self._validator != validator

    def _learn(self, validator: str | None) -> None:
        """Keep what a range says: the server knows ranges, and this is its file."""
        if self._validator is None and validator is not None:
            self._validator = validator
            if not self._file.done:
                self._file.begin(self._origin())
        if self._is_resumable:
            self._lines.allow_several()

    def _keep(self, line: Line, block: bytes) -> bool:
        """Write what came; return whether more is wanted over this connection.

        Raises:
            WrongFileError: More comes than the file has.
            OSError: The disk does not take it.
        """
        with self._cond:
            if line.epoch != self._epoch or self._failure is not None:
                return False
            start, end = line.span
            if len(block) > end - start and end == self._size:
                raise WrongFileError(None, self._file.read(0, HEAD_BYTES))
            block = block[: end - start]
            self._file.write(block, start)
            line.span = (start + len(block), end)
            self._lines.count(line, len(block))
            self._errand.progress.add(len(block))
            hasher, ready = self._hasher, front(self._file.done)
        hasher.take(block, start)
        hasher.follow(ready)
        return line.span[0] < end

    # -- beginning anew, and failing; all under the lock

    def _begin_anew(self, validator: str | None, keep: Line | None = None) -> None:
        """Forget all bytes and every connection but ``keep``; the whole file comes over one."""
        had = bool(self._file.done)
        if self._is_another(validator):
            self._change = NetworkError("changed", self._errand.url)
        why = self._change or self._last
        self._epoch += 1
        self._lines.allow_one()
        self._validator = validator
        self._file.begin(self._origin())
        self._hasher = Hasher(self._file.read)
        self._queue = deque([(0, self._size)])
        self._lines.end(keep)
        if had:
            self._errand.progress.restart()
        if had and why is not None:
            self._count(why, time.monotonic())

    def _after_failure(self, line: Line, exc: NetworkError) -> None:
        """Decide what a failure means for the whole transfer."""
        if line.stalled:
            exc = NetworkError("stall", self._errand.url, f"{self._network.stall_s:g} s")
        with self._cond:
            if line.epoch != self._epoch or self._failure is not None:
                return
            if exc.status in _BUSY and len(self._lines) > 1:
                # One connection too many: the others go on.
                self._lines.allow_fewer()
            elif self._is_about_ranges(exc) and (self._lines.may_split or self._file.done):
                self._begin_anew(None)
                self._count(exc, time.monotonic())
            elif exc.is_transient:
                self._count(exc, line.began)
            else:
                self._fail(exc)

    @staticmethod
    def _is_about_ranges(exc: NetworkError) -> bool:
        """Whether the whole file may be had although a part of it was not."""
        return exc.status == _NOT_SATISFIABLE or exc.cause == "ranges"

    def _count(self, exc: NetworkError, began: float) -> None:
        """Count a failure of a connection that was opened at ``began``; too many end it all."""
        self._last = exc
        have = total(self._file.done)
        if self._tries.are_used_up(have, began, exc.retry_after_s):
            best = max(have, self._tries.best_bytes)
            broken = BrokenOffError(best, have, self._tries.number, exc)
            self._fail(self._change or (broken if best else exc))
        elif have and not self._is_resumable:
            self._begin_anew(None)

    def _fail(self, exc: Exception) -> None:
        with self._cond:
            self._failure = self._failure or exc
            self._lines.end()
            self._cond.notify_all()

    def _wait(self) -> None:
        """Wait for other threads, or until the next try; hash meanwhile what they brought."""
        with self._cond:
            hasher, ready = self._hasher, front(self._file.done)
        hasher.follow(ready)
        with self._cond:
            if not (self._is_done or self.wants_help):
                rest_s = self._tries.rest_until - time.monotonic()
                self._cond.wait(min(_LOOK_EVERY_S, rest_s) if rest_s > 0 else _LOOK_EVERY_S)

    def _leave(self) -> None:
        """Wait for the other threads; they look up at their next block, or are cut."""
        with self._cond:
            while self._lines:
                self._cond.wait(_LOOK_EVERY_S)

    # -- decisions

    @property
    def _is_done(self) -> bool:
        return self._failure is None and self._file.done == [(0, self._size)]

    @property
    def _is_resumable(self) -> bool:
        return self._errand.proven or self._validator is not None

    def _origin(self) -> Origin:
        return Origin.of(self._errand.url, self._size, self._validator)

    def _resume(self) -> int:
        """Take over what an earlier run left, where it may be; return its size in bytes."""
        origin = self._file.origin
        if origin is None or origin.size != self._size:
            return 0
        if origin.url_sha256 == self._origin().url_sha256:
            self._validator = origin.validator
        return total(self._file.done) if self._is_resumable else 0

    def _cut_up(self, spans: list[Span]) -> list[Span]:
        if not self._lines.may_split:
            return spans
        return pieces(spans, self._network.part_bytes or part_size(self._size))


def part_size(size: int) -> int:
    """Return the size of the parts that a file of ``size`` bytes is fetched in."""
    return min(max(size // _PARTS, _SMALLEST_PART), _LARGEST_PART)

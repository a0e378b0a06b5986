"""How long a transfer is tried: as long as it wins something."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from provisioner.network import Network

_PROGRESS_BYTES: Final = 4 << 10


class Tries:
    """Counts failures since the file came further than ever before; not thread-safe."""

    def __init__(self, network: Network, size: int) -> None:
        """Nothing failed yet; ``size`` in bytes."""
        self._network = network
        self._step = min(_PROGRESS_BYTES, max(1, size // 1024))
        self._pause_s = network.backoff_s
        self._failed_at = 0.0
        self.number = 0
        self.best_bytes = 0
        """The most that was ever there at a failure."""
        self.rest_until = 0.0
        """When to try again, as ``time.monotonic`` counts."""

    def are_used_up(self, have: int, began: float, retry_after_s: float | None) -> bool:
        """Count one more failure; return whether that was one too many.

        Args:
            have: Bytes that are there.
            began: When the connection that failed was opened. Those that were open together when
                a server went away are one failure.
            retry_after_s: What the server asks to wait, in seconds.
        """
        now = time.monotonic()
        if retry_after_s is not None:
            self._rest(now, retry_after_s)
        if have >= self.best_bytes + self._step:
            self.best_bytes, self.number, self._failed_at = have, 0, now
            self._pause_s = self._network.backoff_s
            return False
        if began < self._failed_at:
            return False
        self._failed_at = now
        self.number += 1
        if retry_after_s is None:
            self._rest(now, self._pause_s)
        self._pause_s *= 2
        return self.number > self._network.retries

    def _rest(self, now: float, pause_s: float) -> None:
        self.rest_until = max(self.rest_until, now + min(pause_s, self._network.longest_wait_s))

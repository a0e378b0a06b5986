"""The same failure twice in a row: the second run says what was tried.

A note of what a wheel failed with stays in the store until the wheel arrives, or ``prune`` removes
it. It is a courtesy: a store that cannot be written does without.
"""

from __future__ import annotations

import json
import shutil
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from provisioner.findings import Finding, TorchenvError, VerificationError, WorldError
from provisioner.network import proxy_for
from provisioner.paths import write_atomic
from provisioner.urls import host_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from provisioner.network import Network
    from provisioner.store._types import WantedWheel

_FOLDER: Final = "failures"
_NOT_TRIED: Final = frozenset({"TE503", "TE505", "TE511"})
"""Failures of this machine, for which no server was to blame."""


@contextmanager
def telling_what_was_tried(root: Path, wheel: WantedWheel, network: Network) -> Iterator[None]:
    """Fetch a wheel within the block; a failure that the last run had too says more.

    Raises:
        WorldError: That failure, or the first of its kind.
        VerificationError: The same.
    """
    note = root / _FOLDER / f"{wheel.sha256}.json"
    try:
        yield
    except TorchenvError as exc:
        if any(one.code in _NOT_TRIED for one in exc.findings):
            raise
        failures = [[one.code, one.message] for one in exc.findings]
        runs = 1 + _runs_before(note, failures)
        with suppress(OSError):
            write_atomic(note, json.dumps({"failures": failures, "runs": runs}).encode())
        if runs == 1:
            raise
        kind = VerificationError if isinstance(exc, VerificationError) else WorldError
        tried = _tried(runs, wheel, network)
        raise kind(_with(one, tried) for one in exc.findings) from exc
    else:
        with suppress(OSError):
            note.unlink()


def forget_failures(root: Path) -> None:
    """Remove the notes."""
    shutil.rmtree(root / _FOLDER, ignore_errors=True)


def _runs_before(note: Path, failures: list[list[str]]) -> int:
    """Return in how many runs, up to the last one, the wheel failed like this."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        table = json.loads(note.read_bytes())
        if table["failures"] == failures:
            return int(table["runs"])
    return 0


def _tried(runs: int, wheel: WantedWheel, network: Network) -> str:
    proxy = proxy_for(wheel.url, network)
    way = "directly" if proxy is None else f"through the proxy `{host_of(proxy)}`"
    tries = network.retries + 1
    return (
        f"The last {runs} runs ended like this. In each, `{host_of(wheel.url)}` was asked {way}, "
        f"with up to {tries} {'try' if tries == 1 else 'tries'} in a row that brought nothing; "
        "further stores, pip's cache and `find-links` do not have the wheel."
    )


def _with(finding: Finding, tried: str) -> Finding:
    return replace(
        finding,
        why=f"{finding.why} {tried}",
        do=f"{finding.do} One more run is unlikely to help: use another network or a mirror, or "
        "bring the wheel in a folder of `find-links` or by `torchenv bundle`.",
    )

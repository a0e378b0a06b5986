"""The store's findings: what can be wrong with a wheel, a download or a disk, in words."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Final

from provisioner.findings import Finding
from provisioner.paths import display
from provisioner.urls import host_of, mask, strip_credentials

if TYPE_CHECKING:
    from pathlib import Path

    from provisioner.store._part import Received
    from provisioner.store._types import WantedWheel

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_MOVE: Final = "Free some space there, or move the store: `TORCHENV_STORE=/other/disk`."


def megabytes(size_bytes: int) -> str:
    """Return a size for people: ``189.4 MB`` (of 10**6 bytes, as package indexes show sizes)."""
    return f"{size_bytes / 1e6:,.1f} MB"


def hash_mismatch(wheel: WantedWheel, received: Received) -> Finding:
    """Word bytes that are not the wanted ones."""
    got = f"sha256 {received.sha256} and {received.size} bytes"
    if received.size > wheel.size:
        got = f"more than the {wheel.size} bytes that it has"
    why = (
        f"Wanted sha256 {wheel.sha256} and {wheel.size} bytes; `{_place(wheel)}` sent {got}, twice."
    )
    if received.looks_like_html:
        why += " The bytes look like a web page: a proxy or a login page answered instead."
    return Finding(
        code="TE501",
        message=f"`{wheel.name}` does not match its hash.",
        why=why,
        do="Check proxy and credentials. If the file was replaced on its server, lock again with "
        "`torchenv lock`, and ask there why: published files are not to change.",
    )


def incomplete(wheel: WantedWheel, received_bytes: int, reason: str) -> Finding:
    """Word a download that broke off."""
    return Finding(
        code="TE502",
        message=f"`{wheel.name}` did not arrive whole.",
        why=f"The transfer from `{host_of(wheel.url)}` broke off twice, the second time after "
        f"{megabytes(received_bytes)} of {megabytes(wheel.size)}: {reason}",
        do="Run the same command again; wheels that are complete are not fetched again.",
    )


def gone(wheel: WantedWheel, status: int) -> Finding:
    """Word a wheel that its server does not have, or says so."""
    return Finding(
        code="TE403",
        message=f"`{wheel.name}` is not where the lock says.",
        why=f"The answer to `{_place(wheel)}` was {status}, and no local source has the file.",
        do="Check whether that server wants credentials (pip's configuration, `~/.netrc`). If the "
        "file was removed there, lock again with `torchenv lock`.",
    )


def not_a_wheel_name(name: str, reason: str) -> Finding:
    """Word a name or hash that no wheel can have."""
    return Finding(
        code="TE504",
        message=f"`{name}` is not the name of a wheel.",
        why=f"The lock names a file that cannot be stored under it: {reason}",
        do="Make the lock anew with `torchenv lock`.",
    )


def not_what_it_says(wheel: WantedWheel, why: str) -> Finding:
    """Word a file that has the right hash and is still not the wheel that its name promises."""
    return Finding(
        code="TE504",
        message=f"`{wheel.name}` is not what its name says.",
        why=f"{why} It came from `{_place(wheel)}` with the hash that the lock names.",
        do="Choose another version or another index, and tell the publisher.",
    )


def no_space(root: Path, needed_bytes: int, free_bytes: int) -> Finding:
    """Word a disk that is too small for what is about to be fetched."""
    return Finding(
        code="TE503",
        message=f"There is not enough disk space for the wheels in `{display(root)}`.",
        why=f"{megabytes(needed_bytes)} are to be fetched, and {megabytes(free_bytes)} are free.",
        do=_MOVE,
    )


def disk_failure(root: Path, exc: OSError) -> Finding:
    """Word what the operating system said while the store was written."""
    if exc.errno in _FULL:
        return Finding(
            code="TE503",
            message=f"The disk that holds `{display(root)}` is full.",
            why=f"Writing a wheel failed ({exc.strerror}); what was written of it was removed.",
            do=_MOVE,
        )
    place = display(root) if exc.filename is None else str(exc.filename)
    return Finding(
        code="TE505",
        message=f"The store at `{display(root)}` cannot be written.",
        why=f"`{place}`: {exc.strerror or exc}.",
        do="Check the folder's owner and permissions, or choose another with `TORCHENV_STORE`.",
    )


def _place(wheel: WantedWheel) -> str:
    return mask(strip_credentials(wheel.url))

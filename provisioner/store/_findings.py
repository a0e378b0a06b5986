"""The store's findings: what can be wrong with a wheel, a download or a disk, in words."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, Final

from provisioner.findings import Finding
from provisioner.paths import display
from provisioner.urls import mask, strip_credentials

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from provisioner.store._answer import WrongFileError
    from provisioner.store._transfer import BrokenOffError
    from provisioner.store._types import WantedWheel

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_MOVE: Final = "Free some space there, or move the store: `TORCHENV_STORE=/other/disk`."


def megabytes(size_bytes: int) -> str:
    """Return a size for people: ``189.4 MB`` (of 10**6 bytes, as package indexes show sizes)."""
    return f"{size_bytes / 1e6:,.1f} MB"


def hash_mismatch(wheel: WantedWheel, sha256: str, head: bytes) -> Finding:
    """Word bytes that are not the wanted ones, although they are as many."""
    why = (
        f"Wanted sha256 {wheel.sha256} and {wheel.size} bytes; `{_place(wheel)}` sent "
        f"sha256 {sha256} and {wheel.size} bytes, twice."
    )
    if not head.startswith(b"PK"):
        why += " The bytes are no wheel at all."
    return Finding(
        code="TE501",
        message=f"`{wheel.name}` does not match its hash.",
        why=why,
        do="If the file was replaced on its server, lock again with `torchenv lock`, and ask there "
        "why: published files are not to change. Else something on the way changes files: a proxy, "
        "or a damaged mirror.",
    )


def other_copy(wheel: WantedWheel, origin: str, sha256: str) -> Finding:
    """Word a copy on this machine that is not the wanted wheel."""
    return Finding(
        code="TE501",
        message=f"`{wheel.name}` does not match its hash.",
        why=f"Wanted sha256 {wheel.sha256}; the copy in `{origin}` has sha256 {sha256}.",
        do="Copy it there anew from where it came: it was changed or cut short on the way.",
    )


def other_size(wheel: WantedWheel, wrong: WrongFileError) -> Finding:
    """Word a file of another length."""
    sent = f"more than {wheel.size}" if wrong.size is None else str(wrong.size)
    why = f"Wanted {wheel.size} bytes; `{_place(wheel)}` has {sent}, asked twice."
    if wrong.size is not None and wrong.size < wheel.size and wrong.head.startswith(b"PK"):
        why += " It begins like a wheel: it may have been cut short where it was put."
    elif wrong.head.startswith(b"PK"):
        why += " It begins like a wheel, but is another one."
    return Finding(
        code="TE509",
        message=f"`{wheel.name}` has another length than the lock says.",
        why=why,
        do="If the file was replaced on its server, lock again with `torchenv lock`, and ask there "
        "why: published files are not to change. If it is a mirror's copy, fetch that copy anew.",
    )


def page_instead(wheel: WantedWheel) -> Finding:
    """Word a web page in the place of a wheel."""
    return Finding(
        code="TE508",
        message=f"A web page came in place of `{wheel.name}`.",
        why=f"`{_place(wheel)}` answered with HTML, twice: a sign-in page of the network, a page "
        "of a proxy, or a server that shows its errors as pages.",
        do="Open that address in a browser and sign in where it asks for it, or give the "
        "credentials in pip's configuration or `~/.netrc`.",
    )


def incomplete(wheel: WantedWheel, broken: BrokenOffError) -> Finding:
    """Word a download that was given up."""
    last = broken.cause.findings[0]
    then = "goes on where this one stopped" if broken.kept_bytes else "begins anew"
    return Finding(
        code="TE502",
        message=f"`{wheel.name}` did not arrive whole.",
        why=f"{megabytes(broken.best_bytes)} of {megabytes(wheel.size)} came at best; then "
        f"{broken.tries} tries in a row brought nothing more. The last one: {last.message} "
        f"{last.why}",
        do=f"{last.do} The same command {then}.",
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


def offline(wheels: Sequence[WantedWheel], root: Path) -> Finding:
    """Word wheels that would have to be fetched where nothing may be."""
    names = "\n".join(f"{wheel.name} ({megabytes(wheel.size)})" for wheel in wheels)
    are = "1 wheel is" if len(wheels) == 1 else f"{len(wheels)} wheels are"
    return Finding(
        code="TE511",
        message=f"{are} not on this machine, and `--offline` fetches none.",
        why=f"Neither the store at `{display(root)}` nor a further store, pip's cache or a folder "
        f"of `find-links` has:\n{names}",
        do="Run the same command once without `--offline`, or bring them with `torchenv bundle` "
        "from a machine that has a network.",
    )


def offline_unknown(name: str, url: str) -> Finding:
    """Word a wheel without a stated hash, where it cannot be fetched to learn it."""
    return Finding(
        code="TE511",
        message=f"The hash of `{name}` is not known, and `--offline` fetches nothing.",
        why=f"`{mask(strip_credentials(url))}` states none, so that it must be fetched once.",
        do="Lock where there is a network.",
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


def not_safe(wheel: WantedWheel, why: str) -> Finding:
    """Word a wheel that must not be unpacked."""
    return Finding(
        code="TE512",
        message=f"`{wheel.name}` is not safe to install.",
        why=f"{why} It came from `{_place(wheel)}` with the hash that the lock names.",
        do="Choose another version or another index, and tell the publisher: this is an attack or "
        "a broken upload.",
    )


def damaged(name: str, path: Path) -> Finding:
    """Word a wheel whose bytes changed since it was verified."""
    return Finding(
        code="TE513",
        message=f"`{name}` in the store is damaged.",
        why=f"`{path}` no longer has the hash that its folder is named after.",
        do="It is fetched anew when it is wanted next. If this comes back, check the disk and the "
        "memory of this machine.",
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
    if exc.errno == errno.EDQUOT:
        return Finding(
            code="TE503",
            message=f"Your quota on the disk that holds `{display(root)}` is used up.",
            why=f"Writing a wheel failed ({exc.strerror}), although the disk itself may have room.",
            do=f"`quota -s` shows it. {_MOVE}",
        )
    if exc.errno == errno.ENOSPC and _free_inodes(root) == 0:
        return Finding(
            code="TE503",
            message=f"The disk that holds `{display(root)}` has no inodes left.",
            why="It has room for bytes and none for another file: too many small files lie on it.",
            do="`df -i` shows it. Remove folders with many files, such as old environments, or "
            "move the store: `TORCHENV_STORE=/other/disk`.",
        )
    if exc.errno in _FULL:
        return Finding(
            code="TE503",
            message=f"The disk that holds `{display(root)}` is full.",
            why=f"Writing a wheel failed ({exc.strerror}); the next run goes on from here.",
            do=_MOVE,
        )
    place = display(root) if exc.filename is None else str(exc.filename)
    return Finding(
        code="TE505",
        message=f"The store at `{display(root)}` cannot be written.",
        why=f"`{place}`: {exc.strerror or exc}.",
        do="Check the folder's owner and permissions, or choose another with `TORCHENV_STORE`.",
    )


def _free_inodes(root: Path) -> int | None:
    """Return how many more files the disk takes, None where it does not say."""
    for folder in (root, *root.parents):
        try:
            disk = os.statvfs(folder)
        except OSError:
            continue
        return disk.f_favail if disk.f_files else None
    return None


def _place(wheel: WantedWheel) -> str:
    return mask(strip_credentials(wheel.url))

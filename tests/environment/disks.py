"""Small and read-only file systems for tests; both need the right to mount."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NO_MOUNT = (
    "mounting a tmpfs is not permitted here; test_os_errors.py covers the wording of every error "
    "number, and test_failures.py that a failure at any step undoes itself"
)


@contextlib.contextmanager
def tmpfs(folder: Path, size: str = "64m") -> Iterator[Path]:
    """Mount a tmpfs of ``size`` at ``folder`` until the end, or skip the test."""
    folder.mkdir(parents=True, exist_ok=True)
    argv = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(argv, capture_output=True, check=False).returncode:
        pytest.skip(NO_MOUNT)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


NO_REFLINKS = (
    "no file system with reflinks can be made here (it takes `mkfs.xfs` and the right to mount); "
    "what is peculiar to it is the engine's `--link-mode clone`, and everything else is covered by "
    "the tests with hard links"
)


@contextlib.contextmanager
def reflinks(folder: Path) -> Iterator[Path]:
    """Mount a small file system with reflinks at ``folder`` until the end, or skip the test."""
    image = folder.with_name(f"{folder.name}.img")
    with image.open("wb") as file:
        file.truncate(400 * 2**20)  # sparse; XFS takes no less than 300 MiB
    folder.mkdir(parents=True, exist_ok=True)
    for argv in (
        ["mkfs.xfs", "-q", "-m", "reflink=1", str(image)],
        ["mount", "-o", "loop", str(image), str(folder)],
    ):
        if not shutil.which(argv[0]) or subprocess.run(argv, check=False).returncode:
            pytest.skip(NO_REFLINKS)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


NO_OVERLAY = (
    "an overlay cannot be mounted here; test_in_place.py covers the same steps on the disk of the "
    "tests, where a transaction moves files alone, too"
)


@contextlib.contextmanager
def overlay(folder: Path) -> Iterator[None]:
    """Make what is in ``folder`` the lower layer of an overlay, as in a container, for a while."""
    with tmpfs(folder.with_name(f"{folder.name}-layers")) as layers:
        for name in ("upper", "work"):
            (layers / name).mkdir()
        options = f"lowerdir={folder},upperdir={layers}/upper,workdir={layers}/work"
        argv = ["mount", "-t", "overlay", "-o", options, "overlay", str(folder)]
        if subprocess.run(argv, capture_output=True, check=False).returncode:
            pytest.skip(NO_OVERLAY)
        try:
            yield
        finally:
            subprocess.run(["umount", "-l", str(folder)], check=True)


@contextlib.contextmanager
def read_only(mounted: Path) -> Iterator[None]:
    """Remount a tmpfs read-only for a while."""
    subprocess.run(["mount", "-o", "remount,ro", str(mounted)], check=True)
    try:
        yield
    finally:
        subprocess.run(["mount", "-o", "remount,rw", str(mounted)], check=True)


def fill(folder: Path) -> Path:
    """Write a file into ``folder`` until its disk is full."""
    filler = folder / "filler"
    with filler.open("ab", buffering=0) as file, contextlib.suppress(OSError):
        for size in (2**20, 2**12, 1):
            with contextlib.suppress(OSError):
                while True:
                    file.write(b"\0" * size)
    return filler

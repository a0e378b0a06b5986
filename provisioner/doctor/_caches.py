"""Looking at the caches of pip and uv: whether they can be used, and whether they are whole.

pip checks what is in its cache only where the index states a hash, and uv links environments to its
own: what is damaged there is damaged in every environment that is made next.
"""

from __future__ import annotations

import os
import zipfile
from typing import TYPE_CHECKING, Final

from provisioner.doctor._dists import dist_infos, read_dist
from provisioner.doctor._facts import CacheFacts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_SHOWN: Final = 5
_LOCAL_HEADER: Final = b"PK\x03\x04"
"""What a wheel begins with, as every archive that is not empty (PKWARE, APPNOTE 4.3.7)."""
_LARGE: Final = ("torch", "triton", "nvidia_", "pytorch_triton", "numpy-")
"""How the names begin that are looked at without ``deep``: torch with what it brings."""


def collect_pip_cache(
    root: Path, *, deep: bool = False, access: Callable[[str, int], bool] = os.access
) -> CacheFacts | None:
    """Return how pip's cache is, None where there is none.

    Source of its layout: pip 26.3, ``network/cache.py`` (``http-v2``: bodies as they came) and
    ``cache.py`` (``wheels``: what it built itself).

    Args:
        root: Its folder.
        deep: Whether to read every wheel and compare its checksums.
        access: Whether this user may use a path so, as ``os.access`` says.
    """
    if not root.is_dir():
        return None
    damaged = [text for one in _wheels_of_pip(root) if (text := _flaw(one, deep=deep)) is not None]
    return CacheFacts(
        tool="pip",
        path=str(root),
        refused=_refusal(root, access),
        damaged=tuple(damaged[:_SHOWN]),
        damaged_count=len(damaged),
    )


def collect_uv_cache(
    root: Path,
    environment: Path,
    *,
    deep: bool = False,
    access: Callable[[str, int], bool] = os.access,
) -> CacheFacts | None:
    """Return how uv's cache is, None where there is none.

    Source of its layout: uv 0.13, ``archive-v0``: a folder for each unpacked wheel.

    Args:
        root: Its folder.
        environment: Where uv would install to.
        deep: Whether to look at every package, and to hash every file.
        access: Whether this user may use a path so, as ``os.access`` says.
    """
    if not root.is_dir():
        return None
    damaged = [text for one in _archives(root) for text in _differences(one, deep=deep)]
    return CacheFacts(
        tool="uv",
        path=str(root),
        refused=_refusal(root, access),
        is_elsewhere=_is_elsewhere(root, environment),
        damaged=tuple(damaged[:_SHOWN]),
        damaged_count=len(damaged),
    )


def _refusal(root: Path, access: Callable[[str, int], bool]) -> str | None:
    """Return why a tool would not use its cache (pip 26.3, ``check_path_owner``)."""
    if os.name != "nt" and os.geteuid() == 0 and root.stat().st_uid != 0:
        return "it belongs to another user, and this one is root"
    if not access(str(root), os.R_OK | os.W_OK | os.X_OK):
        return "this user cannot read and write it"
    return None


def _is_elsewhere(root: Path, environment: Path) -> bool:
    there = next(
        one for one in (environment.absolute(), *environment.absolute().parents) if one.exists()
    )
    return root.stat().st_dev != there.stat().st_dev


def _wheels_of_pip(root: Path) -> Iterator[Path]:
    """Yield wheels that pip built, and bodies that begin like a wheel."""
    for folder, _, names in os.walk(root / "wheels"):
        yield from (root.joinpath(folder, name) for name in sorted(names) if name.endswith(".whl"))
    for folder, _, names in os.walk(root / "http-v2"):
        for name in sorted(names):
            path = root.joinpath(folder, name)
            if name.endswith(".body") and _begins_as_wheel(path):
                yield path


def _begins_as_wheel(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(_LOCAL_HEADER)) == _LOCAL_HEADER
    except OSError:
        return False


def _flaw(path: Path, *, deep: bool) -> str | None:
    """Return what is wrong with an archive; without ``deep`` only its end is read."""
    try:
        with zipfile.ZipFile(path) as archive:
            name = next((one for one in archive.namelist() if ".dist-info/" in one), None)
            wrong = archive.testzip() if deep else None
    except (OSError, zipfile.BadZipFile, EOFError) as exc:
        return f"{path} is no whole archive: {exc}"
    if wrong is None:
        return None
    package = name.partition(".dist-info/")[0] if name is not None else "an archive"
    return f"{path} ({package}): {wrong} is damaged"


def _archives(root: Path) -> Iterator[Path]:
    for bucket in sorted(root.glob("archive-v*")):
        yield from sorted(one for one in bucket.iterdir() if one.is_dir())


def _differences(archive: Path, *, deep: bool) -> Iterator[str]:
    """Yield the packages of an unpacked wheel whose files are not those of its RECORD."""
    for folder in dist_infos(archive):
        if not deep and not folder.name.lower().startswith(_LARGE):
            continue
        found = read_dist(folder, archive, deep=deep)
        wrong = [f"{name} is missing" for name in found.missing]
        wrong += [f"{name} has another size" for name in found.resized]
        wrong += [f"{name} has another hash" for name in found.damaged]
        if not found.has_record:
            wrong.append("its RECORD is missing")
        if wrong:
            yield f"{archive} ({found.name} {found.version}): {wrong[0]}"

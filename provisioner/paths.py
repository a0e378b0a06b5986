"""Where torchenv keeps its own files, and writing files so that no reader sees a half one."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_TEMPORARY: Final = ".tmp"
_LEFT_OVER_S: Final = 3600
"""Writing a file takes far less, so that nobody writes a temporary one of this age any more."""


def store_root(environ: Mapping[str, str]) -> Path:
    """Return the folder of the store: ``TORCHENV_STORE``, else the user's cache folder."""
    chosen = environ.get("TORCHENV_STORE")
    if chosen:
        return Path(chosen).expanduser().absolute()
    import platformdirs  # noqa: PLC0415 - not for every command

    return platformdirs.user_cache_path("torchenv")


def recorded(name: str) -> str:
    """Return a path of a RECORD as the wheel has it: those made on Windows may have backslashes."""
    return name.replace("\\", "/")


def config_root(environ: Mapping[str, str]) -> Path:
    """Return the folder of the user's own settings: ``TORCHENV_CONFIG``, else the usual place."""
    chosen = environ.get("TORCHENV_CONFIG")
    if chosen:
        return Path(chosen).expanduser().absolute()
    import platformdirs  # noqa: PLC0415 - not for every command

    return platformdirs.user_config_path("torchenv")


def further_stores(environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Return the stores that are only read: ``TORCHENV_STORES``, separated like ``PATH``."""
    named = environ.get("TORCHENV_STORES", "").split(os.pathsep)
    return tuple(Path(one).expanduser().absolute() for one in named if one)


def pip_cache(configured: str | None) -> Path:
    """Return the folder of pip's cache: what pip is configured with, else the usual place."""
    import platformdirs  # noqa: PLC0415 - not for every command

    if configured is not None:
        return Path(configured)
    return platformdirs.user_cache_path("pip", appauthor=False)


def uv_cache(environ: Mapping[str, str]) -> Path:
    r"""Return the folder of the user's uv's cache, which is not that of torchenv's engine.

    Source: uv's documentation, "Cache directory": ``UV_CACHE_DIR``, else ``uv`` below
    ``XDG_CACHE_HOME`` or ``~/.cache`` (also on macOS), and ``%LOCALAPPDATA%\uv\cache``.
    """
    chosen = environ.get("UV_CACHE_DIR")
    if chosen:
        return Path(chosen).expanduser()
    if os.name == "nt":
        return Path(environ.get("LOCALAPPDATA") or Path.home()) / "uv" / "cache"
    return Path(environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "uv"


def display(path: Path) -> str:
    """Return ``path`` as a user would type it: relative to the working folder where it is below."""
    with contextlib.suppress(ValueError, OSError):
        return str(path.relative_to(Path.cwd()))
    return str(path)


def write_atomic(path: Path, content: bytes) -> None:
    """Write a file whole: to a temporary file beside it, synced, then moved into place.

    Raises:
        OSError: The folder cannot be written, or the disk is full; ``path`` is then unchanged.
    """
    write_together({path: content})


def write_together(contents: Mapping[Path, bytes]) -> None:
    """Write files whole, and none of them before all could be written.

    Raises:
        OSError: A folder cannot be written, or the disk is full; all paths are then unchanged.
    """
    written: dict[Path, Path] = {}
    try:
        for path, content in contents.items():
            written[path] = _write_beside(path, content)
        for path, temporary in written.items():
            temporary.replace(path)
    except BaseException:
        for temporary in written.values():
            temporary.unlink(missing_ok=True)
        raise


def remove_left_over(path: Path) -> None:
    """Remove temporary files beside ``path`` of writers that were killed: those of an hour ago."""
    start, latest = f".{path.name}.", time.time() - _LEFT_OVER_S
    # What cannot be removed is in nobody's way.
    with contextlib.suppress(OSError):
        for file in path.parent.iterdir():
            middle = file.name.removeprefix(start).removesuffix(_TEMPORARY)
            if file.name != f"{start}{middle}{_TEMPORARY}" or "." in middle:
                continue
            if file.is_file() and file.lstat().st_mtime <= latest:
                file.unlink(missing_ok=True)


def _write_beside(path: Path, content: bytes) -> Path:
    """Write and sync a temporary file beside ``path``, with the mode that ``path`` is to have."""
    path.parent.mkdir(parents=True, exist_ok=True)
    import tempfile  # noqa: PLC0415 - a plan writes nothing

    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=_TEMPORARY, dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask()
        Path(name).chmod(mode)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return Path(name)


def _umask() -> int:
    """Return the process's umask, which can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask

"""Reading the file of a spec, with everything that can be in its place."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING, Final

from provisioner.findings import Finding, SpecError, Where
from provisioner.paths import display
from provisioner.spec._problems import SHORT_FORM

if TYPE_CHECKING:
    from pathlib import Path

SIZE_LIMIT_BYTES: Final = 256 * 1024
"""Largest file that is read. A spec with a thousand dependencies has about 40 kB."""

_UTF16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")


def read_bytes(path: Path) -> bytes:
    """Return the content of the spec at ``path``.

    Raises:
        SpecError: ``TE101``, there is no file that can be read.
    """
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            raise SpecError(_not_a_file(path, mode))
        with path.open("rb") as file:
            content = file.read(SIZE_LIMIT_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        raise SpecError(_missing(path)) from None
    except (OSError, ValueError) as exc:
        raise SpecError(_unreadable(path, exc)) from None
    if len(content) > SIZE_LIMIT_BYTES:
        raise SpecError(_too_large(path))
    return content


def read_text(path: Path) -> str:
    """Return the text of the spec at ``path``; a byte order mark of UTF-8 is left out.

    Raises:
        SpecError: ``TE101``, there is no file that can be read; ``TE102``, it is not UTF-8.
    """
    return decode(read_bytes(path), display(path))


def decode(content: bytes, shown: str) -> str:
    """Return the text of a spec; a byte order mark of UTF-8 is left out.

    Args:
        content: Its bytes.
        shown: Its name, as a user would type it.

    Raises:
        SpecError: ``TE102``, it is not UTF-8.
    """
    if content.startswith(_UTF16_MARKS):
        raise SpecError(_not_utf8(shown, 1, "It is UTF-16 text, as some Windows programs write."))
    try:
        # Editors on Windows put a byte order mark in front; it says nothing and harms nothing.
        return content.decode("utf-8").removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}")
    except UnicodeDecodeError as exc:
        line = content.count(b"\n", 0, exc.start) + 1
        why = f"The byte 0x{content[exc.start]:02x} there is no UTF-8, which TOML files must be."
        raise SpecError(_not_utf8(shown, line, why)) from None


def _finding(path: Path, *, message: str, why: str, do: str) -> Finding:
    return Finding(code="TE101", message=message, why=why, do=do, where=Where(file=display(path)))


def _missing(path: Path) -> Finding:
    if path.is_symlink():
        return _finding(
            path,
            message=f"`{display(path)}` is a link to a file that does not exist.",
            why="Everything that torchenv does starts from the spec.",
            do="Repair the link, or name another spec.",
        )
    near = _similar(path)
    names = " or ".join(f"`{display(path.parent / name)}`" for name in near)
    return _finding(
        path,
        message=f"There is no spec `{display(path)}`.",
        why="Everything that torchenv does starts from the spec."
        if path.parent.is_dir()
        else f"There is no folder `{display(path.parent)}` either.",
        do=(f"Did you mean {names}? Otherwise write" if near else "Write")
        + f" the file, for instance:\n\n{SHORT_FORM}",
    )


def _similar(path: Path) -> list[str]:
    """Return the names of up to three TOML files of the same folder, the most similar first."""
    from difflib import get_close_matches  # noqa: PLC0415 - only where there is no spec

    try:
        names = sorted(entry.name for entry in path.parent.glob("*.toml"))
    except OSError:
        return []
    specs = [name for name in names if not name.startswith("pylock.")]
    return get_close_matches(path.name, specs, n=3)


def _not_a_file(path: Path, mode: int) -> Finding:
    inside = path / "torchenv.toml"
    if not stat.S_ISDIR(mode):
        return _finding(
            path,
            message=f"`{display(path)}` is not a regular file.",
            why="A spec is read more than once, which a pipe or device does not allow.",
            do="Write it into a file.",
        )
    return _finding(
        path,
        message=f"`{display(path)}` is a folder.",
        why="A spec is a file.",
        do=f"Name the file: `{display(inside)}`."
        if inside.is_file()
        else f"Write `{display(inside)}`, for instance:\n\n{SHORT_FORM}",
    )


def _unreadable(path: Path, exc: OSError | ValueError) -> Finding:
    reason = exc.strerror if isinstance(exc, OSError) else str(exc)
    return _finding(
        path,
        message=f"`{display(path)}` cannot be read.",
        why=f"The system says: {reason}.",
        do="Check its permissions (`ls -l`) and its name, then try again.",
    )


def _too_large(path: Path) -> Finding:
    return _finding(
        path,
        message=f"`{display(path)}` is larger than {SIZE_LIMIT_BYTES // 1024} KiB.",
        why="No spec is that long, so it is probably another file.",
        do="Check the name of the file.",
    )


def _not_utf8(shown: str, line: int, why: str) -> Finding:
    return Finding(
        code="TE102",
        message=f"`{shown}` is not UTF-8 text.",
        why=why,
        do="Save the file as UTF-8.",
        where=Where(file=shown, line=line),
    )

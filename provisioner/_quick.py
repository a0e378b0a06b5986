"""What the quick check in ``provisioner._entry`` shares with ``provisioner.environment``.

It needs nothing but ``os``: the quick check decides before any other module is imported.
"""

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

POINTER_FORMAT = "torchenv-quick 1"
"""First line of a pointer file; another one is not read."""

MANIFEST = "torchenv-files.txt"
"""Name of the file in a generation that holds the list made when the generation was complete."""

_NOT_LISTED = frozenset({MANIFEST, ".lock"})
"""Files at the top that are no part of the environment: the list itself, and the lock file that
``uv`` leaves in every environment that it looks at."""


def pointer_path(spec: str) -> str:
    """Return where the pointer file of a spec lies: ``.torchenv/<stem>.quick`` beside it."""
    folder, name = os.path.split(os.path.abspath(spec))
    return f"{folder}/.torchenv/{name.removesuffix('.toml')}.quick"


def list_files(top: str, byte_code: "list[str] | None" = None) -> str:
    r"""Return one line for every file below ``top``, sorted: ``path\tkind\tsize\tmtime_ns``.

    ``kind`` is ``f`` for a file, ``l`` for a symbolic link (never followed), ``o`` for anything
    else. Folders are not listed, and ``__pycache__`` is left out, since every import may add to it.
    A newline in a path stands as ``\n``, which keeps it one line.

    Args:
        top: The folder.
        byte_code: Where given, the paths of the files in ``__pycache__`` are added to it.

    Raises:
        OSError: A folder cannot be read.
    """
    lines: list[str] = []
    _list_folder(os.open(top, os.O_RDONLY | os.O_DIRECTORY), "", lines, byte_code)
    lines.sort()
    return "".join(lines)


def list_also(listing: str, top: str, names: "Iterable[str]") -> str:
    """Return a listing with files at the top that were made since, without a second walk.

    Raises:
        OSError: One of them is not there.
    """
    lines = listing.split("\n")[:-1]
    for name in names:
        stat = os.stat(f"{top}/{name}", follow_symlinks=False)
        lines.append(f"{name}\tf\t{stat.st_size}\t{stat.st_mtime_ns}")
    lines.sort()
    return "\n".join(lines) + "\n"


def list_installed(site: str) -> str:
    r"""Return one line for all that says what is installed in ``site``, sorted; no other file.

    That is every ``.dist-info`` with the size and mtime of its ``RECORD``, as
    ``name\tsize\tmtime_ns``, or ``name\t-`` without one. By name alone, it is every other entry at
    the top that installers or interpreters heed: ``.pth`` files, ``.egg-info``, and what pip left
    half removed (``~orch``).

    Raises:
        OSError: The folder cannot be read.
    """
    lines = []
    with os.scandir(site) as entries:
        for entry in entries:
            name = entry.name
            if name.endswith(".dist-info"):
                lines.append(f"{name}\t{_record_facts(entry.path)}\n")
            elif name.endswith((".pth", ".egg-info", ".egg-link")) or name.startswith("~"):
                lines.append(f"{name}\n")
    lines.sort()
    return "".join(lines)


def _record_facts(dist_info: str) -> str:
    try:
        stat = os.stat(f"{dist_info}/RECORD")
    except OSError:
        return "-"
    return f"{stat.st_size}\t{stat.st_mtime_ns}"


def _list_folder(handle: int, prefix: str, lines: list[str], byte_code: "list[str] | None") -> None:
    """List an open folder and those below; by handles, a sixth faster than by paths."""
    folders = []
    try:
        with os.scandir(handle) as entries:
            for entry in entries:
                name = entry.name
                if entry.is_dir(follow_symlinks=False):
                    if name != "__pycache__":
                        folders.append(name)
                    elif byte_code is not None:
                        _list_byte_code(handle, prefix, byte_code)
                elif prefix or name not in _NOT_LISTED:
                    lines.append(_line(prefix + name, entry))
        for name in folders:
            below = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=handle)
            _list_folder(below, f"{prefix}{name}/", lines, byte_code)
    finally:
        os.close(handle)


def _list_byte_code(handle: int, prefix: str, byte_code: "list[str]") -> None:
    below = os.open("__pycache__", os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=handle)
    try:
        byte_code += [f"{prefix}__pycache__/{name}" for name in os.listdir(below)]
    finally:
        os.close(below)


def _line(path: str, entry: "os.DirEntry[str]") -> str:
    stat = entry.stat(follow_symlinks=False)
    kind = "f" if entry.is_file(follow_symlinks=False) else "l" if entry.is_symlink() else "o"
    if "\n" in path:
        path = path.replace("\n", "\\n")
    return f"{path}\t{kind}\t{stat.st_size}\t{stat.st_mtime_ns}\n"

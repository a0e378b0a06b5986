"""The command's entry: decides ``torchenv apply`` with nothing to do before anything is imported.

After each successful apply a pointer file is written (``provisioner.environment`` says what is in
it). If the spec, the lock, the base interpreter and every file of the environment are as they were
then, there is nothing to do, and that takes little more than the walk over the files. In any other
case, and whenever anything is unclear, the whole program decides.

Only ``os``, ``sys`` and ``hashlib`` are imported here: a parser or a model would cost more than the
walk.
"""

import os
import sys


def main() -> int:
    """Run the command line; returns the exit code."""
    message = _nothing_to_do(sys.argv[1:])
    if message is not None and _is_told(message):
        return 0
    from provisioner.cli import main as whole_program  # noqa: PLC0415 - see the module's text

    return whole_program()


def _is_told(message: str) -> bool:
    """Print the message; False where standard output is closed, full, or lacks a character."""
    try:
        sys.stdout.write(message + "\n")
        sys.stdout.flush()
    except (AttributeError, OSError, ValueError):
        return False
    return True


def _nothing_to_do(arguments: list[str]) -> "str | None":
    """Return what to print where there is nothing to do, or None for the whole program."""
    if not arguments or arguments[0] != "apply":
        return None
    # The one line is a result, which `--quiet` leaves as it is.
    words = [word for word in arguments[1:] if word not in ("-q", "--quiet")]
    if len(words) > 1 or any(word.startswith("-") for word in words):
        return None
    try:
        return _check(words[0] if words else "torchenv.toml")
    except (OSError, ValueError, KeyError):
        return None


def _check(spec: str) -> "str | None":
    """Compare the world with the pointer file; what is cheap comes first."""
    # Not imported for other commands.
    from provisioner._quick import POINTER_FORMAT, pointer_path  # noqa: PLC0415
    from provisioner._version import __version__  # noqa: PLC0415

    with open(pointer_path(spec), encoding="utf-8", errors="surrogateescape") as file:
        first, *lines = file.read().rstrip("\n").split("\n")
    known = dict(line.split(" ", 1) for line in lines)
    link = known["link"]
    base = os.stat(known["python"])
    is_same = (
        first == POINTER_FORMAT
        and known["version"] == __version__
        and known["spec"] == os.path.abspath(spec)
        and os.readlink(link) == known["target"]
        and f"{base.st_size} {base.st_mtime_ns}" == known["python-stat"]
        and _file_digest(spec) == known["spec-sha256"]
        and _file_digest(known["lock"]) == known["lock-sha256"]
        and _files_digest(f"{os.path.dirname(link)}/{known['target']}") == known["files-sha256"]
    )
    return f"Up to date: {_display(link)} ({known['summary']})" if is_same else None


def _display(path: str) -> str:
    """Return ``path`` relative to the working folder where it is below."""
    return path.removeprefix(f"{os.getcwd()}/")


def _file_digest(path: str) -> str:
    from hashlib import sha256  # noqa: PLC0415 - 3 ms that a command other than apply need not pay

    with open(path, "rb") as file:
        return sha256(file.read()).hexdigest()


def _files_digest(generation: str) -> str:
    from hashlib import sha256  # noqa: PLC0415 - as above

    from provisioner._quick import list_files  # noqa: PLC0415 - as above

    return sha256(list_files(generation).encode("utf-8", "surrogateescape")).hexdigest()

"""The command's entry: decides what needs no deciding before anything is imported.

After each successful apply a pointer file is written (``provisioner.environment`` says what is in
it). If the spec, its templates, the lock, the base interpreter and every file of the environment
are as they were then, ``torchenv apply`` has nothing to do, and that takes little more than the
walk over the files. ``torchenv run`` and ``torchenv status --quick`` look at what is installed and
not at every file; the first becomes the program at once. In any other case, and whenever anything
is unclear, the whole program decides.

Only ``os``, ``sys`` and ``hashlib`` are imported here: a parser or a model would cost more than the
walk.
"""

import os
import sys

_GARBAGE_THRESHOLD = 100_000
"""New containers after which Python looks for garbage; a command makes fewer while it starts."""


_INTERRUPTED = 130
"""As shells have it: 128 and the number of SIGINT."""


def main() -> int:
    """Run the command line; returns the exit code."""
    try:
        return _main()
    except KeyboardInterrupt:  # while little was loaded: later the program itself tells of it
        sys.stderr.write("error TE901: Interrupted.\n")
        return _INTERRUPTED


def _main() -> int:
    words = sys.argv[1:]
    if words[:1] == ["run"]:
        _run_at_once(words[1:])
    if words[:1] == ["rollback"] and (message := _rolled_back(words[1:])) is not None:
        return _tell(message)
    message = _nothing_to_do(words)
    if message is not None and _is_told(message):
        return 0
    import gc  # noqa: PLC0415 - not for what needs no deciding

    # What importing makes stays: to look for garbage among it is a tenth of a short command.
    gc.set_threshold(_GARBAGE_THRESHOLD)
    from provisioner.cli import main as whole_program  # noqa: PLC0415 - see the module's text

    return whole_program()


def _run_at_once(words: list[str]) -> None:
    """Become the program where the environment is right; return where that is not so plain."""
    asked = _program_and_spec(words)
    if asked is None:
        return
    command, spec = asked
    try:
        known = _read_pointer(spec)
        generation = f"{os.path.dirname(known['link'])}/{known['target']}"
        if not (_is_as_applied(known, spec) and _is_installed(known, generation)):
            return
        from provisioner._exec import child_environ, execute  # noqa: PLC0415 - not for others

        execute(command, child_environ(os.environ, generation))
    except (OSError, ValueError, KeyError):
        return


def _program_and_spec(words: list[str]) -> "tuple[list[str], str] | None":
    """Return the program with its arguments, and the spec, of the words after ``run``."""
    spec = "torchenv.toml"
    position = 0
    while position < len(words):
        word = words[position]
        if word == "--" or not word.startswith("-"):
            command = words[position + (word == "--") :]
            return (command, spec) if command else None
        if word == "--spec" and position + 1 < len(words):
            position += 1
            spec = words[position]
        elif word not in ("--apply", "--no-apply", "--no-wait", "-q", "--quiet"):
            return None
        position += 1
    return None


def _rolled_back(words: list[str]) -> "str | None":
    """Go back where all is plain, and return what to print; None for the whole program."""
    asked = _number_and_spec(words)
    if asked is None or sys.stdout is None or sys.stderr is None:
        return None
    number, spec = asked
    try:
        known = _read_pointer(spec)
        if not _is_same_spec(known, spec):
            return None
        from provisioner._quick_switch import roll_back_at_once  # noqa: PLC0415 - not for others

        before, generation, lock = roll_back_at_once(known, number)
    except (OSError, ValueError, KeyError):
        return None
    return (
        f"Rolled back {_display(known['link'])} from generation {before} to {generation} "
        f"(lock {lock[:12]})"
    )


def _number_and_spec(words: list[str]) -> "tuple[int | None, str] | None":
    """Return what the words after ``rollback`` ask for, None where the whole program must see."""
    number, spec = None, "torchenv.toml"
    position = 0
    while position < len(words):
        word = words[position]
        if word == "--spec" and position + 1 < len(words):
            position += 1
            spec = words[position]
        elif word.isascii() and word.isdigit() and int(word) and number is None:
            number = int(word)
        elif word not in ("--no-wait", "-q", "--quiet"):
            return None
        position += 1
    return number, spec


def _tell(message: str) -> int:
    """Print what was done, which is not to be done again where it cannot be told."""
    try:
        sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # a text file
        sys.stdout.write(message + "\n")
        sys.stdout.flush()
    except OSError as exc:
        from provisioner.cli import end_unheard  # noqa: PLC0415 - seldom needed

        return end_unheard(sys.argv[1:], exc)
    return 0


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
    is_quick = arguments[:1] == ["status"] and "--quick" in arguments
    if arguments[:1] != ["apply"] and not is_quick:
        return None
    # The one line is a result, which `--quiet` leaves as it is.
    left_out = ("-q", "--quiet", "--quick") if is_quick else ("-q", "--quiet")
    words = [word for word in arguments[1:] if word not in left_out]
    if len(words) > 1 or any(word.startswith("-") for word in words):
        return None
    spec = words[0] if words else "torchenv.toml"
    try:
        return _check_installed(spec) if is_quick else _check(spec)
    except (OSError, ValueError, KeyError):
        return None


def _check(spec: str) -> "str | None":
    """Compare the world with the pointer file; what is cheap comes first."""
    known = _read_pointer(spec)
    link = known["link"]
    is_same = (
        _is_as_applied(known, spec)
        and _files_digest(f"{os.path.dirname(link)}/{known['target']}") == known["files-sha256"]
    )
    return f"Up to date: {_display(link)} ({known['summary']})" if is_same else None


def _check_installed(spec: str) -> "str | None":
    """Compare as ``_check`` does, with the records of what is installed instead of every file."""
    known = _read_pointer(spec)
    generation = f"{os.path.dirname(known['link'])}/{known['target']}"
    is_same = _is_as_applied(known, spec) and _is_installed(known, generation)
    return f"State: current, by what is installed ({known['summary']})" if is_same else None


def _read_pointer(spec: str) -> dict[str, str]:
    """Return the facts in a spec's pointer file.

    Raises:
        OSError: There is none.
        ValueError: It is damaged, or of another format.
    """
    # Not imported for other commands.
    from provisioner._quick import POINTER_FORMAT, pointer_path  # noqa: PLC0415

    with open(pointer_path(spec), encoding="utf-8", errors="surrogateescape") as file:
        first, *lines = file.read().rstrip("\n").split("\n")
    if first != POINTER_FORMAT:
        raise ValueError(first)
    return dict(line.split(" ", 1) for line in lines)


def _is_as_applied(known: dict[str, str], spec: str) -> bool:
    """Whether all but the files of the environment is as it was after the last apply."""
    base = os.stat(known["python"])
    return (
        os.readlink(known["link"]) == known["target"]
        and f"{base.st_size} {base.st_mtime_ns}" == known["python-stat"]
        and _file_digest(known["lock"]) == known["lock-sha256"]
        and _is_same_spec(known, spec)
    )


def _is_same_spec(known: dict[str, str], spec: str) -> bool:
    """Whether the spec says what it said at the last apply, by this version of torchenv."""
    from provisioner._version import __version__  # noqa: PLC0415 - not for other commands

    return (
        known["version"] == __version__
        and known["spec"] == os.path.abspath(spec)
        and known["asked-for"] == os.environ.get("TORCHENV_TARGET", "")
        and _file_digest(spec) == known["spec-sha256"]
        and all(map(_is_same_template, (known[key] for key in known if key[:9] == "template-")))
    )


def _is_same_template(fact: str) -> bool:
    sha256, path = fact.split(" ", 1)
    return _file_digest(path) == sha256


def _is_installed(known: dict[str, str], generation: str) -> bool:
    """Whether the same packages are installed, by their records."""
    from hashlib import sha256  # noqa: PLC0415 - not for other commands

    from provisioner._quick import list_installed  # noqa: PLC0415 - as above

    listing = list_installed(f"{generation}/{known['site']}")
    found = sha256(listing.encode("utf-8", "surrogateescape")).hexdigest()
    return found == known["installed-sha256"]


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

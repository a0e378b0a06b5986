"""Switching between generations: what going back at once shares with ``provisioner.environment``.

``torchenv rollback`` is decided and done here, before any other module is imported, where the spec
is as it was at the last apply and all is plain: nobody else works there, nothing was interrupted,
and the generation to go back to is complete, made from a base interpreter that is unchanged, and
has every file as it was. Where anything is otherwise, the whole program decides, and tells why.
"""

import fcntl
import json
import os
import time

from provisioner._quick import MANIFEST, list_files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

_PLAIN = frozenset({"lock", "last-generation", "history.jsonl"})
"""What lies beside the generations of an environment where nothing was interrupted."""


def roll_back_at_once(known: "Mapping[str, str]", asked: "int | None") -> "tuple[int, int, str]":
    """Switch to an older generation, as ``provisioner.environment.roll_back`` does.

    Args:
        known: The facts of the spec's pointer file, which are still so as far as the spec goes.
        asked: Number of the generation; None is the one that was current before.

    Returns:
        The number that was current, the one that is now, and the digest of its lock.

    Raises:
        OSError: The whole program must decide; nothing was changed.
        ValueError: As above.
        KeyError: As above.
    """
    link = known["link"]
    folder, name = os.path.split(link)
    root = f"{folder}/.torchenv/{name}"
    new_link = f"{folder}/.{name}.torchenv-new"
    handle = _lock(f"{root}/lock")
    try:
        numbers = _complete_generations(root)
        current = _number(os.readlink(link), name)
        others = [number for number in numbers if number != current]
        with open(f"{root}/history.jsonl", encoding="utf-8", errors="replace") as file:
            history = file.read().splitlines()
        number = by_last_use(history, others)[-1] if asked is None and others else asked
        if number not in others or current not in numbers or os.path.lexists(new_link):
            raise ValueError(number)
        before = next(one for one in map(_entry, reversed(history)) if one["generation"] == number)
        digest, summary = before["lock_digest"], before["summary"]
        _require_whole(f"{root}/{number:04d}", digest)
        replace_link(link, new_link, f".torchenv/{name}/{number:04d}")
        flush_names(folder)
        remember(
            f"{root}/history.jsonl",
            generation=number,
            action="rollback",
            lock_digest=digest,
            summary=summary,
        )
    except StopIteration:
        raise ValueError(link) from None
    finally:
        os.close(handle)
    return current, number, digest


def replace_link(link: str, new_link: str, target: str) -> None:
    """Have ``link`` lead to ``target``, in one step; ``new_link`` is what it is called before.

    Raises:
        OSError: It cannot be made; what was there is untouched.
    """
    _remove(new_link)
    os.symlink(target, new_link)
    try:
        os.replace(new_link, link)
    except BaseException:
        _remove(new_link)
        raise


def _remove(path: str) -> None:
    if os.path.lexists(path):
        os.unlink(path)


def flush_names(folder: str) -> None:
    """Have the names in a folder on the disk: a rename that was made, a file that was added."""
    try:
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError:
        pass


def remember(history: str, **facts: object) -> None:
    """Add a switch to the history; where that fails, do without.

    Args:
        history: Path of its file.
        facts: Of ``provisioner.environment``'s ``Entry``, all but the time, which is now.
    """
    when = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime())
    try:
        with open(history, "a", encoding="utf-8") as file:
            file.write(json.dumps({"when": when, **facts}) + "\n")
    except OSError:
        pass


def by_last_use(history: "Iterable[str]", numbers: "Iterable[int]") -> list[int]:
    """Order generations by when each became current last; those that never did come first.

    Args:
        history: Lines of the history, oldest first; one that cannot be read counts for nothing.
        numbers: Of generations.
    """
    last = {_entry(line)["generation"]: place for place, line in enumerate(history)}
    return sorted(numbers, key=lambda number: (last.get(number, -1), number))


def _entry(line: str) -> "dict[str, Any]":
    """Return a line of the history; one that was cut by a kill is of no generation."""
    try:
        found = json.loads(line)
    except ValueError:
        found = None
    is_whole = isinstance(found, dict) and isinstance(found.get("generation"), int)
    return found if is_whole else {"generation": None}


def _lock(path: str) -> int:
    """Return the environment's lock, held for as long as this is open.

    Raises:
        OSError: Somebody else has it, or this file system cannot lock.
    """
    handle = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _require_same(os.stat(path, follow_symlinks=False), os.fstat(handle))
    except BaseException:
        os.close(handle)
        raise
    return handle


def _require_same(there: os.stat_result, held: os.stat_result) -> None:
    """See that the file that is locked is still at its place: its holder may have removed it."""
    if not os.path.samestat(there, held):
        raise FileNotFoundError


def _complete_generations(root: str) -> list[int]:
    """Return the numbers of the generations, smallest first.

    Raises:
        ValueError: Something else is there, or one is not complete.
    """
    found = []
    with os.scandir(root) as entries:
        for entry in entries:
            if entry.name.isdigit() and entry.is_symlink():
                continue  # a generation that was removed
            if entry.name.isdigit() and _is_complete(entry.path):
                found.append(int(entry.name))
            elif entry.name not in _PLAIN:
                raise ValueError(entry.name)
    return sorted(found)


def _is_complete(generation: str) -> bool:
    return os.path.isfile(f"{generation}/{MANIFEST}") and not os.path.lexists(
        f"{generation}/.building"
    )


def _number(target: str, name: str) -> int:
    """Return the number of the generation that the link leads to.

    Raises:
        ValueError: It leads elsewhere.
    """
    folder, _, number = target.rpartition("/")
    if folder != f".torchenv/{name}":
        raise ValueError(target)
    return int(number)


def _require_whole(generation: str, lock_digest: str) -> None:
    """See that a generation is as it was, with every file of it.

    Raises:
        OSError: A file cannot be read.
        ValueError: It is not as it was.
        KeyError: It is of another version.
    """
    with open(f"{generation}/torchenv-state.json", "rb") as file:
        state = json.load(file)
    base = os.stat(state["python"]["path"])
    with open(f"{generation}/{MANIFEST}", "rb") as file:
        recorded = file.read()
    if (
        state["schema"] != 1
        or state["lock_digest"] != lock_digest
        or not os.path.samefile(state["path"], generation)
        or (base.st_size, base.st_mtime_ns)
        != (state["python"]["size"], state["python"]["mtime_ns"])
        or list_files(generation).encode("utf-8", "surrogateescape") != recorded
    ):
        raise ValueError(generation)

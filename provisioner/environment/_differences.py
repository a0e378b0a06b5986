"""Wording what differs between an environment and its wheels."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from provisioner.findings import Finding, Severity
from provisioner.paths import display

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from provisioner.environment._owners import Difference

SHOWN: Final = 20
"""How many lines a finding has at most."""


def difference_findings(link: Path, differences: Iterable[Difference]) -> tuple[Finding, ...]:
    """Word differences: damage, what was added, and byte code, each in one finding.

    Args:
        link: The environment's path.
        differences: In the order in which they are to be named.
    """
    everything = tuple(differences)
    damage = [one for one in everything if one.kind in {"missing", "changed"}]
    added = [one for one in everything if one.kind == "added"]
    byte_code = [one for one in everything if one.kind == "byte code"]
    worded = (
        (damage, _damage(link, damage)),
        (added, _added(link, added)),
        (byte_code, _byte_code(link, byte_code)),
    )
    return tuple(finding for those, finding in worded if those)


def unknown_finding(names: Sequence[str]) -> Finding:
    """Word that packages could not be compared."""
    return Finding(
        code="TE612",
        severity=Severity.WARNING,
        message=f"Not compared with a wheel: {_listed(names)}.",
        why="Neither the wheel nor its RECORD is in the store any more, and what is installed "
        "cannot vouch for itself.",
        do="`torchenv apply --repair` fetches the wheels and makes the environment anew.",
    )


def shown(lines: Sequence[str]) -> str:
    """Return the first lines, and how many there are beside them; always printable."""
    more = [f"and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else []
    text = "\n".join([*lines[:SHOWN], *more])
    return text.encode("utf-8", "backslashreplace").decode("utf-8")  # names that are no UTF-8


def damage_lines(differences: Iterable[Difference]) -> list[str]:
    """Return one line for each file: ``torch 2.2.0: changed torch/lib/libtorch_cpu.so``."""
    return [
        f"{f'{one.owner}: ' if one.owner else ''}{one.kind} {_short(one.path)}"
        for one in differences
    ]


def added_lines(differences: Iterable[Difference]) -> Iterator[str]:
    """Yield a line for each package that was added, then one for each other file."""
    added = tuple(differences)
    strays = Counter(str(one.owner) for one in added if one.owner and one.owner.is_stray)
    for package, files in sorted(strays.items()):
        yield f"package {package} added ({count(files)})"
    halves = Counter(top for one in added if (top := _half_removed(one.path)))
    for top, files in sorted(halves.items()):
        yield f"`{top}`, left by an installer that was stopped ({count(files)})"
    for one in added:
        if _half_removed(one.path):
            continue
        if one.owner is None:
            yield _short(one.path)
        elif not one.owner.is_stray:
            yield f"{_short(one.path)}, in a folder of {one.owner}"


def _damage(link: Path, differences: Sequence[Difference]) -> Finding:
    return Finding(
        code="TE704",
        severity=Severity.WARNING,
        message=f"Files of `{display(link)}` are missing or were changed.",
        why="They differ from what was installed and proven:\n" + shown(damage_lines(differences)),
        do="`torchenv apply` installs the damaged packages anew, in a new generation.",
    )


def _added(link: Path, differences: Sequence[Difference]) -> Finding:
    return Finding(
        code="TE607",
        severity=Severity.WARNING,
        message=f"Files were added to `{display(link)}` by something other than torchenv.",
        why="They are in no package of the lock:\n" + shown(list(added_lines(differences))),
        do=_keep(differences),
    )


def _keep(differences: Sequence[Difference]) -> str:
    """Return how to keep what was installed by hand."""
    names = {one.owner.name for one in differences if one.owner and one.owner.is_stray}
    left = "`torchenv apply` leaves these files behind in the previous generation."
    if not names:
        return left
    return f"{left} To keep packages: `torchenv add {' '.join(sorted(names))}`."


def _byte_code(link: Path, differences: Sequence[Difference]) -> Finding:
    return Finding(
        code="TE611",
        severity=Severity.WARNING,
        message=f"Byte code in `{display(link)}` is not that of its source.",
        why="Python runs it instead of the source, and no RECORD knows it:\n"
        + shown([_short(one.path) for one in differences]),
        do="Find out who wrote it. `torchenv apply --repair` makes a new generation without it.",
    )


def _half_removed(path: str) -> str:
    """Return where pip moved what it was removing, ``~orch``, or nothing."""
    top = path.partition("/site-packages/")[2].partition("/")[0]
    return top if top.startswith("~") else ""


def count(files: int) -> str:
    """Return ``1 file``, ``2 files``."""
    return "1 file" if files == 1 else f"{files} files"


def _short(path: str) -> str:
    """Leave out the way to ``site-packages``."""
    return path.partition("/site-packages/")[2] or path


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(f"`{name}`" for name in names[:SHOWN]) + more

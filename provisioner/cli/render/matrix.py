"""The compat data as a table: on a terminal, and in Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.text import Text

from provisioner.cli.render._text import count, print_rows, say

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console

    from provisioner.api.check_index import IndexCheck
    from provisioner.api.matrix import Matrix
    from provisioner.compat.compare import DifferenceKind
    from provisioner.compat.matrix import MatrixRow

_HEAD: Final = ("torch", "build", "index", "Python", "torchvision", "torchaudio", "driver")
_PLATFORM: Final = "platform"
_RUNS: Final = "runs"
_ANSWERS: Final = {"yes": "yes", "unknown": "not known"}
_KINDS: Final[dict[DifferenceKind, str]] = {
    "missing": "not on the index",
    "extra": "not in the data",
    "release": "new release",
    "confirmed": "is there, was not sure",
    "absent": "is not there, was not sure",
}
_CODE: Final = "GPU code"


def print_matrix(console: Console, found: Matrix) -> None:
    """Print a build a line, and what the data is."""
    if not found.rows:
        _print_nothing(console, found)
        return
    print_rows(console, _table(found))
    every = found.question.platform == "all"
    where = "every platform" if every else found.question.platform
    text = f"{count(len(found.rows), 'build')} for {where}{_asked(found)}; compat data of "
    say(console, Text(f"{text}{found.version}.", style="dim"))
    if any(row.build.unsure or row.build.is_doubtful for row in found.rows):
        say(console, Text("With `?`: not known whether there is one.", style="dim"))
    if (best := found.best) is not None:
        _print_best(console, found, best)


def _asked(found: Matrix) -> str:
    """Return what was asked about, as a part of a sentence."""
    question, parts = found.question, []
    if question.gpu is not None:
        same = found.arch == question.gpu
        parts.append(f" on {question.gpu}" + ("" if same else f" ({found.arch})"))
    if question.driver is not None:
        parts.append(f" with driver {question.driver}")
    return "".join(parts)


def _print_best(console: Console, found: Matrix, best: MatrixRow) -> None:
    """Say what to write into a spec for the newest build that surely runs."""
    build = best.build
    python = found.question.python or build.pythons[-1]
    if python.endswith("t"):
        python = next((one for one in reversed(build.pythons) if not one.endswith("t")), python)
    spec = f'python = "{python}", accelerator = "{build.accelerator}", torch = "{build.torch}"'
    say(console, Text(f"The newest that surely runs: {spec}."))


def print_check(console: Console, check: IndexCheck) -> None:
    """Print what an index has otherwise than the data says, and how much was compared."""
    rows = [
        (
            _KINDS[one.kind],
            f"{one.project} {one.version}",
            one.accelerator or "-",
            one.platform,
            _pythons(one.pythons, ()),
        )
        for one in check.differences
    ]
    if rows:
        head = ("difference", "release", "build", "platform", "Python")
        print_rows(console, [head, *rows])
    text = f"{count(check.wheels, 'wheel')} of {check.index} compared with the compat data of "
    said = f"{len(rows)} differences." if len(rows) != 1 else "1 difference."
    say(console, Text(f"{text}{check.version}: {said}", style="dim"))


def markdown_table(found: Matrix) -> str:
    """Return the table in Markdown, without a line break at the end."""
    rows = _table(found)
    lines = [f"| {' | '.join(cells)} |" for cells in rows]
    return "\n".join([lines[0], f"| {' | '.join(['---'] * len(rows[0]))} |", *lines[1:]])


def _print_nothing(console: Console, found: Matrix) -> None:
    say(console, Text("The compat data has no such build."))
    for name, number in found.without:
        wish = getattr(found.question, name)
        say(console, Text(f"  without --{name} {wish}: {count(number, 'build')}"))


def _table(found: Matrix) -> list[tuple[str, ...]]:
    """Return the head and the rows, with a column for the platform and the GPU where asked."""
    every = found.question.platform == "all"
    judged = any(row.runs is not None for row in found.rows)
    platform = (_PLATFORM,) if every else ()
    head = (*_HEAD[:1], *platform, *_HEAD[1:], *((_RUNS,) if judged else ()), _CODE)
    return [head, *(_cells(row, every=every) for row in found.rows)]


def _cells(row: MatrixRow, *, every: bool) -> tuple[str, ...]:
    build = row.build
    return (
        build.torch,
        *((build.platform,) if every else ()),
        build.accelerator + ("?" if build.is_doubtful else ""),
        build.index,
        _pythons(build.pythons, build.unsure),
        ", ".join(row.torchvision) or "-",
        ", ".join(row.torchaudio) or "-",
        _driver(row),
        *((_ANSWERS[row.runs],) if row.runs is not None else ()),
        "not known" if row.code is None else " ".join(row.code) or "-",
    )


def _driver(row: MatrixRow) -> str:
    if row.driver is not None:
        return f"≥ {row.driver}"
    return "not known" if row.build.accelerator.startswith("cu") else "-"


def _pythons(sure: Iterable[str], unsure: Iterable[str]) -> str:
    """Return ``3.9-3.13 3.13t 3.14?``: three and more in a row together."""
    marks = {**dict.fromkeys(sure, ""), **dict.fromkeys(unsure, "?")}
    groups: list[list[str]] = []
    for python in sorted(marks, key=_order):
        if groups and _follows(groups[-1][-1], python) and marks[python] == marks[groups[-1][-1]]:
            groups[-1].append(python)
        else:
            groups.append([python])
    return " ".join(part for group in groups for part in _span(group, marks[group[0]]))


def _span(group: list[str], mark: str) -> list[str]:
    if len(group) > 2:  # noqa: PLR2004  two stand beside each other
        return [f"{group[0]}-{group[-1]}{mark}"]
    return [f"{one}{mark}" for one in group]


def _order(python: str) -> tuple[bool, int]:
    """Free-threaded ones last; ``any`` is no minor version."""
    if python == "any":
        return False, 0
    return python.endswith("t"), int(python.removesuffix("t").split(".")[1])


def _follows(before: str, after: str) -> bool:
    (free, minor), (next_free, next_minor) = _order(before), _order(after)
    return free == next_free and next_minor == minor + 1

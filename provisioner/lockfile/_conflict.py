"""Which demands cannot be met together: the smallest set of them, found by asking.

The engine explains a conflict as a proof, from package to package. What a person can change are
demands: what the spec asks for, what the planner adds, what constraint files say. So the engine is
asked for subsets, until a smallest one is left that has no solution.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from provisioner.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from provisioner.findings import Where

_DEPENDS: Final = re.compile(
    r"(?<![\w.-])([\w.\[\]-]+(?:[=<>!~][=\w.+!*,<>]*)?) depends? on ([\w.\[\]-]+\S*)"
)
_REQUEST: Final = frozenset({"spec", "the"})
"""What the engine's own name for the request ends with, once it is put into our words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """One thing that is asked of the resolution."""

    text: str
    """PEP 508: ``numpy<2``; for a constraint file its name."""
    who: str
    """Who wants it and where: ``the spec, torchenv.toml:9``; the rest of a sentence."""
    name: str | None = None
    """Normalised name of the package, None for a constraint file."""
    where: Where | None = None

    @property
    def is_wish(self) -> bool:
        """Whether it is a wish of the spec beside torch, which decides so much else."""
        return self.where is not None and self.where.key != "torch.torch"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Demands that cannot be met together, and what would help."""

    demands: tuple[Demand, ...]
    """As few as possible: without any one of them there is a solution."""
    links: tuple[tuple[str, str], ...]
    """(``package==version``, requirement) of packages that bring further demands."""
    changes: tuple[str, ...]
    """Sentences, each a change of one thing that was tried and resolves everything."""

    def finding(self) -> Finding:
        """Return the conflict in words."""
        listed = [f"`{one.text}`" for one in self.demands]
        together = f"{', '.join(listed[:-1])} and {listed[-1]}" if len(listed) > 1 else listed[0]
        lines = [f"`{one.text}` is wanted by {one.who}." for one in self.demands]
        lines += [
            f"`{package.replace('==', ' ')}` needs `{needed}`." for package, needed in self.links
        ]
        return Finding(
            code="TE405",
            message=f"No set of versions satisfies {together}"
            + (" together." if len(listed) > 1 else "."),
            why="\n".join(lines),
            do="\n".join(self.changes)
            or "More than one of them has to change; `--verbose` shows what the engine says.",
            where=next((one.where for one in self.demands if one.where is not None), None),
        )


def minimal_conflict(
    demands: Sequence[Demand], holds: Callable[[Sequence[Demand]], bool]
) -> tuple[Demand, ...]:
    """Return a smallest set of demands that has no solution, in the order given.

    Halves are tried before single demands, so that a few among many are found with few questions
    (Junker, QuickXplain, AAAI 2004).

    Args:
        demands: Together they have no solution.
        holds: Whether some of them have one.
    """

    def search(sure: list[Demand], added: bool, rest: list[Demand]) -> list[Demand]:  # noqa: FBT001
        if added and not holds(sure):
            return []
        if len(rest) == 1:
            return rest
        middle = len(rest) // 2
        left, right = rest[:middle], rest[middle:]
        of_right = search([*sure, *left], bool(left), right)
        of_left = search([*sure, *of_right], bool(of_right), left)
        return [*of_left, *of_right]

    found = search([], False, list(demands)) if demands else []  # noqa: FBT003
    return tuple(one for one in demands if one in found)


def links_in(text: str, names: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Return what the engine says of packages that need others, once each.

    Args:
        text: Its explanation of a conflict.
        names: What the request itself is called there, which says nothing new.
    """
    known = {*names, *_REQUEST}
    pairs = [
        (package, needed.rstrip(".,)"))
        for package, needed in _DEPENDS.findall(text)
        if package not in known
    ]
    return tuple(dict.fromkeys(pairs))

"""Withdrawn (yanked) releases: kept where they are locked or pinned, and named (PEP 592)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from provisioner.findings import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Callable

    from provisioner.lockfile._origins import Origins

_YANKED: Final = re.compile(r"`(\S+?)==(\S+)` is yanked(?: \(reason: \"(.*)\"\))?")
"""The engine's wording, which comes once for each package that it chose in spite of that."""


@dataclass(slots=True)
class YankListener:
    """Passes the engine's lines on, and remembers what they say of yanked releases."""

    pass_on: Callable[[str], None]
    reasons: dict[tuple[str, str], str] = field(default_factory=dict)
    """(name, version) to the reason, which may be empty."""

    def __call__(self, line: str) -> None:
        """Hear one line of the engine."""
        self.pass_on(line)
        found = _YANKED.search(line)
        if found is not None:
            self.reasons[found[1], found[2]] = found[3] or ""

    def notes(self, origins: Origins) -> tuple[Finding, ...]:
        """Return a warning for each yanked release among what was resolved in the end."""
        return tuple(
            yanked(name, version, reason)
            for (name, version), reason in sorted(self.reasons.items())
            if name in origins and origins[name][0] == version
        )


def yanked(name: str, version: str, reason: str) -> Finding:
    """Return the finding for a release that is locked and was yanked; the reason may be empty."""
    said = f"It says: {reason.rstrip('.')}." if reason else "It gives no reason."
    return Finding(
        code="TE435",
        severity=Severity.WARNING,
        message=f"`{name} {version}` was withdrawn (yanked) by its index.",
        why=f"{said} It is locked because an earlier lock or the spec names just this version; it "
        "is not chosen otherwise.",
        do=f"Take another with `torchenv lock --upgrade-package {name}`, or change its version in "
        "the spec.",
    )

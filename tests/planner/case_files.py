"""Planner cases as data: one small table per case in ``cases/*.toml``.

A case gives ``spec`` (keys as ``wishes.a_spec`` takes them) and ``host`` (as ``wishes.a_host``
does), and expects either

- ``plan``: ``trio`` (versions), ``index``, ``glibc``, and where they differ from the usual ``url``,
  ``constraints``, ``python`` and ``codes`` (of warnings and notes), or
- ``refused``: the codes of the findings, in order,

with ``at`` (line and key of the first finding), ``says`` (parts of the findings' text),
``alternatives`` (all of them, in order) or ``among`` (some of them). A combination is written as
``torch accelerator python torchvision torchaudio``, with ``-`` for a member that is left out.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from provisioner.compat import load_compat
from tests.planner.wishes import LINES, a_host, a_spec

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from provisioner.compat import Compat
    from provisioner.host import HostFacts
    from provisioner.spec import Spec

FOLDER: Final = Path(__file__).with_name("cases")
NEWEST: Final = "2.15.0"
"""The newest torch that the cases know, so that a release that is added changes none of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a plan has to be."""

    trio: str
    index: str
    glibc: str | None = None
    url: str | None = None
    python: str | None = None
    constraints: list[str] = field(default_factory=list)
    codes: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One case; exactly one of ``plan`` and ``refused`` is given."""

    name: str
    spec: dict[str, Any] = field(default_factory=dict)
    host: dict[str, Any] = field(default_factory=dict)
    plan: dict[str, Any] | None = None
    refused: str = ""
    at: str = ""
    says: list[str] = field(default_factory=list)
    alternatives: list[str] | None = None
    among: list[str] = field(default_factory=list)

    @property
    def expected(self) -> Expected | None:
        """The plan that is expected, None where a refusal is."""
        return None if self.plan is None else Expected(**self.plan)

    def a_spec(self) -> Spec:
        """Make the spec; ``unnamed`` is one whose file names neither torchvision nor torchaudio."""
        keys = dict(self.spec)
        if keys.pop("unnamed", False):
            members = ("torch.torchvision", "torch.torchaudio")
            keys["lines"] = tuple(line for line in LINES if line[0] not in members)
        return a_spec(**keys)

    def a_host(self) -> HostFacts:
        """Make the machine; an empty glibc is one that is not known."""
        facts = dict(self.host)
        if facts.get("libc_version") == "":
            facts["libc_version"] = None
        return a_host(**facts)


def compat_of_cases() -> Compat:
    """Return the compat data as it was before any release newer than ``NEWEST``."""
    compat = load_compat()
    versions = [release.torch for release in compat.releases]
    kept = versions[: versions.index(NEWEST) + 1]
    return replace(
        compat,
        releases=compat.releases[: len(kept)],
        builds_by_place={
            place: builds for place, builds in compat.builds_by_place.items() if place[0] in kept
        },
    )


def load_cases() -> dict[str, Case]:
    """Return every case, by ``<file>: <name>``."""
    cases: dict[str, Case] = {}
    for file in sorted(FOLDER.glob("*.toml")):
        for table in tomllib.loads(file.read_text(encoding="utf-8"))["case"]:
            case = Case(**table)
            cases[f"{file.stem}: {case.name}"] = case
    return cases

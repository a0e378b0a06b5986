"""Installs that succeeded with another build than was meant."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from provisioner.diagnosis._causes import Candidate
from provisioner.diagnosis._pattern import pattern

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provisioner.diagnosis._facts import Facts

_SUCCESS: Final = (
    pattern(r"successfully installed [^\n]{0,900}?\btorch-(\d[\w.+]{0,40})"),
    pattern(r"would install [^\n]{0,900}?\btorch-(\d[\w.+]{0,40})"),
    pattern(r" \+ torch==(\d[\w.+]{0,40})"),
    pattern(r"using cached torch-(\d[\w.+%]{0,40}?)-(?:cp|py)\d"),
)
_LOOK_ALIKE: Final = pattern(r"torch-\d[\w.+]{0,30}-py3-none-any\.whl")
_ERRORS: Final = ("error:", "traceback (most recent call last)", "could not find a version")


def candidates_by_install(flow: str, facts: Facts) -> Iterator[Candidate]:
    """Yield that another build was chosen, where a text without errors shows it."""
    if any(word in flow for word in _ERRORS):
        return
    asked = {one.accelerator for one in facts.indexes if one.kind == "pytorch"}
    if not asked:
        links = facts.indexes and _LOOK_ALIKE.find(flow) is not None
        if not links:
            return
    if _LOOK_ALIKE.find(flow) is not None:
        found = _LOOK_ALIKE.find(flow)
        yield Candidate(
            category="index-wrong-build",
            weight=70,
            confidence="certain",
            at=found.start() if found else None,
        )
        return
    for each in _SUCCESS:
        found = each.find(flow)
        if found is None:
            continue
        local = re.split(r"\+|%2b", found[1])[1:]
        if facts.system == "macos" or (local and local[0] in asked):
            return
        yield Candidate(
            category="index-wrong-build",
            weight=66,
            confidence="likely",
            at=flow.find("torch", found.start()),
        )
        return

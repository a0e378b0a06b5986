"""Trouble with the network that a tool got over: a warning before an error of another kind."""

from __future__ import annotations

from typing import Final

from provisioner.diagnosis._pattern import pattern
from provisioner.diagnosis._rules import rules_by_category

_ANSWERED: Final = tuple(
    pattern(source)
    for source in (
        r"does not satisfy python\W{0,3}[<>=]",
        r"python abi tags?\b",
        r"with a matching python (?:abi tag|version|implementation)",
        r"have a source distribution or wheel for the current platform",
        r"incompatible with the project's python requirement",
        r"requires a different python: ",
        r"successfully installed ",
        r"we can conclude that [^,]{1,160} are incompatible",
        r"has no (?:usable )?wheels",
        r"there (?:is no version|are no versions) of [a-z]",
        r"only the following versions of",
    )
)
"""What no tool can say before it has read the index.

That pip lists versions is none of these: they may come from another index than the one that did not
answer.
"""


def is_overcome(flow: str, category: str) -> bool:
    """Return whether a text goes on after the last sign of network trouble, and says an answer.

    Args:
        flow: The text on one line, in lower case.
        category: Slug of the cause; only those of the network can be overcome.
    """
    if not category.startswith("network-"):
        return False
    answers = [found.start() for one in _ANSWERED for found in one.find_all(flow)]
    if not answers:
        return False
    signs = rules_by_category()[category].signs
    troubles = [
        found.start() for sign in signs for one in sign.any_of for found in one.find_all(flow)
    ]
    return bool(troubles) and max(troubles) < max(answers)

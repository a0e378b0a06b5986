"""Small pieces of sentences that several findings share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provisioner.planner._order import python_order

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from provisioner.compat import IndexKind


HAND_IN = (
    "Start the container with its host's GPUs (`--gpus all` for NVIDIA's, `--device` for others)"
)
"""What helps a container without GPUs; the end of the sentence is the caller's."""


def listing(items: Iterable[str], word: str = "and") -> str:
    """Join ``a``, ``b`` and ``c`` as in this sentence."""
    words = list(items)
    if len(words) < 2:  # noqa: PLR2004  one word needs no joining
        return "".join(words)
    return f"{', '.join(words[:-1])} {word} {words[-1]}"


def literals(items: Iterable[str], word: str = "and") -> str:
    """Join in backticks."""
    return listing((f"`{item}`" for item in items), word)


def runs(items: Sequence[str], order: Sequence[str]) -> list[str]:
    """Put three and more that follow each other in ``order`` together: ``2.0.0 to 2.3.1``."""
    groups: list[list[str]] = []
    for item in (one for one in order if one in items):
        if groups and order.index(item) == order.index(groups[-1][-1]) + 1:
            groups[-1].append(item)
        else:
            groups.append([item])
    return [
        part
        for group in groups
        for part in ([f"{group[0]} to {group[-1]}"] if len(group) > 2 else group)  # noqa: PLR2004
    ]


def pythons(items: Iterable[str]) -> str:
    """Join Pythons: ``3.9 to 3.13 and 3.13t``."""
    every = sorted(items, key=python_order)
    ordinary = [one for one in every if not one.endswith("t")]
    minors = [f"3.{minor}" for minor in range(100)]
    return listing([*runs(ordinary, minors), *(one for one in every if one.endswith("t"))])


def index_name(index: IndexKind) -> str:
    """Return how people call an index."""
    return "the default index" if index == "default" else "PyTorch's index"

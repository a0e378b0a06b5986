"""Looking up a GPU by the name that people, drivers or the bus give it.

Names are compared by the words that say which chip it is: makers and product lines are left out
(``NVIDIA GeForce RTX 4090`` and ``rtx 4090`` are one), and where that finds nothing, words at the
end that do not change the chip's architecture: memory sizes, ``Laptop GPU``, ``SUPER``, the
profile of a virtual GPU.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provisioner.compat._types import Known

_MARKS: Final = re.compile(r"\((?:r|tm|c)\)|[®™©()]", re.IGNORECASE)
_BRANDS: Final = frozenset(
    {"nvidia", "geforce", "quadro", "tesla", "grid", "amd", "radeon", "instinct", "intel"}
    | {"corporation", "graphics"}
)
_ENDING: Final = re.compile(
    r"laptop|mobile|gpu|super|max|q|with|design|d|generation|pascal|pcie|sxm\d?|nvl"
    r"|hbm\d?e?|\d+gb|\d+[abcq]|accelerator"
)
_CAPABILITY: Final = re.compile(r"(?:(?:sm|compute)_?(\d+)(\d)[af]?|(\d+)\.(\d))", re.IGNORECASE)
_GFX: Final = re.compile(r"gfx[0-9a-f]{3,4}", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuNames:
    """GPUs of one architecture."""

    arch: str
    """``sm_89``, ``gfx1100``; for Intel the code name of a generation, ``dg2``."""
    names: tuple[str, ...]
    """Without the maker; Intel's as PCI ids, ``8086:56a0``."""
    known: Known
    sources: tuple[str, ...]


def find_gpu(rows: tuple[GpuNames, ...], name: str) -> GpuNames | None:
    """Return the row of a GPU, None where the data does not have its name."""
    index = _index(rows)
    words = _words(name)
    while words:
        if (row := index.get(" ".join(words))) is not None:
            return row
        if not _ENDING.fullmatch(words[-1]):
            return None
        words = words[:-1]
    return None


def parse_arch(rows: tuple[GpuNames, ...], text: str) -> str | None:
    """Return the architecture that a text names: itself, a compute capability, or a GPU's.

    ``sm_89``, ``8.9``, ``compute_89`` -> ``sm_89``; ``gfx1100``; ``RTX 4090`` -> ``sm_89``; None
    where it names none that is known.
    """
    wish = text.strip()
    if found := _CAPABILITY.fullmatch(wish):
        return f"sm_{found[1] or found[3]}{found[2] or found[4]}"
    if _GFX.fullmatch(wish) or any(row.arch == wish.lower() for row in rows):
        return wish.lower()
    row = find_gpu(rows, wish)
    return row.arch if row is not None else None


def near_names(rows: tuple[GpuNames, ...], name: str) -> tuple[str, ...]:
    """Return up to three names of the data that look like a name that it does not have."""
    # Imported late: a plan that knows its GPUs does not pay for it.
    from difflib import get_close_matches  # noqa: PLC0415

    known = {" ".join(_words(each)): each for row in rows for each in row.names}
    near = get_close_matches(" ".join(_words(name)), known, n=3, cutoff=0.7)
    return tuple(known[one] for one in near)


@lru_cache(maxsize=2)
def _index(rows: tuple[GpuNames, ...]) -> Mapping[str, GpuNames]:
    return {" ".join(_words(name)): row for row in rows for name in row.names}


def _words(name: str) -> list[str]:
    """Return the words of a name that say which chip it is."""
    plain = _MARKS.sub(" ", name).casefold().replace("-", " ").split()
    return [word for word in plain if word not in _BRANDS]

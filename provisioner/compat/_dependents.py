"""What packages other than the trio ask of torch.

Kept apart from the rest of the compat data, since a spec without such a package does not need it.
``dependents.json`` is compiled from ``data/dependents.toml``.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from provisioner.compat._types import TorchWish, TorchWishes

if TYPE_CHECKING:
    from collections.abc import Mapping

COMPILED_DEPENDENTS: Final = Path(__file__).with_name("dependents.json")
"""Made from ``data/`` by ``python -m provisioner.compat.compile``."""


@cache
def load_dependents() -> Mapping[str, TorchWishes]:
    """Return what the data says of each package, by its name; read once per process."""
    data = json.loads(COMPILED_DEPENDENTS.read_text(encoding="utf-8"))
    return {
        row["package"]: TorchWishes(
            package=row["package"],
            wishes=tuple(TorchWish(torch, tuple(releases)) for torch, releases in row["wishes"]),
            known=row["known"],
            sources=tuple(row["sources"]),
            note=row.get("note", ""),
        )
        for row in data["dependents"]
    }

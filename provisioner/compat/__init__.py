"""Compat data: which builds of the trio exist, what goes together, and known limits.

The readable files are in ``data/``; :func:`load_compat` reads the form compiled from them. What
only ``torchenv matrix`` asks is in the modules ``matrix`` and ``compare``, which no plan loads.
"""

from provisioner.compat._compat import Compat
from provisioner.compat._load import load_compat
from provisioner.compat._types import (
    DOUBTFUL,
    Accelerator,
    Build,
    Ceiling,
    Companion,
    IndexKind,
    Kind,
    Known,
    Member,
    MemberName,
    Release,
    TrioName,
    Wheel,
    kind_of,
)

__all__ = [
    "DOUBTFUL",
    "Accelerator",
    "Build",
    "Ceiling",
    "Companion",
    "Compat",
    "IndexKind",
    "Kind",
    "Known",
    "Member",
    "MemberName",
    "Release",
    "TrioName",
    "Wheel",
    "kind_of",
    "load_compat",
]

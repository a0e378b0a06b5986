"""Compat data: which builds of the trio exist, what goes together, and known limits.

The readable files are in ``data/``; :func:`load_compat` reads the form compiled from them.
"""

from provisioner.compat._compat import Compat
from provisioner.compat._load import load_compat
from provisioner.compat._matrix import MatrixRow, Wanted, matrix_rows
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
    "MatrixRow",
    "Member",
    "MemberName",
    "Release",
    "TrioName",
    "Wanted",
    "Wheel",
    "kind_of",
    "load_compat",
    "matrix_rows",
]

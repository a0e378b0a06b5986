"""The spec: models of ``torchenv.toml``, reading, and the JSON Schema made from them."""

from provisioner.spec._digest import spec_digest, spec_inputs
from provisioner.spec._load import load_spec, parse_spec
from provisioner.spec._types import (
    CompanionWish,
    Dependency,
    Follow,
    LeaveOut,
    Sources,
    Spec,
    TargetWish,
    TrioMode,
    VersionWish,
)

__all__ = [
    "CompanionWish",
    "Dependency",
    "Follow",
    "LeaveOut",
    "Sources",
    "Spec",
    "TargetWish",
    "TrioMode",
    "VersionWish",
    "load_spec",
    "parse_spec",
    "spec_digest",
    "spec_inputs",
]

"""The spec: models of ``torchenv.toml``, reading, and the JSON Schema made from them."""

from provisioner.spec._ages import newest_instant
from provisioner.spec._digest import spec_digest, spec_inputs
from provisioner.spec._edit import (
    Wanted,
    parse_wanted,
    with_dependencies,
    without_dependencies,
)
from provisioner.spec._load import Merged, load_merged, load_spec, parse_spec
from provisioner.spec._problems import UnfitError
from provisioner.spec._read import read_text
from provisioner.spec._templates import TemplateAccess
from provisioner.spec._types import (
    CompanionWish,
    Dependency,
    Follow,
    LeaveOut,
    Sources,
    Spec,
    SpecFile,
    TargetWish,
    TrioMode,
    VersionWish,
)
from provisioner.spec._versions import check_python, parse_wish

__all__ = [
    "CompanionWish",
    "Dependency",
    "Follow",
    "LeaveOut",
    "Merged",
    "Sources",
    "Spec",
    "SpecFile",
    "TargetWish",
    "TemplateAccess",
    "TrioMode",
    "UnfitError",
    "VersionWish",
    "Wanted",
    "check_python",
    "load_merged",
    "load_spec",
    "newest_instant",
    "parse_spec",
    "parse_wanted",
    "parse_wish",
    "read_text",
    "spec_digest",
    "spec_inputs",
    "with_dependencies",
    "without_dependencies",
]

"""The spec: models of ``torchenv.toml``, reading, and the JSON Schema made from them.

The inner types are loaded at once; everything else when it is first asked for.
"""

from typing import TYPE_CHECKING

from provisioner.spec._types import (
    CompanionWish,
    Dependency,
    Follow,
    LeaveOut,
    Project,
    Repository,
    Sources,
    Spec,
    SpecFile,
    TargetWish,
    TrioMode,
    VersionWish,
)

if TYPE_CHECKING:
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
    from provisioner.spec._projects import project_name
    from provisioner.spec._read import read_text
    from provisioner.spec._templates import TemplateAccess
    from provisioner.spec._versions import check_python, parse_wish

__all__ = [
    "CompanionWish",
    "Dependency",
    "Follow",
    "LeaveOut",
    "Merged",
    "Project",
    "Repository",
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
    "project_name",
    "read_text",
    "spec_digest",
    "spec_inputs",
    "with_dependencies",
    "without_dependencies",
]

_MODULES = {
    "Merged": "_load",
    "TemplateAccess": "_templates",
    "UnfitError": "_problems",
    "Wanted": "_edit",
    "check_python": "_versions",
    "load_merged": "_load",
    "load_spec": "_load",
    "newest_instant": "_ages",
    "parse_spec": "_load",
    "parse_wanted": "_edit",
    "parse_wish": "_versions",
    "project_name": "_projects",
    "read_text": "_read",
    "spec_digest": "_digest",
    "spec_inputs": "_digest",
    "with_dependencies": "_edit",
    "without_dependencies": "_edit",
}
"""The module that defines each of the others."""


def __getattr__(name: str) -> object:
    """Load what is asked for, from the module that defines it."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415 - the point of it

    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)

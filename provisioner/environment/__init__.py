"""The environment: inspect, compare with a lock, build a generation, prove it, switch to it.

An environment's path is a link to the current one of several generations; ``_layout`` shows where
everything lies. Nothing here decides what belongs into an environment: the lock says that.

Each module is loaded when something of it is first asked for: looking needs less than changing.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from provisioner.environment._adopted import kept_aside, restore_kept
    from provisioner.environment._apply import Applied, ApplyRequest, WheelStore, apply_lock
    from provisioner.environment._changes import Change, Changes, plan_changes
    from provisioner.environment._examine import Condition
    from provisioner.environment._history import Entry
    from provisioner.environment._inspect import inspect_environment
    from provisioner.environment._layout import Generation
    from provisioner.environment._os_errors import os_errors_as_findings
    from provisioner.environment._owners import Difference, Owner
    from provisioner.environment._place import require_elsewhere, require_free_place
    from provisioner.environment._pointer import summarise
    from provisioner.environment._records import records_folder
    from provisioner.environment._removal import (
        Removal,
        destroy,
        plan_destruction,
        plan_tidying,
        tidy,
    )
    from provisioner.environment._rollback import (
        History,
        RolledBack,
        environment_history,
        roll_back,
    )
    from provisioner.environment._startup import with_startup
    from provisioner.environment._state import BasePython, Package, Proof, State
    from provisioner.environment._status import Status, environment_changes, environment_status
    from provisioner.environment._types import (
        Absent,
        Blocked,
        Environment,
        Foreign,
        Installed,
        Ours,
    )
    from provisioner.environment._unfinished import unfinished_generations
    from provisioner.environment._unused import Unused, remove_idle, remove_unused
    from provisioner.environment._uv_project import uv_project_findings
    from provisioner.environment._verify import Verified, VerifySetting
    from provisioner.environment._verify_report import VerifyReport, verify_environment

__all__ = [
    "Absent",
    "Applied",
    "ApplyRequest",
    "BasePython",
    "Blocked",
    "Change",
    "Changes",
    "Condition",
    "Difference",
    "Entry",
    "Environment",
    "Foreign",
    "Generation",
    "History",
    "Installed",
    "Ours",
    "Owner",
    "Package",
    "Proof",
    "Removal",
    "RolledBack",
    "State",
    "Status",
    "Unused",
    "Verified",
    "VerifyReport",
    "VerifySetting",
    "WheelStore",
    "apply_lock",
    "destroy",
    "environment_changes",
    "environment_history",
    "environment_status",
    "inspect_environment",
    "kept_aside",
    "os_errors_as_findings",
    "plan_changes",
    "plan_destruction",
    "plan_tidying",
    "records_folder",
    "remove_idle",
    "remove_unused",
    "require_elsewhere",
    "require_free_place",
    "restore_kept",
    "roll_back",
    "summarise",
    "tidy",
    "unfinished_generations",
    "uv_project_findings",
    "verify_environment",
    "with_startup",
]

_MODULES = {
    "Absent": "_types",
    "Applied": "_apply",
    "ApplyRequest": "_apply",
    "BasePython": "_state",
    "Blocked": "_types",
    "Change": "_changes",
    "Changes": "_changes",
    "Condition": "_examine",
    "Difference": "_owners",
    "Entry": "_history",
    "Environment": "_types",
    "Foreign": "_types",
    "Generation": "_layout",
    "History": "_rollback",
    "Installed": "_types",
    "Ours": "_types",
    "Owner": "_owners",
    "Package": "_state",
    "Proof": "_state",
    "Removal": "_removal",
    "RolledBack": "_rollback",
    "State": "_state",
    "Status": "_status",
    "Unused": "_unused",
    "Verified": "_verify",
    "VerifyReport": "_verify_report",
    "VerifySetting": "_verify",
    "WheelStore": "_apply",
    "apply_lock": "_apply",
    "destroy": "_removal",
    "environment_changes": "_status",
    "environment_history": "_rollback",
    "environment_status": "_status",
    "inspect_environment": "_inspect",
    "kept_aside": "_adopted",
    "os_errors_as_findings": "_os_errors",
    "plan_changes": "_changes",
    "plan_destruction": "_removal",
    "plan_tidying": "_removal",
    "records_folder": "_records",
    "remove_idle": "_unused",
    "remove_unused": "_unused",
    "require_elsewhere": "_place",
    "require_free_place": "_place",
    "restore_kept": "_adopted",
    "roll_back": "_rollback",
    "summarise": "_pointer",
    "tidy": "_removal",
    "unfinished_generations": "_unfinished",
    "uv_project_findings": "_uv_project",
    "verify_environment": "_verify_report",
    "with_startup": "_startup",
}
"""The module that defines each."""


def __getattr__(name: str) -> object:
    """Load what is asked for, from the module that defines it."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415 - the point of it

    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)

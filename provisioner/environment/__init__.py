"""The environment: inspect, compare with a lock, build a generation, prove it, switch to it.

An environment's path is a link to the current one of several generations; ``_layout`` shows where
everything lies. Nothing here decides what belongs into an environment: the lock says that.
"""

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
from provisioner.environment._rollback import History, RolledBack, environment_history, roll_back
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
from provisioner.environment._unused import Unused, remove_unused
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

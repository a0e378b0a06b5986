"""The planner: spec, compat data and host facts in; plans or a reasoned refusal out."""

from provisioner.planner._plan import plan
from provisioner.planner._run import Runs, runs_on
from provisioner.planner._types import (
    AutoChoice,
    ChosenBuild,
    Constraint,
    Plan,
    Plans,
    Refusal,
    Target,
    Verdict,
)

__all__ = [
    "AutoChoice",
    "ChosenBuild",
    "Constraint",
    "Plan",
    "Plans",
    "Refusal",
    "Runs",
    "Target",
    "Verdict",
    "plan",
    "runs_on",
]

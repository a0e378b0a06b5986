"""The planner: spec, compat data and host facts in; a plan or a reasoned refusal out."""

from provisioner.planner._plan import plan
from provisioner.planner._types import ChosenBuild, Constraint, Plan, Refusal, Target

__all__ = [
    "ChosenBuild",
    "Constraint",
    "Plan",
    "Refusal",
    "Target",
    "plan",
]

"""The planner: spec, compat data and host facts in; plans or a reasoned refusal out.

Each module is loaded when something of it is first asked for: most commands know a plan's values
and make none.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
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

_MODULES = {"Runs": "_run", "plan": "_plan", "runs_on": "_run"}
"""The module that defines each; ``_types`` defines all others."""


def __getattr__(name: str) -> object:
    """Load what is asked for, from the module that defines it."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415 - the point of it

    return getattr(import_module(f"{__name__}.{_MODULES.get(name, '_types')}"), name)

"""In place: making an environment that is not torchenv's equal to a lock, as a transaction.

For a container's own Python, an active virtual environment or a conda environment, where no link
can take the place of a folder. ``_transaction`` says how a kill at any moment is undone.
"""

from provisioner.environment.inplace._apply import (
    InPlaceApplied,
    InPlaceCondition,
    InPlaceRequest,
    apply_in_place,
    in_place_status,
    open_journal,
)
from provisioner.environment.inplace._plan import Action
from provisioner.environment.inplace._site import Site, ask_site, find_python

__all__ = [
    "Action",
    "InPlaceApplied",
    "InPlaceCondition",
    "InPlaceRequest",
    "Site",
    "apply_in_place",
    "ask_site",
    "find_python",
    "in_place_status",
    "open_journal",
]

"""Reading a spec with the templates that this user trusts."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from provisioner.api._templates import template_access
from provisioner.spec import load_spec as read_spec

if TYPE_CHECKING:
    from provisioner.spec import Spec


def load_spec(path: str | Path = "torchenv.toml") -> Spec:
    """Read and check a spec and the templates that it extends.

    Raises:
        SpecError: With a finding for every problem of the files.
        WorldError: A template of the network cannot be had.
    """
    return read_spec(Path(path), template_access(os.environ))

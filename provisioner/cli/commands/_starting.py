"""What the commands that become another program do first."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from provisioner.api.run import make_ready, may_apply_by_default
from provisioner.api.spec import load_spec

if TYPE_CHECKING:
    from pathlib import Path

    from provisioner.api.run import Ready
    from provisioner.cli._output import Output


def ready_environment(
    output: Output, spec: Path, *, target: str | None, may_apply: bool | None, no_wait: bool
) -> Ready:
    """Return the environment that the program is started in, as ``starting_options`` ask for it."""
    if may_apply is None:
        may_apply = may_apply_by_default(os.environ)
    ready = make_ready(
        load_spec(spec),
        target=target,
        may_apply=may_apply,
        wait=not no_wait,
        reporter=output.reporter(),
    )
    output.findings(ready.findings)
    return ready

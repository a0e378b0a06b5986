"""Whether nobody watches: a batch job of a cluster, or continuous integration.

Each scheduler sets a variable with the job's number in every job (Slurm ``sbatch(1)``, PBS and
Torque ``qsub(1)``, LSF ``bsub(1)``, Grid Engine ``qsub(1)``, Flux ``flux-batch(1)``, OAR
``oarsub(1)``); every common CI service sets ``CI`` to something true. Last looked at in 2026.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_JOBS: Final = {
    "SLURM_JOB_ID": "a Slurm job",
    "PBS_JOBID": "a PBS job",
    "LSB_JOBID": "an LSF job",
    "SGE_TASK_ID": "a Grid Engine job",
    "FLUX_JOB_ID": "a Flux job",
    "OAR_JOB_ID": "an OAR job",
}
_UNTRUE: Final = frozenset({"", "0", "false", "no"})


def probe_unattended(environ: Mapping[str, str]) -> str | None:
    """Return what this process is part of (``a Slurm job``, ``a CI run``), or None."""
    for variable, what in _JOBS.items():
        if environ.get(variable):
            return what
    return "a CI run" if environ.get("CI", "").lower() not in _UNTRUE else None

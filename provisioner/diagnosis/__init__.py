"""Diagnosis: what an error text of pip, uv, conda, poetry, Python or CUDA means.

Text in, causes out, best first; nothing here reads a file of the user's, a network or a clock. The
rules are data (``rules/*.toml``); where words do not decide, facts from the text are compared with
the compat data.
"""

from provisioner.diagnosis._causes import Cause
from provisioner.diagnosis._diagnose import Diagnosis, diagnose
from provisioner.diagnosis._facts import Facts
from provisioner.diagnosis._mask import mask_private
from provisioner.diagnosis._rules import Confidence, Rule, load_rules, rules_by_category
from provisioner.diagnosis._slots import build_for_gpu, older_cuda
from provisioner.diagnosis._sources import Index
from provisioner.diagnosis._wishes import Wish

__all__ = [
    "Cause",
    "Confidence",
    "Diagnosis",
    "Facts",
    "Index",
    "Rule",
    "Wish",
    "build_for_gpu",
    "diagnose",
    "load_rules",
    "mask_private",
    "older_cuda",
    "rules_by_category",
]

"""Our own failures: what the engine or an import printed is explained by the same rules.

The finding keeps its code and its words; the diagnosed cause comes first in its reason. Output that
is longer than what a finding quotes is kept whole, in a file that the finding names.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from typing import TYPE_CHECKING

from provisioner.compat import load_compat
from provisioner.diagnosis._diagnose import diagnose
from provisioner.diagnosis._mask import mask_private

if TYPE_CHECKING:
    from provisioner.findings import Finding


def with_cause(finding: Finding, said: str) -> Finding:
    """Return a finding with the cause of a failure added, where its output gives that away.

    Args:
        finding: What is told anyway.
        said: All that the engine, or Python, printed.
    """
    best = diagnose(said, load_compat()).best
    if best is None or best.confidence == "possible":
        return finding
    return replace(
        finding,
        why=f"{best.cause}\n{finding.why}",
        do=f"{finding.do} `torchenv explain {best.code}` says more.",
    )


def with_log(finding: Finding, said: str, *, quoted_lines: int) -> Finding:
    """Return a finding that names a file with the whole output, where it quotes only its end.

    The file lies among the temporary files, without credentials and home directories; where it
    cannot be written, the finding stays as it is.
    """
    if len(said.strip().splitlines()) <= quoted_lines:
        return finding
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="torchenv-", suffix=".log", delete=False, encoding="utf-8"
        ) as log:
            log.write(mask_private(said))
    except OSError:
        return finding
    return replace(finding, do=f"{finding.do} All that was said is in `{log.name}`.")

"""What the engine's standard error means, as one finding.

Only the causes that locking meets every day; the engine's own words stay available as ``why``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from provisioner.findings import Finding
from provisioner.urls import mask

if TYPE_CHECKING:
    from provisioner.lockfile._sources import LockSources
    from provisioner.process import Completed

_LINES: Final = 12
"""How much of the engine's text a finding quotes."""

# (pattern in the engine's text, code, what was seen, what to do); the first that matches counts.
# Wordings of uv 0.13, each seen with a request made to fail that way.
_CAUSES: Final = (
    (
        r"No solution found when resolving dependencies",
        "TE405",
        "No set of versions satisfies all requirements.",
        "Relax one of the requirements that are named.",
    ),
    (
        r"invalid peer certificate|certificate verify failed",
        "TE428",
        "A server's certificate is not trusted.",
        "Name the authority's file: `cert` in `[sources]`, or `pip config set global.cert FILE`.",
    ),
    (
        r"HTTP status (?:client|server) error \((\d{3})",
        "TE402",
        "An index or file server refused or failed.",
        "Check the address and the credentials of that index; for a 5xx status try again later.",
    ),
    (
        r"tcp connect error|dns error|error sending request|operation timed out|connection reset",
        "TE401",
        "An index or file server cannot be reached.",
        "Check the network, the proxy and the addresses that `pip config list` shows.",
    ),
    (
        r"No space left on device",
        "TE503",
        "The disk is full.",
        "Free some space where the store lies, or move it: `TORCHENV_STORE=/other/disk`.",
    ),
)


_UNKNOWN: Final = (
    "TE409",
    "The engine could not resolve the requirements.",
    "Run again with `--verbose` to see everything that it says.",
)


def explain_engine(completed: Completed, sources: LockSources) -> Finding:
    """Return one finding for a failed resolution."""
    text = mask(completed.stderr).strip()
    quoted = _quote(text) or f"It printed nothing and ended with exit code {completed.exit_code}."
    code, seen, todo = next(
        (
            (code, seen, todo)
            for pattern, code, seen, todo in _CAUSES
            if re.search(pattern, text, re.IGNORECASE)
        ),
        _UNKNOWN,
    )
    if code == "TE405" and sources.constraints:
        files = ", ".join(f"`{mask(one)}`" for one in sources.constraints)
        todo += f" Constraints from {files} count too."
    return Finding(code=code, message=seen, why=quoted, do=todo)


def _quote(text: str) -> str:
    """Return the end of the engine's text without its ``error:`` and ``cause:`` marks."""
    lines = [
        re.sub(r"^\s*(?:error|cause|hint):\s*", "", line).strip() for line in text.splitlines()
    ]
    return "\n".join([line for line in lines if line][-_LINES:])

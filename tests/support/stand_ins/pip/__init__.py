"""Tiny pip: says which it is, and nothing more."""

from __future__ import annotations

import os
import sys
from importlib import metadata

__version__ = metadata.version("pip")


def main(args: list[str] | None = None) -> int:
    """Run ``pip --version``; anything else is refused."""
    words = sys.argv[1:] if args is None else args
    if words not in (["--version"], ["-V"]):
        sys.stderr.write(f"ERROR: this stand-in for tests does not know: {' '.join(words)}\n")
        return 2
    where = os.path.dirname(os.path.abspath(__file__))
    python = "{}.{}".format(*sys.version_info)
    sys.stdout.write(f"pip {__version__} from {where} (python {python})\n")
    return 0

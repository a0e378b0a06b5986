"""What the console script ``torchrun`` calls."""

import sys

from torch import __version__  # type: ignore[import-not-found,unused-ignore]  # the tiny torch


def main() -> int:
    """Print the version and the interpreter, so that a test sees whose script it is."""
    sys.stdout.write(f"torchrun {__version__} {sys.executable}\n")
    return 0

"""Measure what a user waits for, beside a floor and beside peers, in one run.

``python -m tests.bench [AREA ...] [--real]``: an area is a module of this package with ``BENCHES``
and, for those that need a real torch, ``REAL``.
"""

from __future__ import annotations

import argparse
import pkgutil
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Final

_PACKAGE: Final = "tests.bench"


def main() -> None:
    """Run the benches that are asked for; all of them by default."""
    folder = str(Path(__file__).parent)
    areas = sorted(one.name for one in pkgutil.iter_modules([folder]) if one.name[0] != "_")
    parser = argparse.ArgumentParser(prog=f"python -m {_PACKAGE}")
    parser.add_argument("areas", nargs="*", metavar="AREA", help=f"of {', '.join(areas)}")
    parser.add_argument("--real", action="store_true", help="also with the real torch")
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    for area in options.areas or areas:
        module = import_module(f"{_PACKAGE}.{area}")
        for bench in (*module.BENCHES, *(module.REAL if options.real else ())):
            with tempfile.TemporaryDirectory(prefix="torchenv-bench-") as name:
                bench(Path(name), options.rounds)


if __name__ == "__main__":
    main()

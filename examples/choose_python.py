"""Helper of ``make demo``: find a Python for an example, and say which spec to apply.

Usage: ``python choose_python.py SPEC ANSWER``. The path of the spec to apply is written to the
file ANSWER: SPEC itself where its Python is on this machine, else a copy beside ANSWER that names
the Python that runs this.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import tomlkit

from provisioner.findings import WorldError
from provisioner.host import find_interpreter
from provisioner.spec import load_spec


def choose(spec: Path, folder: Path) -> Path:
    """Return ``spec``, or a copy in ``folder`` that names the running Python."""
    wanted = load_spec(spec).python
    try:
        find_interpreter(wanted, os.environ)
    except WorldError:
        running = "{}.{}".format(*sys.version_info)
        document = tomlkit.parse(spec.read_text(encoding="utf-8"))
        document["environment"]["python"] = running  # load_spec saw it
        copy = folder / spec.name
        copy.write_text(tomlkit.dumps(document), encoding="utf-8")
        sys.stderr.write(f"No Python {wanted} here: the demo uses {running} ({copy})\n")
        return copy
    return spec


def main(spec: str, answer: str) -> None:
    """Write the choice."""
    chosen = choose(Path(spec), Path(answer).parent)
    Path(answer).write_text(f"{chosen}\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])

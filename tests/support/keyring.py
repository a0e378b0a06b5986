"""A stand-in for the program ``keyring``: knows what it is told, and writes down what is asked."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_PROGRAM = """\
#!{python}
import json, pathlib, sys
here = pathlib.Path({folder!r})
with (here / "asked").open("a") as file:
    print(*sys.argv[1:], file=file)
entries = json.loads((here / "entries").read_text())
if entries is None:
    print("keyring: error: unrecognized arguments: --mode=creds", file=sys.stderr)
    sys.exit(2)
words = sys.argv[sys.argv.index("get") + 1:]
found = entries.get(words[0])
if found is None or words[1:] not in ([], found[:1]):
    sys.exit(1)
print(json.dumps(dict(zip(("username", "password"), found))))
"""


class FakeKeyring:
    """The program in a folder of its own, for ``PATH``."""

    def __init__(self, folder: Path, entries: dict[str, tuple[str, str]] | None) -> None:
        """Write it.

        Args:
            folder: Made for it.
            entries: Service to (user, password); None for a program that is too old.
        """
        folder.mkdir()
        self.folder = folder
        program = folder / "keyring"
        program.write_text(
            _PROGRAM.format(python=sys.executable, folder=str(folder)), encoding="utf-8"
        )
        program.chmod(0o755)
        (folder / "entries").write_text(json.dumps(entries), encoding="utf-8")

    @property
    def asked(self) -> list[str]:
        """The arguments of each call."""
        file = self.folder / "asked"
        return file.read_text(encoding="utf-8").splitlines() if file.exists() else []

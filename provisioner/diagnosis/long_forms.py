"""Writes the long forms of the codes that rules have, so that a rule's words stand in one place.

Run it in the repository as ``python -m provisioner.diagnosis.long_forms``; a test checks that
``provisioner/explanations/te8.toml`` is what it would write. Codes of the range that no rule has
keep the long form that stands there.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from provisioner import explanations, paths, toml
from provisioner.diagnosis._rules import load_rules

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE: Final = Path(explanations.__file__).parent / "te8.toml"
_HEAD: Final = (
    "# The long forms of TE8xx: what foreign output means, and doctor. Those of rules are made\n"
    "# from `provisioner/diagnosis/rules/` by `python -m provisioner.diagnosis.long_forms`.\n"
)


def render_long_forms(current: Mapping[str, Mapping[str, object]]) -> str:
    """Return the whole file: those of the rules, and of the others what stands there now."""
    rows = {code: dict(row) for code, row in current.items()}
    for rule in load_rules():
        rows[rule.code] = {
            "means": f"{rule.title}.",
            "why": rule.cause,
            "do": re.sub(r"\{(\w+)\}", lambda found: found[1].upper(), rule.fixes[-1]),
            "sources": [f"{rule.source}."],
        }
    return _HEAD + "".join(_table(code, rows[code]) for code in sorted(rows))


def _table(code: str, row: Mapping[str, object]) -> str:
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in row.items()]
    return "\n".join(["", f"[{code}]", *lines, ""])


def main() -> None:
    """Write the file where it is not current."""
    text = FILE.read_text(encoding="utf-8") if FILE.is_file() else ""
    made = render_long_forms(toml.loads(text))
    if made != text:
        paths.write_atomic(FILE, made.encode())
        sys.stdout.write(f"wrote {FILE.name}\n")


if __name__ == "__main__":
    main()

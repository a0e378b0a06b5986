"""Cases of the spec as data: each file is a spec, and says in its first comments what is found.

A case of ``cases/bad`` opens with one block per finding, in the order in which they are shown::

    # TE104 at line 6: environment.python
    # sees: `environment.python` is the number `3.10`.
    # why:  Without quotes TOML reads `3.10` as the number 3.1.
    # do:   Quote the version: `python = "3.10"`.

After a change of a message, ``python -m tests.spec.cases_io`` writes these blocks anew; read the
difference before it is committed.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from provisioner.findings import SpecError
from provisioner.spec import parse_spec

if TYPE_CHECKING:
    from collections.abc import Iterable

    from provisioner.findings import Finding

CASES: Final = Path(__file__).parent / "cases"
BAD: Final = tuple(sorted((CASES / "bad").glob("*.toml")))
GOOD: Final = tuple(sorted((CASES / "good").glob("*.toml")))


def expected_of(text: str) -> str:
    """Return the comments that open a case."""
    lines = text.split("\n")
    count = next((n for n, line in enumerate(lines) if not line.startswith("#")), len(lines))
    return "\n".join(lines[:count])


def findings_of(text: str, path: Path) -> tuple[Finding, ...]:
    """Return what is wrong with a spec; nothing for a valid one."""
    try:
        parse_spec(text, path)
    except SpecError as exc:
        return exc.findings
    return ()


def render(findings: Iterable[Finding]) -> str:
    """Write findings the way a case states them."""
    return "\n".join(line for finding in findings for line in _lines(finding))


def _lines(finding: Finding) -> Iterable[str]:
    where = finding.where
    line = where.line if where else None
    key = where.key if where else None
    place = f" at line {line}" if line is not None else ""
    yield f"# {finding.code}{place}{f': {key}' if key else ''}"
    for label, text in (("sees", finding.message), ("why", finding.why), ("do", finding.do)):
        first, *rest = text.rstrip("\n").split("\n")
        yield f"# {label + ':':6}{first}"
        yield from (f"#       {more}".rstrip() for more in rest)


def rewrite(path: Path) -> None:
    """Write the opening comments of a bad case anew."""
    text = path.read_text(encoding="utf-8")
    body = text.removeprefix(expected_of(text)).lstrip("\n")
    for _ in range(3):  # The number of comment lines moves the lines that they name.
        expected = render(findings_of(text, Path(path.name)))
        text = f"{expected}\n\n{body}"
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    for case in BAD:
        rewrite(case)
        sys.stdout.write(f"wrote {case.name}\n")

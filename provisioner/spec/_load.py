"""Reading a spec: from a file or a text to a valid :class:`Spec`, or all that is wrong with it."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from provisioner.findings import SpecError
from provisioner.paths import display
from provisioner.spec._layout import scan
from provisioner.spec._problems import Problem, findings
from provisioner.spec._read import read_text
from provisioner.spec._toml import SyntaxProblemError, parse_toml

if TYPE_CHECKING:
    from provisioner.spec._layout import Layout
    from provisioner.spec._types import Spec

STEM_PATTERN: Final = r"[a-z0-9_-]+"
"""PEP 751 allows no dot in the name of ``pylock.<name>.toml``; lower case keeps it unique on file
systems that do not tell cases apart."""


def load_spec(path: Path) -> Spec:
    """Read and check the spec at ``path``.

    Raises:
        SpecError: The file cannot be read (``TE101``, ``TE102``) or is not a valid spec (``TE102``
            to ``TE108``); holds every problem of the file, in its order.
    """
    return parse_spec(read_text(path), path)


def parse_spec(text: str, path: Path) -> Spec:
    """Check the text of a spec and return its inner form.

    Args:
        text: The content of the file; a byte order mark is passed over.
        path: Where it lies, or would lie: names the lock, and relative paths start from its folder.
            Nothing is read from there.

    Raises:
        SpecError: It is not a valid spec (``TE102`` to ``TE108``); holds every problem.
    """
    text = text.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}")
    layout = scan(text)
    problems = _check_name(path)
    spec: Spec | None = None
    try:
        data = parse_toml(text, layout)
    except SyntaxProblemError as exc:
        problems.append(exc.problem)
    else:
        spec = _validated(data, Path(os.path.abspath(path)), layout, problems)  # noqa: PTH100 resolve() would follow links
    if spec is None or problems:
        raise SpecError(findings(problems, display(path), layout))
    return spec


def _validated(
    data: dict[str, object], file: Path, layout: Layout, problems: list[Problem]
) -> Spec | None:
    """Return the spec, or None after adding what is wrong with ``data`` to ``problems``."""
    # Imported here because building pydantic's models takes longer than all the rest together, and
    # whoever only wants the types of this package should not pay for them.
    from pydantic import ValidationError  # noqa: PLC0415 see above

    from provisioner.spec._convert import to_spec  # noqa: PLC0415 see above
    from provisioner.spec._models import SpecModel  # noqa: PLC0415 see above
    from provisioner.spec._rules import check_rules, iter_absent  # noqa: PLC0415 see above

    broken = tuple(check_rules(data, layout))
    problems += broken
    if not data:
        return None
    error: ValidationError | None = None
    model: SpecModel | None = None
    try:
        model = SpecModel.model_validate(data)
    except ValidationError as exc:
        error = exc
    absent = tuple(iter_absent(data))
    if error is not None or absent:
        from provisioner.spec._explain import explain  # noqa: PLC0415 only for invalid specs

        said = {problem.path for problem in broken}
        problems += (one for one in explain(data, error, absent) if one.path not in said)
    return None if problems or model is None else to_spec(model, file, layout)


def _check_name(path: Path) -> list[Problem]:
    if path.suffix == ".toml" and re.fullmatch(STEM_PATTERN, path.stem):
        return []
    stem = re.sub(r"[^a-z0-9_-]+", "-", path.stem.lower()).strip("-") or "torchenv"
    why = (
        "The lock is named after the spec, `pylock.<name>.toml`, so the name has lower-case "
        "letters, digits, `-` and `_` only, and ends with `.toml`."
    )
    if path.name.startswith("pylock."):
        stem, why = "torchenv", "A lock is made from a spec; it cannot be one."
    return [
        Problem(
            code="TE108",
            path=(),
            message=f"`{display(path)}` cannot be the name of a spec.",
            why=why,
            do=f"Name the file `{stem}.toml`, for instance.",
        )
    ]

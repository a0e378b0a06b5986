"""Reading a spec: from a file or a text to a valid :class:`Spec`, or all that is wrong with it."""

from __future__ import annotations

import contextlib
import os
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from provisioner.findings import SpecError, Where
from provisioner.paths import display
from provisioner.spec._layout import KeyPath, Layout, dotted
from provisioner.spec._merge import merge
from provisioner.spec._problems import Problem, findings
from provisioner.spec._read import read_bytes
from provisioner.spec._templates import TemplateAccess, gather, parse_document
from provisioner.spec._types import SpecFile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provisioner.spec._merge import Source
    from provisioner.spec._projects import Projects
    from provisioner.spec._templates import Document
    from provisioner.spec._types import Spec

_PLUGINS: Final = "PYDANTIC_DISABLE_PLUGINS"
STEM_PATTERN: Final = r"[a-z0-9_-]+"
"""PEP 751 allows no dot in the name of ``pylock.<name>.toml``; lower case keeps it unique on file
systems that do not tell cases apart."""


class Merged(NamedTuple):
    """What a spec and its templates say together, before it is judged."""

    data: dict[str, object]
    """As TOML gives it."""
    layout: Layout
    """Where each key stands."""
    shown: str
    """Path of the spec as the user would type it."""

    def iter_values(self) -> Iterator[tuple[KeyPath, object, Where]]:
        """Yield path, value and place of every key, but for ``extends``; a list is one value."""
        for path, value in _iter_leaves((), self.data):
            if path != ("extends",):
                file, line = self.layout.place_near(path)
                yield path, value, Where(file=file or self.shown, line=line, key=dotted(path))


def _iter_leaves(path: KeyPath, table: dict[str, object]) -> Iterator[tuple[KeyPath, object]]:
    """Yield the values of a table before those of the tables in it, as TOML is written."""
    for name, value in table.items():
        if not isinstance(value, dict):
            yield (*path, name), value
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _iter_leaves((*path, name), value)


def load_spec(path: Path, access: TemplateAccess | None = None) -> Spec:
    """Read and check the spec at ``path``, with the templates that it extends.

    Args:
        path: The file.
        access: What templates may be read; by default those of the project alone.

    Raises:
        SpecError: A file cannot be read (``TE101``, ``TE102``, ``TE109`` to ``TE115``) or it is not
            a valid spec (``TE102`` to ``TE108``); holds every problem, in the order of the files.
        WorldError: A template of the network cannot be had.
    """
    return _checked(read_bytes(path), path, access)


def parse_spec(text: str, path: Path, access: TemplateAccess | None = None) -> Spec:
    """Check the text of a spec and return its inner form.

    Args:
        text: The content of the file; a byte order mark is passed over.
        path: Where it lies, or would lie: names the lock, and relative paths start from its folder.
            Nothing is read from there but the templates that the text extends.
        access: What templates may be read; by default those of the project alone.

    Raises:
        SpecError: It is not a valid spec (``TE102`` to ``TE115``); holds every problem.
        WorldError: A template of the network cannot be had.
    """
    return _checked(text.encode("utf-8", "surrogatepass"), path, access)


def load_merged(path: Path, access: TemplateAccess | None = None) -> Merged:
    """Read a spec and its templates, and return what they say together, without judging it.

    Raises:
        SpecError: A file cannot be read (``TE101``, ``TE102``, ``TE109`` to ``TE115``).
        WorldError: A template of the network cannot be had.
    """
    documents = _documents(read_bytes(path), path, access)
    source, _ = _merge(documents)
    return Merged(data=source.data, layout=source.layout, shown=display(path))


def _checked(content: bytes, path: Path, access: TemplateAccess | None) -> Spec:
    problems = _check_name(path)
    try:
        documents = _documents(content, path, access)
    except SpecError as exc:
        named = findings(problems, display(path), Layout(lines={}))
        raise SpecError([*named, *exc.findings]) from None
    source, void = _merge(documents)
    layout = source.layout
    file = Path(os.path.abspath(path))  # noqa: PTH100 resolve() would follow links
    spec = _validated(source.data, file, layout, problems, void)
    if spec is None or problems:
        raise SpecError(findings(problems, display(path), layout))
    local = (one for one in reversed(documents) if not one.is_remote)
    inputs = tuple(SpecFile(path=Path(one.place), sha256=one.sha256) for one in local)
    if any(one.origin is not None for one in spec.dependencies):
        projects = _projects(spec, layout)
        spec = replace(spec, dependencies=projects.dependencies)
        inputs += projects.files
    return replace(spec, inputs=inputs)


def _projects(spec: Spec, layout: Layout) -> Projects:
    """Return the projects that the spec depends on, read.

    Raises:
        SpecError: One of them cannot be a dependency (``TE117``, ``TE118``).
    """
    from provisioner.spec._projects import read_projects  # noqa: PLC0415 only where there are any

    projects = read_projects(spec)
    if projects.problems:
        raise SpecError(findings(projects.problems, spec.shown, layout))
    return projects


def _documents(content: bytes, path: Path, access: TemplateAccess | None) -> tuple[Document, ...]:
    """Return the templates and the spec, in the order in which they are merged."""
    place = os.path.abspath(path)  # noqa: PTH100 resolve() would follow links
    spec = parse_document(content, place, display(path), is_spec=True)
    if "extends" not in spec.source.data:
        return (spec,)
    return gather(spec, access or TemplateAccess())


def _merge(documents: tuple[Document, ...]) -> tuple[Source, tuple[Problem, ...]]:
    if len(documents) == 1:
        return documents[0].source, ()
    from provisioner.spec._models import takes_truth  # noqa: PLC0415 as in _validated

    return merge((one.source for one in documents), takes_truth)


@contextlib.contextmanager
def _without_plugins() -> Iterator[None]:
    """Keep pydantic's plugins out while models are made.

    They are looked for in the metadata of every installed package. A plugin has no business in
    reading a spec, and the search takes longer than the reading.
    """
    said = os.environ.get(_PLUGINS)
    os.environ[_PLUGINS] = "__all__"
    try:
        yield
    finally:
        if said is None:
            del os.environ[_PLUGINS]
        else:
            os.environ[_PLUGINS] = said


def _validated(
    data: dict[str, object],
    file: Path,
    layout: Layout,
    problems: list[Problem],
    void: tuple[Problem, ...],
) -> Spec | None:
    """Return the spec, or None after adding what is wrong with ``data`` to ``problems``.

    What is ``void`` is known to be wrong before.
    """
    # Imported here because building pydantic's models takes longer than all the rest together, and
    # whoever only wants the types of this package should not pay for them.
    with _without_plugins():
        from pydantic import ValidationError  # noqa: PLC0415 see above

        from provisioner.spec._convert import to_spec  # noqa: PLC0415 see above
        from provisioner.spec._models import SpecModel  # noqa: PLC0415 see above

        SpecModel.model_rebuild()
    from provisioner.spec._rules import check_rules, iter_absent  # noqa: PLC0415 see above

    broken = (*void, *check_rules(data, layout))
    problems += broken
    if not data:
        return None
    error: ValidationError | None = None
    model: SpecModel | None = None
    try:
        model = SpecModel.model_validate({"environment": {}, "sources": {}, **data})
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

"""Finding and reading the templates of a spec (``extends``), and who may name which.

Whoever writes a template decides what is installed. Those inside the project came with the spec,
by the same hands. One outside is read only from a folder that the user trusts, and one from the
network only if the spec names the hash of its bytes, which makes it as fixed as a file beside it.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, TypeGuard
from urllib.parse import urljoin

from provisioner.findings import Finding, SpecError, TorchenvError, Where, WorldError
from provisioner.paths import display
from provisioner.spec._layout import KeyPath, dotted, scan
from provisioner.spec._merge import Source
from provisioner.spec._places import check_template, is_url
from provisioner.spec._problems import Problem, UnfitError, findings, from_unfit, shown
from provisioner.spec._read import decode, read_bytes
from provisioner.spec._toml import SyntaxProblemError, parse_toml
from provisioner.urls import mask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_PROJECT_MARKS: Final = (".git", ".hg", ".svn")
_LISTS_OF_PATHS: Final = ("find-links", "constraints")
_PATHS: Final = ("cert", "client-cert")


class TemplateAccess(NamedTuple):
    """What templates may be read, and how those of the network are."""

    trusted: Callable[[], tuple[Path, ...]] = tuple
    """Returns the folders outside the project whose files may be templates; called for a spec that
    extends something. May raise a ``SpecError``."""
    fetch: Callable[[str, str], bytes] | None = None
    """Takes the URL and the sha256 that is expected, and returns the bytes; what it returns is
    checked here. Raises a ``TorchenvError`` where they cannot be had. None refuses every URL."""


class Document(NamedTuple):
    """One file of a spec, parsed."""

    place: str
    """Absolute path or URL."""
    file: str
    """As a user would type it, without credentials."""
    source: Source
    sha256: str

    @property
    def is_remote(self) -> bool:
        """Whether it came from the network."""
        return is_url(self.place)

    @property
    def folder(self) -> str:
        """Where its relative paths start from."""
        return os.path.dirname(self.place)  # noqa: PTH120 a URL has one too

    @property
    def identity(self) -> str:
        """Equal for two names of the same file."""
        return self.place if self.is_remote else os.path.realpath(self.place)


def parse_document(content: bytes, place: str, shown_as: str, *, is_spec: bool = False) -> Document:
    """Parse one file.

    Args:
        content: Its bytes.
        place: Absolute path or URL.
        shown_as: Its name, as a user would type it.
        is_spec: Whether it is the spec itself, and no template.

    Raises:
        SpecError: ``TE102``, it is not UTF-8 or not TOML.
    """
    text = decode(content, shown_as)
    layout = scan(text)
    try:
        data = parse_toml(text, layout)
    except SyntaxProblemError as exc:
        raise SpecError(findings([exc.problem], shown_as, layout)) from None
    return Document(
        place=place,
        file=shown_as,
        source=Source.of(data, layout, None if is_spec else shown_as),
        sha256=hashlib.sha256(content).hexdigest(),
    )


def gather(spec: Document, access: TemplateAccess) -> tuple[Document, ...]:
    """Return the spec and all its templates in the order in which they are merged, the spec last.

    A template that is reached twice counts once, where it comes first. Paths in templates are made
    to start from the spec's folder.

    Raises:
        SpecError: With a finding for each entry of an ``extends`` that cannot be followed
            (``TE104``, ``TE105``, ``TE109`` to ``TE113``, ``TE115``), or each bad template
            (``TE102``).
        WorldError: A template of the network cannot be had.
    """
    walk = _Walk(spec, access)
    walk.visit(spec, ())
    if walk.findings:
        raise SpecError(walk.findings)
    return tuple(walk.found.values())


class _Walk:
    """The templates found so far, depth first."""

    def __init__(self, spec: Document, access: TemplateAccess) -> None:
        """Start at the spec."""
        self._spec, self._access = spec, access
        self.found: dict[str, Document] = {}
        self.findings: list[Finding] = []

    @cached_property
    def _roots(self) -> tuple[str, ...]:
        """The folders whose files may be templates, the project's first."""
        trusted = (os.path.realpath(path) for path in self._access.trusted())
        return (_project_of(self._spec.folder), *trusted)

    def visit(self, document: Document, above: tuple[Document, ...]) -> None:
        """Add the templates of a document, and then the document itself."""
        for index, entry in enumerate(self._entries(document)):
            key: KeyPath = ("extends", index)
            try:
                self._follow(entry, key, (*above, document))
            except UnfitError as unfit:
                self._report(document, from_unfit(key, entry, unfit))
            except _RefusedError as refused:
                self._report(document, refused.problem(key))
            except SpecError as exc:
                self.findings += exc.findings
            except TorchenvError as exc:
                where = self._where(document, key)
                raise WorldError(replace(one, where=where) for one in exc.findings) from exc
        if not self.findings:
            self.found[document.identity] = self._relocated(document)

    def _follow(self, entry: str, key: KeyPath, above: tuple[Document, ...]) -> None:
        document = self._read(entry, above[-1], key)
        circle = [one.identity for one in above]
        if document.identity in circle:
            names = [one.file for one in above[circle.index(document.identity) :]]
            raise _circular([*names, document.file])
        if document.identity not in self.found:
            self.visit(document, above)

    def _read(self, entry: str, document: Document, key: KeyPath) -> Document:
        """Return the template that an entry names, parsed."""
        place, sha256 = check_template(entry)
        if document.is_remote:
            place = urljoin(document.place, place)
        if is_url(place):
            content = self._fetched(place, sha256)
            shown_as = mask(place)
        else:
            shown_as = _seen_from(document.file, place)
            place = os.path.normpath(os.path.join(document.folder, place))  # noqa: PTH118 no links are followed
            self._require_trusted(place, shown_as)
            content = self._content(place, shown_as, self._where(document, key))
        actual = hashlib.sha256(content).hexdigest()
        if sha256 is not None and actual != sha256:
            raise _other_bytes(shown_as, sha256, actual)
        return parse_document(content, place, shown_as)

    def _fetched(self, url: str, sha256: str | None) -> bytes:
        if sha256 is None:
            raise _unpinned(url)
        if self._access.fetch is None:
            raise _RefusedError(
                "TE109",
                f"The template `{mask(url)}` is not on this machine.",
                why="It would have to be fetched, which is not allowed here.",
                do="Read the spec with `torchenv` or `provisioner.load_spec`.",
            )
        return self._access.fetch(url, sha256)

    def _require_trusted(self, place: str, shown_as: str) -> None:
        real = os.path.realpath(place)
        if not any(os.path.commonpath((root, real)) == root for root in self._roots):
            raise _untrusted(shown_as, os.path.dirname(real), self._roots[0])  # noqa: PTH120 text

    @staticmethod
    def _content(place: str, shown_as: str, where: Where) -> bytes:
        path = Path(place)
        try:
            return read_bytes(path)
        except SpecError as exc:
            if not path.exists():
                raise _missing(path, shown_as) from None
            if path.is_dir():
                raise _folder(shown_as) from None
            raise SpecError(
                replace(one, code="TE109", where=where) for one in exc.findings
            ) from None

    def _entries(self, document: Document) -> tuple[str, ...]:
        """Return what a document extends; nothing where its ``extends`` is no list of texts."""
        value = document.source.data.get("extends", [])
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            self.findings += _misfit(document, value)
            return ()
        return tuple(value)

    def _relocated(self, document: Document) -> Document:
        """Return a template without its ``extends`` and with paths that start from the spec."""
        if document is self._spec:
            return document
        data = {key: one for key, one in document.source.data.items() if key != "extends"}
        for path, value in _iter_paths(data):
            if document.is_remote:
                self._report(document, _no_folder(path, value))
                continue
            absolute = os.path.normpath(os.path.join(document.folder, value))  # noqa: PTH118 text
            is_inside = os.path.commonpath((self._roots[0], os.path.realpath(document.place)))
            data = _with(
                data,
                path,
                os.path.relpath(absolute, self._spec.folder)
                if is_inside == self._roots[0]
                else absolute,
            )
        return document._replace(source=document.source._replace(data=data))

    def _report(self, document: Document, problem: Problem) -> None:
        self.findings += findings([problem], document.file, document.source.layout)

    def _where(self, document: Document, key: KeyPath) -> Where:
        line = document.source.layout.line_near(key)
        return Where(file=document.file, line=line, key=dotted(key))


def _seen_from(file: str, place: str) -> str:
    """Return the name of a template as a user would type it who typed ``file``."""
    if os.path.isabs(place):  # noqa: PTH117 text
        return display(Path(os.path.normpath(place)))
    return os.path.normpath(os.path.join(os.path.dirname(file), place))  # noqa: PTH118, PTH120 text


def _project_of(folder: str) -> str:
    """Return the real path of the checkout around a folder; without one, of the folder itself."""
    real = Path(os.path.realpath(folder))
    for around in (real, *real.parents):
        if any((around / mark).exists() for mark in _PROJECT_MARKS):
            return str(around)
    return str(real)


def _iter_paths(data: dict[str, object]) -> Iterator[tuple[KeyPath, str]]:
    """Yield the relative paths; the environment's starts from the spec anyway."""
    yield from _iter_project_paths(data)
    sources = data.get("sources")
    for name, value in sources.items() if isinstance(sources, dict) else ():
        items: list[tuple[KeyPath, object]] = [((name,), value)] if name in _PATHS else []
        if name in _LISTS_OF_PATHS and isinstance(value, list):
            items = [((name, number), one) for number, one in enumerate(value)]
        for path, one in items:
            if _is_relative(one):
                yield ("sources", *path), one


def _iter_project_paths(data: dict[str, object]) -> Iterator[tuple[KeyPath, str]]:
    """Yield the relative paths of dependencies that are folders."""
    dependencies = data.get("dependencies")
    for name, one in dependencies.items() if isinstance(dependencies, dict) else ():
        path = one.get("path") if isinstance(one, dict) else None
        if _is_relative(path):
            yield ("dependencies", name, "path"), path


def _is_relative(value: object) -> TypeGuard[str]:
    return (
        isinstance(value, str) and bool(value) and not is_url(value) and not os.path.isabs(value)  # noqa: PTH117 text
    )


def _with(data: dict[str, object], path: KeyPath, value: object) -> dict[str, object]:
    """Return a copy of ``data`` with another value at ``path``."""
    copy: object = value
    for length in range(len(path) - 1, -1, -1):
        around: object = data
        for part in path[:length]:
            around = around[part]  # type: ignore[index]  # the path leads to a value
        if isinstance(around, list):
            copy = [copy if at == path[length] else one for at, one in enumerate(around)]
        elif isinstance(around, dict):
            copy = {**around, path[length]: copy}
    return copy  # type: ignore[return-value]  # the outermost is a table


def _misfit(document: Document, value: object) -> tuple[Finding, ...]:
    # Imported here since the models that it looks into take longer than all the rest.
    from provisioner.spec._misfits import wrong_type  # noqa: PLC0415 see above

    problems = [wrong_type(("extends",), value, ("list_type",))]
    if isinstance(value, list):
        problems = [
            wrong_type(("extends", index), one, ("string_type",))
            for index, one in enumerate(value)
            if not isinstance(one, str)
        ]
    return findings(problems, document.file, document.source.layout)


# -- what can be wrong


class _RefusedError(Exception):
    """An entry of ``extends`` that is not followed."""

    def __init__(self, code: str, message: str, *, why: str, do: str) -> None:
        """Keep the parts of the finding."""
        super().__init__(message)
        self._code, self._message, self._why, self._do = code, message, why, do

    def problem(self, path: KeyPath) -> Problem:
        """Return the problem of the entry at ``path``."""
        return Problem(
            code=self._code, path=path, message=self._message, why=self._why, do=self._do
        )


def _missing(path: Path, shown_as: str) -> _RefusedError:
    return _RefusedError(
        "TE109",
        f"There is no template `{shown_as}`.",
        why="Paths in `extends` start from the folder of the file that they stand in."
        if path.parent.is_dir()
        else f"There is no folder `{display(path.parent)}` either.",
        do="Correct the path, or remove the entry.",
    )


def _folder(shown_as: str) -> _RefusedError:
    return _RefusedError(
        "TE109",
        f"`{shown_as}` is a folder.",
        why="A template is a file.",
        do="Name the file in it that this spec is to build on, or remove the entry.",
    )


def _circular(names: list[str]) -> _RefusedError:
    first, *others = [f"`{name}`" for name in names]
    return _RefusedError(
        "TE110",
        f"{first} extends {', which extends '.join(others)}.",
        why="In a circle no file is the base of the others.",
        do="Remove one of these entries; move what both need into a template of its own.",
    )


def _unpinned(url: str) -> _RefusedError:
    return _RefusedError(
        "TE111",
        f"`{shown(url)[1:-1]}` is a template of the network without its hash.",
        why="Whoever controls that address could change what is installed, and the lock would "
        "follow.",
        do="Read the file, and name its hash: `…#sha256=` and the output of `sha256sum`.",
    )


def _untrusted(shown_as: str, folder: str, project: str) -> _RefusedError:
    return _RefusedError(
        "TE112",
        f"The template `{shown_as}` is outside the project and not trusted.",
        why="A template decides what is installed, and others may write to what is outside. The "
        f"project is the checkout around the spec, else the spec's folder: `{project}`.",
        do=f"Trust its folder: `export TORCHENV_TRUSTED_TEMPLATES={folder}`, or `trusted-templates "
        f'= ["{folder}"]` in torchenv\'s own `config.toml`; or copy the file into the project.',
    )


def _other_bytes(shown_as: str, wanted: str, actual: str) -> _RefusedError:
    return _RefusedError(
        "TE113",
        f"The template `{shown_as}` is not the one that its hash names.",
        why=f"Its sha256 is {actual}, and `extends` says {wanted}.",
        do="Read what has changed, and name the new hash if that is right.",
    )


def _no_folder(path: KeyPath, value: str) -> Problem:
    return Problem(
        code="TE115",
        path=path,
        message=f"`{dotted(path)}` is `{shown(value)}`, a relative path in a template of the "
        "network.",
        why="Paths start from the folder of the file that they stand in, and that is no folder of "
        "this machine.",
        do="Name a URL or an absolute path, or move the key into the spec.",
    )

"""Writes the reference pages from the code that they describe.

Run it in the repository as ``python -m provisioner.cli._reference``; a test checks that the pages
in ``docs/reference`` are what it would write.

- ``spec.md`` from ``schemas/torchenv.schema.json``, which comes from the models of the spec;
- ``commands.md`` from the commands, the exit codes and the other schemas;
- ``codes.md`` from :mod:`provisioner.codes`, and a page for each code in ``codes/`` from
  :mod:`provisioner.explanations`.
"""

from __future__ import annotations

import ast
import inspect
import itertools
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from provisioner import codes, paths
from provisioner.cli._app import torchenv
from provisioner.cli._reference_tables import (
    object_section,
    part_name,
    sentences,
    spec_section,
    table,
)
from provisioner.explanations import explanation
from provisioner.findings import ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from provisioner.cli._reference_tables import Schema
    from provisioner.explanations import Explanation

_FOLDER: Final = Path("docs/reference")
_SCHEMAS: Final = Path("schemas")
_SPEC_SCHEMA: Final = "torchenv.schema.json"
_GENERATED: Final = (
    "This page is made from the code by `python -m provisioner.cli._reference`; change it there.\n"
)
_SPEC_TEXT: Final = """
    The spec is a TOML file, by default `torchenv.toml`. Its file name without `.toml` names the
    lock, so it has lower-case letters, digits, `-` and `_` only. Where its first line is `#:schema`
    and the place of `schemas/torchenv.schema.json`, editors that know Taplo complete and check it.
    Unknown keys are errors. There are complete specs among the
    [examples](../../examples/README.md).
    """
_DOCUMENTS_TEXT: Final = """
    With `--json` a command prints one document on standard output and nothing else there. Its name
    stands in `schema`; the number at the end grows when a key is removed or changes its meaning,
    not when keys are added. `schemas/` has a JSON Schema for each.
    """
_RANGES: Final = {
    "TE1": "Spec",
    "TE2": "Combination",
    "TE3": "Host",
    "TE4": "Sources, resolution and lock",
    "TE5": "Store",
    "TE6": "Environment",
    "TE7": "Proof",
    "TE8": "Diagnosis",
    "TE9": "torchenv itself",
}
_VARIABLES: Final = {
    "TORCHENV_STORE": "Folder of the store; by default `torchenv` in the user's cache folder.",
    "TORCHENV_HOST_FACTS": "A facts file, from `torchenv host --json`, that stands for this "
    "machine when something is planned.",
    "TORCHENV_PYTHON_MIRROR": "Mirror of the Python builds that `--install-python` fetches.",
    "NO_COLOR": "Where set to anything, no colours are printed.",
    "PIP_*": "pip's own configuration, which indexes, proxies and certificates are taken from.",
}


def render_pages(schemas: Path) -> dict[str, str]:
    """Return the text of each page by file name; ``schemas`` holds the JSON Schemas.

    Raises:
        OSError: A schema cannot be read.
    """
    documents = {
        path.name: json.loads(path.read_text(encoding="utf-8"))
        for path in sorted(schemas.glob("*.json"))
    }
    spec = documents.pop(_SPEC_SCHEMA)
    explained = filter(None, map(explanation, codes.TITLES))
    return {
        **{f"codes/{one.code}.md": render_code(one) for one in explained},
        "codes.md": render_codes(codes.TITLES),
        "commands.md": render_commands(torchenv, documents.values()),
        "spec.md": render_spec(spec),
    }


def write_pages(folder: Path, schemas: Path) -> list[str]:
    """Write the pages that are not current and return their names.

    Raises:
        OSError: A schema cannot be read, or the folder cannot be written.
    """
    changed = []
    for name, text in render_pages(schemas).items():
        path = folder / name
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            paths.write_atomic(path, text.encode())
            changed.append(name)
    return changed


def _page(lines: Iterable[str]) -> str:
    return "\n".join(lines).rstrip() + "\n"


# -- finding codes


def render_codes(titles: Mapping[str, str]) -> str:
    """Return the page of all finding codes, grouped by their first digit."""
    lines = [
        "# Finding codes",
        "",
        _GENERATED,
        "Every refusal, failure, warning and note of torchenv has one of these codes.",
        "A code is never given another meaning, and one that is retired is never used again.",
    ]
    for prefix, title in _RANGES.items():
        rows = [
            (_code_link(code), text) for code, text in titles.items() if code.startswith(prefix)
        ]
        lines += ["", f"## {title}", "", *table(("code", "meaning"), rows)]
    return _page(lines)


def _code_link(code: str) -> str:
    """Return a code with a link to its page, where it has one."""
    return f"`{code}`" if explanation(code) is None else f"[`{code}`](codes/{code}.md)"


def render_code(one: Explanation) -> str:
    """Return the page of one code."""
    lines = [f"# {one.code}: {one.title}", "", _GENERATED.replace("the code by", "data by")]
    lines += [*sentences(one.means), *sentences(one.why)]
    lines += ["", "## What to do", "", *sentences(one.do)]
    if one.example:
        lines += ["", "## Example", "", "```text usage", one.example, "```"]
    if one.sources:
        lines += ["", "## Sources", "", *(f"- {source}" for source in one.sources)]
    lines += ["", "[All finding codes](../codes.md)"]
    return _page(lines)


# -- the spec


_HEADINGS: Final = {"extends": "extends", "targets": "[targets.<name>]"}
"""Where the heading of a part of the spec is not its table."""


def render_spec(schema: Schema) -> str:
    """Return the page of the spec: one section per table, one row per key."""
    lines = ["# Spec", "", _GENERATED, *sentences(_SPEC_TEXT)]
    for name, one in schema["properties"].items():
        heading = _HEADINGS.get(name, f"[{name}]")
        lines += ["", f"## `{heading}`", "", *spec_section(one, schema)]
    return _page(lines)


# -- commands


def render_commands(group: click.Group, documents: Iterable[Schema]) -> str:
    """Return the page of all commands, exit codes, variables and JSON documents."""
    summary = inspect.cleandoc(group.help or "").split("\n\n", 1)[0]
    context = click.Context(group, info_name="torchenv")
    lines = ["# Commands", "", _GENERATED, *sentences(summary)]
    lines.append("`--help` (`-h`) says what stands here; `torchenv --version` prints the version.")
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is None:
            continue
        lines += ["", f"## torchenv {name}", ""]
        lines += _command(command, click.Context(command, info_name=name, parent=context))
    rows = [(str(int(code)), text) for code, text in _member_docstrings(ExitCode)]
    lines += ["", "## Exit codes", "", *table(("code", "meaning"), rows)]
    rows = [(f"`{name}`", text) for name, text in _VARIABLES.items()]
    lines += ["", "## Environment variables", "", *table(("variable", "meaning"), rows)]
    lines += ["", "## JSON documents", "", *sentences(_DOCUMENTS_TEXT), *_documents(documents)]
    return _page(lines)


def _command(command: click.Command, context: click.Context) -> Iterator[str]:
    yield from sentences(command.help or "")
    yield ""
    yield "```text usage"
    yield command.get_usage(context).removeprefix("Usage: ")
    yield "```"
    options = [one for one in command.params if isinstance(one, click.Option)]
    if options:
        yield ""
        rows = ((f"`{', '.join(one.opts)}`", one.help or "") for one in options)
        yield from table(("option", "meaning"), rows)


def _member_docstrings(enum: type[ExitCode]) -> Iterator[tuple[ExitCode, str]]:
    """Yield each member with the text that stands under it, which Python itself drops."""
    (tree,) = ast.parse(inspect.getsource(enum)).body
    body = tree.body if isinstance(tree, ast.ClassDef) else []
    for statement, below in itertools.pairwise(body):
        match statement, below:
            case (
                ast.Assign(targets=[ast.Name(id=name)]),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                yield enum[name], text.replace("``", "`")


def _documents(schemas: Iterable[Schema]) -> Iterator[str]:
    """Yield a section for each document, then one for each part that they share."""
    parts: dict[str, Schema] = {}
    for schema in schemas:
        yield from ("", f"### `{schema['properties']['schema']['const']}`", "")
        yield from object_section(schema)
        parts.update(schema.get("$defs", {}))
    for name in sorted(parts):
        yield from ("", f"### {part_name(name)}", "")
        yield from object_section(parts[name])


if __name__ == "__main__":
    for page in write_pages(_FOLDER, _SCHEMAS):
        sys.stdout.write(f"wrote {page}\n")

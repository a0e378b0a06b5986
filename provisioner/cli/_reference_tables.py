"""JSON Schemas as Markdown: types in words, keys as rows. Used by ``_reference`` alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Schema = Mapping[str, Any]

_TYPES: Final = {
    "string": "text",
    "boolean": "true or false",
    "number": "number",
    "integer": "whole number",
    "object": "table",
    "null": "null",
}


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a table."""
    yield _row(head)
    yield _row(["---"] * len(head))
    yield from map(_row, rows)


def _row(cells: Iterable[str]) -> str:
    escaped = (" ".join(cell.split()).replace("|", "\\|") for cell in cells)
    return f"| {' | '.join(escaped)} |"


def sentences(text: str) -> list[str]:
    """Return a text with one sentence per line; the double backticks of docstrings as single."""
    words = " ".join(text.split()).replace("``", "`")
    return words.replace(". ", ".\n").splitlines()


# -- the spec


def spec_section(outer: Schema, root: Schema) -> Iterator[str]:
    """Yield what is to be said of one table of the spec.

    Args:
        outer: The table's schema as the root names it: a reference with a description.
        root: The whole schema.
    """
    inner = _resolve(outer, root)
    yield from sentences(outer.get("description") or inner.get("description", ""))
    yield ""
    value = _resolve(inner.get("additionalProperties") or {}, root)
    if inner.get("type") == "array":
        yield f"For example {', '.join(f'`{_toml(one)}`' for one in inner['examples'])}."
    elif "properties" in inner:
        yield from _spec_table(inner)
    elif "properties" in value:
        yield from _spec_table(value)
    else:
        text = value["description"]
        yield f"Each value: {text[0].lower()}{text[1:]}"
        yield f"For example {_free_examples(outer)}."


def _spec_table(schema: Schema) -> Iterator[str]:
    head = ("key", "type", "default", "meaning", "examples")
    required = schema.get("required", ())
    rows = (_spec_row(key, one, key in required) for key, one in schema["properties"].items())
    yield from table(head, rows)


def _spec_row(key: str, schema: Schema, is_required: bool) -> tuple[str, ...]:  # noqa: FBT001 - private
    examples = ", ".join(f"`{_toml(one)}`" for one in schema.get("examples", ()))
    return (
        f"`{key}`",
        type_words(_without_null(schema)),
        "required" if is_required else _default(schema),
        schema.get("description", ""),
        examples,
    )


def _free_examples(schema: Schema) -> str:
    """Return the examples of a table with free keys, each as the line that stands in the file."""
    lines = (item for one in schema.get("examples", ()) for item in one.items())
    return ", ".join(f"`{key} = {_toml(value)}`" for key, value in lines)


def _resolve(schema: Schema, root: Schema) -> Schema:
    """Follow references."""
    while "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
    return schema


def _without_null(schema: Schema) -> Schema:
    """Leave out null as a choice: it stands for a key that is not there, since TOML has none."""
    if "anyOf" not in schema:
        return schema
    return {**schema, "anyOf": [one for one in schema["anyOf"] if one != {"type": "null"}]}


def _default(schema: Schema) -> str:
    default = schema.get("default")
    return f"`{_toml(default)}`" if default not in (None, [], {}) else ""


def _toml(value: object) -> str:
    """Return a value as it stands in a TOML file."""
    if isinstance(value, dict):
        items = ", ".join(f"{key} = {_toml(one)}" for key, one in value.items())
        return f"{{ {items} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value)


# -- documents


def object_section(schema: Schema) -> Iterator[str]:
    """Yield the description and the keys of a document or of one of its parts."""
    yield from sentences(schema.get("description", ""))
    yield ""
    keys = sorted(schema["properties"].items(), key=lambda item: item[0] != "schema")
    rows = ((f"`{key}`", type_words(one), one.get("description", "")) for key, one in keys)
    yield from table(("key", "type", "meaning"), rows)


def part_name(definition: str) -> str:
    """Return the heading of a part: ``Finding`` for ``FindingModel``."""
    return definition.removesuffix("Model")


def type_words(schema: Schema) -> str:
    """Return a type in words: ``text``, ``list of text``, ``text or `false` ``.

    Raises:
        KeyError: The schema has no type that is known here.
    """
    match schema:
        case {"$ref": reference}:
            name = part_name(reference.rpartition("/")[2])
            words = f"[{name}](#{name.lower()})"
        case {"anyOf": choices}:
            words = _one_of(dict.fromkeys(map(type_words, choices)))
        case {"enum": values}:
            words = _one_of(f"`{json.dumps(value)}`" for value in values)
        case {"const": value}:
            words = f"`{json.dumps(value)}`"
        case {"type": "array", "items": items}:
            words = f"list of {type_words(items)}"
        case {"type": "object", "additionalProperties": dict(values)}:
            words = f"table of {type_words(values)}"
        case _:
            words = _TYPES[schema["type"]]
    return words


def _one_of(words: Iterable[str]) -> str:
    """Join alternatives: ``a, b or c``."""
    *others, last = words
    return f"{', '.join(others)} or {last}" if others else last

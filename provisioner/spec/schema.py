"""The JSON Schemas of the spec and of the commands' documents, made from their models.

``python -m provisioner.spec.schema`` writes them into the repository's ``schemas/``; a test checks
that they are current. The spec's schema is for editors: with ``#:schema`` and its path in the first
line of a ``torchenv.toml``, Taplo (Even Better TOML) completes and checks the file. It is made for
what Taplo understands: draft 7, and no ``$ref``, since Taplo drops what stands beside one, the
description of the key above all. The documents' schemas are draft 2020-12.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from provisioner import documents
from provisioner.paths import write_atomic
from provisioner.spec._models import SpecModel

if TYPE_CHECKING:
    from collections.abc import Sequence

_FOLDER: Final = Path(__file__).parents[2] / "schemas"
_MADE_BY: Final = "Made by `python -m provisioner.spec.schema`; change the models, not this file."


def render_schemas() -> dict[str, str]:
    """Return the text of every schema by its file name."""
    schemas = {"torchenv.schema.json": spec_schema()}
    for command in documents.COMMANDS:
        schemas[f"{command}.schema.json"] = {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$comment": _MADE_BY,
            **documents.model_of(command).model_json_schema(mode="serialization", by_alias=True),
            "title": f"torchenv {command}",
        }
    return {
        name: json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
        for name, schema in schemas.items()
    }


def spec_schema() -> dict[str, Any]:
    """Return the schema of a spec: draft 7, every reference resolved, no null (TOML has none)."""
    schema = SpecModel.model_json_schema(by_alias=True)
    definitions = schema.pop("$defs")
    # What is missing here may stand in a template.
    whole = {key: schema.pop(key) for key in ("required", "allOf")}
    schema["anyOf"] = [{"required": ["extends"]}, whole]
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$comment": _MADE_BY,
        **_inlined(schema, definitions),
        "title": "torchenv.toml",
    }


def write_schemas(folder: Path) -> list[str]:
    """Write the schemas that are not current and return their names.

    Raises:
        OSError: The folder cannot be written.
    """
    changed = []
    for name, text in render_schemas().items():
        path = folder / name
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            write_atomic(path, text.encode())
            changed.append(name)
    return changed


def _inlined(schema: Any, definitions: dict[str, Any]) -> Any:  # noqa: ANN401 any JSON value
    """Resolve references; what stands beside one wins over what it refers to."""
    if isinstance(schema, list):
        return [_inlined(item, definitions) for item in schema]
    if not isinstance(schema, dict):
        return schema
    beside = {key: _inlined(value, definitions) for key, value in schema.items() if key != "$ref"}
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        beside = {**_inlined(definitions[name], definitions), **beside}
    return _without_null(beside)


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """Remove what pydantic writes for a key that may be absent: ``or null``, by default null."""
    if schema.get("default", schema) is None:
        schema = {key: value for key, value in schema.items() if key != "default"}
    kinds = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
    if len(kinds) == 1:
        rest = {key: value for key, value in schema.items() if key != "anyOf"}
        return {**kinds[0], **rest}
    return {**schema, "anyOf": kinds} if kinds else schema


def main(arguments: Sequence[str]) -> int:
    """Write the schemas into the folder that is named, else into the repository's."""
    for name in write_schemas(Path(arguments[0]) if arguments else _FOLDER):
        sys.stdout.write(f"wrote {name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

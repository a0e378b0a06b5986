"""The JSON Schemas: current, complete, and in agreement with what the code accepts."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from provisioner.documents import COMMANDS, model_of
from provisioner.spec.schema import render_schemas, spec_schema, write_schemas
from tests.spec.cases_io import BAD, GOOD
from tests.spec.json_schema import DRAFT_7, DRAFT_2020_12, check_schema, errors

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Iterator

REPOSITORY = Path(__file__).parents[2]
SCHEMA = spec_schema()


def _toml(path: Path) -> Any:  # noqa: ANN401 any TOML document
    return tomllib.loads(path.read_bytes().decode())


def _schemas_below(schema: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 any JSON value
    """Yield every object of a schema that describes a value."""
    if isinstance(schema, list):
        for item in schema:
            yield from _schemas_below(item)
    elif isinstance(schema, dict):
        yield schema
        for key, value in schema.items():
            if key not in {"examples", "default", "enum", "const"}:
                yield from _schemas_below(value)


@pytest.mark.parametrize("name", sorted(render_schemas()))
def test_committed_schema_is_current(name: str) -> None:
    """The files in ``schemas/`` are what ``python -m provisioner.spec.schema`` writes."""
    written = (REPOSITORY / "schemas" / name).read_text(encoding="utf-8")
    assert written == render_schemas()[name]


def test_no_other_schema_is_committed() -> None:
    """Every file in ``schemas/`` is made by the generator."""
    assert {path.name for path in (REPOSITORY / "schemas").iterdir()} == set(render_schemas())


def test_writing_again_changes_nothing(tmp_path: Path) -> None:
    """The generator writes what is not current and says so, in the same bytes every time."""
    assert write_schemas(tmp_path) == list(render_schemas())
    (tmp_path / "plan.schema.json").write_text("{}")
    assert write_schemas(tmp_path) == ["plan.schema.json"]
    assert write_schemas(tmp_path) == []


def test_command(tmp_path: Path) -> None:
    """The module runs as a program and takes another folder."""
    done = subprocess.run(
        [sys.executable, "-m", "provisioner.spec.schema", str(tmp_path)],
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout == "".join(f"wrote {name}\n" for name in render_schemas())
    assert done.stderr == ""


def test_schemas_are_schemas() -> None:
    """Each is valid for the draft that it names; the spec's is the draft that Taplo speaks."""
    for name, text in render_schemas().items():
        schema = json.loads(text)
        check_schema(schema)
        assert schema["$schema"] == (DRAFT_7 if name == "torchenv.schema.json" else DRAFT_2020_12)
        assert "$id" not in schema, "there is no address that the schema could be fetched from"


def test_editors_see_every_text() -> None:
    """Taplo drops what stands beside a reference, so there is none; and TOML has no null."""
    for schema in _schemas_below(spec_schema()):
        assert "$ref" not in schema
        assert schema.get("type") != "null"
        assert schema.get("default", 0) is not None


def test_every_key_is_documented() -> None:
    """Each key of the spec has a title, a description and, where it takes a value, an example."""
    for name, table in spec_schema()["properties"].items():
        assert table["title"]
        assert table["description"].endswith(".")
        below = table if "properties" in table else table.get("additionalProperties", {})
        for key, schema in below.get("properties", {}).items():
            assert schema["title"], (name, key)
            assert schema["description"].endswith("."), (name, key)
            assert schema["examples"], (name, key)
            assert not errors({"$schema": DRAFT_7, **schema}, schema["examples"][0])


def test_every_part_of_a_document_is_described() -> None:
    """Each key of the commands' documents has a description."""
    for command in COMMANDS:
        for schema in _schemas_below(model_of(command).model_json_schema(mode="serialization")):
            for key, value in schema.get("properties", {}).items():
                assert value.get("description"), (command, key)


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_good_cases_are_valid(path: Path) -> None:
    """Editors accept what torchenv accepts."""
    assert not errors(SCHEMA, _toml(path))


def test_examples_are_valid() -> None:
    """The examples of the repository pass, and there are some."""
    files = sorted((REPOSITORY / "examples").glob("*.toml"))
    examples = [path for path in files if not path.name.startswith("pylock.")]
    assert examples
    for path in examples:
        assert not errors(SCHEMA, _toml(path)), path.name


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_wrong_shapes_are_invalid(path: Path) -> None:
    """Unknown and missing keys, wrong types and misnamed accelerators are errors in editors."""
    codes = {line[2:7] for line in path.read_text().splitlines() if line.startswith("# TE")}
    if path.stem == "torch-date":
        return  # JSON has no dates: to an editor this is a text.
    if codes & {"TE103", "TE104", "TE107"} or path.stem.startswith("accelerator-"):
        try:
            data = _toml(path)
        except tomllib.TOMLDecodeError:
            return
        assert errors(SCHEMA, data)

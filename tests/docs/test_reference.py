"""The reference pages are what the code says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import pytest

from provisioner import codes
from provisioner.cli._app import COMMANDS, torchenv
from provisioner.cli._reference import render_commands, render_pages, render_spec, write_pages
from provisioner.findings import ExitCode
from tests.docs._pages import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

_SCHEMAS = REPOSITORY / "schemas"
_PAGES = render_pages(_SCHEMAS)


@pytest.mark.parametrize("name", _PAGES)
def test_a_page_is_current(name: str) -> None:
    """A page differs from the code only until the generator is run again."""
    written = (REPOSITORY / "docs/reference" / name).read_text(encoding="utf-8")
    assert written == _PAGES[name], "run `python -m provisioner.cli._reference`"


def test_every_code_is_listed() -> None:
    """Each finding code has its row, whatever its range."""
    rows = [line.split("`")[1] for line in _PAGES["codes.md"].splitlines() if line[:4] == "| [`"]
    assert rows == list(codes.TITLES)


def test_every_command_option_and_exit_code_is_listed() -> None:
    """Each command has its section with all its options; each exit code has its row."""
    page = _PAGES["commands.md"]
    for name in COMMANDS:
        command = torchenv.get_command(click.Context(torchenv), name)
        assert command is not None
        section = page.partition(f"## torchenv {name}\n")[2].partition("\n## ")[0]
        options = [one for one in command.params if isinstance(one, click.Option)]
        assert section
        assert [one.opts[-1] for one in options if one.opts[-1] not in section] == []
    assert [code for code in ExitCode if f"| {int(code)} | " not in page] == []


def test_only_pages_that_changed_are_written(tmp_path: Path) -> None:
    """A second run writes nothing; a page that was changed by hand is written again."""
    assert write_pages(tmp_path, _SCHEMAS) == list(_PAGES)
    assert write_pages(tmp_path, _SCHEMAS) == []
    (tmp_path / "codes.md").write_text("changed")
    assert write_pages(tmp_path, _SCHEMAS) == ["codes.md"]


def test_a_schema_becomes_tables() -> None:
    """Types, defaults and examples are shown as they stand in a TOML file; ``|`` is escaped."""
    schema = {
        "properties": {
            "table": {"$ref": "#/$defs/Table", "description": "One thing. And another."},
            "free": {
                "type": "object",
                "description": "Anything.",
                "examples": [{"name": "*"}],
                "additionalProperties": {"type": "string", "description": "A text."},
            },
        },
        "$defs": {
            "Table": {
                "required": ["key"],
                "properties": {
                    "key": {"type": "string", "description": "a|b", "examples": ["x"]},
                    "other": {
                        "anyOf": [{"type": "boolean"}, {"const": "no"}, {"type": "null"}],
                        "default": False,
                    },
                    "many": {"type": "array", "items": {"type": "number"}, "default": []},
                },
            }
        },
    }
    page = render_spec(schema)
    assert "## `[table]`\n\nOne thing.\nAnd another.\n" in page
    assert '| `key` | text | required | a\\|b | `"x"` |' in page
    assert '| `other` | true or false or `"no"` | `false` |  |  |' in page
    assert "| `many` | list of number |  |  |  |" in page
    assert 'Each value: a text.\nFor example `name = "*"`.' in page


def test_a_command_becomes_a_section() -> None:
    """Help has one sentence per line; usage and options follow."""
    group = click.Group("torchenv", help="What it is.\n\nMore that is not repeated.")
    option = click.Option(["-f", "--force"], is_flag=True, help="Do it.")
    group.add_command(click.Command("go", help="First. Second.", params=[option]))
    page = render_commands(group, [])
    assert "\nWhat it is.\n" in page
    assert "\n## torchenv go\n\nFirst.\nSecond.\n\n```text usage\n" in page
    assert "torchenv go [OPTIONS]\n```\n\n| option | meaning |\n" in page
    assert "\n| `-f, --force` | Do it. |\n" in page
    assert "More that is not repeated" not in page

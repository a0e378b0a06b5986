"""Each code block is what its info string says, as far as that can be told without running it."""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING

import pytest
from jsonschema import Draft202012Validator

import provisioner
from provisioner.cli._app import COMMANDS
from provisioner.findings import TorchenvError
from tests.docs._host import LINUX
from tests.docs._pages import REPOSITORY, Block, Page, blocks, pages

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from _pytest.mark.structures import ParameterSet

_KNOWN = re.compile(
    r"toml spec( refused)?( file=\S+)?|toml part-of=\S+|(toml|ini|text|json) file=\S+"
    r"|\w+ shows=\S+|console( manual)?|python|text (diagram|output|usage)"
)
_MANUAL_PROGRAMS = ("git", "cd")
_COMMAND_IN_TEXT = re.compile(r"`torchenv ([a-z]+)")


def _cases(chosen: Iterable[Block]) -> list[ParameterSet]:
    return [pytest.param(block, id=block.place) for block in chosen]


@pytest.mark.parametrize("block", _cases(blocks()))
def test_the_kind_of_a_block_is_known(block: Block) -> None:
    """A block that no test knows how to check is not allowed."""
    info = " ".join((block.language, *block.marks))
    assert _KNOWN.fullmatch(info), f"{block.place}: ```{info}"


@pytest.mark.parametrize("block", _cases(one for one in blocks() if one.language == "toml"))
def test_toml_is_toml(block: Block) -> None:
    """A TOML block can be parsed; one that leaves out a part does so with a comment."""
    tomllib.loads(re.sub(r"(?m)^\.\.\.$|\.\.\.(?=\")", "", block.text))


@pytest.mark.parametrize("block", _cases(one for one in blocks() if "spec" in one.marks))
def test_a_spec_is_loaded_and_planned(block: Block, tmp_path: Path) -> None:
    """A spec on a page is valid by models and schema and can be planned, unless it says not."""
    path = tmp_path / "page.toml"
    path.write_text(block.text, encoding="utf-8")
    if "refused" in block.marks:
        with pytest.raises(TorchenvError):
            provisioner.plan(provisioner.load_spec(path), host=LINUX)
        return
    schema = json.loads((REPOSITORY / "schemas/torchenv.schema.json").read_text())
    Draft202012Validator(schema).validate(tomllib.loads(block.text))
    assert provisioner.plan(provisioner.load_spec(path), host=LINUX).plans


@pytest.mark.parametrize("block", _cases(one for one in blocks() if one.value("part-of")))
def test_an_excerpt_is_in_its_file(block: Block) -> None:
    """What a page quotes of a file of the repository stands there, line by line."""
    text = (REPOSITORY / (block.value("part-of") or "")).read_text(encoding="utf-8")
    assert f"\n{block.text}" in f"\n{text}"


@pytest.mark.parametrize("block", _cases(one for one in blocks() if "manual" in one.marks))
def test_a_command_that_is_not_run_is_known(block: Block) -> None:
    """Only Git, ``cd``, targets of the Makefile and tools in ``.dev`` are left to the reader."""
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    for line in block.text.splitlines():
        prompt, program, *words = line.split()
        assert prompt == "$"
        if program == "make":
            assert all(re.search(rf"(?m)^{word}:", makefile) for word in words), line
        else:
            assert program in _MANUAL_PROGRAMS or program.startswith(".dev/bin/"), line


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_a_command_in_the_text_exists(page: Page) -> None:
    """Where a sentence names a command of torchenv, there is one of that name."""
    named = set(_COMMAND_IN_TEXT.findall(page.text))
    assert sorted(named - set(COMMANDS)) == []

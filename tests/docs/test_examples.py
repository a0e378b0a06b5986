"""Every spec in ``examples/`` can be used as it is."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest
from jsonschema import Draft202012Validator

import provisioner
from tests.docs._host import LINUX
from tests.docs._pages import REPOSITORY

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from pathlib import Path

_FOLDER = REPOSITORY / "examples"
_TEMPLATES = [_FOLDER / "team" / "base.toml"]
_EXAMPLES = sorted(
    path
    for path in _FOLDER.rglob("*.toml")
    if path.name[:7] != "pylock." and path not in _TEMPLATES
)
_OLD = {"torch": "2.7.1+cu118", "torchvision": "0.22.1+cu118", "torchaudio": "2.7.1+cu118"}
_PLANNED = {
    "cpu.toml": ("pytorch", "3.11", {"torch": "2.13.0+cpu"}),
    "cu116.toml": (
        "pytorch",
        "3.10",
        {"torch": "1.13.1+cu116", "torchvision": "0.14.1+cu116", "torchaudio": "0.13.1+cu116"},
    ),
    "cu118.toml": ("pytorch", "3.10", _OLD),
    "team/cluster/torchenv.toml": ("pytorch", "3.11", _OLD),
    "team/laptop/torchenv.toml": (
        "pytorch",
        "3.11",
        {"torch": "2.7.1+cpu", "torchvision": "0.22.1+cpu", "torchaudio": "2.7.1+cpu"},
    ),
}


def _name(path: Path) -> str:
    return path.relative_to(_FOLDER).as_posix()


def test_every_example_is_expected() -> None:
    """An example that is added says here what its plan is."""
    assert [_name(path) for path in _EXAMPLES] == sorted(_PLANNED)


@pytest.mark.parametrize("path", _EXAMPLES, ids=_name)
def test_an_example_is_planned(path: Path) -> None:
    """The plan of an example is the one that its comments promise, without any finding."""
    plan = provisioner.plan(provisioner.load_spec(path), host=LINUX).sole
    index, python, versions = _PLANNED[_name(path)]
    assert (plan.index, plan.target.python) == (index, python)
    assert {build.name: build.version for build in plan.trio} == versions
    assert plan.findings == ()


@pytest.mark.parametrize("path", _EXAMPLES, ids=_name)
def test_an_example_names_and_follows_the_schema(path: Path) -> None:
    """Editors find the schema by the first line, and the example is valid by it."""
    text = path.read_text(encoding="utf-8")
    first = text.splitlines()[0]
    schema_file = path.parent / first.removeprefix("#:schema ")
    assert first.startswith("#:schema ")
    schema = json.loads(schema_file.read_text(encoding="utf-8"))
    Draft202012Validator(schema).validate(tomllib.loads(text))


def test_the_team_shares_what_its_template_says() -> None:
    """Cluster and laptop have the template's versions, but for what each of them changes."""
    cluster, laptop = (
        [str(one) for one in provisioner.load_spec(path).dependencies]
        for path in _EXAMPLES
        if path.parts[-3] == "team"
    )
    assert cluster == ["lightning<3,>=2.4", "numpy", "tensorboard"]
    assert laptop == ["lightning[extra]<3,>=2.4", "numpy", "wandb"]


def test_examples_do_not_share_an_environment() -> None:
    """All examples can be applied side by side."""
    paths = [provisioner.load_spec(path).path for path in _EXAMPLES]
    assert len(set(paths)) == len(paths)

"""What the design says about the code is what the code is checked for."""

from __future__ import annotations

import re

from provisioner import toml
from tests.docs._pages import REPOSITORY


def test_the_layers_are_those_that_are_checked() -> None:
    """The diagram of the layers and the contract of import-linter name the same, in one order."""
    page = (REPOSITORY / "docs/explanation/design.md").read_text(encoding="utf-8")
    diagram = re.search(r"## Layers\s+```text diagram\n(.*?)```", page, re.DOTALL)
    assert diagram is not None
    drawn = [layer.split(", ") for layer in re.split(r"\s*→\s*", diagram[1].strip())]
    settings = toml.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    layers = settings["tool"]["importlinter"]["contracts"][0]["layers"]
    checked = [layer.replace("provisioner.", "").split(" : ") for layer in layers]
    assert [set(layer) for layer in drawn] == [set(layer) for layer in checked]

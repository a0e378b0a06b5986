"""What the commands take from the machine's settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from provisioner.api._setting import Setting
from provisioner.spec import parse_spec

if TYPE_CHECKING:
    from pathlib import Path

SPEC = '[environment]\npython = "3.11"\naccelerator = "cpu"\n\n[torch]\ntorch = "2.2.0"\n'


@pytest.mark.parametrize("named", ["variable", "file"])
def test_pips_cache_is_where_pip_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    """A variable or a file of pip's configuration names it; then it is not at the usual place."""
    cache = tmp_path / "cache"
    config = tmp_path / "pip.conf"
    config.write_text(f"[global]\ncache-dir = {cache}\n" if named == "file" else "")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(config))
    monkeypatch.delenv("PIP_CACHE_DIR", raising=False)
    if named == "variable":
        monkeypatch.setenv("PIP_CACHE_DIR", str(cache))
    asked = Setting(parse_spec(SPEC, tmp_path / "torchenv.toml")).store.pip_cache
    assert asked is not None
    assert asked() == cache

"""A user's project in a temporary folder: spec, store, home, pip configuration, and the command."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import tomlkit

from tests.support.command import BIN, Command, Result, clean_environ, run

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import IndexServer

HOST_PYTHON = "{}.{}".format(*sys.version_info)
"""Minor version of the interpreter that runs the tests."""
_TABLE_OF = {
    **dict.fromkeys(("python", "accelerator", "platform", "path", "seed"), "environment"),
    **dict.fromkeys(("torch", "torchvision", "torchaudio"), "torch"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """One project folder and everything that its user has."""

    root: Path
    """The project folder; commands run here."""
    home: Path
    store: Path
    """``TORCHENV_STORE``."""
    index: IndexServer
    torchenv: Command
    """The installed command; ``workspace.torchenv("plan", "--json")``."""

    @property
    def environ(self) -> dict[str, str]:
        """Variables of the commands; tests may change them."""
        return self.torchenv.environ

    @property
    def environment(self) -> Path:
        """The environment's usual path, ``.venv``."""
        return self.root / ".venv"

    def write(self, name: str, text: str) -> Path:
        """Write a file of the project."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def write_spec(self, name: str = "torchenv.toml", **keys: Any) -> Path:  # noqa: ANN401
        """Write a spec whose PyTorch index is the test index.

        ``keys`` are those of ``[environment]`` and ``[torch]`` by name (``accelerator="cu118"``,
        ``torch="2.2.0"``, ``torchaudio=False``), and whole tables (``dependencies={…}``,
        ``sources={…}``). Without any: the tests' own Python, ``cpu``, torch 2.6.0.
        """
        tables: dict[str, Any] = {
            "environment": {"python": HOST_PYTHON, "accelerator": "cpu"},
            "torch": {"torch": "2.6.0"},
            "dependencies": {},
            "sources": {"pytorch": self.index.pytorch},
        }
        for key, value in keys.items():
            if key in _TABLE_OF:
                tables[_TABLE_OF[key]][key] = value
            else:
                tables.setdefault(key, {}).update(value)
        filled = {name: table for name, table in tables.items() if table}
        return self.write(name, tomlkit.dumps(filled))

    def pip_config(self, text: str) -> Path:
        """Configure pip by a file (``[global]`` and so on) instead of by variables."""
        path = self.write("pip.conf", text)
        self.environ.pop("PIP_INDEX_URL", None)
        self.environ["PIP_CONFIG_FILE"] = str(path)
        return path

    def run_python(self, code: str, environment: Path | None = None) -> Result:
        """Run code with an environment's interpreter, ``.venv`` by default."""
        python = (environment or self.environment) / "bin" / "python"
        return run([python, "-c", code], environ=self.environ, cwd=self.root)


def make_workspace(folder: Path, index: IndexServer) -> Workspace:
    """Make an empty project below ``folder`` that uses ``index`` for everything."""
    root, home, store = (folder / name for name in ("project", "home", "store"))
    for path in (root, home):
        path.mkdir(parents=True)
    environ = {
        **clean_environ(home),
        "PIP_INDEX_URL": index.default,
        "TORCHENV_STORE": str(store),
    }
    torchenv = Command(BIN / "torchenv", environ, root)
    return Workspace(root=root, home=home, store=store, index=index, torchenv=torchenv)

"""Compile the readable compat data: ``python -m provisioner.compat.compile [--check]``.

The files under ``data/`` are for people: one concern each, one row per fact, every row with its
source and how far it is known, so that a change is a diff that can be reviewed. Reading ten TOML
files and checking them takes a tenth of a second, which a command that answers at once cannot
spend; so they are checked here, once, and written as ``compiled.json``, ``hardware.json`` and
``dependents.json``, which load in milliseconds with nothing but ``json``. A test compares the two
forms.

``CONTRIBUTING.md`` says how to add a release of torch.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from provisioner import toml
from provisioner.compat._checks import iter_problems
from provisioner.compat._convert import to_compiled, to_dependents, to_hardware
from provisioner.compat._dependents import COMPILED_DEPENDENTS
from provisioner.compat._hardware import COMPILED_HARDWARE
from provisioner.compat._load import COMPILED
from provisioner.compat._models import FilesModel
from provisioner.findings import Finding, TorchenvError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DATA: Final = Path(__file__).with_name("data")
"""The readable files."""

_TABLES: Final = {
    "releases": {"torch": "torch", "torchvision": "torchvision", "torchaudio": "torchaudio"},
    "meta": {"version": "version", "known": "known"},
    "wheels": {"wheel": "wheels"},
    "ceilings": {"ceiling": "ceilings"},
    "companions": {"companion": "companions"},
    "hashes": {"hash": "hashes"},
    "dependents": {"dependent": "dependents"},
    "drivers": {"minimum": "driver_minimums", "toolkit": "toolkit_drivers"},
    "gpus": {"cuda": "cuda_codes", "rocm": "rocm_codes", "generation": "generations"},
    "gpu_names": {"gpu": "gpu_names", "xpu": "xpu_codes"},
}
"""What each file's top-level tables are called in the models."""
_WHOLE: Final = ("accelerators", "builds", "sources")
"""Files that are one table."""


class CompatDataError(TorchenvError):
    """The readable files are not valid or contradict each other (``TE220``)."""


def compile_data(folder: Path = DATA) -> dict[Path, str]:
    """Return the compiled files and their texts for the readable files in a folder.

    Raises:
        CompatDataError: A file cannot be read, or one finding per problem of the data.
    """
    files = _read(folder)
    problems = list(iter_problems(files))
    if problems:
        raise CompatDataError(_finding(problem) for problem in problems)
    return {
        COMPILED: _render(to_compiled(files)),
        COMPILED_HARDWARE: _render(to_hardware(files)),
        COMPILED_DEPENDENTS: _render(to_dependents(files)),
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Write the compiled files, or with ``--check`` only say whether they are current.

    Returns:
        0 when they are current or were written, 1 when they are not or the data is not sound.
    """
    check = "--check" in (sys.argv[1:] if argv is None else argv)
    try:
        texts = compile_data()
    except CompatDataError as exc:
        for finding in exc.findings:
            sys.stderr.write(f"{finding.code}: {finding.message}\n")
        return 1
    stale = [file for file, text in texts.items() if not _is_current(file, text)]
    if check:
        sys.stderr.writelines(f"{file.name} is stale\n" for file in stale)
        return int(bool(stale))
    write(texts)
    return 0


def write(texts: Mapping[Path, str]) -> None:
    """Write the files that are not current, and say which."""
    for file, text in texts.items():
        if not _is_current(file, text):
            file.write_text(text, encoding="utf-8")
            sys.stdout.write(f"wrote {file.name}\n")


def _is_current(file: Path, text: str) -> bool:
    return file.is_file() and file.read_text(encoding="utf-8") == text


def _read(folder: Path) -> FilesModel:
    tables: dict[str, Any] = {name: _load(folder, name) for name in _WHOLE}
    for name, renamed in _TABLES.items():
        content = dict(_load(folder, name))
        tables.update({new: content.pop(old) for old, new in renamed.items() if old in content})
        tables.update(content)
    try:
        return FilesModel.model_validate(tables)
    except ValidationError as exc:
        raise CompatDataError(
            _finding(f"{'.'.join(str(part) for part in error['loc'])}: {error['msg']}")
            for error in exc.errors()
        ) from None


def _load(folder: Path, name: str) -> Mapping[str, Any]:
    file = folder / f"{name}.toml"
    try:
        content: dict[str, Any] = toml.loads(file.read_text(encoding="utf-8"))
    except (OSError, toml.TOMLDecodeError) as exc:
        raise CompatDataError(_finding(f"{file.name}: {exc}")) from exc
    return content


def _finding(problem: str) -> Finding:
    return Finding(
        code="TE220",
        message=problem,
        why="The files under `provisioner/compat/data/` must be valid and agree with each other.",
        do="Correct the file, then run `python -m provisioner.compat.compile` again.",
    )


def _render(compiled: Mapping[str, Any]) -> str:
    """One line per row, so that a change of the data is a small diff here too."""
    parts = [f"{json.dumps(key)}: {_value(value)}" for key, value in compiled.items()]
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _value(value: object) -> str:
    if isinstance(value, list):
        rows = [json.dumps(row, separators=(",", ":")) for row in value]
        return "[\n" + ",\n".join(rows) + "\n]"
    return json.dumps(value, indent=0, sort_keys=True)


if __name__ == "__main__":
    sys.exit(main())

"""Byte code that is not that of its source: it runs, though no RECORD knows it.

Byte code of the proof is known by its hash. What was compiled later is compared with its source by
the interpreter that the environment was made from, which compiles the source again.
"""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from provisioner.engine import clean_environ
from provisioner.process import ProcessFailedError, run

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from provisioner.environment._layout import Generation
    from provisioner.environment._state import BasePython

_SCRIPT: Final = Path(__file__).with_name("_bytecode_script.py")
_FOLDER: Final = "__pycache__/"


def foreign_byte_code(
    generation: Generation,
    python: BasePython,
    byte_code: Iterable[str],
    sources: Iterable[str],
    environ: Mapping[str, str],
) -> tuple[str, ...]:
    """Return the paths of byte code that Python would run and that is not its source's, sorted.

    Byte code for other Pythons, and without a source beside ``__pycache__``, never runs.

    Args:
        generation: Whose files.
        python: What it was made from; only this runs, isolated and without ``site``.
        byte_code: Paths from the generation's folder.
        sources: The files that are there, by path.
        environ: The caller's environment variables.
    """
    there = frozenset(sources)
    tag = _cache_tag(python)
    pairs = [
        (path, source)
        for path in sorted(byte_code)
        if (source := source_of(path, tag)) is not None and source in there
    ]
    return tuple(pairs[n][0] for n in _differing(generation, python, pairs, environ))


def source_of(byte_code: str, tag: str) -> str | None:
    """Return the source of ``a/__pycache__/b.cpython-311.opt-1.pyc``: ``a/b.py``; None for others.

    Args:
        byte_code: Path of the byte code.
        tag: ``sys.implementation.cache_tag`` of the Python that would run it.
    """
    folder, _, name = byte_code.rpartition(_FOLDER)
    found = re.fullmatch(rf"(.+)\.{re.escape(tag)}(\.opt-\w+)?\.pyc", name)
    return f"{folder}{found[1]}.py" if found else None


def _cache_tag(python: BasePython) -> str:
    """Return the tag of CPython's byte code (PEP 3147)."""
    major, minor = python.version.split(".")[:2]
    return f"cpython-{major}{minor}{'t' if python.free_threaded else ''}"


def _differing(
    generation: Generation,
    python: BasePython,
    pairs: list[tuple[str, str]],
    environ: Mapping[str, str],
) -> list[int]:
    """Return the numbers of the pairs that differ; those that kill the interpreter do."""
    wrong: list[int] = []
    begin = 0
    while begin < len(pairs):
        said, is_end = _ask(generation, python, pairs[begin:], environ)
        wrong += [begin + number for number, answer in said if answer not in {"same", "unused"}]
        begin = len(pairs) if is_end or not said else begin + said[-1][0] + 1
    return wrong


def _ask(
    generation: Generation,
    python: BasePython,
    pairs: list[tuple[str, str]],
    environ: Mapping[str, str],
) -> tuple[list[tuple[int, str]], bool]:
    """Return (number, answer) of each pair that was looked at, and whether that was all."""
    with tempfile.TemporaryDirectory(prefix="torchenv-") as folder:
        asked = Path(folder) / "pairs.json"
        asked.write_text(json.dumps({"folder": str(generation.folder), "pairs": pairs}), "ascii")
        argv: list[str | Path] = [python.path, "-I", "-S", "-B", _SCRIPT, asked]
        try:
            done, is_end = run(argv, env=clean_environ(environ)), True
        except ProcessFailedError as exc:
            done, is_end = exc.completed, False
    said = [line.split() for line in done.stdout.splitlines()]
    return [(int(words[0]), "".join(words[1:])) for words in said if words], is_end

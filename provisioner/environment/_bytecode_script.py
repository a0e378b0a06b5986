"""Compares byte code with its source; runs in a base interpreter, alone.

Started by path with ``-I -S`` in the interpreter that an environment was made from, so that nothing
of the environment runs: nothing here may be imported from torchenv, and everything must run on
Python 3.7.

Argument: a JSON file with the environment's folder and pairs ``[byte code, source]`` below it. For
each it prints the number of the pair before it looks, then ``same``, ``unused`` (Python would not
run it) or ``differs``. So byte code that kills the interpreter is known too.
"""

from __future__ import annotations

import importlib.util
import json
import marshal
import os
import sys
import types
import warnings
from typing import List  # noqa: UP035 - Python 3.7 evaluates it below

HEADER = 16
HASH_BASED = 1
CHECK_SOURCE = 2


def is_used(data: bytes, source: bytes, stat: os.stat_result) -> bool:
    """Whether Python would run this byte code instead of compiling the source (PEP 552)."""
    if data[:4] != importlib.util.MAGIC_NUMBER or len(data) < HEADER:
        return False
    flags = int.from_bytes(data[4:8], "little")
    if flags & HASH_BASED:
        return not flags & CHECK_SOURCE or data[8:16] == importlib.util.source_hash(source)
    recorded = (int.from_bytes(data[8:12], "little"), int.from_bytes(data[12:16], "little"))
    return recorded == (int(stat.st_mtime) & 0xFFFFFFFF, stat.st_size & 0xFFFFFFFF)


def is_same(one: object, two: object) -> bool:
    """Whether two constants or pieces of code are the same, not-a-number included."""
    if isinstance(one, types.CodeType) and isinstance(two, types.CodeType):
        names = [name for name in dir(one) if name.startswith("co_") and name not in UNCOMPARED]
        return all(is_same(getattr(one, name), getattr(two, name)) for name in names)
    if isinstance(one, tuple) and isinstance(two, tuple):
        return len(one) == len(two) and all(map(is_same, one, two))
    return type(one) is type(two) and (one == two or repr(one) == repr(two))


UNCOMPARED = {"co_lines", "co_positions", "co_branches", "co_lnotab", "_co_code_adaptive"}


def compare(byte_code: str, source_file: str) -> str:
    """Compare one file of byte code with its source."""
    with open(byte_code, "rb") as file:
        data = file.read()
    with open(source_file, "rb") as file:
        source = file.read()
        stat = os.fstat(file.fileno())
    if not is_used(data, source, stat):
        return "unused"
    found = marshal.loads(data[HEADER:])
    if not isinstance(found, types.CodeType):
        return "differs"
    parts = os.path.basename(byte_code).split(".")
    level = next((int(part[4:]) for part in parts if part.startswith("opt-")), 0)
    made = compile(source, found.co_filename, "exec", dont_inherit=True, optimize=level)
    return "same" if is_same(found, made) else "differs"


def main(arguments: List[str]) -> None:  # noqa: UP006 - as above
    """Compare every pair of the file."""
    warnings.simplefilter("ignore")
    with open(arguments[0], encoding="ascii") as file:
        asked = json.load(file)
    for number, pair in enumerate(asked["pairs"]):
        print(number, end=" ", flush=True)
        try:
            answer = compare(*(os.path.join(asked["folder"], path) for path in pair))
        except Exception:  # noqa: BLE001 - what cannot be read as byte code is not this source's
            answer = "differs"
        print(answer, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])

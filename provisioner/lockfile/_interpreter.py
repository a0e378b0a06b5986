"""An interpreter that answers the engine's questions as one of the target would.

This file is a program, run by ``_engine_target`` beside the engine and not imported: the engine
starts an interpreter with ``-c CODE``, and the code prints what that interpreter is, as one JSON
object. Here the same code runs on the Python that torchenv runs on, and in what it prints the
values that a file names are put in the place of its own. So the engine can resolve for what its
options have no words for: a free-threaded Python, or any version of glibc.

Usage: ``python _interpreter.py ANSWERS.json [OPTIONS] -c CODE [ARGUMENTS]``
"""

import contextlib
import io
import json
import sys
from pathlib import Path


def main(answers: str, words: "list[str]") -> int:
    """Run the code and print its answer, changed as the file ``answers`` says."""
    at = words.index("-c")
    sys.argv = ["-c", *words[at + 2 :]]
    told = io.StringIO()
    with contextlib.redirect_stdout(told), contextlib.suppress(SystemExit):
        exec(words[at + 1], {"__name__": "__main__"})  # noqa: S102 - what `python -c` does
    wanted = json.loads(Path(answers).read_text(encoding="utf-8"))
    sys.stdout.write(json.dumps(merged(json.loads(told.getvalue()), wanted)))
    return 0


def merged(told: "dict[str, object]", wanted: "dict[str, object]") -> "dict[str, object]":
    """Return ``told`` with the values of ``wanted``, table by table."""
    result = dict(told)
    for key, value in wanted.items():
        own = told.get(key)
        both = isinstance(own, dict) and isinstance(value, dict)
        result[key] = merged(own, value) if both else value  # type: ignore[arg-type]  # both are
    return result


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))

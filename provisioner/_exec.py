"""Becoming another program: what ``torchenv run`` and ``torchenv shell`` end with.

Nothing of this process stays, so signals, the terminal and the exit code are the program's own.
Like ``provisioner._quick`` this needs nothing but ``os``, since ``torchenv run`` on an environment
that is right comes here before any other module is imported.
"""

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import NoReturn

_IGNORED_BY_PYTHON = ("SIGPIPE", "SIGXFSZ")
"""Signals that Python ignores in its own process; a program that is started must not."""


def child_environ(environ: "Mapping[str, str]", environment: str) -> dict[str, str]:
    """Return the variables of a program that runs inside an environment.

    Args:
        environ: The caller's variables.
        environment: Absolute path of the environment: a generation's own, so that the program keeps
            meeting the same files whatever is applied meanwhile, or the link, for a shell.
    """
    inside = dict(environ)
    # What `activate` unsets: it would lead the interpreter to the library of another one.
    inside.pop("PYTHONHOME", None)
    inside["VIRTUAL_ENV"] = environment
    search = environ.get("PATH", os.defpath)
    inside["PATH"] = f"{environment}/bin{os.pathsep}{search}"
    return inside


def execute(command: "Sequence[str]", environ: "Mapping[str, str]") -> "NoReturn":
    """Become ``command``, found on the ``PATH`` of ``environ``; never returns.

    Raises:
        FileNotFoundError: There is no such program.
        OSError: It cannot be started.
        ValueError: A word or a variable holds a null byte.
    """
    # The module `signal` costs 3 ms, for enumerations that are not needed here.
    import _signal as signals  # type: ignore[import-not-found]  # noqa: PLC0415

    numbers = [getattr(signals, name) for name in _IGNORED_BY_PYTHON if hasattr(signals, name)]
    before = [(number, signals.signal(number, signals.SIG_DFL)) for number in numbers]
    try:
        _try_in_turn(list(command), dict(environ))
    finally:
        for number, handler in before:
            signals.signal(number, handler)


def _try_in_turn(command: list[str], environ: dict[str, str]) -> "NoReturn":
    """Do what ``os.execvpe`` does, without the 3 ms of the module ``warnings`` that it imports."""
    program = command[0]
    folders = [""] if os.sep in program else environ["PATH"].split(os.pathsep)
    refused = None
    for folder in folders:
        try:
            os.execve(os.path.join(folder, program), command, environ)  # noqa: S606 - no shell
        except (FileNotFoundError, NotADirectoryError):  # noqa: PERF203 - there is no other way
            continue
        except OSError as exc:
            refused = refused or exc
    raise refused or FileNotFoundError(program)

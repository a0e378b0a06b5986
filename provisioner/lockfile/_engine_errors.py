"""What the engine's standard error means, as one finding.

Only the causes that locking meets every day. The engine's own words are the ``why`` where there
are no better ones; ``--verbose`` shows them always.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from provisioner.findings import Finding
from provisioner.lockfile._request import REQUEST_NAME
from provisioner.urls import mask

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from provisioner.lockfile._sources import LockSources
    from provisioner.process import Completed

_HINT: Final = re.compile(r"^\s*hint:")
_OPTION: Final = "`--"
"""An option of the engine, which nobody can set here."""
_DATELESS: Final = re.compile(r"`(\S+)` is missing an upload date")
_LINES: Final = 12
"""How much of the engine's text a finding quotes."""

# (pattern in the engine's text, code, what was seen, what to do); the first that matches counts.
# Wordings of uv 0.13, each seen with a request made to fail that way.
_CAUSES: Final = (
    (
        r"was not found in the cache|network connectivity is disabled",
        "TE532",
        "What is known of a package is not on this machine, and `--offline` asks nobody.",
        "Run `torchenv lock` once without `--offline`, or bring the lock and its wheels here.",
    ),
    (
        r"lack of valid authentication credentials",
        "TE402",
        "An index wants a user and a password or token, and was given none that it accepts.",
        "Put them into the index's URL in pip's configuration, or into `~/.netrc`.",
    ),
    (
        r"was not found in the (?:package registry|provided package locations)",
        "TE403",
        "A package is on none of the indexes.",
        "Check its spelling, and the indexes that `pip config debug` and `[sources]` name.",
    ),
    (
        r"has no usable wheels|has no wheels with a matching",
        "TE403",
        "A package has no wheel that the target can use.",
        "Take another release of it, put a wheel on an index, or name it in `allow-sdist`.",
    ),
    (
        r"No solution found when resolving dependencies",
        "TE405",
        "No set of versions satisfies all requirements.",
        "Relax one of the requirements that are named.",
    ),
    (
        r"invalid peer certificate|certificate verify failed",
        "TE428",
        "A server's certificate is not trusted.",
        "Name the authority's file: `cert` in `[sources]`, or `pip config set global.cert FILE`.",
    ),
    (
        r"HTTP status (?:client|server) error \((\d{3})",
        "TE402",
        "An index or file server refused or failed.",
        "Check the address and the credentials of that index; for a 5xx status try again later.",
    ),
    (
        r"tcp connect error|dns error|error sending request|operation timed out|connection reset",
        "TE401",
        "An index or file server cannot be reached.",
        "Check the network, the proxy and the addresses that `pip config list` shows.",
    ),
    (
        r"Couldn't parse requirement in",
        "TE413",
        "A constraint file cannot be understood.",
        "Correct it, or name another: pip's `constraint` option, `constraints` under `[sources]`.",
    ),
    (
        r"No space left on device",
        "TE503",
        "The disk is full.",
        "Free some space where the store lies, or move it: `TORCHENV_STORE=/other/disk`.",
    ),
    (
        r"Failed to initialize cache",
        "TE505",
        "The store cannot be written.",
        "Make its folder writable, or choose another: `TORCHENV_STORE=/other/disk`.",
    ),
)


_UNKNOWN: Final = (
    "TE409",
    "The engine could not resolve the requirements.",
    "Run again with `--verbose` to see everything that it says.",
)


def explain_engine(
    completed: Completed, sources: LockSources, routed: Collection[str] = ()
) -> Finding:
    """Return one finding for a failed resolution.

    Args:
        completed: The engine's run.
        sources: What it was given.
        routed: Names of packages that it might take from the trio's index only.
    """
    text = mask(completed.stderr).replace(REQUEST_NAME, "the spec").strip()
    quoted = _quote(text) or f"It printed nothing and ended with exit code {completed.exit_code}."
    code, seen, todo = next(
        (
            (code, seen, todo)
            for pattern, code, seen, todo in _CAUSES
            if re.search(pattern, text, re.IGNORECASE)
        ),
        _UNKNOWN,
    )
    built = _BUILD.search(text)
    if built is not None:
        return _not_built(built[1], quoted, text)
    dateless = sorted({_project(file) for file in _DATELESS.findall(text)})
    if dateless and code == "TE405":
        return _no_dates(dateless)
    if code == "TE405" and sources.constraints:
        files = ", ".join(f"`{mask(one)}`" for one in sources.constraints)
        todo += f" Constraints from {files} count too."
    if sources.is_isolated and "pip was not found" in text:
        todo = "PyTorch's index has no `pip`: leave it out with `seed = false`."
    if code == "TE403" and (absent := _absent(text, sources, routed, todo)) is not None:
        return absent
    # Imported late: most runs of the engine go well, and need no knowledge of what goes wrong.
    from provisioner.diagnosis.own import with_cause, with_log  # noqa: PLC0415

    finding = Finding(code=code, message=seen, why=quoted, do=todo)
    if (code, seen, todo) == _UNKNOWN:
        finding = with_cause(finding, text)
    return with_log(finding, text, quoted_lines=_LINES)


_BUILD: Final = re.compile(r"Failed to (?:download and )?build `([\w.-]+)")


def _not_built(name: str, quoted: str, text: str) -> Finding:
    from provisioner.diagnosis.own import with_cause, with_log  # noqa: PLC0415 - as above

    finding = Finding(
        code="TE446",
        message=f"`{name}` could not be built, so what it needs is not known.",
        why=f"Its metadata is not all in `pyproject.toml`. The engine (`uv`) said:\n{quoted}",
        do="Mend the project, or state its version and dependencies in `pyproject.toml` "
        "(`[project]`), which needs no build.",
    )
    return with_log(with_cause(finding, text), text, quoted_lines=_LINES)


_NOT_FOUND: Final = re.compile(
    r"([\w.-]+) was not found in the (?:package registry|provided package locations)"
)
_NO_WHEEL: Final = re.compile(r"Wheels are required for `([\w.-]+)`")
_NEEDS: Final = r"([\w.-]+?)(?:[=<>!~]=?\S+)? depends on {}\b"


def _absent(text: str, sources: LockSources, routed: Collection[str], todo: str) -> Finding | None:
    """Return the finding for packages that no index has, or has no wheel of; None where unclear."""
    joined = " ".join(text.split())
    rules = ((_NOT_FOUND, "is on none of the indexes"), (_NO_WHEEL, "has no wheel for the target"))
    found = ((list(dict.fromkeys(one.findall(joined))), rule) for one, rule in rules)
    names, rule = next(((names, rule) for names, rule in found if names), ([], ""))
    if not names:
        return None
    if routed and set(names) <= set(routed):
        places = [f"`{sources.trio.public}`"]
    else:
        asked = sources.general if not sources.no_index else ()
        places = [f"`{one.public}`" for one in asked]
        places += [f"`{mask(one)}`" for one in sources.find_links]
    needed = [one for name in names for one in _who_needs(name, joined)]
    return Finding(
        code="TE403",
        message="\n".join(f"`{name}` {rule}." for name in names),
        why="\n".join([*needed, f"Looked at {' and '.join(places)}."]),
        do=todo,
    )


def _who_needs(name: str, text: str) -> Iterator[str]:
    """Yield a sentence for everything that the engine says needs a package."""
    for who in dict.fromkeys(re.findall(_NEEDS.format(re.escape(name)), text)):
        yield f"{'The spec asks for' if who == 'spec' else f'`{who}` needs'} `{name}`."


def _project(file: str) -> str:
    """Return the name of a file's project, as it is written there."""
    return file.partition("-")[0]


def _no_dates(projects: list[str]) -> Finding:
    names = ", ".join(f"`{name}`" for name in projects[:_LINES])
    return Finding(
        code="TE434",
        message=f"The index does not say when the files of {names} were uploaded.",
        why="With `exclude-newer` only what is known to be old enough is chosen, and so there is "
        "no set of versions that satisfies all requirements.",
        do="Use an index that states upload times (PEP 700), or remove `exclude-newer`.",
    )


def _quote(text: str) -> str:
    """Return the end of the engine's text, without its marks and its hints at its own options."""
    lines = [
        re.sub(r"^\s*(?:error|cause|hint):\s*", "", line).strip()
        for line in map(_without_options, text.splitlines())
    ]
    return "\n".join([line for line in lines if line][-_LINES:])


def _without_options(line: str) -> str:
    if not _HINT.match(line):
        return line
    sentences = re.split(r"(?<=\.) +(?=[A-Z])", _HINT.sub("", line))
    return " ".join(one for one in sentences if _OPTION not in one)

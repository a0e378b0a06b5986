"""From what pydantic reports to problems that a person can act on.

pydantic's own texts are not used: for every place that it rejects, the value there and the model
say all that is needed.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from provisioner.spec._misfits import no_choice, wrong_type
from provisioner.spec._models import (
    NEEDED,
    TABLES,
    example_at,
    keys_of,
    model_at,
)
from provisioner.spec._problems import (
    Problem,
    UnfitError,
    assignment,
    from_unfit,
    shown,
    shown_path,
)
from provisioner.spec._tables import EnvironmentModel

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

    from provisioner.spec._layout import KeyPath

_ALIASES: Final = {
    "cuda": "accelerator",
    "gpu": "accelerator",
    "device": "accelerator",
    "backend": "accelerator",
    "requires-python": "python",
    "python-version": "python",
    "python_version": "python",
    "venv": "path",
    "prefix": "path",
    "os": "platform",
    "arch": "platform",
    "version": "torch",
    "branch": "rev",
    "tag": "rev",
    "commit": "rev",
    "vision": "torchvision",
    "audio": "torchaudio",
    "pytorch": "torch",
    "index-url": "index",
    "index_url": "index",
    "extra-index-url": "extra-indexes",
    "extra_index_url": "extra-indexes",
    "extra-index-urls": "extra-indexes",
    "constraint": "constraints",
    "trusted-host": "trusted-hosts",
    "packages": "dependencies",
    "requirements": "dependencies",
    "requires": "dependencies",
}
"""Words of other tools for keys of ours."""

_OTHER_ORIGINS: Final = frozenset({"file", "index", "source", "url"})
"""Keys with which other tools take a dependency from somewhere else."""


def explain(
    data: Mapping[str, object], error: ValidationError | None, absent: Iterable[KeyPath]
) -> tuple[Problem, ...]:
    """Return one problem per place that pydantic rejected or where something is missing.

    Args:
        data: The document as TOML gives it.
        error: What pydantic says of it.
        absent: Keys and tables that it lacks, beside those that pydantic misses.
    """
    rejected: dict[KeyPath, list[ErrorDetails]] = {}
    for detail in error.errors(include_url=False, include_input=False) if error else ():
        rejected.setdefault(_locate(data, detail), []).append(detail)
    unknown = {path for path, details in rejected.items() if _is(details, "extra_forbidden")}
    # A misspelt key is reported once, as unknown, and not again as missing.
    meant = {(*path[:-1], _nearest(path)) for path in unknown}
    missing = [path for path, details in rejected.items() if _is(details, "missing")]
    return (
        *(_problem(path, rejected[path], data) for path in rejected if path not in missing),
        *(_missing(path) for path in (*missing, *absent) if path not in meant),
    )


def _is(details: list[ErrorDetails], kind: str) -> bool:
    return any(detail["type"] == kind for detail in details)


def _locate(data: object, detail: ErrorDetails) -> KeyPath:
    """Return the place in the file; pydantic's also names branches of unions, which are dropped."""
    path: KeyPath = ()
    value = data
    for part in detail["loc"]:
        try:
            value = _child(value, part)
        except LookupError:
            return (*path, part) if detail["type"] == "missing" else path
        path = (*path, part)
    return path


def _value_at(data: object, path: KeyPath) -> object:
    value = data
    for part in path:
        value = _child(value, part)
    return value


def _child(value: object, part: str | int) -> object:
    match value, part:
        case dict(), str():
            return value[part]
        case list(), int():
            return value[part]
        case _:
            raise LookupError


def _problem(path: KeyPath, details: list[ErrorDetails], data: Mapping[str, object]) -> Problem:
    if _is(details, "extra_forbidden"):
        return _unknown(path)
    value = _value_at(data, path)
    for detail in details:
        unfit = detail.get("ctx", {}).get("error")
        if isinstance(unfit, UnfitError):
            return from_unfit(path, value, unfit)
        if detail["type"] == "literal_error" and isinstance(value, str):
            return no_choice(path, value)
    return wrong_type(path, value, tuple(detail["type"] for detail in details))


# -- missing and unknown keys


def _missing(path: KeyPath) -> Problem:
    key = path[-1]
    if len(path) == 1:
        needed = NEEDED[str(key)]
        lines = [f"`{assignment((name,), example_at((*path, name)))}`" for name in needed]
        return Problem(
            code="TE107",
            path=path,
            message=f"The table `[{key}]` is missing.",
            why=f"Every spec needs it, with {' and '.join(f'`{name}`' for name in needed)}.",
            do=f"Add `[{key}]` and below it, for instance, {' and '.join(lines)}.",
        )
    if path[0] == "targets":
        return _missing_from_target(path)
    return Problem(
        code="TE107",
        path=path,
        message=f"`{shown_path(path)}` is missing.",
        why=f"The table `[{path[0]}]` needs the key `{key}`.",
        do=f"Add it, for instance `{assignment(path, example_at(path))}`.",
    )


def _missing_from_target(path: KeyPath) -> Problem:
    key, table = path[-1], shown_path(path[:-1])
    return Problem(
        code="TE107",
        path=path,
        message=f"`{shown_path(path)}` is missing.",
        why=f"Every target needs `{key}`, its own or that of `[environment]`.",
        do=f"Add it, for instance `{assignment(path, example_at(path))}`, under `[{table}]`, or "
        "under `[environment]` for all targets.",
    )


def _unknown(path: KeyPath) -> Problem:
    return Problem(
        code="TE103",
        path=path,
        message=f"`{shown_path(path)}` is not a key that torchenv knows.",
        why=_known_keys(path[:-1]),
        do=_better_key(path),
    )


def _known_keys(table: KeyPath) -> str:
    model = model_at(table)
    keys = keys_of(model) if model is not None else ()
    names = ", ".join(f"`{key}`" for key in keys if key != "extends")
    if not table:
        return f"A spec has the tables {names}, and the key `extends`."
    if table[0] == "dependencies":
        return f"The table of a dependency takes the keys {names}."
    return f"The table `[{shown_path(table)}]` takes the keys {names}."


def _better_key(path: KeyPath) -> str:
    key = str(path[-1])
    if path[0] == "targets" and key in keys_of(EnvironmentModel):
        return f"Write it under `[environment]`: `{key}` is the same for all targets."
    if (near := _nearest(path)) is not None:
        return f"Write `{near}` instead, or remove it."
    if path[0] == "dependencies":
        if key in _OTHER_ORIGINS:
            return "Remove it: a dependency comes from an index or `find-links`, `path` or `git`."
        dotted_name = ".".join(map(str, path[1:]))
        return f"Remove it; a name with a dot is written in quotes: `{shown(dotted_name)}`."
    names = (key, _ALIASES.get(key, key))
    for table, model in TABLES.items():
        for name in names:
            if (table,) != path[:-1] and name in keys_of(model):
                return f"Write it as `{name}` under `[{table}]`, or remove it."
    return "Remove it, or write one of these keys instead."


def _nearest(path: KeyPath) -> str | None:
    """Return the key of the same table that is probably meant, if any."""
    model = model_at(path[:-1])
    known = keys_of(model) if model is not None else ()
    key = str(path[-1])
    if _ALIASES.get(key) in known:
        return _ALIASES[key]
    # Comparing takes time that grows with the length; no misspelling is this long.
    return next(iter(get_close_matches(key.lower()[:40], known, n=1)), None)

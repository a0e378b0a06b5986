"""What pip is configured with: its files and ``PIP_*`` variables, merged as ``pip install`` does.

pip is asked and its files are never read here: inside of this process where the question is about
this process (see ``_pip_inside``), and otherwise, or where that fails, as a program (see
``_pip_settings``).
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from packaging.utils import canonicalize_name

from provisioner import process
from provisioner.findings import Finding, WorldError
from provisioner.host._pip_inside import default_index, settings_inside
from provisioner.host._pip_settings import PipSetting, parse_pip_settings
from provisioner.urls import local_path, mask

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from provisioner.network import Keyring

_SECTIONS: Final = ("global", "install", ":env:")
"""Sections that ``pip install`` reads, each overriding those before it."""
_ALIASES: Final = {"default-timeout": "timeout", "pypi-url": "index-url"}
"""Second spellings of options, from ``pip install --help`` and pip's option definitions."""
_TIME_LIMIT_S: Final = 60.0

_TRUE: Final = frozenset({"y", "yes", "t", "true", "on", "1"})
_KEYRING_PROVIDERS: Final[tuple[Keyring, ...]] = ("auto", "disabled", "import", "subprocess")
_FALSE: Final = frozenset({"n", "no", "f", "false", "off", "0"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PipConfig:
    """What ``pip install`` would use on this machine.

    Relative paths are made absolute. URLs may carry credentials and are left out of ``repr``.
    """

    index_url: str | None = field(default=None, repr=False)
    """None where nothing is configured; see ``default_index``. A folder is a ``file:`` URL."""
    extra_index_urls: tuple[str, ...] = field(default=(), repr=False)
    find_links: tuple[str, ...] = field(default=(), repr=False)
    """Absolute paths and URLs, in pip's order."""
    constraints: tuple[str, ...] = field(default=(), repr=False)
    """Constraint files: absolute paths and URLs."""
    no_index: bool = False
    only_binary: frozenset[str] = frozenset()
    """Normalised names, or ``:all:``."""
    no_binary: frozenset[str] = frozenset()
    """Normalised names, or ``:all:``."""
    timeout_s: float | None = None
    retries: int | None = None
    proxy: str | None = field(default=None, repr=False)
    no_proxy_env: bool = False
    """Proxies of the environment are not to be used."""
    cert: str | None = None
    """CA bundle (file or folder) that replaces the system's."""
    client_cert: str | None = None
    """One PEM file with the client's key and certificate."""
    keyring_provider: Keyring = "auto"
    """``auto``, ``import``, ``subprocess`` or ``disabled``; with ``no-input``, which keeps ``auto``
    from asking, ``disabled``."""
    trusted_hosts: tuple[str, ...] = ()
    """``host`` or ``host:port``: plain HTTP and unverified TLS are accepted there."""
    cache_dir: str | None = None
    """Folder of pip's cache, where it is not the usual one."""
    default_index: str | None = None
    """The index that pip uses where none is configured, as this pip has it built in; None where it
    cannot be told."""


def probe_pip_config(
    environ: Mapping[str, str], *, cwd: Path | None = None, python: str = sys.executable
) -> PipConfig:
    """Ask pip for its configuration.

    Args:
        environ: The caller's environment variables, ``PIP_*`` included.
        cwd: What relative paths are relative to; the working folder by default.
        python: The interpreter whose pip is asked: torchenv's own, which depends on pip.

    Raises:
        WorldError: ``TE410``, pip cannot read its configuration, or says something that cannot be
            understood.
    """
    folder = _folder(cwd)
    if python == sys.executable and cwd is None and dict(environ) == dict(os.environ):
        found = _found_inside(folder)
        if found is not None:
            return found
    return _found_outside(environ, folder, python)


def _found_inside(folder: Path) -> PipConfig | None:
    """Return what this process's pip says, or None where only the program can tell."""
    settings = settings_inside()
    if settings is None:
        return None
    try:
        return pip_config_from(settings, cwd=folder, default_index=default_index())
    except ValueError:
        return None  # the program refuses it too, in pip's own words


def _found_outside(environ: Mapping[str, str], folder: Path, python: str) -> PipConfig:
    """Return what the program says; raises WorldError (``TE410``)."""
    # "quiet" in a file or variable of the user silences even this output; `PIP_PYTHON` would
    # hand the question to another interpreter's pip.
    child = {name: value for name, value in environ.items() if name != "PIP_PYTHON"}
    child.update(PIP_QUIET="0", PIP_VERBOSE="0", PYTHONIOENCODING="utf-8")
    try:
        done = process.run(
            [python, "-m", "pip", "config", "debug"], env=child, cwd=folder, timeout_s=_TIME_LIMIT_S
        )
        settings = parse_pip_settings(done.stdout)
        return pip_config_from(settings, cwd=folder, default_index=default_index())
    except process.ProcessFailedError as exc:
        said = _last_words(exc.completed.stderr) or exc.reason
        raise WorldError(_unreadable(said)) from None
    except ValueError as exc:
        raise WorldError(_unreadable(str(exc))) from None


def _folder(cwd: Path | None) -> Path:
    """Return the folder that relative paths start from.

    Raises:
        WorldError: ``TE410``, the working folder was deleted.
    """
    try:
        return cwd or Path.cwd()
    except FileNotFoundError as exc:
        raise WorldError(
            Finding(
                code="TE410",
                message="pip's configuration cannot be read.",
                why="The working folder does not exist any more, and relative paths start there.",
                do="Change into a folder that exists.",
            )
        ) from exc


def _last_words(stderr: str) -> str:
    """Return pip's message on one line; of a traceback only what it ends with."""
    lines = stderr.strip().splitlines()
    told = lines[-1:] if any(line.startswith("Traceback (") for line in lines) else lines
    return " ".join(" ".join(told).split())


def pip_config_from(
    settings: Iterable[PipSetting], *, cwd: Path, default_index: str | None
) -> PipConfig:
    """Merge settings as ``pip install`` does; pure.

    A later file replaces a key of the same section, then sections replace one another
    (``[global]``, ``[install]``, variables). Empty values count as not set. Options that may be
    repeated are split at white space, and replaced as a whole; only ``only-binary`` and
    ``no-binary`` add up over the sections.

    Raises:
        ValueError: A value is not of its option's kind.
    """
    ordered = _in_order(settings)
    chosen = {_ALIASES.get(key, key): value for key, value in ordered}
    only_binary, no_binary = _format_control(ordered)

    def several(key: str) -> tuple[str, ...]:
        return tuple(chosen.get(key, "").split())

    return PipConfig(
        index_url=_as_url(chosen["index-url"], cwd) if "index-url" in chosen else None,
        extra_index_urls=tuple(_as_url(url, cwd) for url in several("extra-index-url")),
        find_links=tuple(_as_place(place, cwd) for place in several("find-links")),
        constraints=tuple(_as_place(place, cwd) for place in several("constraint")),
        no_index=_boolean("no-index", chosen),
        only_binary=only_binary,
        no_binary=no_binary,
        timeout_s=_number("timeout", chosen) or None,
        retries=int(chosen["retries"]) if "retries" in chosen else None,
        proxy=chosen.get("proxy"),
        no_proxy_env=_boolean("no-proxy-env", chosen),
        cert=_as_place(chosen["cert"], cwd) if "cert" in chosen else None,
        client_cert=_as_place(chosen["client-cert"], cwd) if "client-cert" in chosen else None,
        keyring_provider=_keyring_provider(chosen),
        trusted_hosts=several("trusted-host"),
        cache_dir=_as_place(chosen["cache-dir"], cwd) if "cache-dir" in chosen else None,
        default_index=default_index,
    )


def _in_order(settings: Iterable[PipSetting]) -> list[tuple[str, str]]:
    """Return (key, value) in the order in which they apply, empty values left out."""
    sections: dict[str, dict[str, str]] = {section: {} for section in _SECTIONS}
    for setting in settings:
        sections.get(setting.section, {})[setting.key] = setting.value
    return [item for section in sections.values() for item in section.items() if item[1]]


def _boolean(key: str, chosen: Mapping[str, str]) -> bool:
    value = chosen.get(key, "0").lower()
    if value not in _TRUE | _FALSE:
        raise ValueError(f"`{key}` is `{value}`, which is neither yes nor no")
    return value in _TRUE


def _keyring_provider(chosen: Mapping[str, str]) -> Keyring:
    value = chosen.get("keyring-provider", "auto")
    if value == "auto" and _boolean("no-input", chosen):
        return "disabled"
    for provider in _KEYRING_PROVIDERS:
        if provider == value:
            return provider
    raise ValueError(f"`keyring-provider` is `{value}`, which pip does not know")


def _number(key: str, chosen: Mapping[str, str]) -> float:
    value = chosen.get(key, "0")
    try:
        return float(value)
    except ValueError:
        raise ValueError(f"`{key}` is `{value}`, which is not a number") from None


def _format_control(ordered: Iterable[tuple[str, str]]) -> tuple[frozenset[str], frozenset[str]]:
    """Return (only_binary, no_binary); a name is in one of them at most, by its last mention."""
    only: set[str] = set()
    no: set[str] = set()
    for key, value in ordered:
        if key == "only-binary":
            _mention(value.split(","), only, no)
        elif key == "no-binary":
            _mention(value.split(","), no, only)
    return frozenset(only), frozenset(no)


def _mention(names: list[str], target: set[str], other: set[str]) -> None:
    """Apply one option: ``:all:`` replaces everything, ``:none:`` empties, a name moves here."""
    for position, name in enumerate(names):
        if name == ":all:":
            other.clear()
            target.clear()
            target.add(name)
            if ":none:" not in names[position:]:
                return  # pip ignores names that ``:all:`` covers
        elif name == ":none:":
            target.clear()
        else:
            other.discard(canonicalize_name(name))
            target.add(canonicalize_name(name))


def _as_place(place: str, cwd: Path) -> str:
    """Return a path as an absolute one, and a URL (``file:`` included) as it is."""
    if place.startswith("file:"):
        return place
    path = local_path(place)
    return place if path is None else str(cwd / path)


def _as_url(place: str, cwd: Path) -> str:
    """Return a URL as it is, and a path as a ``file:`` URL."""
    place = _as_place(place, cwd)
    return Path(place).as_uri() if place.startswith("/") else place


def _unreadable(reason: str) -> Finding:
    return Finding(
        code="TE410",
        message="pip's configuration cannot be read.",
        why=f"Indexes, proxies and certificates are taken from it, and pip says: {mask(reason)}",
        do="Correct the file or variable; `pip config debug` lists all of them. "
        "`PIP_CONFIG_FILE=/dev/null` makes pip, and so torchenv, ignore the files.",
    )

"""Places that a lock may name: PEP 751 allows more than a lock from elsewhere should be given.

A lock decides what is fetched and from where. ``packaging.pylock`` lets pass paths that lead out of
the lock's folder, ``file:`` URLs, plain HTTP and credentials; here each is refused unless the user
said that it is meant.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import urlsplit

from provisioner.findings import Finding, Where
from provisioner.network import is_loopback
from provisioner.paths import display
from provisioner.urls import has_credentials, mask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

Kind = Literal["http", "file", "outside", "credentials"]
"""What may be allowed: plain HTTP to other machines, ``file:`` URLs, paths that leave the lock's
folder, and credentials in URLs."""

_MOST: Final = 8
"""How many places are told; a lock that is like this is like this throughout."""
_WHY: Final[dict[str, str]] = {
    "http": "Plain HTTP can be read and changed on its way, and tells others what is installed.",
    "file": "A `file:` URL takes whatever lies there on this machine.",
    "outside": "The path leads out of the lock's folder, to files that belong to something else.",
    "credentials": "A lock is read by many people, and the credentials in it by all of them.",
    "scheme": "Wheels come from `https`, or from a path beside the lock.",
}


def _nobody(_url: str) -> bool:
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class LockTrust:
    """What a lock may name beyond ``https`` and paths in its own folder."""

    kinds: frozenset[str] = frozenset()
    """Of :data:`Kind`."""
    is_trusted: Callable[[str], bool] = _nobody
    """Whether the host of an ``http`` URL is trusted; asked only where there is one."""


def untrusted_places(
    document: Mapping[str, Any], path: Path, trust: LockTrust
) -> tuple[Finding, ...]:
    """Return a finding for each place in a lock that is not trusted; the first few of them.

    Args:
        document: A parsed lock that is valid PEP 751.
        path: Its file, for messages.
        trust: What is allowed all the same.
    """
    findings = []
    for key, value, is_path in _places(document):
        kind = _kind_of_path(value) if is_path else _kind_of_url(value, trust)
        if kind is not None and kind not in trust.kinds:
            findings.append(_untrusted(path, key, value, kind))
        if len(findings) == _MOST:
            break
    return tuple(findings)


def _places(document: Mapping[str, Any]) -> Iterator[tuple[str, str, bool]]:
    """Yield (key, text, whether it is a path) of everything that names a place."""
    for number, package in enumerate(document.get("packages", ())):
        at = f"packages[{number}]"
        if "index" in package:
            yield f"{at}.index", package["index"], False
        parts = [(f"{at}.{name}", package.get(name)) for name in _SINGLE]
        wheels = package.get("wheels", ())
        parts += [(f"{at}.wheels[{which}]", wheel) for which, wheel in enumerate(wheels)]
        for key, part in parts:
            if part is None:
                continue
            if "path" in part:
                yield f"{key}.path", part["path"], True
            if "url" in part:
                yield f"{key}.url", part["url"], False


_SINGLE: Final = ("sdist", "archive", "directory", "vcs")


def _kind_of_path(text: str) -> str | None:
    """Return ``outside`` for a path that is absolute or leads up, on any system."""
    windows, posix = PureWindowsPath(text), PurePosixPath(text)
    if windows.drive or windows.root or posix.is_absolute() or text.startswith("~"):
        return "outside"
    depth = 0
    for part in windows.parts:
        depth += -1 if part == ".." else 1
        if depth < 0:
            return "outside"
    return None


def _kind_of_url(url: str, trust: LockTrust) -> str | None:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return "scheme"
    scheme = parts.scheme.rpartition("+")[2]
    if scheme == "file":
        return "file"
    if scheme not in {"http", "https", "ssh"} or not host:
        return "scheme"
    # `ssh://git@host` names a user that everybody has.
    if has_credentials(url) and scheme != "ssh":
        return "credentials"
    if scheme == "http" and not is_loopback(host) and not trust.is_trusted(url):
        return "http"
    return None


def _untrusted(path: Path, key: str, value: str, kind: str) -> Finding:
    allow = f'`trust-lock = ["{kind}"]` under `[sources]` of the spec'
    if kind == "http":
        allow += ", or its host under `trusted-hosts`"
    return Finding(
        code="TE440",
        message=f"`{display(path)}` names `{mask(value)}`.",
        why=_WHY[kind],
        do="Restore the lock from your repository, or make it anew with `torchenv lock`."
        + (f" If it is meant so, allow it: {allow}." if kind != "scheme" else ""),
        where=Where(file=display(path), key=key),
    )

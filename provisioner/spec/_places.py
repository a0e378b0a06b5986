"""Places in a spec: URLs of indexes and proxies, paths of files and folders, hosts, a time limit.

Only the form is checked; whether anything is there is found out when it is used. Nothing is
expanded, neither environment variables nor ``~``, so that a spec means the same for everybody.
"""

from __future__ import annotations

import math
import os
import re
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from provisioner.spec._problems import UnfitError, one_of
from provisioner.urls import has_credentials

MOST_CONNECTIONS: Final = 32
_INDEX_SCHEMES: Final = ("https", "http", "file")
_GIT_SCHEMES: Final = ("https", "ssh", "http")
_SCP: Final = re.compile(r"([\w.-]+@[\w.-]+):(?!//)/?(.+)")
_PROXY_SCHEMES: Final = ("http", "https", "socks5", "socks5h")
_VARIABLE: Final = re.compile(r"\$\{\w+\}|\$[A-Z][A-Z0-9_]{2,}\b")
_PATH_ADVICE: Final = "Write a path from the spec's folder, or an absolute one."
_URL_ADVICE: Final = (
    "Write the value itself. Credentials and settings of one machine belong into pip's own "
    "configuration, which torchenv reads (`pip config`, `PIP_*` variables)."
)
_HOST: Final = re.compile(r"(?:[A-Za-z0-9_](?:[A-Za-z0-9._-]*)|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_ACCELERATOR_FOLDER: Final = re.compile(r"/(?:cpu|xpu|cu[0-9]+|rocm[0-9.]+)/?$")


_SAMPLES: Final = {
    _PROXY_SCHEMES: "proxy.example:3128",
    _GIT_SCHEMES: "git.example/team/package.git",
}


def check_index(text: str) -> str:
    """Return ``text`` if it is the URL of an index.

    Raises:
        UnfitError: It is not.
    """
    _check_url(text, _INDEX_SCHEMES, "the URL of an index")
    return text


def check_pytorch_index(text: str) -> str:
    """Return ``text`` if it is the base URL of PyTorch's index or of a mirror.

    Raises:
        UnfitError: It is not, or it is the URL of one accelerator's index.
    """
    check_index(text)
    if _ACCELERATOR_FOLDER.search(text):
        raise UnfitError(
            "which is the index of one accelerator",
            why="The folder of the accelerator is added by torchenv; this key takes the base of "
            "all of them.",
            instead=_ACCELERATOR_FOLDER.sub("", text),
        )
    return text


def check_proxy(text: str) -> str:
    """Return ``text`` if it is the URL of a proxy.

    Raises:
        UnfitError: It is not.
    """
    _check_url(text, _PROXY_SCHEMES, "the URL of a proxy")
    return text


def check_git(text: str) -> str:
    """Return ``text`` if it is the URL of a git repository, without credentials.

    Raises:
        UnfitError: It is not.
    """
    scp = _SCP.fullmatch(text)
    if scp is not None:
        raise UnfitError(
            "which is not a URL",
            why="`user@host:path` is git's own short form.",
            instead=f"ssh://{scp[1]}/{scp[2]}",
        )
    _check_url(text, _GIT_SCHEMES, "the URL of a git repository")
    if has_credentials(text) and not text.startswith("ssh:"):
        raise UnfitError(
            "which holds credentials",
            why="The spec and its lock are read by many people.",
            do="Leave them out, and give them to git (`git help credentials`).",
        )
    return text


def check_place(text: str) -> str:
    """Return ``text`` if it is a URL or a path, as ``find-links`` and ``constraints`` take.

    Raises:
        UnfitError: It is neither.
    """
    if is_url(text):
        _check_url(text, _INDEX_SCHEMES, "a URL that wheels can come from")
        return text
    return check_path(text)


def is_url(place: str) -> bool:
    """Whether a place is meant as a URL; otherwise it is a path."""
    return "://" in place or place.startswith("file:")


def check_path(text: str) -> str:
    """Return ``text`` if it can be a path.

    Raises:
        UnfitError: It is empty, or it counts on something being expanded.
    """
    _refuse_variables(text, _PATH_ADVICE)
    if not text.strip() or "\0" in text:
        raise UnfitError(
            "which is not a path", why="A path names a file or folder.", do=_PATH_ADVICE
        )
    if text.startswith("~"):
        raise UnfitError(
            "which starts with a home folder",
            why="`~` is not expanded in a spec, which must mean the same for everybody.",
            do=_PATH_ADVICE,
        )
    return text


def check_environment_path(text: str) -> str:
    """Return ``text`` if an environment can be there.

    Raises:
        UnfitError: It cannot be a path, or it is the spec's folder or one around it.
    """
    check_path(text)
    if set(Path(os.path.normpath(text)).parts) <= {"/", "//", ".", ".."}:
        raise UnfitError(
            "which is not a folder of its own",
            why="The environment is replaced as a whole, so its folder can hold nothing else.",
            instead=".venv",
        )
    return text


def check_template(text: str) -> tuple[str, str | None]:
    """Return place and sha256 of an entry of ``extends``; the hash is None where it names none.

    Raises:
        UnfitError: It is neither a path nor a URL, or its hash is none.
    """
    place, mark, sha256 = text.partition("#sha256=")
    if mark and not _SHA256.fullmatch(sha256):
        raise UnfitError(
            "whose hash is not a sha256",
            why="A sha256 has 64 hexadecimal digits.",
            do="Write what `sha256sum` prints for the file, in lower case.",
        )
    if is_url(place):
        _check_url(place, ("https", "http"), "the URL of a template")
        if "#" in place:
            raise UnfitError(
                "whose fragment is not a hash",
                why="Behind `#` stands the hash that the bytes of the template have.",
                do="Write `#sha256=` and what `sha256sum` prints for the file.",
            )
    else:
        check_path(place)
    return place, sha256 or None


def check_host(text: str) -> str:
    """Return ``text`` if it is a host name or address, with or without a port.

    Raises:
        UnfitError: It is not.
    """
    if _HOST.fullmatch(text):
        return text
    host = _host_in(text)
    raise UnfitError(
        "which is not a host",
        why="A trusted host is a name or an address, with a port where only that port is meant.",
        do="" if host else "Write for instance `index.example` or `index.example:8443`.",
        instead=host,
    )


def _host_in(text: str) -> str | None:
    try:
        host = urlsplit(text).netloc.rpartition("@")[2]
    except ValueError:
        return None
    return host if _HOST.fullmatch(host) else None


def check_timeout(seconds: float) -> float:
    """Return ``seconds`` if it can be waited for.

    Raises:
        UnfitError: It is not a positive, finite number.
    """
    if math.isfinite(seconds) and seconds > 0:
        return seconds
    raise UnfitError(
        "which is not a time to wait",
        why="The time limit is a number of seconds above 0.",
        do="Write for instance `timeout = 60`.",
    )


def check_connections(number: int) -> int:
    """Return ``number`` if that many connections may be opened.

    Raises:
        UnfitError: It is not between 1 and 32.
    """
    if 1 <= number <= MOST_CONNECTIONS:
        return number
    raise UnfitError(
        "which is no number of connections",
        why=f"From 1 to {MOST_CONNECTIONS} are possible; servers refuse more of one client.",
        do="Write for instance `connections = 8`.",
    )


def _check_url(text: str, schemes: tuple[str, ...], what: str) -> None:
    _refuse_variables(text, _URL_ADVICE)
    reason = _flaw(text, schemes)
    if reason is not None:
        host = _SAMPLES.get(schemes, "index.example/simple")
        raise UnfitError(
            f"which is not {what}", why=reason, do=f'Write for instance `"{schemes[0]}://{host}"`.'
        )


def _flaw(text: str, schemes: tuple[str, ...]) -> str | None:
    """Return what is wrong with a URL, as a sentence, or None."""
    if not text.isprintable() or " " in text:
        return "It holds a space or a character that cannot be printed."
    try:
        parts = urlsplit(text)
        _ = parts.port  # Reading it is what checks it.
    except ValueError:
        return "Its host or port cannot be read."
    if not text.startswith(tuple(f"{scheme}:" for scheme in schemes)):
        return f"It does not start with {one_of(f'{scheme}://' for scheme in schemes)}."
    if parts.scheme != "file" and not parts.hostname:
        return "It names no host."
    return None


def _refuse_variables(text: str, advice: str) -> None:
    if _VARIABLE.search(text):
        raise UnfitError(
            "which names an environment variable",
            why="Environment variables are not expanded in a spec, which must mean the same for "
            "everybody.",
            do=advice,
        )

"""URLs as text: hiding credentials, joining links, naming files. Nothing here opens anything.

The one place that knows where a URL can carry a secret: in its userinfo (RFC 3986, 3.2.1), and, for
the signed URLs that object stores redirect to, in its query.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final
from urllib.parse import quote, unquote, urljoin, urlsplit

MASK: Final = "****"
"""What stands in the place of a secret."""

# Everything between "//" and the last "@" before the path. Wider than RFC 3986 allows, since
# people paste passwords without encoding them.
_USERINFO: Final = re.compile(r"//[^\s/?#]*@")

# A password with a raw "/", "?" or "#" ends the authority too early: what follows the colon is then
# no port, and an "@" comes later. Such a URL works nowhere, so it is sure to end up in a message.
_BROKEN_USERINFO: Final = re.compile(r"//[^\s/?#:@\[]*:(?!\d*(?:[/?#\s]|$))\S*@")

# Signed URLs: AWS (`X-Amz-Signature`, `X-Amz-Security-Token`), Azure (`sig`), Google and CloudFront
# (`Signature`); and what package servers call their tokens.
_QUERY_SECRET: Final = re.compile(
    r"([?&;](?:[\w.-]*(?:token|secret|password|passwd|signature|credential|api[_-]?key)|sig)=)"
    r"[^&;#\s\"'`]*",
    re.IGNORECASE,
)

_LEADING_USERINFO: Final = re.compile(r"^((?:[A-Za-z][A-Za-z0-9+.-]*:)?//)([^/?#]*)@")
_AUTHORITY: Final = re.compile(r"^(?:[A-Za-z][A-Za-z0-9+.-]*:)?//([^/?#]*)")
_FILE_URL: Final = re.compile(r"^file:(?://[^/?#]*)?([^?#]*)", re.IGNORECASE)


def mask(text: str) -> str:
    """Return ``text``, which may hold any number of URLs, with every credential as ``****``."""
    text = _USERINFO.sub(f"//{MASK}@", text)
    text = _BROKEN_USERINFO.sub(f"//{MASK}@", text)
    return _QUERY_SECRET.sub(rf"\1{MASK}", text)


def plain(value: object) -> object:
    """Return a value of a TOML document with every text in it masked, fit for JSON too."""
    match value:
        case str():
            return mask(value)
        case list():
            return [plain(one) for one in value]
        case dict():
            return {key: plain(one) for key, one in value.items()}
        case bool() | int():
            return value
        case float():
            return float(value)
        case _:
            return str(value)


def strip_credentials(url: str) -> str:
    """Return ``url`` without its userinfo and otherwise unchanged."""
    return _LEADING_USERINFO.sub(r"\1", url)


def has_credentials(url: str) -> bool:
    """Whether ``url`` has a userinfo part; a user name alone counts, since tokens are given so."""
    return _LEADING_USERINFO.match(url) is not None


def credentials_of(url: str) -> tuple[str, str] | None:
    """Return the decoded (user, password) of ``url``, or None; no password is an empty one."""
    found = _LEADING_USERINFO.match(url)
    if found is None:
        return None
    user, _, password = found[2].partition(":")
    return unquote(user), unquote(password)


def with_credentials(url: str, user: str, password: str) -> str:
    """Return ``url``, which has none, with a user and a password."""
    scheme, separator, rest = url.partition("//")
    userinfo = ":".join(quote(word, safe="") for word in (user, password))
    return f"{scheme}{separator}{userinfo}@{rest}"


def file_name(url: str) -> str:
    """Return the decoded last segment of the path: ``torch-2.2.0+cu118-….whl``.

    Decoding comes first, so that an encoded slash can never put a folder into a name. Empty for a
    URL that ends with a slash.
    """
    return unquote(urlsplit(url).path).rpartition("/")[2]


def quote_name(name: str) -> str:
    """Return a file name as it stands in a URL: ``+`` as ``%2B``.

    RFC 3986 allows ``+`` in a path, but object stores read it as a space.
    """
    return name.replace("+", "%2B")


def join_link(page_url: str, href: str) -> str:
    """Return the absolute URL of a link on a page, without the page's credentials.

    Raises:
        ValueError: ``href`` is no URL (for instance an unclosed ``[`` in its host).
    """
    return urljoin(strip_credentials(page_url), href.strip())


def project_url(index_url: str, name: str) -> str:
    """Return the URL of a project's page on an index (PEP 503); ``name`` is normalised already."""
    return f"{index_url.rstrip('/')}/{name}/"


def listing_url(url: str) -> str:
    """Return the URL of a page that links files: a document's own, or a folder's with its slash."""
    return url if url.endswith((".html", ".htm")) else f"{url.rstrip('/')}/"


def local_path(place: str) -> Path | None:
    """Return the path that a ``file:`` URL or a plain path means, or None for any other URL.

    ``place`` is what pip accepts for an index or ``find-links``; a leading ``~`` is expanded.
    """
    file = _FILE_URL.match(place)
    if file is not None:
        return Path(unquote(file[1]))
    return None if "://" in place else Path(place).expanduser()


def host_of(url: str) -> str:
    """Return ``host`` or ``host:port`` of ``url`` for messages, without credentials."""
    found = _AUTHORITY.match(strip_credentials(url))
    return found[1] if found is not None else ""

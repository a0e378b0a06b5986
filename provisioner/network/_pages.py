"""Pages of an index: HTML (PEP 503) and JSON (PEP 691), as the same list of files.

Own code on the standard library: two formats, 150 lines. Of the libraries, pypi-simple brings
requests and beautifulsoup4, and mousebender leaves resolving links and ``<base>`` to its caller.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urldefrag

from packaging.utils import parse_wheel_filename

from provisioner.network._failures import NetworkError
from provisioner.urls import file_name, join_link

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from provisioner.network._types import Page

_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_CHARSET: Final = re.compile(r";\s*charset=\"?([\w-]+)", re.IGNORECASE)
_HTML_TYPES: Final = frozenset({"text/html", "application/vnd.pypi.simple.v1+html"})
_JSON_TYPE: Final = "application/vnd.pypi.simple.v1+json"


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexFile:
    """One file that an index offers."""

    name: str
    """File name, decoded; from the URL, since the text of a link may say anything."""
    url: str
    """Absolute, without fragment and without credentials."""
    sha256: str | None = None
    """64 lower-case hexadecimal digits, or None where the index does not state it."""
    size: int | None = None
    """Bytes; only JSON pages can say it."""
    requires_python: str | None = None
    """Specifier, as published and not validated."""
    has_metadata: bool = False
    """Whether ``<url>.metadata`` exists (PEP 658, PEP 714)."""
    metadata_sha256: str | None = None
    """Hash of that file, where stated."""
    yanked: str | None = None
    """The reason, which may be empty; None for a file that was not yanked (PEP 592)."""

    @property
    def project(self) -> str | None:
        """Normalised name of the project that it is a wheel of; None for any other file."""
        try:
            return parse_wheel_filename(self.name)[0]
        except ValueError:  # no wheel's name, or no version
            return None


def parse_index_page(page: Page) -> tuple[IndexFile, ...]:
    """Return the files on a project's page or in a folder's listing, in its order; pure.

    Links to folders, and links that are no URLs, are left out.

    Raises:
        NetworkError: ``TE402``, the page is neither HTML nor JSON of a known version.
    """
    kind = page.content_type.partition(";")[0].strip().lower()
    if kind == _JSON_TYPE:
        return tuple(_json_files(page))
    if kind in _HTML_TYPES:
        return tuple(_html_files(page))
    raise NetworkError("content", page.url, f"The answer is `{kind}`, not a page of an index.")


def _html_files(page: Page) -> Iterator[IndexFile]:
    named = _CHARSET.search(page.content_type)
    charset = named[1] if named else "utf-8"
    parser = _LinkParser()
    try:
        text = page.body.decode(charset, "replace")
    except LookupError:  # a character set that nobody knows
        text = page.body.decode("utf-8", "replace")
    parser.feed(text)
    parser.close()
    _check_version(page, parser.version)
    base = page.url if parser.base is None else _joined(page.url, parser.base) or page.url
    for link in parser.links:
        url = _joined(base, link["href"])
        if url is not None and file_name(url):
            yield _from_link(link, url)


def _from_link(link: Mapping[str, str], url: str) -> IndexFile:
    url, fragment = urldefrag(url)
    # PEP 714: the newer name wins where both are there.
    metadata = link.get("data-core-metadata", link.get("data-dist-info-metadata"))
    return IndexFile(
        name=file_name(url),
        url=url,
        sha256=_hash_in(fragment),
        requires_python=link.get("data-requires-python") or None,
        has_metadata=metadata not in {None, "false"},
        metadata_sha256=_hash_in(metadata or ""),
        yanked=link.get("data-yanked"),
    )


class _LinkParser(HTMLParser):
    """Collects the attributes of every link, the first ``<base>``, and the page's version."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.base: str | None = None
        self.links: list[dict[str, str]] = []
        self.version = "1.0"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in given:
            self.links.append(given)
        elif tag == "base" and self.base is None:
            self.base = given.get("href")
        elif tag == "meta" and given.get("name") == "pypi:repository-version":
            self.version = given.get("content", "")


def _json_files(page: Page) -> Iterator[IndexFile]:
    try:
        document = json.loads(page.body)
        version = str(document["meta"]["api-version"])
        files = [_from_json(file, page.url) for file in document["files"]]
    except (ValueError, KeyError, TypeError, AttributeError) as exc:
        detail = f"The answer is no page of an index as PEP 691 describes it ({exc!r})."
        raise NetworkError("content", page.url, detail) from exc
    _check_version(page, version)
    yield from (file for file in files if file is not None)


def _check_version(page: Page, version: str) -> None:
    """Refuse a major version that is not known (PEP 629, PEP 691)."""
    if version.partition(".")[0] != "1":
        detail = f"The page has version `{version}` of the index API, and only 1 is known."
        raise NetworkError("content", page.url, detail)


def _from_json(file: Mapping[str, Any], page_url: str) -> IndexFile | None:
    url = _joined(page_url, file["url"])
    if url is None:
        return None
    size = file.get("size")
    metadata = file.get("core-metadata", file.get("dist-info-metadata", False))
    return IndexFile(
        name=file_name(url),
        url=urldefrag(url).url,
        sha256=_hash_of(file.get("hashes", {})),
        size=size if isinstance(size, int) else None,
        requires_python=file.get("requires-python") or None,
        has_metadata=bool(metadata),
        metadata_sha256=_hash_of(metadata) if isinstance(metadata, dict) else None,
        yanked=_yanked(file.get("yanked", False)),
    )


def _yanked(value: object) -> str | None:
    if isinstance(value, str):
        return value
    return "" if value else None


def _joined(base: str, href: str) -> str | None:
    """Return the absolute URL of a link, or None for text that is no URL."""
    try:
        return join_link(base, href)
    except ValueError:
        return None


def _hash_in(text: str) -> str | None:
    """Return the digest of ``sha256=<digest>``, possibly among others; None where there is none."""
    pairs = dict(part.partition("=")[::2] for part in text.split("&"))
    return _hash_of(pairs)


def _hash_of(hashes: Mapping[str, Any]) -> str | None:
    digest = str(hashes.get("sha256", "")).lower()
    return digest if _SHA256.fullmatch(digest) else None

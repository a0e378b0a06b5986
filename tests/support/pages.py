"""The pages of the test indexes, as the real ones write them.

PyTorch's format follows the program that writes its pages (``s3_management/manage.py`` of
pytorch/test-infra, August 2026); the default index's follows PEP 503, 658, 691, 700 and 714.
"""

from __future__ import annotations

import json
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.support.indexfile import IndexFile

_TIMESTAMP = 1_700_000_000
_UPLOADED = "2024-01-01T00:00:00Z"
"""Shown where the scenario gives no time of upload."""


def pytorch_projects(names: Sequence[str]) -> str:
    """Return the project list of an accelerator."""
    links = [f'    <a href="{name}/">{name}</a><br/>' for name in names]
    return _pytorch_document([], links)


def pytorch_files(project: str, files: Sequence[IndexFile], second_url: str) -> str:
    """Return a project's page: one link a line, ``%2B`` in the address, ``+`` in the text."""
    links = [
        f'    <a href="{_href(file, second_url)}"{_pytorch_attributes(file)}>{file.name}</a><br/>'
        for file in files
    ]
    return _pytorch_document([f"    <h1>Links for {project}</h1>"], links)


def html_projects(names: Sequence[str]) -> str:
    """Return the project list of a default index."""
    links = [f'    <a href="{name}/">{name}</a>' for name in names]
    return _html_document("Simple index", links)


def html_files(project: str, files: Sequence[IndexFile], second_url: str) -> str:
    """Return a project's page as HTML (PEP 503)."""
    links = [
        f'    <a href="{_href(file, second_url)}"{_html_attributes(file)}>{file.name}</a><br />'
        for file in files
    ]
    return _html_document(f"Links for {project}", [f"    <h1>Links for {project}</h1>", *links])


def json_projects(names: Sequence[str]) -> str:
    """Return the project list as JSON (PEP 691)."""
    projects = [{"name": name} for name in names]
    return json.dumps({"meta": {"api-version": "1.1"}, "projects": projects})


def json_files(project: str, files: Sequence[IndexFile], second_url: str) -> str:
    """Return a project's page as JSON (PEP 691, sizes and times of PEP 700)."""
    versions = sorted({file.version for file in files})
    rows = [_json_file(file, second_url) for file in files]
    document = {"meta": {"api-version": "1.1"}, "name": project, "versions": versions}
    return json.dumps({**document, "files": rows})


def _pytorch_document(heading: list[str], links: list[str]) -> str:
    lines = ["<!DOCTYPE html>", "<html>", "  <body>", *heading, *links, "  </body>", "</html>"]
    return "\n".join([*lines, f"<!--TIMESTAMP {_TIMESTAMP}-->", ""])


def _html_document(title: str, lines: list[str]) -> str:
    head = [
        "<!DOCTYPE html>",
        "<html>",
        "  <head>",
        '    <meta name="pypi:repository-version" content="1.3">',
        f"    <title>{title}</title>",
        "  </head>",
        "  <body>",
    ]
    return "\n".join([*head, *lines, "  </body>", "</html>", ""])


def _href(file: IndexFile, second_url: str) -> str:
    """Return the link, escaped: relative to the host, or absolute to the second one."""
    digest = file.shown_sha256
    fragment = f"#sha256={digest}" if digest else ""
    return _location(file, second_url) + fragment


def _location(file: IndexFile, second_url: str) -> str:
    return (second_url if file.listing.second_host else "") + quote(file.path)


def _pytorch_attributes(file: IndexFile) -> str:
    listing = file.listing
    pairs = [
        *_sidecar_attributes(file),
        ("data-requires-python", listing.requires_python),
        ("data-yanked", listing.yanked),
        ("data-upload-time", listing.upload_time),
    ]
    return _attributes(pairs)


def _html_attributes(file: IndexFile) -> str:
    listing = file.listing
    pairs = [
        ("data-requires-python", listing.requires_python),
        *_sidecar_attributes(file),
        ("data-yanked", listing.yanked),
    ]
    return _attributes(pairs)


def _sidecar_attributes(file: IndexFile) -> list[tuple[str, str | None]]:
    """Return both names of the attribute that announces a sidecar (PEP 658, renamed by 714)."""
    value = _sidecar_hash(file)
    stated = f"sha256={value}" if value else None
    return [("data-dist-info-metadata", stated), ("data-core-metadata", stated)]


def _sidecar_hash(file: IndexFile) -> str | None:
    return file.metadata_sha256 if file.listing.sidecar else None


def _attributes(pairs: Sequence[tuple[str, str | None]]) -> str:
    return "".join(f' {name}="{escape(value)}"' for name, value in pairs if value is not None)


def _json_file(file: IndexFile, second_url: str) -> dict[str, object]:
    sidecar = _sidecar_hash(file)
    stated = {"sha256": sidecar} if sidecar else False
    digest = file.shown_sha256
    return {
        "filename": file.name,
        "url": _location(file, second_url),
        "hashes": {"sha256": digest} if digest else {},
        "requires-python": file.listing.requires_python,
        "core-metadata": stated,
        "data-dist-info-metadata": stated,
        "size": len(file.content),
        "upload-time": file.listing.upload_time or _UPLOADED,
        "yanked": file.listing.yanked if file.listing.yanked is not None else False,
    }

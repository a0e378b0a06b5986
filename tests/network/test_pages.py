"""Index pages of every shape that indexes and mirrors really have."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.network import IndexFile, NetworkError, Page, parse_index_page

_SHA = "ab" * 32
_OTHER = "CD" * 32
_URL = "https://registry.example/whl/cu118/torch/"
_NAME = "torch-2.2.0+cu118-cp311-cp311-linux_x86_64.whl"
_QUOTED = _NAME.replace("+", "%2B")
_JSON = "application/vnd.pypi.simple.v1+json"


def _html(text: str, url: str = _URL, kind: str = "text/html") -> tuple[IndexFile, ...]:
    return parse_index_page(Page(url=url, content_type=kind, body=text.encode()))


def _json(document: object) -> tuple[IndexFile, ...]:
    body = json.dumps(document).encode()
    return parse_index_page(Page(url=_URL, content_type=_JSON, body=body))


def _project(*files: dict[str, Any]) -> dict[str, Any]:
    return {"meta": {"api-version": "1.1"}, "name": "torch", "files": list(files)}


_PLAIN = IndexFile(name=_NAME, url=f"{_URL}{_QUOTED}")


@pytest.mark.parametrize(
    ("href", "url"),
    [
        (_QUOTED, f"{_URL}{_QUOTED}"),
        (f"/whl/cu118/{_QUOTED}", f"https://registry.example/whl/cu118/{_QUOTED}"),
        (f"../{_QUOTED}", f"https://registry.example/whl/cu118/{_QUOTED}"),
        (f"https://files.example/{_QUOTED}", f"https://files.example/{_QUOTED}"),
        (f"//files.example/{_QUOTED}", f"https://files.example/{_QUOTED}"),
        (_NAME, f"{_URL}{_NAME}"),
        (
            f"https://files.example/{_QUOTED}?a=1&amp;b=2",
            f"https://files.example/{_QUOTED}?a=1&b=2",
        ),
    ],
)
def test_links_of_every_form(href: str, url: str) -> None:
    """Relative, root-relative, absolute, encoded or not: the same name, the right place."""
    assert _html(f'<a href="{href}">whatever</a>') == (replace(_PLAIN, url=url),)


def test_pytorch_page() -> None:
    """A page as PyTorch's index has it: some links with hash and sidecar, some with neither."""
    text = f"""<!DOCTYPE html>
    <html><body><h1>Links for torch</h1>
    <a href="/whl/cu118/{_QUOTED}#sha256={_SHA}" data-dist-info-metadata="sha256={_OTHER}"
       data-core-metadata="sha256={_SHA}">{_NAME}</a><br/>
    <a href="/whl/cu118/torch-2.0.0%2Bcu118-cp311-cp311-linux_x86_64.whl">x</a><br/>
    </body></html><!--TIMESTAMP 1700000000-->"""
    first, second = _html(text)
    assert (first.name, first.sha256, first.has_metadata) == (_NAME, _SHA, True)
    assert first.metadata_sha256 == _SHA
    assert (second.sha256, second.has_metadata, second.metadata_sha256) == (None, False, None)


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ('data-requires-python="&gt;=3.8,&lt;3.13"', {"requires_python": ">=3.8,<3.13"}),
        ('data-requires-python=""', {}),
        ("data-yanked", {"yanked": ""}),
        ('data-yanked="broken &amp; old"', {"yanked": "broken & old"}),
        ('data-core-metadata="true"', {"has_metadata": True}),
        ('data-dist-info-metadata="true"', {"has_metadata": True}),
        ('data-core-metadata="false"', {}),
        (
            f'data-dist-info-metadata="sha256={_OTHER}"',
            {"has_metadata": True, "metadata_sha256": _OTHER.lower()},
        ),
    ],
)
def test_attributes_of_links(attributes: str, expected: dict[str, Any]) -> None:
    """PEP 503, 592, 658 and 714, entities decoded."""
    assert _html(f'<a href="{_QUOTED}" {attributes}>x</a>') == (replace(_PLAIN, **expected),)


@pytest.mark.parametrize(
    ("fragment", "sha256"),
    [
        (f"#sha256={_SHA}", _SHA),
        (f"#sha256={_OTHER}", _OTHER.lower()),
        (f"#egg=x&amp;sha256={_SHA}", _SHA),
        ("#md5=0123", None),
        ("#sha256=0123", None),
        ("#", None),
    ],
)
def test_hashes_in_fragments(fragment: str, sha256: str | None) -> None:
    """Only a whole sha256 counts; another or a damaged hash is none."""
    assert _html(f'<a href="{_QUOTED}{fragment}">x</a>') == (replace(_PLAIN, sha256=sha256),)


def test_base_moves_relative_links() -> None:
    """`<base>` counts from where it stands first, relative to the page itself."""
    text = f'<base href="/files/"><base href="/no/"><a href="{_QUOTED}">x</a>'
    assert _html(text)[0].url == f"https://registry.example/files/{_QUOTED}"


def test_links_that_are_no_files_are_left_out() -> None:
    """Parent folders, sorting links, anchors and broken URLs do not become files."""
    text = (
        '<a href="../">up</a><a href="?C=N;O=D">sort</a><a name="top">x</a>'
        f'<a href="http://[x/{_QUOTED}">x</a><a>y</a>'
    )
    assert _html(text) == ()


def test_names_cannot_lead_elsewhere() -> None:
    """An encoded slash does not smuggle a folder into a file name."""
    assert [file.name for file in _html('<a href="..%2F..%2Fetc%2Fpasswd">x</a>')] == ["passwd"]


def test_page_with_credentials_gives_links_without() -> None:
    """Whatever the page was asked with, links are fit for a lock."""
    (file,) = _html(f'<a href="{_QUOTED}">x</a>', url=_URL.replace("//", "//u:secret@"))
    assert file == _PLAIN


@pytest.mark.parametrize(
    "kind",
    [
        "text/html; charset=ISO-8859-1",
        'TEXT/HTML; Charset="nonsense"',
        "application/vnd.pypi.simple.v1+html",
    ],
)
def test_html_types(kind: str) -> None:
    """Types, parameters and character sets as servers send them."""
    assert _html(f'<a href="{_QUOTED}">x</a>', kind=kind) == (_PLAIN,)


def test_json_page() -> None:
    """PEP 691 with the sizes of PEP 700."""
    files = _json(
        _project(
            {
                "filename": _NAME,
                "url": f"../{_QUOTED}",
                "hashes": {"sha256": _SHA},
                "size": 190,
                "requires-python": ">=3.9",
                "core-metadata": {"sha256": _OTHER},
                "yanked": False,
            },
            {
                "filename": _NAME,
                "url": f"https://files.example/{_QUOTED}",
                "hashes": {},
                "dist-info-metadata": True,
                "yanked": "why",
                "requires-python": None,
            },
            {"filename": _NAME, "url": _QUOTED, "hashes": {"md5": "0"}, "yanked": True},
        )
    )
    assert files == (
        IndexFile(
            name=_NAME,
            url=f"https://registry.example/whl/cu118/{_QUOTED}",
            sha256=_SHA,
            size=190,
            requires_python=">=3.9",
            has_metadata=True,
            metadata_sha256=_OTHER.lower(),
        ),
        IndexFile(
            name=_NAME, url=f"https://files.example/{_QUOTED}", has_metadata=True, yanked="why"
        ),
        replace(_PLAIN, yanked=""),
    )


@pytest.mark.parametrize(
    ("kind", "body", "why"),
    [
        ("application/json", b"{}", "The answer is `application/json`, not a page of an index."),
        ("", b"", "The answer is ``, not a page of an index."),
        (_JSON, b"<html>", "no page of an index as PEP 691 describes it"),
        (_JSON, b"{}", "no page of an index as PEP 691 describes it (KeyError('meta'))"),
        (_JSON, b"[]", "no page of an index as PEP 691 describes it"),
        (_JSON, b'{"meta": {"api-version": "1.0"}, "files": [1]}', "no page of an index"),
        (_JSON, b'{"meta": {"api-version": "2.0"}, "files": []}', "version `2.0`"),
        ("text/html", b'<meta name="pypi:repository-version" content="2.0">', "version `2.0`"),
    ],
)
def test_other_answers_are_a_finding(kind: str, body: bytes, why: str) -> None:
    """A login page, a wrong address or a future format is told apart from an empty index."""
    with pytest.raises(NetworkError) as raised:
        parse_index_page(Page(url=_URL, content_type=kind, body=body))
    finding = raised.value.findings[0]
    assert finding.code == "TE402"
    assert finding.message == "`registry.example` did not send what was asked for."
    assert why in finding.why


@given(body=st.binary(max_size=200))
def test_no_bytes_are_a_traceback(body: bytes) -> None:
    """Whatever a server sends as HTML, the answer is a list."""
    page = Page(url=_URL, content_type="text/html", body=b'<a href="' + body)
    assert isinstance(parse_index_page(page), tuple)

"""What urls.py promises: no secret survives, links and names come out as indexes mean them."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner import urls

# Anything that can stand between "//" and "@" without ending the authority or the word.
_RAW = st.text(
    st.characters(exclude_categories=("Z", "C"), exclude_characters="/?#"), min_size=1, max_size=20
)
_TEXT = st.text(st.characters(exclude_characters="@"), max_size=20)


@given(secrets=st.tuples(_RAW, _RAW), before=_TEXT, after=_TEXT)
def test_raw_userinfo_never_survives(secrets: tuple[str, str], before: str, after: str) -> None:
    """The masked text is the same whatever the secret was: nothing of it is left."""
    first, second = (
        urls.mask(f"{before} https://user:{secret}@registry.example/simple {after}")
        for secret in secrets
    )
    assert first == second
    assert "https://****@registry.example/simple" in first


@given(
    secrets=st.tuples(st.text(min_size=1), st.text(min_size=1)),
    scheme=st.sampled_from(["http", "https", "git+https", "socks5"]),
)
def test_encoded_userinfo_never_survives(secrets: tuple[str, str], scheme: str) -> None:
    """A properly encoded secret may hold any character at all and is still hidden."""
    first, second = (
        urls.mask(f"{scheme}://{quote(secret, safe='', errors='replace')}@registry.example:8080")
        for secret in secrets
    )
    assert first == second == f"{scheme}://****@registry.example:8080"


@given(tail=st.text(st.sampled_from("ab/?#:.%"), min_size=1))
def test_unencoded_password_never_survives(tail: str) -> None:
    """A pasted password with characters that end the authority is hidden as well."""
    masked = urls.mask(f"see https://user:x/{tail}@registry.example/simple now")
    assert masked == "see https://****@registry.example/simple now"


@given(text=st.text())
def test_masking_twice_changes_nothing(text: str) -> None:
    """Masked text can pass through another message."""
    assert urls.mask(urls.mask(text)) == urls.mask(text)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("no url, me@registry.example", "no url, me@registry.example"),
        ("https://registry.example:8080/@scope/x", "https://registry.example:8080/@scope/x"),
        ("https://registry.example:8080 me@x", "https://registry.example:8080 me@x"),
        ("https://[::1]:8080/@x", "https://[::1]:8080/@x"),
        ("http://u:p@[::1]:8080/@x", "http://****@[::1]:8080/@x"),
        ("//u:p@registry.example/x", "//****@registry.example/x"),
        (
            "a https://t@x.example b https://u:p@y.example",
            "a https://****@x.example b https://****@y.example",
        ),
        (
            "https://x.example/w?X-Amz-Signature=abc&a=1",
            "https://x.example/w?X-Amz-Signature=****&a=1",
        ),
        ("https://x.example/w?a=1&sig=abc%2B#f", "https://x.example/w?a=1&sig=****#f"),
    ],
)
def test_mask_hides_secrets_only(text: str, masked: str) -> None:
    """Userinfo and signatures are hidden; ports, scopes and mail addresses stay readable."""
    assert urls.mask(text) == masked


@pytest.mark.parametrize(
    ("url", "bare", "credentials"),
    [
        ("https://u:p%40%2F@x.example/s?q#f", "https://x.example/s?q#f", ("u", "p@/")),
        ("https://__token__@x.example", "https://x.example", ("__token__", "")),
        ("https://u:a@b@x.example/", "https://x.example/", ("u", "a@b")),
        ("https://x.example/@scope", "https://x.example/@scope", None),
        ("/srv/wheels@2", "/srv/wheels@2", None),
    ],
)
def test_credentials_are_taken_apart(
    url: str, bare: str, credentials: tuple[str, str] | None
) -> None:
    """Stripping leaves the rest byte for byte; what was stripped comes out decoded."""
    assert urls.strip_credentials(url) == bare
    assert urls.credentials_of(url) == credentials
    assert urls.has_credentials(url) == (credentials is not None)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        (
            "https://x.example/whl/cu118/torch-2.2.0%2Bcu118-cp311.whl#sha256=ab",
            "torch-2.2.0+cu118-cp311.whl",
        ),
        ("https://x.example/a/b.whl?token=1/2", "b.whl"),
        ("https://x.example/a/..%2F..%2Fetc%2Fpasswd", "passwd"),
        ("https://x.example/simple/", ""),
        ("../../b%20c.whl", "b c.whl"),
    ],
)
def test_file_name_is_decoded_and_has_no_folder(url: str, name: str) -> None:
    """A name is one path segment, whatever the URL hides in escapes."""
    assert urls.file_name(url) == name


def test_quoted_name_reads_back() -> None:
    """``%2B`` in a URL and ``+`` in a file name are the same wheel."""
    name = "torch-2.2.0+cu118-cp311-cp311-linux_x86_64.whl"
    assert urls.quote_name(name) == "torch-2.2.0%2Bcu118-cp311-cp311-linux_x86_64.whl"
    assert urls.file_name(f"https://x.example/{urls.quote_name(name)}") == name


@pytest.mark.parametrize(
    ("page", "href", "url"),
    [
        ("https://x.example/whl/cpu/torch/", "a.whl", "https://x.example/whl/cpu/torch/a.whl"),
        ("https://u:p@x.example/whl/torch/", "/whl/a.whl", "https://x.example/whl/a.whl"),
        (
            "https://x.example/s/torch/",
            "../../f/a.whl#sha256=1",
            "https://x.example/f/a.whl#sha256=1",
        ),
        ("https://x.example/s/", " https://y.example/a.whl\n", "https://y.example/a.whl"),
        ("https://x.example/s/", "//y.example/a.whl", "https://y.example/a.whl"),
        ("file:///srv/simple/torch/index.html", "../../a.whl", "file:///srv/a.whl"),
    ],
)
def test_links_resolve_against_their_page(page: str, href: str, url: str) -> None:
    """Relative, root-relative and absolute links work; the page's credentials do not spread."""
    assert urls.join_link(page, href) == url


def test_project_page_has_one_slash_on_each_side() -> None:
    """With or without a final slash, an index has one page per project."""
    assert (
        urls.project_url("https://x.example/simple", "torch") == "https://x.example/simple/torch/"
    )
    assert (
        urls.project_url("https://x.example/simple/", "torch") == "https://x.example/simple/torch/"
    )


@pytest.mark.parametrize(
    ("place", "path"),
    [
        ("file:///srv/a%20b", Path("/srv/a b")),
        ("/srv/wheels", Path("/srv/wheels")),
        ("wheels", Path("wheels")),
        ("~/wheels", Path.home() / "wheels"),
        ("https://x.example/s", None),
    ],
)
def test_local_places_are_recognised(place: str, path: Path | None) -> None:
    """Paths and ``file:`` URLs are folders, everything else is a server, as pip has it."""
    assert urls.local_path(place) == path


def test_host_is_shown_without_credentials() -> None:
    """Messages name the host and its port, and nothing more."""
    assert urls.host_of("https://u:p@x.example:8443/simple") == "x.example:8443"

"""What a lock may name: places that are refused unless each kind is allowed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from packaging.pylock import Pylock

from provisioner.findings import VerificationError
from provisioner.lockfile import LockTrust, read_lock, render_lock
from provisioner.lockfile._trust import untrusted_places
from tests.lockfile.test_lock_file import sample

FILE = Path("pylock.torchenv.toml")
NAME = "a-1-py3-none-any.whl"


def lock(**place: str) -> dict[str, Any]:
    """Return a foreign lock with one wheel at this place; ``index`` is the package's."""
    index = {"index": place.pop("index")} if "index" in place else {}
    wheel = {"name": NAME, **place, "hashes": {"sha256": "ab" * 32}}
    document = {
        "lock-version": "1.0",
        "created-by": "somebody",
        "packages": [{"name": "a", "version": "1", **index, "wheels": [wheel]}],
    }
    Pylock.from_dict(document)
    return document


CASES = [
    ("outside", {"path": f"../{NAME}"}),
    ("outside", {"path": f"wheels/../../{NAME}"}),
    ("outside", {"path": f"/srv/{NAME}"}),
    ("outside", {"path": f"..\\{NAME}"}),
    ("outside", {"path": f"C:\\wheels\\{NAME}"}),
    ("file", {"url": f"file:///srv/{NAME}"}),
    ("http", {"url": f"http://index.example/{NAME}"}),
    ("credentials", {"url": f"https://lab:s3cret@index.example/{NAME}"}),
    ("credentials", {"url": f"https://index.example/{NAME}", "index": "https://t0ken@i.example/"}),
]


@pytest.mark.parametrize(("kind", "place"), CASES)
def test_untrusted_places(kind: str, place: dict[str, str]) -> None:
    """What packaging lets pass is refused, is masked, and is let pass where its kind is allowed."""
    document = lock(**place)
    (finding,) = untrusted_places(document, FILE, LockTrust())
    assert finding.code == "TE440"
    assert f'`trust-lock = ["{kind}"]`' in finding.do
    assert "s3cret" not in finding.message
    assert "t0ken" not in finding.message
    allowed = LockTrust(kinds=frozenset({kind}))
    assert untrusted_places(document, FILE, allowed) == ()
    others = LockTrust(kinds=frozenset({"http", "file", "outside", "credentials"} - {kind}))
    assert untrusted_places(document, FILE, others) == (finding,)


@pytest.mark.parametrize(
    "place",
    [
        {"url": f"https://index.example/{NAME}", "index": "https://index.example/simple"},
        {"url": f"http://127.0.0.1:8080/{NAME}"},
        {"url": f"http://localhost/{NAME}"},
        {"path": f"wheels/{NAME}"},
        {"path": f"wheels/../{NAME}"},
    ],
)
def test_trusted_places(place: dict[str, str]) -> None:
    """HTTPS, this machine over HTTP, and paths below the lock's folder are fine."""
    assert untrusted_places(lock(**place), FILE, LockTrust()) == ()


def test_trusted_host() -> None:
    """Plain HTTP is fine at a host that is trusted."""
    trust = LockTrust(is_trusted=lambda url: url.startswith("http://index.example/"))
    assert untrusted_places(lock(url=f"http://index.example/{NAME}"), FILE, trust) == ()
    assert untrusted_places(lock(url=f"http://other.example/{NAME}"), FILE, trust)


def test_other_schemes_cannot_be_allowed() -> None:
    """What is neither HTTPS nor one of the kinds is refused in any case."""
    everything = LockTrust(kinds=frozenset({"http", "file", "outside", "credentials"}))
    (finding,) = untrusted_places(lock(url=f"ftp://index.example/{NAME}"), FILE, everything)
    assert "trust-lock" not in finding.do


def test_only_the_first_few_are_told() -> None:
    """A lock that is like this throughout is told as that, not wheel by wheel."""
    document = lock(url=f"http://index.example/{NAME}")
    document["packages"] *= 100
    assert len(untrusted_places(document, FILE, LockTrust())) == 8


def test_reading_a_lock_refuses_them(tmp_path: Path) -> None:
    """A lock that torchenv wrote, digest and all, is read only where its places are trusted."""
    made = sample(tmp_path / "pylock.torchenv.toml")
    package = made.packages[0]
    plain = replace(package.wheel, url=package.wheel.url.replace("https:", "http:"))
    made = replace(made, packages=(replace(package, wheels=(plain,)), *made.packages[1:]))
    made.file.write_text(render_lock(made))
    with pytest.raises(VerificationError) as caught:
        read_lock(made.file)
    (finding,) = caught.value.findings
    assert finding.code == "TE440"
    assert finding.where is not None
    assert finding.where.key == "packages[0].wheels[0].url"
    trust = LockTrust(kinds=frozenset({"http"}))
    assert read_lock(made.file, trust).packages == made.packages

"""Hashes of the compat data: used where PyTorch's index states none, and never contradicted."""

from __future__ import annotations

import pytest

from provisioner.compat import load_compat
from provisioner.findings import VerificationError
from provisioner.lockfile._hashes import known_hashes, learned_here
from provisioner.network import IndexFile
from provisioner.store import WantedWheel

INDEX = "https://download.pytorch.org/whl/cu118"
NAME = "torch-2.2.2+cu118-cp310-cp310-linux_x86_64.whl"
SHA256 = load_compat().hashes[f"cu118/{NAME}"]


def published(sha256: str | None, name: str = NAME) -> dict[str, list[IndexFile]]:
    """Return what an index has, on whatever host its files lie."""
    url = f"https://files.example/{name.replace('+', '%2B')}"
    return {"torch": [IndexFile(name=name, url=url, sha256=sha256)]}


def known(sha256: str | None, index: str = INDEX, name: str = NAME) -> dict[str, str]:
    """Return what the data knows of it."""
    return known_hashes(published(sha256, name), load_compat().hashes, index)


@pytest.mark.parametrize("stated", [None, SHA256])
def test_known_where_nothing_else_is_stated(stated: str | None) -> None:
    """The file of that folder and name is the one that the data means."""
    assert known(stated) == {NAME: SHA256}


def test_other_files_and_indexes_are_not_known() -> None:
    """A mirror may build its own, and the same name in another folder is another file."""
    assert known(None, index="https://mirror.example/whl/cu118") == {}
    assert known(None, index="https://download.pytorch.org/whl/cpu") == {}
    assert known(None, name="torch-2.2.2+cu118-cp39-cp39-linux_x86_64.whl") == {}


def test_another_hash_than_the_known_one_is_refused() -> None:
    """Published files do not change."""
    with pytest.raises(VerificationError) as caught:
        known("0" * 64)
    (finding,) = caught.value.findings
    assert finding.code == "TE448"
    assert finding.message == (
        f"{INDEX} states another hash for `{NAME}` than the compat data has."
    )


def test_what_the_data_knew_is_told() -> None:
    """A note of its own, since nothing was downloaded."""
    wheel = WantedWheel(name=NAME, url="https://files.example/x.whl", size=1, sha256=SHA256)
    (note,) = learned_here([wheel], {NAME}, INDEX)
    assert note.code == "TE449"
    (note,) = learned_here([wheel], {}, INDEX)
    assert note.code == "TE432"

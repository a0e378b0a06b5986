"""Addresses of an index: of one with a page for each project, and of one that is a single page."""

from __future__ import annotations

import pytest

from provisioner.lockfile._sources import Index

FOLDER = "https://lab:token@mirror.example/wheels"


def test_page_for_each_project() -> None:
    """An index in the layout of PEP 503."""
    index = Index(name="pytorch", url=f"{FOLDER}/")
    assert index.page_of("torch") == f"{FOLDER}/torch/"
    assert index.address == index.folder == index.public == "https://mirror.example/wheels"


@pytest.mark.parametrize("end", ["", "/"])
def test_listing(end: str) -> None:
    """A folder's listing is asked with its slash, from which its links are seen."""
    index = Index(name="pytorch", url=f"{FOLDER}{end}", flat=True)
    assert index.page_of("torch") == index.page_of("triton") == f"{FOLDER}/"
    assert index.address == "https://mirror.example/wheels/"
    assert index.folder == index.public == "https://mirror.example/wheels"


def test_document() -> None:
    """A page is asked as it is called, and its files are expected beside it."""
    index = Index(name="pytorch", url=f"{FOLDER}/all.html", flat=True)
    assert index.page_of("torch") == f"{FOLDER}/all.html"
    assert index.address == "https://mirror.example/wheels/all.html"
    assert index.folder == "https://mirror.example/wheels"

"""Links between pages lead somewhere."""

from __future__ import annotations

import pytest

from tests.docs._pages import REPOSITORY, Page, pages, read_page

_LINKS = [(page, link) for page in pages() for link in page.links if "://" not in link]


@pytest.mark.parametrize(
    ("page", "link"), _LINKS, ids=[f"{page.name}->{link}" for page, link in _LINKS]
)
def test_a_link_leads_to_a_file_and_a_heading(page: Page, link: str) -> None:
    """A relative link names a file of the repository, and a heading of it where it has ``#``."""
    name, _, anchor = link.partition("#")
    source = REPOSITORY / page.name
    target = (source.parent / name).resolve() if name else source
    assert target.exists(), f"{page.name}: `{link}` leads nowhere"
    assert target.is_relative_to(REPOSITORY), f"{page.name}: `{link}` leaves the repository"
    if anchor:
        assert anchor in read_page(target, REPOSITORY).anchors, f"{page.name}: no `{anchor}`"


def test_every_page_is_linked() -> None:
    """A reader who starts at the README can reach every page of the documentation."""
    reached, waiting = set(), {"README.md"}
    by_name = {page.name: page for page in pages()}
    while waiting:
        page = by_name[waiting.pop()]
        reached.add(page.name)
        waiting |= _targets(page) & by_name.keys() - reached
    assert sorted(by_name.keys() - reached) == []


def _targets(page: Page) -> set[str]:
    """Return the files that a page links to, below the repository."""
    folder = (REPOSITORY / page.name).parent
    targets = {(folder / link.partition("#")[0]).resolve() for link in page.links}
    return {
        target.relative_to(REPOSITORY).as_posix()
        for target in targets
        if target.is_relative_to(REPOSITORY)
    }

"""Where packages come from: the spec's ``[sources]`` over pip's own configuration.

The spec wins key by key; where it is silent, what a pip user configured holds. pip takes the best
version over all its indexes, which lets a look-alike with a higher number win; torchenv keeps to
the first index that has a name, pip's ``index-url`` first, and says so where that decided.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from provisioner.findings import Finding, WorldError
from provisioner.urls import listing_url, local_path, project_url, strip_credentials

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from provisioner.host import PipConfig
    from provisioner.planner import Plan
    from provisioner.spec import Spec


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """One index under the name that the engine knows it by."""

    name: str
    """``default``, ``extra1``, ``pytorch``: also names the variables that carry its credentials."""
    url: str
    """With credentials where it has any; use :attr:`public` for everything that is shown."""
    flat: bool = False
    """Whether it is one page that links the wheels of all projects, and not one of each."""

    @property
    def public(self) -> str:
        """The URL without credentials and without a final slash."""
        return strip_credentials(self.url).rstrip("/")

    @property
    def address(self) -> str:
        """The URL without credentials, as it is asked: a folder's listing ends with a slash.

        Its links are seen from there, and not every server sends one there that asks without.
        """
        return listing_url(self.public) if self.flat else self.public

    @property
    def folder(self) -> str:
        """The public URL of the folder that its files are expected in."""
        return self.address.rpartition("/")[0] if self.flat else self.public

    def page_of(self, project: str) -> str:
        """Return the URL of the page that links a project's files, with credentials."""
        return listing_url(self.url) if self.flat else project_url(self.url, project)

    @property
    def credentials_environ(self) -> dict[str, str]:
        """The engine's variables for this index's credentials; empty where it has none."""
        parts = urlsplit(self.url)
        environ = {}
        if parts.username is not None:
            environ[f"UV_INDEX_{self.name.upper()}_USERNAME"] = unquote(parts.username)
        if parts.password is not None:
            environ[f"UV_INDEX_{self.name.upper()}_PASSWORD"] = unquote(parts.password)
        return environ


@dataclass(frozen=True, slots=True, kw_only=True)
class LockSources:
    """Everything that resolving needs to know about where packages come from."""

    trio: Index
    """The index that the trio and its companions come from."""
    general: tuple[Index, ...]
    """Indexes of everything else, in the order in which they are asked; empty with ``no_index``."""
    find_links: tuple[str, ...]
    constraints: tuple[str, ...]
    """Constraint files (paths or URLs)."""
    no_index: bool

    @property
    def trio_is_default(self) -> bool:
        """Whether the trio comes from the first general index."""
        return bool(self.general) and self.trio == self.general[0]

    @property
    def engine_environ(self) -> dict[str, str]:
        """The engine's variables for everything that may carry credentials, which no argument may.

        Of find-links the engine splits the variable at commas, so that one inside is encoded.
        """
        environ = {}
        if self.find_links:
            environ["UV_FIND_LINKS"] = ",".join(map(_as_link, self.find_links))
        for index in (self.trio, *self.general):
            environ.update(index.credentials_environ)
        return environ

    def without_folders(self) -> LockSources:
        """Return the sources that everybody has: no find-links folders of this machine.

        A lock never names such a folder. So a newer version in one must not keep the index's from
        being locked, nor may the lock depend on what lies there. The same with ``no_index``, where
        the folders are all there is.
        """
        if self.no_index:
            return self
        links = tuple(place for place in self.find_links if local_path(place) is None)
        return replace(self, find_links=links)

    def is_folder(self, url: str | None) -> bool:
        """Whether ``url`` is that of a find-links folder of this machine."""
        path = None if url is None else local_path(url)
        return path is not None and path in map(local_path, self.find_links)

    @property
    def is_isolated(self) -> bool:
        """Whether everything comes from PyTorch's index."""
        return self.general == (self.trio,) and self.trio.name == "pytorch"

    def index_at(self, url: str) -> Index | None:
        """Return the index with this (public) URL, final slash or not."""
        wanted = strip_credentials(url).rstrip("/")
        for index in (self.trio, *self.general):
            if index.public == wanted:
                return index
        return None


def lock_sources(
    spec: Spec, plan: Plan, pip: PipConfig, signed: Callable[[str], str] = str
) -> LockSources:
    """Merge what the spec and pip's configuration say, for this plan.

    Args:
        spec: What is wanted.
        plan: Names the trio's index.
        pip: What pip is configured with.
        signed: Gives a URL the credentials that our own requests go with, so that the engine's do.

    Raises:
        WorldError: ``TE410``, no index is configured and pip does not tell its default.
    """
    wish = spec.sources
    no_index = wish.no_index if wish.no_index is not None else pip.no_index
    first = wish.index or pip.index_url or pip.default_index
    extra = wish.extra_indexes if wish.extra_indexes is not None else pip.extra_index_urls
    if first is None:
        raise WorldError(_no_default_index())
    urls = [first, *extra]
    general = tuple(
        Index(name="default" if number == 0 else f"extra{number}", url=signed(url))
        for number, url in enumerate(_unique(urls))
    )
    accelerator = (
        Index(name="pytorch", url=signed(plan.index_url), flat=wish.pytorch_layout == "flat")
        if plan.index_url is not None
        else general[0]
    )
    if wish.isolated:
        general = (accelerator,)
    return LockSources(
        trio=accelerator,
        general=() if no_index else general,
        find_links=tuple(
            map(signed, wish.find_links if wish.find_links is not None else pip.find_links)
        ),
        constraints=wish.constraints if wish.constraints is not None else pip.constraints,
        no_index=no_index,
    )


def _no_default_index() -> Finding:
    return Finding(
        code="TE410",
        message="The address of the default index is not known.",
        why="Neither the spec nor pip's configuration names one, and pip does not tell its own.",
        do="Name it: `pip config set global.index-url URL`, or `index` under `[sources]`.",
    )


def local_folders(spec: Spec, pip: PipConfig) -> tuple[Path, ...]:
    """Return the folders of this machine that may hold wheels: find-links, then ``file:`` indexes.

    They serve bytes only, found by name and proven by hash, whatever a lock says about where a
    wheel comes from.
    """
    links = spec.sources.find_links if spec.sources.find_links is not None else pip.find_links
    extra = spec.sources.extra_indexes
    first = spec.sources.index or pip.index_url
    indexes = (first, *(extra if extra is not None else pip.extra_index_urls))
    places = (local_path(place) for place in (*links, *(url for url in indexes if url)))
    return tuple(path for path in places if path is not None)


def _as_link(place: str) -> str:
    """Return a path as a ``file:`` URL, and a URL without commas."""
    path = local_path(place)
    return path.as_uri() if path is not None else place.replace(",", "%2C")


def _unique(urls: list[str]) -> list[str]:
    """Drop repetitions, keeping the first: the same index twice is one index."""
    return list(dict.fromkeys(url.rstrip("/") for url in urls))

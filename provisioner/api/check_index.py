"""``torchenv matrix --check-index``: the compat data against what an index has now."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from provisioner.api.matrix import EVERYWHERE, PYTORCH_INDEX, MatrixQuestion, wanted_of
from provisioner.compat import load_compat
from provisioner.compat.compare import compare_member, compare_torch, published_cells
from provisioner.findings import Finding, Severity, WorldError
from provisioner.network import Client, NetworkError, parse_index_page
from provisioner.spec import Sources
from provisioner.urls import project_url, strip_credentials

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provisioner.compat import Compat, TrioName
    from provisioner.compat.compare import Difference, WheelCell
    from provisioner.compat.matrix import Wanted

DEFAULT_INDEX: Final = "default"
"""Stands for the index that pip is configured with, or has built in."""
_CONNECTIONS: Final = 4
_NOT_THERE: Final = frozenset({403, 404, 410})
"""How indexes say that they have no such project; PyTorch's says 403."""
_MEMBERS: Final[tuple[TrioName, ...]] = ("torchvision", "torchaudio")


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexCheck:
    """What an index has otherwise than the compat data says."""

    index: str
    """Its address, without credentials."""
    version: str
    """Version of the compat data."""
    wheels: int
    """Wheels of the trio that were seen there."""
    differences: tuple[Difference, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """A warning where there are differences."""
        return (_differs(self),) if self.differences else ()


def check_index(
    index: str = PYTORCH_INDEX,
    question: MatrixQuestion | None = None,
    *,
    compat: Compat | None = None,
) -> IndexCheck:
    """Compare the compat data with an index.

    Args:
        index: Base of an index in PyTorch's layout (``<base>/<accelerator>/torch/``), of which
            torch is compared; or ``default``: the default index, of which torchvision and
            torchaudio are compared, too.
        question: Which part is compared; everything by default.
        compat: The data; that of this torchenv by default.

    Raises:
        PlanError: A filter cannot be understood (``TE332``).
        WorldError: The index cannot be reached or read (``TE401`` and the like), or has nothing
            of torch at all (``TE403``).
    """
    from provisioner.host import probe_pip_config
    from provisioner.lockfile import network_settings

    data = compat or load_compat()
    asked = question or MatrixQuestion(platform=EVERYWHERE)
    wanted = wanted_of(replace(asked, platform=asked.platform or EVERYWHERE), data)
    pip = probe_pip_config(os.environ)
    url = (pip.index_url or pip.default_index or "") if index == DEFAULT_INDEX else index
    sources = Sources(pytorch=PYTORCH_INDEX if index == DEFAULT_INDEX else index.rstrip("/"))
    with Client(network_settings(sources, pip, os.environ)) as client:
        if index == DEFAULT_INDEX:
            found = _on_default(client, url)
            differences = tuple(_compare_default(data, found, wanted))
        else:
            found = {"torch": _on_pytorch(client, url.rstrip("/"), _folders(data, wanted))}
            differences = compare_torch(data, "pytorch", found["torch"], wanted)
    seen = sum(map(len, found.values()))
    if not seen:
        raise WorldError(_nothing_there(url))
    return IndexCheck(
        index=strip_credentials(url), version=data.version, wheels=seen, differences=differences
    )


def _folders(compat: Compat, wanted: Wanted) -> list[str]:
    """Return the accelerators whose pages are read."""
    return [name for name in compat.accelerators if wanted.accelerator in {None, name}]


def _compare_default(
    compat: Compat, found: dict[TrioName, list[WheelCell]], wanted: Wanted
) -> Iterator[Difference]:
    yield from compare_torch(compat, "default", found["torch"], wanted)
    for member in _MEMBERS:
        yield from compare_member(compat, member, found[member], wanted)


def _on_pytorch(client: Client, base: str, accelerators: list[str]) -> list[WheelCell]:
    """Return the wheels of torch on the pages of all accelerators."""

    def cells(accelerator: str) -> list[WheelCell]:
        names = _names(client, project_url(f"{base}/{accelerator}", "torch"))
        return list(published_cells("torch", names, accelerator=accelerator))

    with ThreadPoolExecutor(_CONNECTIONS) as pool:
        return [cell for page in pool.map(cells, accelerators) for cell in page]


def _on_default(client: Client, url: str) -> dict[TrioName, list[WheelCell]]:
    """Return the wheels of the trio on the default index."""
    projects: tuple[TrioName, ...] = ("torch", *_MEMBERS)
    return {
        name: list(published_cells(name, _names(client, project_url(url, name)), accelerator=""))
        for name in projects
    }


def _names(client: Client, url: str) -> list[str]:
    """Return the files on a page that were not withdrawn; none where there is no page."""
    try:
        page = client.get(url)
    except NetworkError as exc:
        if exc.status in _NOT_THERE:
            return []
        raise
    return [file.name for file in parse_index_page(page) if file.yanked is None]


def _nothing_there(url: str) -> Finding:
    shown = strip_credentials(url)
    return Finding(
        code="TE403",
        message=f"`{shown}` has no wheel of torch.",
        why="No page of an accelerator, or of torch, lists one.",
        do="Name the base of an index in PyTorch's layout, which ends in `/whl` at PyTorch's own, "
        f"or `{DEFAULT_INDEX}`.",
    )


def _differs(check: IndexCheck) -> Finding:
    count = len(check.differences)
    return Finding(
        code="TE333",
        severity=Severity.WARNING,
        message=f"`{check.index}` differs from the compat data in {count} "
        f"place{'' if count == 1 else 's'}.",
        why=f"The data is of {check.version}; releases come, and wheels are added or withdrawn.",
        do="Nothing, where the index is an incomplete mirror. The project's guide for contributors "
        "says how the data is brought up to date.",
    )

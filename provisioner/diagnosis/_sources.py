"""The indexes that a text names: what a command asked for packages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from provisioner.diagnosis._pattern import pattern

if TYPE_CHECKING:
    from collections.abc import Iterator

IndexKind = Literal["default", "pytorch", "other"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """An index that a command asked."""

    kind: IndexKind
    """``other`` may be a mirror of the default index, or anything else."""
    accelerator: str | None = None
    """Of an index that is laid out as PyTorch's is: the last part of its path."""
    nightly: bool = False


_INDEX_LISTS: Final = tuple(
    pattern(source)
    for source in (
        r"looking in (?:indexes|links): ((?:https?://[^ ,]{1,300},? ?){1,8})",
        r"--index-url[ =](https?://[^ ]{1,300})",
        r"--extra-index-url[ =](https?://[^ ]{1,300})",
        r"--default-index[ =](https?://[^ ]{1,300})",
        r"--index[ =](?:[\w-]{1,40}=)?(https?://[^ ]{1,300})",
        r"--find-links[ =](https?://[^ ]{1,300})",
        r" -f (https?://[^ ]{1,300})",
        r" -i (https?://[^ ]{1,300})",
        r"was found on (https?://[^ ,]{1,300})",
        r"fetch: `?(https?://[^ `]{1,300}/whl/[^ `]{1,60}/)",
        r" from (https?://[^ `]{1,300}/whl/[^ `]{1,60}/)",
        r"@ registry\+(https?://[^ `]{1,300})",
        r"\burl = \"(https?://[^\" ]{1,300})",
        r"\burl = \'(https?://[^\' ]{1,300})",
    )
)
_INDEX_URL: Final = re.compile(r"https?://[^ ,`\"']{1,300}")
_ACCELERATOR_PATH: Final = re.compile(
    r"/(cu\d{2,3}|cpu|cpu_pypi_pkg|rocm\d[\d.]*|xpu)(?:/|$|\.html)"
)


def read_indexes(flow: str) -> Iterator[Index]:
    """Yield the indexes in the order of how tools show them; one may come twice."""
    for each in _INDEX_LISTS:
        for found in each.find_all(flow):
            for url in _INDEX_URL.findall(found[1]):
                yield _index(url)


def _index(url: str) -> Index:
    path = url.partition("://")[2]
    accelerator = _ACCELERATOR_PATH.search(path)
    if accelerator is not None and ("/whl" in path or "pytorch" in path):
        name = accelerator[1].removesuffix("_pypi_pkg")
        return Index(kind="pytorch", accelerator=name, nightly="/nightly" in path)
    if path.startswith("download.pytorch.org"):
        return Index(kind="pytorch", nightly="/nightly" in path)
    if path.rstrip("/").endswith("/simple"):
        return Index(kind="default")
    return Index(kind="other")

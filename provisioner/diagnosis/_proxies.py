"""A proxy that gives itself away by its address only.

Recent pips say that a connection failed, and to which host; where that is not the host of any index
that was asked, it is a proxy's.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from provisioner.diagnosis._causes import Candidate
from provisioner.diagnosis._pattern import pattern

if TYPE_CHECKING:
    from collections.abc import Iterator

_FAILED: Final = pattern(
    r"connection\(host='([^']{1,120})', port=(\d{1,5})\): failed to establish a new connection"
)
_ASKED: Final = pattern(r"looking in (?:indexes|links): ((?:[^ ]{4,300},? ?){1,8})")
_HOST: Final = re.compile(r"https?://(?:[^@/ ]{0,200}@)?([^/:, ]{1,120})")
_LOCAL: Final = re.compile(r"^(?:localhost|\d{1,3}(?:\.\d{1,3}){3}|.*proxy.*)$")


def candidates_by_proxies(flow: str) -> Iterator[Candidate]:
    """Yield that a proxy is in the way, where a connection to no index failed."""
    found = _FAILED.find(flow)
    if found is None:
        return
    host = found[1]
    if re.search(rf"_proxy=['\"]?(?:\w{{3,7}}://)?(?:[^@ ]{{0,200}}@)?{re.escape(host)}\b", flow):
        yield Candidate(category="network-proxy", weight=88, confidence="certain", at=found.start())
        return
    listed = _ASKED.find(flow)
    hosts = set(_HOST.findall(listed[1])) if listed is not None else set()
    is_stranger = bool(hosts) and host not in hosts
    if is_stranger or (not hosts and _LOCAL.match(host)):
        yield Candidate(category="network-proxy", weight=86, confidence="likely", at=found.start())

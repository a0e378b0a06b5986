"""The parts of a huge text that can say why something failed, so that size costs no time.

Kept are the beginning (commands, versions), the end (what failed last), and the surroundings of
every word that tools use when they fail, the first and the last of them where there are too many.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

LIMIT: Final = 300_000
"""Characters up to which a text is read as a whole."""
_HEAD: Final = 60_000
_TAIL: Final = 100_000
_BEFORE: Final = 700
_AFTER: Final = 1300
_EACH: Final = 20
"""How many places of each word are kept from the beginning, and as many from the end."""
_WORDS: Final = (
    "rror:", "rror ", "ERROR", "FATAL", "fatal", "xception", "ould not", "annot ", "an't ",
    "No module", "o matching", "not found", "enied", "illed", "failed", "arning", "WARNING",
    "is not a", "mismatch", "undefined symbol", "No space", "nterrupted", "cause:", "Caused by",
    "hint:", "ermission", "imed out", "exit code", "errno", "Errno", "nable to", "requires ",
    "does not exist", "incompatible", "No such",
)  # fmt: skip


def digest(raw: str) -> str:
    """Return a text whole, or where it is huge the parts of it that matter."""
    if len(raw) <= LIMIT:
        return raw
    spans = sorted([(0, _HEAD), (len(raw) - _TAIL, len(raw)), *_windows(raw)])
    parts: list[str] = []
    end = 0
    for start, stop in spans:
        if stop <= end:
            continue
        parts.append(raw[max(start, end) : stop])
        end = stop
    return "\n".join(parts)


def _windows(raw: str) -> Iterator[tuple[int, int]]:
    for word in _WORDS:
        for place in _places(raw, word):
            yield max(place - _BEFORE, 0), min(place + _AFTER, len(raw))


def _places(raw: str, word: str) -> Iterator[int]:
    start, end = _HEAD, len(raw) - _TAIL
    for _ in range(_EACH):
        place = raw.find(word, start, end)
        if place < 0:
            return
        yield place
        start = place + _AFTER
    for _ in range(_EACH):
        place = raw.rfind(word, start, end)
        if place < 0:
            return
        yield place
        end = max(place - _AFTER, start)

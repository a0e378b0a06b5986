"""Which bytes of a file are here: spans ``(start, end)``, end not included; pure functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

Span = tuple[int, int]


def merged(spans: Iterable[Span]) -> list[Span]:
    """Return the same bytes as sorted spans that neither overlap nor touch; empty ones dropped."""
    result: list[Span] = []
    for start, end in sorted(spans):
        if start >= end:
            continue
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(result[-1][1], end))
        else:
            result.append((start, end))
    return result


def missing(done: Iterable[Span], size: int) -> list[Span]:
    """Return what ``done`` leaves of a file of ``size`` bytes."""
    gaps, position = [], 0
    for start, end in merged(done):
        if start > position:
            gaps.append((position, min(start, size)))
        position = max(position, end)
    if position < size:
        gaps.append((position, size))
    return gaps


def pieces(spans: Iterable[Span], length: int) -> list[Span]:
    """Cut spans into pieces of at most ``length`` bytes."""
    return [(at, min(at + length, end)) for start, end in spans for at in range(start, end, length)]


def total(spans: Iterable[Span]) -> int:
    """Return how many bytes the spans have; they must not overlap."""
    return sum(end - start for start, end in spans)


def front(spans: list[Span]) -> int:
    """Return how many bytes are there without a gap from the beginning; ``spans`` are merged."""
    return spans[0][1] if spans and spans[0][0] == 0 else 0

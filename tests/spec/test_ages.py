"""Dates and ages of ``exclude-newer``."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from provisioner.spec import newest_instant

NOW = datetime(2026, 5, 10, 12, 30, 15, 999, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-03-31", "2026-04-01T00:00:00+00:00"),
        ("2026-03-31T12:00:00Z", "2026-03-31T12:00:00+00:00"),
        ("2026-03-31T12:00:00+02:00", "2026-03-31T10:00:00+00:00"),
        ("7 days", "2026-05-03T12:30:15+00:00"),
        ("1 week", "2026-05-03T12:30:15+00:00"),
        ("36 hours", "2026-05-09T00:30:15+00:00"),
    ],
)
def test_instants(text: str, instant: str) -> None:
    """A day still counts as a whole, a time is taken in its zone, an age is counted from now."""
    assert newest_instant(text, NOW).isoformat() == instant


@pytest.mark.parametrize(
    "text",
    ["", "7", "7 months", "-7 days", "2026-02-30", "2026-03-31T12:00:00", "today"],
)
def test_anything_else_is_refused(text: str) -> None:
    """What is no date, no time with its zone and no age within the calendar is refused."""
    with pytest.raises((ValueError, OverflowError)):
        newest_instant(text, NOW)

"""Dates and ages in a spec: releases that are newer than that are not chosen."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta, timezone
from typing import Final

from provisioner.spec._problems import UnfitError

_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_AGE: Final = re.compile(r"(\d{1,5}) (hour|day|week)s?")
_TIME: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:Z|[+-]\d{2}:\d{2})")


def check_newest(text: str) -> str:
    """Return ``text`` if it is a date, a time with its zone, or an age.

    Raises:
        UnfitError: It is not.
    """
    try:
        newest_instant(text, datetime.now(timezone.utc))
    except (ValueError, OverflowError):
        raise UnfitError(
            "which is neither a date nor an age",
            why="Releases that were uploaded after that date, or that are younger than that age, "
            "are not chosen.",
            do='Write for instance `"2026-03-31"`, `"2026-03-31T12:00:00Z"` or `"7 days"`.',
        ) from None
    return text


def newest_instant(text: str, now: datetime) -> datetime:
    """Return the instant after which nothing may have been uploaded, in UTC.

    Args:
        text: ``2026-03-31`` (that day, in UTC, still counts), ``2026-03-31T12:00:00Z``, ``7 days``.
        now: What an age is counted from.

    Raises:
        ValueError: The text is none of these, or no such day exists.
        OverflowError: The age is longer than the calendar.
    """
    age = _AGE.fullmatch(text)
    if age is not None:
        return (now - timedelta(**{f"{age[2]}s": int(age[1])})).replace(microsecond=0)
    if _DATE.fullmatch(text):
        day = date.fromisoformat(text) + timedelta(days=1)
        return datetime.combine(day, time(), timezone.utc)
    if _TIME.fullmatch(text):
        # Python 3.10 does not read the `Z`.
        return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(timezone.utc)
    raise ValueError(text)

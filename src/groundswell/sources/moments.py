"""The forms in which files give a time, turned into aware datetimes; without a zone it is taken as UTC."""

from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS = ((1e17, 1e9), (1e14, 1e6), (1e11, 1e3))
"""From this number on, it counts nano-, micro- or milliseconds; below, seconds (until the year 5138)."""


def moment(value: object) -> datetime | None:
    """Return the time that `value` means; None when it means none.

    Reads datetimes and dates, ISO 8601, RFC 2822 (e-mail, RSS), Twitter's form, and numbers that
    count seconds, milli-, micro- or nanoseconds since 1970.
    """
    if isinstance(value, str):
        return _from_text(value.strip())
    if isinstance(value, datetime):
        return _aware(value)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _from_number(value)
    return None


def _aware(value: datetime) -> datetime:
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def _from_text(text: str) -> datetime | None:
    try:
        if text.isdecimal() and len(text) >= 9:  # shorter ones are dates such as 20240131
            return _from_number(float(text))
        return _aware(datetime.fromisoformat(text))
    except ValueError:
        return _from_words(text)


def _from_words(text: str) -> datetime | None:
    for read in (_utc_written_out, _twitter, parsedate_to_datetime):
        try:
            return _aware(read(text))
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    return None


def _utc_written_out(text: str) -> datetime:
    """Read `2024-01-31 10:00:00 UTC`."""
    return datetime.fromisoformat(text.removesuffix("UTC").removesuffix("GMT").rstrip()).replace(tzinfo=UTC)


def _twitter(text: str) -> datetime:
    """Read `Wed Oct 10 20:19:24 +0000 2018`."""
    return datetime.strptime(text, "%a %b %d %H:%M:%S %z %Y")


def _from_number(number: float) -> datetime | None:
    unit = next((unit for least, unit in _UNITS if abs(number) >= least), 1.0)
    try:
        return _EPOCH + timedelta(seconds=number / unit)
    except (OverflowError, ValueError):
        return None

"""Instants as people write them: with an offset, and within the calendar."""

from datetime import UTC, datetime

from shared.errors import InvalidInputError


def to_instant(field: str, at: datetime | None) -> datetime | None:
    """`at` in UTC; a time without an offset would be a guess. Raises InvalidInputError."""
    if at is None:
        return None
    if at.tzinfo is None:
        raise InvalidInputError(field, "must have an offset, like 2026-11-23T08:00:00Z")
    try:
        return at.astimezone(UTC)
    except OverflowError as error:
        raise InvalidInputError(field, "is outside the calendar") from error

"""Cursors are opaque, and only those that were given out are taken."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import InvalidInputError
from shared.stores.cursors import Cursor, encode_cursor, parse_cursor

ID = UUID(int=7)
EAST = timezone(timedelta(hours=3))


@given(st.datetimes(timezones=st.just(UTC)), st.uuids())
def test_a_cursor_comes_back_as_it_was(at, row):
    cursor = Cursor("logs", at, row)
    assert parse_cursor(encode_cursor(cursor), of="logs") == cursor


def test_no_cursor_is_the_first_page():
    assert parse_cursor(None, of="logs") is None


@given(st.text(max_size=300))
def test_any_other_text_is_refused_and_no_defect(text):
    with pytest.raises(InvalidInputError):
        parse_cursor(text, of="logs")


@pytest.mark.parametrize(
    "cursor",
    [
        pytest.param(Cursor("tenants", datetime(2026, 1, 1, tzinfo=UTC), ID), id="another list"),
        pytest.param(Cursor("logs", datetime(2026, 1, 1), ID), id="no offset"),  # noqa: DTZ001  the point
        pytest.param(Cursor("logs", datetime(1, 1, 1, tzinfo=EAST), ID), id="before the calendar"),
    ],
)
def test_a_cursor_that_does_not_fit_is_refused(cursor):
    with pytest.raises(InvalidInputError):
        parse_cursor(encode_cursor(cursor), of="logs")

"""Cursors are opaque, and only those that were given out are taken."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import InvalidInputError
from shared.stores.cursors import (
    Cursor,
    SortCursor,
    encode_cursor,
    parse_cursor,
    parse_sort_cursor,
    to_page,
)

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


@given(st.text(max_size=200).filter(lambda text: "\0" not in text), st.uuids())
def test_a_cursor_of_an_ordered_list_comes_back_as_it_was(value, row):
    try:
        encoded = encode_cursor(SortCursor("fleet", value, row))
    except UnicodeEncodeError:  # half a character, which no row holds
        return
    assert parse_sort_cursor(encoded, of="fleet") == SortCursor("fleet", value, row)


def test_a_cursor_of_the_longest_name_comes_back_whole():
    longest = SortCursor("fleet", "\U0001f600" * 200, ID)
    assert parse_sort_cursor(encode_cursor(longest), of="fleet") == longest


def test_no_cursor_is_the_first_page_of_an_ordered_list():
    assert parse_sort_cursor(None, of="fleet") is None


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(encode_cursor(SortCursor("tenants", "a", ID)), id="another list"),
        pytest.param(encode_cursor(SortCursor("fleet", "a\0b", ID)), id="what no row holds"),
        pytest.param(
            encode_cursor(Cursor("fleet", datetime(2026, 1, 1, tzinfo=UTC), ID))[:20], id="cut"
        ),
        pytest.param("abc", id="made up"),
        pytest.param("", id="empty"),
    ],
)
def test_a_cursor_that_does_not_fit_an_ordered_list_is_refused_by_name(text):
    with pytest.raises(InvalidInputError, match="not one that this list gave out") as caught:
        parse_sort_cursor(text, of="fleet")
    assert caught.value.field == "cursor"


AT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(("rows", "items", "last"), [(0, 0, None), (2, 2, None), (3, 2, 1)])
def test_a_page_names_its_last_row_where_there_is_another_page(rows, items, last):
    page = to_page(
        [{"id": number} for number in range(rows)],
        limit=2,
        item=lambda row: row["id"],
        cursor=lambda row: Cursor("logs", AT, UUID(int=row["id"])),
    )
    assert page.items == list(range(items))
    cursor = parse_cursor(page.next_cursor, of="logs")
    assert (cursor and cursor.id) == (None if last is None else UUID(int=last))

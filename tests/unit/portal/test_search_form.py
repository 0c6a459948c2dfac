"""What an address asks for, in the days of the tenant's place."""

from datetime import UTC, datetime
from urllib.parse import parse_qs

import pytest

from portal.moments import load_zone
from portal.search_form import SearchForm, find_digits, read_search, to_form
from shared.enums import Direction
from shared.structs.search import MessageSearch
from shared.web.fields import FormError

DAR = load_zone("Africa/Dar_es_Salaam")
NEW_YORK = load_zone("America/New_York")


def test_days_are_those_of_the_place_and_the_last_one_is_in_it():
    form = SearchForm(q=" bei ", direction="IN", first="2026-11-23", last="2026-11-24")
    assert read_search(form, zone=DAR, names=("+255",)) == MessageSearch(
        words=" bei ",
        names=("+255",),
        direction=Direction.IN,
        since=datetime(2026, 11, 22, 21, tzinfo=UTC),
        until=datetime(2026, 11, 24, 21, tzinfo=UTC),
    )


def test_a_day_of_a_change_of_clocks_has_the_hours_that_it_has():
    wanted = read_search(SearchForm(first="2026-11-01", last="2026-11-01"), zone=NEW_YORK, names=())
    assert (wanted.until - wanted.since).total_seconds() == 24 * 3600
    assert (
        wanted.until.astimezone(UTC) - wanted.since.astimezone(UTC)
    ).total_seconds() == 25 * 3600


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        pytest.param({"first": "yesterday"}, "first", id="no day"),
        pytest.param({"last": "2026-02-30"}, "last", id="no such day"),
        pytest.param({"first": "0001-01-01"}, "first", id="before all zones"),
        pytest.param({"last": "9999-12-31"}, "last", id="after all zones"),
        pytest.param({"first": "2026-11-24", "last": "2026-11-23"}, "last", id="backwards"),
        pytest.param({"direction": "UP"}, "direction", id="no direction"),
    ],
)
def test_what_is_wrong_is_named(changes, field):
    with pytest.raises(FormError) as caught:
        read_search(SearchForm(**changes), zone=DAR, names=())
    assert list(caught.value.wrong) == [field]


@pytest.mark.parametrize(
    ("typed", "digits"),
    [
        ("0712 345", "712345"),
        ("+255 (712) 34-5", "255712345"),
        ("12", None),
        ("bei 300", None),
        ("", None),
    ],
)
def test_a_number_is_one_that_was_typed_as_one(typed, digits):
    assert find_digits(SearchForm(q=typed)) == digits


def test_an_address_holds_what_was_asked_and_no_more_than_anybody_types():
    form = to_form({"q": " a&b=ü ", "first": "2026-11-24", "other": "x", "direction": ""})
    assert parse_qs(form.to_query(before="c")) == {
        "q": ["a&b=ü"], "first": ["2026-11-24"], "before": ["c"],
    }  # fmt: skip
    assert len(to_form({"q": "x" * 9999}).q) == 200

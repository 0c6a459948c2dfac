"""What the address of the fleet's page asks for, and the addresses that lead on from it."""

from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlplane.dashboard.fleet_query import MAX_SEARCH, FleetQuery, read_query
from shared.enums import SortOrder, TenantSort, TenantStatus, WorkerStatus


def again(address: str) -> FleetQuery:
    return read_query(dict(parse_qsl(urlsplit(address).query)))


def test_an_address_leads_back_to_what_it_was_made_of():
    query = FleetQuery(
        search="a & b",
        status=TenantStatus.ERROR,
        worker=WorkerStatus.RUNNING,
        sort=TenantSort.MEMORY,
        order=SortOrder.DESC,
        span=168,
    )
    assert again(query.address("/dashboard")) == query


def test_what_is_as_always_is_not_in_the_address():
    assert FleetQuery().address("/dashboard") == "/dashboard"
    assert FleetQuery(status=TenantStatus.NEW).address("/d", status=None) == "/d"


def test_another_filter_begins_at_the_first_part():
    query = FleetQuery(cursor="abc")
    assert query.address("/d", status=TenantStatus.NEW) == "/d?status=NEW"
    assert query.address("/d", cursor=query.cursor) == "/d?cursor=abc"
    assert FleetQuery(cursor="abc", span=168).kept == {"span": 168}


@pytest.mark.parametrize(
    ("query", "sort", "order"),
    [
        pytest.param({}, TenantSort.IMAGE, "ASC", id="names from A"),
        pytest.param({}, TenantSort.MEMORY, "DESC", id="numbers from the most"),
        pytest.param({}, TenantSort.NAME, "DESC", id="the same column the other way round"),
        pytest.param(
            {"sort": TenantSort.MEMORY, "order": SortOrder.DESC},
            TenantSort.MEMORY,
            "ASC",
            id="and back",
        ),
    ],
)
def test_a_column_is_ordered_by_as_a_person_expects(query, sort, order):
    asked = FleetQuery(**query).ordered_by(sort)
    assert (asked.sort, asked.order) == (sort, order)


@given(st.dictionaries(st.sampled_from(FleetQuery.__struct_fields__), st.text(max_size=300)))
def test_whatever_an_address_says_is_understood_or_left_out(given_values):
    query = read_query(given_values)
    assert len(query.search) <= MAX_SEARCH
    assert query.search == query.search.strip() or len(query.search) == MAX_SEARCH
    assert again(query.address("/d", cursor=query.cursor)) == query

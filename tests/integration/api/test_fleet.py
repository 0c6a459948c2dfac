"""The whole fleet for operators: found, ordered, counted, and over time."""

from datetime import timedelta

import pytest

from shared.enums import SessionReason, SessionState
from shared.stores import fleet_samples, sessions, tenant_lists, tenants
from shared.wire.frames import SessionReport
from tests.fakes.businesses import NOW, business


async def names(api, query):
    answer = await api.client.get(f"/admin/tenants?{query}")
    assert answer.status_code == 200, answer.text
    return [item["name"] for item in answer.json()["items"]]


async def test_tenants_are_found_and_ordered_as_asked(api):
    for number in range(3):
        await tenants.create(business(number))
    assert await names(api, "sort=NAME&order=DESC") == ["Duka 2", "Duka 1", "Duka 0"]
    assert await names(api, "search=duka%201") == ["Duka 1"]
    assert await names(api, "search=%2B255712300002&status=NEW&desired=STOPPED") == ["Duka 2"]
    assert await names(api, "status=ACTIVE") == []
    assert await names(api, "who_must_act=NOBODY&search=duka%202") == ["Duka 2"]
    assert await names(api, "worker=STOPPED&session=DISCONNECTED&limit=1") == ["Duka 0"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        pytest.param("sort=colour", "sort", id="no such order"),
        pytest.param("order=UP", "order", id="no such direction"),
        pytest.param("status=DEAD", "status", id="no such status"),
        pytest.param("worker=1", "worker", id="no such worker"),
        pytest.param("session=", "session", id="nothing"),
        pytest.param("desired=running", "desired", id="lower case"),
        pytest.param("who_must_act=ME", "who_must_act", id="nobody's name"),
        pytest.param("search=", "search", id="an empty search"),
        pytest.param("search=%20", "search", id="a blank search"),
        pytest.param("search=a%00b", "search", id="NUL"),
        pytest.param("search=" + "x" * 101, "search", id="an endless search"),
        pytest.param("cursor=abc", "cursor", id="no cursor"),
    ],
)
async def test_what_cannot_be_asked_is_refused_by_name(api, query, field):
    answer = await api.client.get(f"/admin/tenants?{query}")
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_a_worker_is_listed_with_what_it_takes_and_how_long_it_has_been_so(api, tenant_id):
    report = SessionReport(state=SessionState.CONNECTED, reason=SessionReason.LINKED)
    await sessions.record_session(tenant_id, report, NOW)
    [item] = (await api.client.get("/admin/tenants")).json()["items"]
    assert item["worker"].keys() >= {"started_at", "memory_bytes", "last_inbound_at"}
    assert item["session"]["changed_at"] == "2026-11-23T08:00:00Z"


async def test_the_fleet_is_counted(api, tenant_id):  # noqa: ARG001  one of them
    counts = (await api.client.get("/admin/fleet")).json()
    assert (counts["tenants"], counts["status"]["NEW"], counts["status"]["ACTIVE"]) == (1, 1, 0)
    assert counts["who_must_act"]["NOBODY"] == 1


async def test_the_fleet_is_shown_over_time(api, tenant_id):  # noqa: ARG001  one of them
    await fleet_samples.record(await tenant_lists.count_tenants(now=NOW))
    api.clock.advance(timedelta(hours=2))
    history = (await api.client.get("/admin/fleet/history?hours=3")).json()
    assert history["step"] == "PT60S"
    assert history["items"] == [
        {
            "at": "2026-11-23T08:00:00Z",
            "status": {"NEW": 1},
            "worker": {"STOPPED": 1},
            "session": {"DISCONNECTED": 1},
        }
    ]
    assert (await api.client.get("/admin/fleet/history?hours=1")).json()["items"] == []


@pytest.mark.parametrize("hours", [0, 2161, "x"])
async def test_a_time_that_is_not_kept_is_refused(api, hours):
    answer = await api.client.get(f"/admin/fleet/history?hours={hours}")
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == ["hours"]


async def test_a_lost_link_is_an_incident_that_says_who_must_act(api, tenant_id):
    report = SessionReport(state=SessionState.LOGGED_OUT, reason=SessionReason.DEVICE_REMOVED)
    await sessions.record_session(tenant_id, report, NOW)
    [incident] = (await api.client.get(f"/admin/tenants/{tenant_id}/incidents")).json()["items"]
    assert (incident["kind"], incident["reason"]) == ("LINK_LOST", "DEVICE_REMOVED")
    assert (incident["who_must_act"], incident["restored_at"]) == ("TENANT", None)

"""The fleet's page: found, ordered, counted, over time, and live."""

from datetime import timedelta

import msgspec
import pytest

from controlplane.dashboard import streams
from shared.enums import SessionReason, SessionState
from shared.ids import TenantId
from shared.stores import fleet_samples, sessions, tenant_lists, tenants
from shared.tables import WorkerProcess
from shared.wire.frames import SessionReport
from tests.fakes.businesses import NOW, business

HOSTILE = "<script>alert(1)</script>\u202e{{ 7 * 7 }}"
LINKED = SessionReport(state=SessionState.CONNECTED, reason=SessionReason.LINKED)


async def add(number: int, *, status: str = "RUNNING", **columns) -> TenantId:
    made = TenantId((await tenants.create(business(number))).id)
    values = {"desired_state": "RUNNING", "generation": 1, "status": status, **columns}
    await WorkerProcess.update(values).where(WorkerProcess.tenant == made)
    return made


def names(text: str) -> list[str]:
    return [part.split("</bdi>")[0] for part in text.split("<bdi>")[1:]]


async def test_every_tenant_is_a_row_with_what_is_known_of_its_worker(browser):
    tenant_id = await add(
        1,
        image="flowhq-worker:7",
        started_at=NOW - timedelta(hours=3),
        memory_bytes=28 << 20,
        last_inbound_at=NOW - timedelta(minutes=90),
        outbox_depth=4,
        restarts=2,
    )
    await sessions.record_session(tenant_id, LINKED, NOW)
    page = (await browser.go("/dashboard")).text
    for shown in ("Connected", "Running", "flowhq-worker:7", ">3 h<", "28.0 MB", "90 min ago"):
        assert shown in page
    assert 'title="2026-11-23 05:00:00 UTC"' in page
    assert f'href="/dashboard/tenants/{tenant_id}"' in page


async def test_tenants_are_found_and_ordered_by_the_address(browser):
    for number in range(3):
        await add(number, status="ERROR" if number else "STARTING", restarts=number)
    find = browser.go
    assert names((await find("/dashboard")).text) == ["Duka 0", "Duka 1", "Duka 2"]
    assert names((await find("/dashboard?sort=RESTARTS&order=DESC")).text)[0] == "Duka 2"
    assert names((await find("/dashboard?status=STARTING")).text) == ["Duka 0"]
    assert names((await find("/dashboard?search=duka+2&worker=ERROR")).text) == ["Duka 2"]
    nobody = (await find("/dashboard?search=nobody")).text
    assert names(nobody) == []
    assert "No tenant is like that." in nobody
    assert 'value="nobody"' in nobody


async def test_what_an_address_says_that_is_not_understood_is_left_out(browser):
    await add(1)
    page = await browser.go("/dashboard?status=DEAD&sort=x&order=&span=9&search=%00%20&worker=1")
    assert page.status_code == 200
    assert names(page.text) == ["Duka 1"]


async def test_a_place_in_the_list_that_was_made_up_is_not_found(browser):
    assert (await browser.go("/dashboard?cursor=abc")).status_code == 404


async def test_a_long_list_goes_on_in_the_same_order(browser, monkeypatch):
    monkeypatch.setattr("controlplane.dashboard.pages.fleet.ROWS", 2)
    for number in range(3):
        await add(number)
    first = (await browser.go("/dashboard?search=duka&sort=NAME&order=DESC")).text
    assert names(first) == ["Duka 2", "Duka 1"]
    [further] = [
        part.split('"')[0].replace("&amp;", "&")
        for part in first.split('class="button second" href="')[1:]
        if "cursor" in part.split('"')[0]
    ]
    assert names((await browser.go(further)).text) == ["Duka 0"]


async def test_a_hostile_name_is_text(browser):
    made = await tenants.create(business(1, name=HOSTILE))
    page = (await browser.go("/dashboard?search=%3Cscript%3E")).text
    assert "<script>alert" not in page
    assert "{{ 7 * 7 }}" in page
    assert str(made.id) in page


async def test_tenants_are_counted_on_top_and_the_counts_lead_to_them(browser):
    await add(1)
    await add(2, status="ERROR")
    page = (await browser.go("/dashboard?session=DISCONNECTED")).text
    assert 'href="/dashboard?status=ERROR&amp;session=DISCONNECTED"' in page
    assert "Wait for an operator: 2" in page
    assert 'href="/dashboard?session=DISCONNECTED&amp;actor=OPERATOR"' in page


async def test_the_fleet_over_time_is_a_picture_and_a_sentence(browser):
    await add(1)
    assert "its first count is yet to come" in (await browser.go("/dashboard")).text
    counts = await tenant_lists.count_tenants(now=NOW)
    for minutes in (30, 0):
        at = NOW - timedelta(minutes=minutes)
        await fleet_samples.record(msgspec.structs.replace(counts, at=at))
    page = (await browser.go("/dashboard?span=24")).text
    assert "<path class=" in page
    assert "Between 0 and 0 of them were served." in page
    assert "style=" not in page


@pytest.mark.usefixtures("brief_streams")
async def test_what_is_pushed_to_an_open_page_is_its_own_part_of_the_fleet(browser):
    await add(1)
    await add(2, status="ERROR")
    answer = await browser.go("/dashboard/stream?status=ERROR")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert names(answer.text) == ["Duka 2"]
    assert "<html" not in answer.text


async def test_nothing_more_is_pushed_to_who_was_signed_out_meanwhile(browser, monkeypatch):
    async def find_nobody(*_, **__) -> None:
        return

    await add(1)
    monkeypatch.setattr(streams, "find_operator", find_nobody)
    answer = await browser.go("/dashboard/stream")
    assert (answer.status_code, names(answer.text)) == (200, [])


async def test_nobody_but_operators_sees_the_fleet(dashboard):
    stranger = dashboard.stranger()
    for path in ("/dashboard", "/dashboard/stream"):
        assert (await stranger.go(path)).url.path == "/dashboard/sign-in"

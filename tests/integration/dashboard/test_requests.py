"""The queue of businesses that ask for a bot, decided upon as through the API."""

import re
from uuid import uuid4

import pytest

from shared.enums import CallerKind, SetupStatus
from shared.stores import setup_requests, tenants
from shared.structs.keys import AuditEntry
from tests.fakes.businesses import NOW, business
from tests.fakes.traces import list_newest
from tests.integration.dashboard.conftest import ADDRESS, EMAIL

QUEUE = "/dashboard/requests"
HOSTILE = "<script>alert(1)</script>\u202e"


@pytest.fixture
async def request_id(tenant_id):
    return (await setup_requests.create(tenant_id, note="by phone")).id


async def test_who_waits_is_shown_and_who_is_decided_is_filed_away(browser, tenant_id, request_id):
    assert "Ask for a bot: 1" in (await browser.go("/dashboard")).text
    page = (await browser.go(QUEUE)).text
    for shown in ("Duka 1", "by phone", "+255712300001", "Questions and answers", "Kiswahili"):
        assert shown in page
    await setup_requests.decide(request_id, SetupStatus.REJECTED, note="", now=NOW)
    assert "Nobody waits for a decision." in (await browser.go(QUEUE)).text
    assert "Ask for a bot" not in (await browser.go("/dashboard")).text
    assert "Duka 1" in (await browser.go(f"{QUEUE}?status=rejected")).text
    assert "Duka 1" in (await browser.go(f"{QUEUE}?status=all")).text
    assert "Duka 1" not in (await browser.go(f"{QUEUE}?status=approved")).text
    assert f"/dashboard/tenants/{tenant_id}" in (await browser.go(f"{QUEUE}?status=all")).text


async def test_an_approval_starts_the_worker_and_says_who_gave_it(
    dashboard, browser, tenant_id, request_id
):
    await browser.go(QUEUE)
    answer = await browser.send(f"{QUEUE}/{request_id}/approve", note="karibu\r\nsana")
    assert answer.url.path == QUEUE
    assert "Duka 1 is approved" in answer.text
    decided = await setup_requests.get(request_id)
    assert (decided.status, decided.note) == ("APPROVED", "karibu sana")
    assert (await tenants.get(tenant_id)).worker.desired_state == "RUNNING"
    assert dashboard.woken == [tenant_id]
    assert (await list_newest(limit=1, tenant_id=tenant_id)) == [
        AuditEntry(
            kind=CallerKind.OPERATOR,
            who=EMAIL,
            address=ADDRESS,
            action="setup_request.approved",
            tenant_id=tenant_id,
            detail={"request": str(request_id), "changed": True},
        )
    ]


async def test_a_rejection_starts_nothing(dashboard, browser, tenant_id, request_id):
    await browser.go(QUEUE)
    # The second button of the form sends it elsewhere.
    hidden = browser.hidden(f"{QUEUE}/{request_id}/approve")
    answer = await browser.post(f"{QUEUE}/{request_id}/reject", **hidden, note="no number")
    assert "Duka 1 is rejected." in answer.text
    assert (await setup_requests.get(request_id)).status == "REJECTED"
    assert (await tenants.get(tenant_id)).worker.desired_state == "STOPPED"
    assert dashboard.woken == []


async def test_who_comes_second_is_told_that_it_is_decided(browser, request_id):
    await browser.go(QUEUE)
    await setup_requests.decide(request_id, SetupStatus.REJECTED, note="", now=NOW)
    answer = await browser.send(f"{QUEUE}/{request_id}/approve")
    assert answer.status_code == 409
    assert "Somebody decided before you, and it stays so: Duka 1 is rejected." in answer.text
    assert "Nobody waits for a decision." in answer.text
    assert (await setup_requests.get(request_id)).status == "REJECTED"


@pytest.mark.parametrize("note", ["x" * 2000, "a\0b"])
async def test_a_note_that_cannot_be_kept_is_refused_at_its_field(browser, request_id, note):
    await browser.go(QUEUE)
    answer = await browser.send(f"{QUEUE}/{request_id}/approve", note=note)
    accepted = len(note) == 2000
    assert answer.status_code == (200 if accepted else 422)
    assert ("Must not contain control characters" in answer.text) is not accepted
    assert ((await setup_requests.get(request_id)).status == "APPROVED") is accepted


async def test_an_unknown_request_is_not_found(browser, request_id):
    await browser.go(QUEUE)
    hidden = browser.hidden(f"{QUEUE}/{request_id}/approve")
    for deed in ("approve", "reject"):
        for unknown in (uuid4(), "x"):
            answer = await browser.post(f"{QUEUE}/{unknown}/{deed}", **hidden)
            assert answer.status_code == 404
    assert (await setup_requests.get(request_id)).status == "SUBMITTED"


async def test_names_and_notes_are_text_and_nothing_else(browser):
    tenant = await tenants.create(business(2, name=HOSTILE))
    await setup_requests.create(tenant.id, note=HOSTILE)
    page = (await browser.go(QUEUE)).text
    assert "<script>" not in page
    assert page.count("<bdi>&lt;script&gt;") == 2


@pytest.mark.usefixtures("request_id")
async def test_a_long_queue_has_pages_and_no_page_of_another_list(browser):
    for number in range(2, 60):
        await setup_requests.create((await tenants.create(business(number))).id)
    first = (await browser.go(QUEUE)).text
    further = re.search(rf'href="({QUEUE}[?]status=waiting&amp;cursor=[^"]+)"', first)[1]
    rest = await browser.go(further.replace("&amp;", "&"))
    assert (first.count("<article"), rest.text.count("<article")) == (50, 9)
    assert (await browser.go(f"{QUEUE}?cursor=x")).status_code == 404

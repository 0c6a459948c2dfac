"""What operators read is told, and what was tried is shown to them."""

from datetime import timedelta

import pytest

from shared import security
from shared.enums import SecurityKind, SecuritySite, SessionReason, SessionState
from shared.security import write_down
from shared.stores import security_events, sessions
from shared.structs.security import SecurityCount
from shared.wire.frames import SessionReport
from tests.fakes.businesses import NOW
from tests.fakes.traces import list_newest
from tests.integration.dashboard.conftest import ADDRESS, EMAIL


async def told(tenant_id) -> list[str]:
    return [each.action for each in await list_newest(limit=9, tenant_id=tenant_id)]


@pytest.mark.parametrize(
    ("path", "action"),
    [("/messages", "messages.read"), ("/log", "worker_log.read"), ("", None), ("/keys", None)],
)
async def test_what_an_operator_reads_is_told_once_an_hour(
    dashboard, browser, tenant_id, path, action
):
    address = f"/dashboard/tenants/{tenant_id}{path}"
    for _ in range(3):
        await browser.go(address)
    assert await told(tenant_id) == ([action] if action else [])
    dashboard.clock.advance(timedelta(hours=1))
    await browser.go(address)
    assert await told(tenant_id) == ([action] * 2 if action else [])
    if action:
        [entry, _] = await list_newest(limit=2, tenant_id=tenant_id)
        assert (entry.who, entry.address) == (EMAIL, ADDRESS)


async def test_who_sees_the_code_that_links_a_phone_is_told(dashboard, browser, tenant_id):
    page = f"/dashboard/tenants/{tenant_id}"
    report = SessionReport(
        state=SessionState.QR_READY,
        reason=SessionReason.WAITING_FOR_SCAN,
        qr="2@abc",
        qr_expires_at=dashboard.clock.now() + timedelta(minutes=1),
        qr_attempt=1,
        qr_attempts=6,
    )
    await sessions.record_session(tenant_id, report, dashboard.clock.now())
    for _ in range(2):
        assert 'class="qr"' in (await browser.go(page)).text
    assert await told(tenant_id) == ["code.read"]
    # What was done to it last is an act, and not that somebody looked.
    assert "saw the code" not in browser.at.text
    await browser.go(f"/dashboard/audit?tenant={tenant_id}")
    assert "saw the code that links a phone" in browser.at.text


async def test_what_was_tried_is_shown_by_kind_and_by_minute(browser, tenant_id):
    def count(**changes) -> SecurityCount:
        usual = {"site": SecuritySite.API, "kind": SecurityKind.KEY_UNKNOWN, "times": 7}
        return SecurityCount(**(usual | {"source": "<b>203.0.113.9", "subject": ""} | changes))

    await security_events.add(
        [
            count(),
            count(kind=SecurityKind.FOREIGN_ID, subject=str(tenant_id), source="others", times=2),
            count(kind=SecurityKind.FORM_REFUSED, source="", subject="no tenant's"),
        ],
        now=NOW,
    )
    page = (await browser.go("/dashboard/security")).text
    assert "used an API key that is none of ours" in page
    assert "asked for what is another tenant&#39;s" in page
    assert "others, too many to tell apart" in page
    assert f'href="/dashboard/tenants/{tenant_id}"' in page
    assert "<b>203" not in page
    page = (await browser.go("/dashboard/security?kind=FOREIGN_ID")).text
    assert page.count("<tr>") == 1 + 3 + 1 + 1  # each table with its head
    assert "Show everything" in page
    for query in ("kind=EVIL", "source=%00", "kind=FOREIGN_ID&source=x"):
        assert (await browser.go(f"/dashboard/security?{query}")).status_code == 200
    assert (await browser.go("/dashboard/security?cursor=x")).status_code == 404


async def test_nothing_tried_is_said_as_well(browser):
    page = (await browser.go("/dashboard/security")).text
    assert "Nothing was refused in the last 24 hours." in page


async def test_each_kind_has_words_and_is_one_that_the_database_takes(browser):
    every = [
        SecurityCount(site=site, kind=kind, source="", subject="", times=1)
        for site in SecuritySite
        for kind in SecurityKind
    ]
    await security_events.add(every, now=NOW)
    assert (await browser.go("/dashboard/security")).status_code == 200


async def test_a_form_that_is_not_ours_and_a_wrong_password_are_noted(dashboard, browser):
    security._ledger.take()
    await browser.post("/dashboard/sign-out")
    await dashboard.sign_in(password="other good words")
    await browser.go("/dashboard/account")
    wrong = {"current": "other good words", "password": "quite other words"}
    await browser.send("/dashboard/account/password", **wrong)

    async def write(counts) -> None:
        await security_events.add(counts, now=NOW)

    await write_down(write)
    found = (await security_events.list_page(limit=9)).items
    assert sorted((each.kind, each.site, each.source, each.times) for each in found) == [
        ("FORM_REFUSED", "dashboard", ADDRESS, 1),
        ("PASSWORD_REFUSED", "dashboard", ADDRESS, 1),
        ("SIGN_IN_FAILED", "dashboard", ADDRESS, 1),
    ]


async def test_what_a_configuration_was_and_is_stands_in_the_log(browser, tenant_id):
    from controlplane.services.acting import Caller, leave_trace

    changes = [{"field": "language", "old": "SW", "new": "EN"},
               {"field": "texts.closed", "old": None, "new": "<i>Kesho"}]  # fmt: skip
    await leave_trace(
        Caller(name="k", address=""), "config.set", tenant_id=tenant_id, changes=changes
    )
    page = (await browser.go("/dashboard/audit")).text
    assert "SW → EN" in page
    assert "nothing → &lt;i&gt;Kesho" in page

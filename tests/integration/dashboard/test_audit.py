"""The audit log as a page: in words, filtered by links and a form, and harmless."""

import re
from uuid import uuid4

from shared.enums import CallerKind
from shared.stores import audit
from shared.structs.keys import AuditEntry
from tests.integration.dashboard.conftest import ADDRESS, EMAIL

LOG = "/dashboard/audit"
HOSTILE = "<script>alert(1)</script>"


async def record(**values):
    entry = {"who": "deploy", "action": "tenant.created", "address": "198.51.100.1"} | values
    await audit.record(AuditEntry(**entry))


def rows(answer) -> list[str]:
    return re.findall(r"<tr>\s*<td>.*?</tr>", answer.text, re.DOTALL)


async def test_an_act_is_told_in_words_with_who_and_from_where(browser, tenant_id):
    await record(tenant_id=tenant_id, detail={"phone_number": "+255712300001"})
    newest, sign_in = rows(await browser.go(LOG))
    for part in ("deploy", "key", "created the tenant", "Duka 1", "+255712300001", "198.51.100.1"):
        assert part in newest
    for part in (EMAIL, "operator", "signed in", ADDRESS):
        assert part in sign_in


async def test_what_is_kept_of_an_act_is_told_in_words(browser):
    await record(action="token.revoked", detail={"revoked": False})
    await record(action="worker.start_requested", detail={"changed": True})
    await record(action="api_key.issued", detail={"name": "till", "scopes": ["SEND", "READ"]})
    made, started, in_vain = [row for row in rows(await browser.go(LOG)) if "deploy" in row]
    assert '<span class="lead">may</span> <bdi>SEND, READ</bdi>' in made
    assert "true" not in started
    assert "<bdi>There was none.</bdi>" in in_vain


async def test_each_part_of_a_row_leads_to_more_of_its_kind(browser, tenant_id):
    await record(tenant_id=tenant_id)
    await record(tenant_id=tenant_id, who="other", action="worker.start_requested")
    await browser.go(LOG)
    of_tenant = await browser.go(f"{LOG}?tenant={tenant_id}&action=&who=")
    assert len(rows(of_tenant)) == 2
    assert "Only of Duka 1." in of_tenant.text
    assert f"{LOG}?tenant={tenant_id}&amp;action=&amp;who=other" in of_tenant.text
    assert len(rows(await browser.go(f"{LOG}?tenant={tenant_id}&who=other"))) == 1
    assert len(rows(await browser.go(f"{LOG}?action=operator.signed_in"))) == 1
    assert "Nothing of that kind" in (await browser.go(f"{LOG}?who=nobody")).text
    gone = uuid4()
    await record(tenant_id=gone)
    assert f"Only of {gone}." in (await browser.go(f"{LOG}?tenant={gone}")).text


async def test_what_others_wrote_is_text(browser):
    await record(who=HOSTILE, detail={HOSTILE: HOSTILE, "list": [HOSTILE]}, address=HOSTILE)
    await record(action=HOSTILE, kind=CallerKind.PORTAL)
    nul = f"{LOG}?who=%00&action=%00"
    for path in (LOG, f"{LOG}?who={HOSTILE}", f"{LOG}?action={HOSTILE}", nul):
        answer = await browser.go(path)
        assert answer.status_code == 200
        assert "<script>" not in answer.text


async def test_a_long_log_has_pages_that_keep_the_filter(browser):
    for _ in range(60):
        await record()
    first = await browser.go(f"{LOG}?who=deploy")
    further = re.search(rf'href="({LOG}[?][^"]*cursor=[^"]+)"', first.text)[1]
    rest = await browser.go(further.replace("&amp;", "&"))
    assert (len(rows(first)), len(rows(rest))) == (50, 10)


async def test_what_is_no_id_is_not_found(browser):
    assert (await browser.go(f"{LOG}?tenant=x")).status_code == 404
    assert (await browser.go(f"{LOG}?cursor=x")).status_code == 400

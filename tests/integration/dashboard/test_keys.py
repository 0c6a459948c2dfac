"""API keys: made with scopes and an end, shown once, revoked at once."""

import asyncio
import re
from datetime import timedelta

import pytest

from controlplane.services import issue_key
from controlplane.services.acting import Caller
from shared.enums import CallerKind
from shared.errors import ConflictError
from shared.stores import api_keys
from shared.structs.keys import AdminScope, CreateAdminKeyInput
from shared.web.guesses import IN_DASHBOARD
from tests.fakes.businesses import NOW
from tests.fakes.traces import list_newest
from tests.integration.dashboard.conftest import EMAIL
from tests.integration.portal.conftest import PASSWORD

KEYS = "/dashboard/keys"


def shown_key(answer) -> str:
    return re.search(r'<p class="secret">([^<]+)</p>', answer.text)[1]


async def make(browser, path=KEYS, **values):
    await browser.go(path)
    usual = {"name": "deploy", "scope": "read", "current": PASSWORD}
    return await browser.send(path, **(usual | values))


async def test_a_key_is_shown_once_and_works(browser):
    made = await make(browser, expires_at="2026-12-01")
    key = shown_key(made)
    found = await api_keys.authenticate(key, now=NOW)
    assert (found.name, found.scopes) == ("deploy", ["read"])
    assert found.expires_at.isoformat() == "2026-12-01T23:59:59+00:00"
    again = await browser.go(KEYS)
    assert key not in again.text
    assert "2026-11-23 08:00" in again.text, "when it was last used"
    [entry] = await list_newest(limit=1)
    assert (entry.kind, entry.who, entry.action) == (CallerKind.OPERATOR, EMAIL, "api_key.issued")
    assert entry.detail == {"name": "deploy", "scopes": ["read"]}


async def test_a_key_without_a_last_day_never_ends(browser):
    key = shown_key(await make(browser, scope="admin", expires_at=""))
    found = await api_keys.authenticate(key, now=NOW + timedelta(days=9999))
    assert (found.scopes, found.expires_at) == (["admin"], None)


async def test_a_revoked_key_is_refused_and_gone_from_the_list(browser):
    key = shown_key(await make(browser))
    found = await api_keys.authenticate(key, now=NOW)
    answer = await browser.send(f"{KEYS}/{found.id}/revoke", current=PASSWORD)
    assert "deploy" not in answer.text
    assert await api_keys.authenticate(key, now=NOW) is None
    assert (await list_newest(limit=1))[0].action == "api_key.revoked"


@pytest.mark.parametrize("current", ["", "other good words"])
@pytest.mark.parametrize("of_tenant", [False, True])
async def test_nobody_revokes_a_key_in_a_borrowed_browser(browser, tenant_id, current, of_tenant):
    path = f"/dashboard/tenants/{tenant_id}/keys" if of_tenant else KEYS
    key = shown_key(await make(browser, path))
    found = await api_keys.authenticate(key, now=NOW)
    answer = await browser.send(f"{path}/{found.id}/revoke", current=current)
    assert answer.status_code == 422
    assert f'aria-describedby="{found.id}-current-more"' in answer.text
    assert await api_keys.authenticate(key, now=NOW) is not None


@pytest.mark.parametrize("current", ["", "other good words"])
@pytest.mark.parametrize("of_tenant", [False, True])
async def test_nobody_makes_a_key_in_a_borrowed_browser(browser, tenant_id, current, of_tenant):
    path = f"/dashboard/tenants/{tenant_id}/keys" if of_tenant else KEYS
    for values in ({"scope": "admin", "expires_at": ""}, {"scope": "read"}):
        answer = await make(browser, path, current=current, **values)
        assert answer.status_code == 422
        assert 'aria-describedby="current-more"' in answer.text
        assert "Is not your password." in answer.text
        assert 'value="deploy"' in answer.text
        assert "secret" not in answer.text
    assert await api_keys.list_of_operators(limit=9) == []
    assert await api_keys.list_of_tenant(tenant_id, limit=9) == []


async def test_who_guesses_the_password_in_a_borrowed_browser_is_stopped(browser):
    for _ in range(IN_DASHBOARD.in_session.tries):
        await make(browser, current="other good words")
    assert (await make(browser)).status_code == 429
    assert await api_keys.list_of_operators(limit=9) == []


@pytest.mark.parametrize(
    ("values", "field", "complaint"),
    [
        pytest.param({"name": ""}, "name", "Must not be empty.", id="no name"),
        pytest.param({"name": "taken"}, "name", "Is the name of a live key.", id="a taken name"),
        pytest.param({"scope": "messages"}, "scope", "known values", id="no such scope"),
        pytest.param({"expires_at": "2026-11-22"}, "expires_at", "in the future", id="past"),
        pytest.param({"expires_at": "soon"}, "expires_at", "Must be a time", id="no day"),
    ],
)
async def test_what_is_wrong_is_told_at_its_field(browser, values, field, complaint):
    await api_keys.create("taken", scopes=["admin"])
    answer = await make(browser, **values)
    assert answer.status_code == 422
    said = re.search(rf'<p class="wrong" id="{field}-more">([^<]*)</p>', answer.text)
    assert said, answer.text
    assert complaint in said[1]
    assert len(await api_keys.list_of_operators(limit=9)) == 1


async def test_who_has_as_many_keys_as_may_be_is_told_to_revoke_one(browser, monkeypatch):
    monkeypatch.setattr(issue_key, "MAX_KEYS", 1)
    await make(browser)
    answer = await make(browser, name="another")
    assert answer.status_code == 422
    assert "There are 1 keys: revoke one first." in answer.text
    assert 'value="another"' in answer.text
    assert "That was done already" not in answer.text


async def test_two_keys_at_once_are_not_more_than_may_be(dashboard, monkeypatch):
    monkeypatch.setattr(issue_key, "MAX_KEYS", 1)
    caller = Caller(name="deploy", address="::1")
    made = await asyncio.gather(
        *(
            issue_key.issue_admin_key(
                CreateAdminKeyInput(name=name, scopes=[AdminScope.READ]),
                caller=caller,
                clock=dashboard.clock,
            )
            for name in ("a", "b")
        ),
        return_exceptions=True,
    )
    assert [type(each) for each in made if isinstance(each, Exception)] == [ConflictError]
    assert len(await api_keys.list_of_operators(limit=9)) == 1


async def test_a_tenants_keys_are_on_a_page_of_their_own(browser, tenant_id):
    path = f"/dashboard/tenants/{tenant_id}/keys"
    key = shown_key(await make(browser, path, name="shop"))
    found = await api_keys.authenticate(key, now=NOW)
    assert (found.tenant_id, found.scopes) == (tenant_id, ["messages"])
    assert f'href="{path}"' in (await browser.go(KEYS)).text
    await browser.go(path)
    await browser.send(f"{path}/{found.id}/revoke", current=PASSWORD)
    assert await api_keys.authenticate(key, now=NOW) is None


async def test_a_key_of_another_is_not_found(browser, tenant_id):
    operators, _ = await api_keys.create("admin", scopes=["admin"])
    tenants, _ = await api_keys.create("shop", scopes=["messages"], tenant_id=tenant_id)
    await browser.go(KEYS)
    hidden = browser.hidden(KEYS)
    for path in (
        f"{KEYS}/{tenants.id}/revoke",
        f"/dashboard/tenants/{tenant_id}/keys/{operators.id}/revoke",
        f"/dashboard/tenants/{operators.id}/keys/{tenants.id}/revoke",
    ):
        assert (await browser.post(path, **hidden)).status_code == 404
    for path in (f"/dashboard/tenants/{operators.id}/keys", "/dashboard/tenants/x/keys"):
        assert (await browser.go(path)).status_code == 404
    assert len(await api_keys.list_of_operators(limit=9)) == 1
    assert len(await api_keys.list_of_tenant(tenant_id, limit=9)) == 1


async def test_no_key_reaches_a_log(browser, capsys):
    key = shown_key(await make(browser))
    assert key not in capsys.readouterr().out

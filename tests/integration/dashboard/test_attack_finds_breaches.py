"""Breaches planted in the dashboard's roles: each is found by the attack, and named."""

from collections.abc import AsyncIterator

import httpx
import pytest

from attack.ground import Ground
from attack.routes import dashboard as attacks
from attack.sites.browser import Browser
from controlplane import rights
from shared.enums import OperatorRole
from shared.stores import operators
from shared.web.routes import list_routes
from tests.fakes.attack_ground import make_ground, settle
from tests.integration.attack.test_planted_in_the_database import is_named
from tests.integration.dashboard.test_roles import await_scan
from tests.integration.portal.conftest import PASSWORD


@pytest.fixture
async def ground(dashboard) -> AsyncIterator[Ground]:
    made = make_ground(transport=dashboard.transport)
    made.target.installation.routes = list_routes("dashboard", dashboard.transport.app)  # type: ignore[attr-defined]
    made.alpha, made.beta = await settle(1), await settle(2)
    await await_scan(made.alpha.id)
    kept = await dashboard.passwords.hash(PASSWORD)
    for name, role in attacks.ROLES.items():
        email = f"{name}@attack.example"
        await operators.create(email, password_hash=kept, role=OperatorRole(role))
        browser = Browser(made.target.api, sign_in="/dashboard/sign-in", address="192.0.2.9")
        await browser.aclose()
        browser.client = httpx.AsyncClient(
            transport=dashboard.transport, base_url="http://portal.test"
        )
        await browser.sign_in(email, PASSWORD)
        made.browsers[name] = browser
    yield made
    for browser in made.browsers.values():
        await browser.aclose()
    await made.http.aclose()


async def test_roles_as_they_should_be_hold(ground):
    outcome = await attacks.roles(ground)
    assert outcome.breaches == []
    assert "attempts beyond a role" in outcome.saw


async def test_a_role_that_may_too_much_is_found(ground, monkeypatch):
    more = rights.OF_ROLE[OperatorRole.SUPPORT] | {rights.Right.SEE_ACCESS}
    monkeypatch.setitem(rights.OF_ROLE, OperatorRole.SUPPORT, more)
    outcome = await attacks.roles(ground)
    assert is_named(outcome, "GET /dashboard/keys", "SUPPORT", "200")
    assert all("SUPPORT" in line for line in outcome.breaches)


async def test_a_code_that_who_only_looks_is_shown_is_found(ground, monkeypatch):
    monkeypatch.setattr("controlplane.dashboard.pages.tenant.may", lambda *_: True)
    outcome = await attacks.roles(ground)
    assert is_named(outcome, "GET /dashboard/tenants/{tenant_id}", "a code that links a phone")

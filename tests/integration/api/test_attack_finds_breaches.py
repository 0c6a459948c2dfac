"""Breaches planted in the API: each is found by the check that is for it, and named."""

from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import msgspec
import pytest
from litestar import Litestar, get
from litestar.params import FromPath

import controlplane.api.authentication as doors
from attack.ground import Ground
from attack.routes import api as attacks
from controlplane import rights
from shared.stores import api_keys, outbound
from shared.structs.keys import AdminScope
from shared.web.routes import list_routes
from tests.fakes.attack_ground import API, make_ground, settle
from tests.fakes.businesses import NOW
from tests.integration.attack.test_planted_in_the_database import is_named


@pytest.fixture
async def ground(api) -> AsyncIterator[Ground]:
    """The real application; streams of logs are left out, which here never end."""
    app: Litestar = api.client._transport.app
    made = make_ground(transport=api.client._transport, admin_key=api.key)
    made.target.installation.routes = [  # type: ignore[attr-defined]
        route for route in list_routes("api", app) if not route.path.endswith("/stream")
    ]
    made.alpha, made.beta = await settle(1), await settle(2)
    _, made.keys["admin-read"] = await api_keys.create("read", scopes=["read"])
    _, made.keys["admin-support"] = await api_keys.create("support", scopes=["support"])
    _, made.keys["admin-revoked"] = await api_keys.create("revoked", scopes=["admin"])
    await api_keys.revoke("revoked")
    _, made.keys["admin-expired"] = await api_keys.create(
        "expired", scopes=["admin"], expires_at=NOW - timedelta(hours=1)
    )
    yield made
    await made.http.aclose()


@get("/admin/oops/{tenant_id:str}")
async def show_oops(tenant_id: FromPath[str]) -> dict[str, str]:
    """A route that forgot its guard."""
    return {"seen": tenant_id}


@pytest.mark.parametrize(
    "attack",
    [
        attacks.strangers,
        attacks.wrong_kind,
        attacks.readers,
        attacks.helpers,
        attacks.foreign_ids,
        attacks.nested_ids,
        attacks.names_in_bodies,
    ],
)
async def test_an_api_as_it_should_be_holds(ground, attack):
    assert (await attack(ground)).breaches == []


async def test_a_route_without_a_guard_is_found_without_being_named(ground, api):
    app: Litestar = api.client._transport.app
    careless = Litestar([show_oops], openapi_config=None)

    async def serve(scope, receive, send):
        await (careless if "oops" in scope["path"] else app)(scope, receive, send)

    ground.http = httpx.AsyncClient(transport=httpx.ASGITransport(serve), base_url=API)
    ground.target.installation.routes += list_routes("api", careless)
    outcome = await attacks.strangers(ground)
    assert is_named(outcome, "GET /admin/oops/{tenant_id}", "nobody", "200")
    assert is_named(outcome, "GET /admin/oops/{tenant_id}", "revoked")
    assert all("oops" in line for line in outcome.breaches)


async def test_a_scope_that_nobody_checks_is_found(ground, monkeypatch):
    authenticate = doors._authenticate

    async def forget(connection):
        return msgspec.structs.replace(
            await authenticate(connection), scopes=["admin"], tenant_id=None
        )

    monkeypatch.setattr(doors, "_authenticate", forget)
    assert is_named(await attacks.readers(ground), "a key that may only look")
    assert is_named(await attacks.helpers(ground), "a key of support")
    assert is_named(await attacks.wrong_kind(ground), "/admin/", "another tenant's key")


async def test_a_route_that_asks_for_too_little_is_found(ground, monkeypatch):
    monkeypatch.setitem(rights.OF_SCOPE, AdminScope.READ, frozenset(rights.Right))
    assert is_named(await attacks.readers(ground), "GET /admin/tenants/{tenant_id}/qr")


async def test_a_key_that_was_revoked_and_still_works_is_found(ground, monkeypatch):
    known = ground.keys["admin-revoked"]
    authenticate = api_keys.authenticate

    async def forget(key, *, now):
        return await authenticate(ground.target.admin_key if key == known else key, now=now)

    monkeypatch.setattr(api_keys, "authenticate", forget)
    assert is_named(await attacks.strangers(ground), "as a revoked key")


async def test_a_store_that_forgets_the_tenant_is_found(ground, monkeypatch):
    get_one, alpha = outbound.get, ground.alpha

    async def forget(tenant_id, message_id):
        is_foreign = str(message_id) == alpha.ids["message_id"]
        return await get_one(type(tenant_id)(alpha.id) if is_foreign else tenant_id, message_id)

    monkeypatch.setattr(outbound, "get", forget)
    outcome = await attacks.foreign_ids(ground)
    assert is_named(outcome, "GET /v1/messages/{message_id}", alpha.said)

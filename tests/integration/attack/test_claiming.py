"""Claims of another tenant's phone: a gateway that stands, and some that let them through."""

import msgspec
import pytest

from attack.platform.target import Address
from attack.worker import claiming
from attack.worker.line import Hostile
from shared.ids import TenantId
from shared.stores import accounts, credentials, tenants
from tests.fakes.attack_ground import settle
from tests.integration.gateway.test_listener import Bench, bench, tenant_files  # noqa: F401


@pytest.fixture
async def claims(ground, bench: Bench, monkeypatch):  # noqa: F811
    """The ground, with a way to the gateway and workers whose tokens are good."""
    host, port = next(iter(bench.gateway._server.sockets)).getsockname()[:2]
    target = msgspec.structs.replace(ground.target, gateway=Address(host, port))
    monkeypatch.setattr(ground, "target", target)

    async def call(method, path, body=None):  # noqa: ARG001  only sessions are looked at
        shown = await tenants.get(TenantId(path.rpartition("/")[2]))
        return {"session": {"state": shown.session.state.value}}

    monkeypatch.setattr(ground, "call", call)
    workers = []
    for number in (3, 4):
        business = await settle(number)
        token = await credentials.issue(TenantId(business.id), 1)
        workers.append(Hostile(business=business, token=token))
    ground.store |= {"claimer": workers[:1], "claimer of accounts": workers}
    return ground


@pytest.mark.parametrize("attack", [claiming.numbers, claiming.accounts])
async def test_a_gateway_as_it_should_be_holds(claims, attack):
    for _ in range(2):
        outcome = await attack(claims)
        assert (outcome.breaches, outcome.untried) == ([], "")


@pytest.mark.parametrize("attack", [claiming.numbers, claiming.accounts])
async def test_a_gateway_that_asks_nobody_is_found(claims, attack, monkeypatch):
    async def let_in(*_, **__):
        return None

    monkeypatch.setattr(accounts, "claim", let_in)
    outcome = await attack(claims)
    assert any("was accepted, which is another tenant's" in each for each in outcome.breaches)


async def test_a_gateway_that_takes_what_one_holds_is_found(claims, monkeypatch):
    claim = accounts._claim

    async def newest_wins(tenant_id, account, *, now):
        holder = await accounts.find_holder(tenant_id, account)
        if holder is not None:
            await accounts.release(holder)
        return await claim(tenant_id, account, now)

    monkeypatch.setattr(accounts, "claim", newest_wins)
    outcome = await claiming.accounts(claims)
    assert outcome.breaches

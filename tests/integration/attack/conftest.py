"""Two tenants in a real database, and ground for the checks that attack them."""

from collections.abc import Awaitable, Callable

import asyncpg
import pytest

from attack.ground import Ground
from attack.platform.target import Database as Addresses
from shared.db.engine import Database
from tests.fakes.attack_ground import make_ground, settle
from tests.integration.portal.conftest import as_portal

Plant = Callable[..., Awaitable[None]]


@pytest.fixture
async def ground(database: Database, database_url: str) -> Ground:  # noqa: ARG001  stores are bound
    made = make_ground(database=Addresses(owner=database_url, portal=as_portal(database_url)))
    made.alpha, made.beta = await settle(1), await settle(2)
    return made


@pytest.fixture
def plant(database_url: str) -> Plant:
    """Breaks the database as its owner could, by mistake."""

    async def execute(*statements: str) -> None:
        connection = await asyncpg.connect(database_url)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    return execute

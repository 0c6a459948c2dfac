"""A tenant to begin with."""

import pytest

from shared.db.engine import Database
from shared.ids import TenantId
from shared.stores import tenants
from tests.fakes.businesses import business


@pytest.fixture
async def tenant_id(database: Database) -> TenantId:  # noqa: ARG001  the stores are bound to it
    return TenantId((await tenants.create(business())).id)

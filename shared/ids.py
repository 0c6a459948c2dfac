"""Identifiers that must not be mixed up."""

from typing import NewType
from uuid import UUID, uuid4

TenantId = NewType("TenantId", UUID)


def new_tenant_id() -> TenantId:
    return TenantId(uuid4())

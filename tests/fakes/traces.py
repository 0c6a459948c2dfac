"""What the audit log says, without when."""

import msgspec

from shared.stores import audit
from shared.structs.keys import AuditEntry


async def list_newest(*, limit: int, tenant_id=None) -> list[AuditEntry]:
    found = await audit.list_page(limit=limit, tenant_id=tenant_id)
    fields = [field.name for field in msgspec.structs.fields(AuditEntry)]
    return [AuditEntry(**{name: getattr(each, name) for name in fields}) for each in found.items]

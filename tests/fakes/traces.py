"""What the audit log says, without when."""

from datetime import datetime

import msgspec

from shared.db.engine import transaction
from shared.stores import audit
from shared.structs.keys import AuditEntry
from shared.tables import AdminAuditLog


async def list_newest(*, limit: int, tenant_id=None) -> list[AuditEntry]:
    found = await audit.list_page(limit=limit, tenant_id=tenant_id)
    fields = [field.name for field in msgspec.structs.fields(AuditEntry)]
    return [AuditEntry(**{name: getattr(each, name) for name in fields}) for each in found.items]


async def redate(at: datetime) -> None:
    """All of it, as nobody may: the database dates rows by a clock of its own."""
    async with transaction():
        await AdminAuditLog.raw("SET LOCAL session_replication_role = replica")
        await AdminAuditLog.raw("UPDATE admin_audit_logs SET at = {}", at)

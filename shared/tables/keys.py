"""Who may speak to us, and who did what. Secrets are kept as SHA-256 hashes alone."""

from piccolo.columns import (
    JSONB,
    UUID,
    Array,
    BigSerial,
    ForeignKey,
    Integer,
    OnDelete,
    Text,
    Timestamptz,
)
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.columns.defaults.uuid import UUID4
from piccolo.table import Table

from shared.enums import CallerKind
from shared.tables.tenants import Tenant


class WorkerCredential(Table, tablename="worker_credentials"):
    """generation: of the desired state for which the container was made."""

    id = UUID(primary_key=True, default=UUID4())
    tenant = ForeignKey(Tenant, null=False, on_delete=OnDelete.cascade)
    token_hash = Text(unique=True)
    generation = Integer()
    created_at = Timestamptz(default=TimestamptzNow())
    revoked_at = Timestamptz(null=True, default=None)


class ApiKey(Table, tablename="api_keys"):
    """tenant: whose the key is; None for one of the platform's operators."""

    id = UUID(primary_key=True, default=UUID4())
    seq = BigSerial()
    name = Text()
    key_hash = Text(unique=True)
    scopes = Array(base_column=Text())
    tenant = ForeignKey(Tenant, null=True, default=None, on_delete=OnDelete.cascade)
    created_at = Timestamptz(default=TimestamptzNow())
    expires_at = Timestamptz(null=True, default=None)
    last_used_at = Timestamptz(null=True, default=None)
    revoked_at = Timestamptz(null=True, default=None)


class AdminAuditLog(Table, tablename="admin_audit_logs"):
    """tenant_id: no foreign key, for the record outlives the tenant. once_key: of what is written
    down once an hour, however often it is done; None of an act that is written down each time.
    """

    id = UUID(primary_key=True, default=UUID4())
    seq = BigSerial()
    kind = Text(default=CallerKind.KEY.value)
    who = Text()
    action = Text()
    tenant_id = UUID(null=True, default=None)
    detail_json = JSONB(default="{}")
    address = Text()
    once_key = Text(null=True, default=None)
    at = Timestamptz(default=TimestamptzNow())

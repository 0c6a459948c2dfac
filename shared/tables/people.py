"""Members of a business, what they asked for and what they did in the portal."""

from piccolo.columns import JSONB, UUID, ForeignKey, OnDelete, Text, Timestamptz
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.columns.defaults.uuid import UUID4
from piccolo.table import Table

from shared.enums import SetupStatus, UserRole
from shared.tables.tenants import Tenant


class User(Table, tablename="users"):
    """tenant: null for an ADMIN. email: unique regardless of case (index in the migrations).

    password_hash: null until the invited person has set one.
    """

    id = UUID(primary_key=True, default=UUID4())
    tenant = ForeignKey(Tenant, null=True, default=None, on_delete=OnDelete.cascade)
    role = Text(default=UserRole.STAFF.value)
    email = Text()
    password_hash = Text(null=True, default=None)
    created_at = Timestamptz(default=TimestamptzNow())


class SetupRequest(Table, tablename="setup_requests"):
    """At most one undecided request a tenant (index in the migrations)."""

    id = UUID(primary_key=True, default=UUID4())
    tenant = ForeignKey(Tenant, null=False, on_delete=OnDelete.cascade)
    status = Text(default=SetupStatus.SUBMITTED.value)
    note = Text(null=True, default=None)
    created_at = Timestamptz(default=TimestamptzNow())
    decided_at = Timestamptz(null=True, default=None)


class PortalEventLog(Table, tablename="portal_event_logs"):
    id = UUID(primary_key=True, default=UUID4())
    tenant = ForeignKey(Tenant, null=False, on_delete=OnDelete.cascade)
    event_type = Text()
    payload_json = JSONB(default="{}")
    created_at = Timestamptz(default=TimestamptzNow())

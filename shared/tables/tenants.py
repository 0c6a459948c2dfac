"""A business, and what its bot is told."""

from piccolo.columns import JSONB, UUID, BigSerial, ForeignKey, OnDelete, Text, Timestamptz
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.columns.defaults.uuid import UUID4
from piccolo.table import Table

from shared.enums import WhenClosed
from shared.structs.tenants import DEFAULT_ZONE


class Tenant(Table, tablename="tenants"):
    """removal_requested_at: set once; the reconciler removes container, volume, then the row."""

    id = UUID(primary_key=True, default=UUID4())
    seq = BigSerial()
    name = Text()
    phone_number = Text(unique=True)
    created_at = Timestamptz(default=TimestamptzNow())
    removal_requested_at = Timestamptz(null=True, default=None)


class TenantConfig(Table, tablename="tenant_configs"):
    tenant = ForeignKey(Tenant, primary_key=True, on_delete=OnDelete.cascade)
    template_type = Text()
    business_name = Text()
    language = Text()
    hours_json = JSONB(default="{}")
    quiet_hours_json = JSONB(null=True, default=None)
    time_zone = Text(default=DEFAULT_ZONE)
    holidays_json = JSONB(default="[]")
    when_closed = Text(default=WhenClosed.MENU.value)
    texts_json = JSONB(default="{}")

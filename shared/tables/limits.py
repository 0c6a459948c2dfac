"""What tenants may use, and what was counted against it."""

from piccolo.columns import (
    BigInt,
    Boolean,
    Date,
    DoublePrecision,
    ForeignKey,
    Integer,
    OnDelete,
)
from piccolo.columns.defaults.date import DateNow
from piccolo.table import Table

from shared.tables.tenants import Tenant


class LimitDefault(Table, tablename="limit_defaults"):
    """One row: the installation's defaults, which the control plane writes when it starts."""

    id = Boolean(primary_key=True, default=True)
    memory_bytes = BigInt()
    cpus = DoublePrecision()
    pids = Integer()
    disk_bytes = BigInt()
    log_lines_per_minute = Integer()
    queued_messages = Integer()
    messages_per_day = Integer()
    api_requests_per_minute = Integer()


class TenantLimit(Table, tablename="tenant_limits"):
    """A tenant's own limits. Null follows the default, as does a tenant without a row."""

    tenant = ForeignKey(Tenant, primary_key=True, on_delete=OnDelete.cascade)
    memory_bytes = BigInt(null=True, default=None)
    cpus = DoublePrecision(null=True, default=None)
    pids = Integer(null=True, default=None)
    disk_bytes = BigInt(null=True, default=None)
    log_lines_per_minute = Integer(null=True, default=None)
    queued_messages = Integer(null=True, default=None)
    messages_per_day = Integer(null=True, default=None)
    api_requests_per_minute = Integer(null=True, default=None)


class TenantUsage(Table, tablename="tenant_usages"):
    """queued: messages that were queued on `day` (UTC). A trigger counts, and nothing else."""

    tenant = ForeignKey(Tenant, primary_key=True, on_delete=OnDelete.cascade)
    day = Date(default=DateNow())
    queued = Integer(default=0)

"""Who wrote to a business, or was written to."""

from piccolo.columns import UUID, BigSerial, ForeignKey, OnDelete, Text, Timestamptz
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.columns.defaults.uuid import UUID4
from piccolo.table import Table

from shared.tables.tenants import Tenant


class Contact(Table, tablename="contacts"):
    """At least one of phone and lid; each unique within the tenant (in the migrations).

    Nothing refers to `id`: message logs name people by phone and LID, so that a merge of two
    contacts into one touches no log. seq: kept in such a merge.
    named_at: when `push_name` was told.
    """

    id = UUID(primary_key=True, default=UUID4())
    seq = BigSerial()
    tenant = ForeignKey(Tenant, null=False, on_delete=OnDelete.cascade)
    phone = Text(null=True, default=None)
    lid = Text(null=True, default=None)
    push_name = Text()
    named_at = Timestamptz(null=True, default=None)
    first_seen_at = Timestamptz(default=TimestamptzNow())
    last_seen_at = Timestamptz(default=TimestamptzNow())

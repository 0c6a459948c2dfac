"""What a worker told that could not be logged as it came."""

from piccolo.columns import UUID, BigSerial, Bytea, ForeignKey, OnDelete, Text, Timestamptz
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.columns.defaults.uuid import UUID4
from piccolo.constraints import Unique
from piccolo.table import Table

from shared.tables.tenants import Tenant


class RefusedEvent(Table, tablename="refused_events"):
    """payload: the event as it came, MessagePack. digest: its SHA-256, in hexadecimal.

    problem: what of it was out of bounds. outcome: a RefusalOutcome.
    """

    id = UUID(primary_key=True, default=UUID4())
    seq = BigSerial()
    tenant = ForeignKey(Tenant, null=False, on_delete=OnDelete.cascade)
    digest = Text()
    outcome = Text()
    problem = Text()
    payload = Bytea()
    at = Timestamptz(default=TimestamptzNow())

    unique_event = Unique([tenant, digest])

"""How much was said, by the hour: what plots are drawn from."""

from piccolo.columns import UUID, ForeignKey, Integer, OnDelete, Text, Timestamptz
from piccolo.columns.defaults.uuid import UUID4
from piccolo.constraints import Unique
from piccolo.table import Table

from shared.tables.tenants import Tenant


class MessageHour(Table, tablename="message_hours"):
    """hour: its beginning, in UTC. Counted in the statement that logs the messages."""

    id = UUID(primary_key=True, default=UUID4())
    tenant = ForeignKey(Tenant, null=False, on_delete=OnDelete.cascade)
    hour = Timestamptz()
    direction = Text()
    messages = Integer(default=0)

    unique_hour = Unique([tenant, hour, direction])

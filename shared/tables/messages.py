"""What was said, once per tenant, direction and WhatsApp id."""

from piccolo.columns import JSONB, UUID, BigSerial, ForeignKey, OnDelete, Text, Timestamptz
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.columns.defaults.uuid import UUID4
from piccolo.constraints import Unique
from piccolo.table import Table

from shared.tables.tenants import Tenant


class MessageLog(Table, tablename="message_logs"):
    """seq: shared with `OutboundMessage`; the order of a chat."""

    id = UUID(primary_key=True, default=UUID4())
    seq = BigSerial()
    tenant = ForeignKey(Tenant, null=False, on_delete=OnDelete.cascade)
    direction = Text()
    kind = Text()
    from_number = Text()
    to_number = Text()
    message_text = Text()
    wa_message_id = Text()
    contact_lid = Text(null=True, default=None)
    in_reply_to = Text(null=True, default=None)
    media_json = JSONB(null=True, default=None)
    origin = Text(null=True, default=None)
    occurred_at = Timestamptz(default=TimestamptzNow())
    created_at = Timestamptz(default=TimestamptzNow())

    unique_message = Unique([tenant, direction, wa_message_id])

"""What is queued to be sent, and receipts that came before what they are for."""

from piccolo.columns import (
    JSONB,
    UUID,
    BigInt,
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

from shared.enums import OutboundState
from shared.tables.tenants import Tenant


class OutboundMessage(Table, tablename="outbound_messages"):
    """seq: shared with `MessageLog`. position: in the request, which one key may name as a whole.

    fingerprint: of the request that the idempotency key was first used for.
    author: the address of the member who wrote it in the portal; null for a program's.
    due_at: `send_at`; else when it was queued, or later, so that it is not before one that was
    queued earlier. Of those it orders and does not hold back.
    claimed_epoch, claimed_at: of the connection it was last handed to, and when.
    cancel_requested_at: somebody asked after it was handed over; the worker has the last word.
    """

    id = UUID(primary_key=True, default=UUID4())
    seq = BigSerial()
    tenant = ForeignKey(Tenant, null=False, on_delete=OnDelete.cascade)
    idempotency_key = Text(null=True, default=None)
    position = Integer(default=0)
    fingerprint = Text()
    author = Text(null=True, default=None)
    to_phone = Text()
    content_json = JSONB()
    state = Text(default=OutboundState.QUEUED.value)
    reason = Text(null=True, default=None)
    send_at = Timestamptz(null=True, default=None)
    due_at = Timestamptz(default=TimestamptzNow())
    expires_at = Timestamptz(null=True, default=None)
    attempts = Integer(default=0)
    claimed_epoch = BigInt(null=True, default=None)
    claimed_at = Timestamptz(null=True, default=None)
    taken_at = Timestamptz(null=True, default=None)
    cancel_requested_at = Timestamptz(null=True, default=None)
    wa_message_id = Text(null=True, default=None)
    sent_at = Timestamptz(null=True, default=None)
    delivered_at = Timestamptz(null=True, default=None)
    read_at = Timestamptz(null=True, default=None)
    created_at = Timestamptz(default=TimestamptzNow())


class EarlyReceipt(Table, tablename="early_receipts"):
    """A phone can be quicker to receive than its sender is to write down that it sent."""

    id = UUID(primary_key=True, default=UUID4())
    tenant = ForeignKey(Tenant, null=False, on_delete=OnDelete.cascade)
    wa_message_id = Text()
    kind = Text()
    at = Timestamptz()
    created_at = Timestamptz(default=TimestamptzNow())

"""The link to a tenant's phone, as its worker last told."""

from piccolo.columns import UUID, ForeignKey, Integer, OnDelete, Text, Timestamptz
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.columns.defaults.uuid import UUID4
from piccolo.table import Table

from shared.enums import SessionReason, SessionState
from shared.tables.tenants import Tenant


class WhatsAppSession(Table, tablename="whatsapp_sessions"):
    """last_qr and the qr_ columns are filled only while a scan is awaited, the pairing_ columns
    only while a code that was asked for is good.

    refused_phone, refused_lid: the account that was logged out again, while the reason is a
    refusal.
    last_seen_at: the last moment at which the link was known to be CONNECTED.
    """

    tenant = ForeignKey(Tenant, primary_key=True, on_delete=OnDelete.cascade)
    state = Text(default=SessionState.DISCONNECTED.value)
    reason = Text(default=SessionReason.NOT_STARTED.value)
    detail = Text()
    own_phone = Text(null=True, default=None)
    refused_phone = Text(null=True, default=None)
    refused_lid = Text(null=True, default=None)
    last_qr = Text(null=True, default=None)
    qr_expires_at = Timestamptz(null=True, default=None)
    qr_attempt = Integer(null=True, default=None)
    qr_attempts = Integer(null=True, default=None)
    pairing_code = Text(null=True, default=None)
    pairing_phone = Text(null=True, default=None)
    pairing_expires_at = Timestamptz(null=True, default=None)
    ban_ends_at = Timestamptz(null=True, default=None)
    last_seen_at = Timestamptz(null=True, default=None)
    state_changed_at = Timestamptz(default=TimestamptzNow())


class LinkRequest(Table, tablename="link_requests"):
    """What a member asked of the link; at most one of a kind a tenant (index in the migrations)."""

    id = UUID(primary_key=True, default=UUID4())
    tenant = ForeignKey(Tenant, null=False, on_delete=OnDelete.cascade)
    wish = Text()
    created_at = Timestamptz(default=TimestamptzNow())

"""Which WhatsApp account serves which tenant."""

from piccolo.columns import ForeignKey, OnDelete, Text, Timestamptz
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.table import Table

from shared.tables.tenants import Tenant


class WhatsAppAccount(Table, tablename="whatsapp_accounts"):
    """A row from when a worker was told that its phone may serve, until it is linked no more.

    phone_number: as WhatsApp has it; comparable: as `shared.phone_forms` compares it. awarded_at:
    an operator gave it to this tenant then, and its phone has not been linked since.
    """

    tenant = ForeignKey(Tenant, primary_key=True, on_delete=OnDelete.cascade)
    phone_number = Text()
    comparable = Text(unique=True)
    lid = Text(null=True, default=None, unique=True)
    claimed_at = Timestamptz(default=TimestamptzNow())
    awarded_at = Timestamptz(null=True, default=None)

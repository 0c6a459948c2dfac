"""Chats that people took over from the bot."""

from piccolo.columns import UUID, ForeignKey, OnDelete, Text, Timestamptz
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.columns.defaults.uuid import UUID4
from piccolo.constraints import Unique
from piccolo.table import Table

from shared.tables.tenants import Tenant


class Takeover(Table, tablename="takeovers"):
    """The newest word about each chat. until: past when it was handed back.

    chat: the LID, or the phone where that is all that was known.
    """

    id = UUID(primary_key=True, default=UUID4())
    tenant = ForeignKey(Tenant, null=False, on_delete=OnDelete.cascade)
    chat = Text()
    until = Timestamptz(default=TimestamptzNow())
    changed_at = Timestamptz(default=TimestamptzNow())

    unique_chat = Unique([tenant, chat])

"""What was tried against us, counted."""

from piccolo.columns import UUID, BigInt, BigSerial, Text, Timestamptz
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.columns.defaults.uuid import UUID4
from piccolo.constraints import Unique
from piccolo.table import Table


class SecurityEvent(Table, tablename="security_events"):
    """How often something of a kind came from somewhere within a minute.

    source: the network, empty where nobody knows, `others` where there were too many. subject: the
    tenant that it was about, or by; empty where that is none, or unknown.
    """

    id = UUID(primary_key=True, default=UUID4())
    seq = BigSerial()
    minute = Timestamptz(default=TimestamptzNow())
    site = Text()
    kind = Text()
    source = Text()
    subject = Text()
    times = BigInt(default=0)

    unique_count = Unique([minute, site, kind, source, subject])

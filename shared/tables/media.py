"""Files that were uploaded to be sent. The files themselves are on the control plane's disk."""

from piccolo.columns import UUID, BigInt, ForeignKey, OnDelete, Text, Timestamptz
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.columns.defaults.uuid import UUID4
from piccolo.constraints import Unique
from piccolo.table import Table

from shared.tables.tenants import Tenant


class MediaUpload(Table, tablename="media_uploads"):
    """used_at: when it was last uploaded, or named by a message that was queued."""

    id = UUID(primary_key=True, default=UUID4())
    tenant = ForeignKey(Tenant, null=False, on_delete=OnDelete.cascade)
    sha256 = Text()
    mime_type = Text()
    size = BigInt()
    created_at = Timestamptz(default=TimestamptzNow())
    used_at = Timestamptz(default=TimestamptzNow())

    unique_content = Unique([tenant, sha256])

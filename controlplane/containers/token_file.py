"""The worker's token as the engine takes it: an archive that it unpacks onto the volume.

In the container's variables, labels or command it would be shown to whoever may look at the
engine, and kept in each description of the container that somebody files away.
"""

import io
import tarfile

from controlplane.containers.spec import USER
from shared.worker_files import TOKEN_FILE

_OWNER_READS = 0o400


def pack_token(token: str) -> bytes:
    """What is there under the name, be it a link or a directory, makes way for it."""
    content = token.encode()
    entry = tarfile.TarInfo(TOKEN_FILE)
    entry.size, entry.mode = len(content), _OWNER_READS
    entry.uid, entry.gid = map(int, USER.split(":"))
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        tar.addfile(entry, io.BytesIO(content))
    return archive.getvalue()

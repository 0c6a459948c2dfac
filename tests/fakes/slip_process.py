"""A process that gives files for slips over a real database, with workers of the tests' own.

Arguments: the database's address, the socket, the secret, and a directory: a file in it is what
WhatsApp has for the message of that name, or the word of a FileProblem. A worker is connected
for every tenant unless the directory holds `nobody`.
"""

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path

from controlplane.api.slips import serve_slips
from controlplane.media.fetching import Fetching
from controlplane.media.files import MediaFiles
from controlplane.media.space import Limits
from shared.clock import SystemClock
from shared.db.engine import open_database
from shared.enums import FileProblem
from shared.file_slips import SlipWindow
from shared.ids import TenantId
from shared.log import configure_logging
from shared.tasks import TaskGroup
from shared.web.serving import stop_on_signals
from tests.fakes.file_worker import FileWorker


class Directory(Mapping[str, bytes | FileProblem]):
    def __init__(self, path: Path) -> None:
        self.path = path

    def __getitem__(self, name):
        content = (self.path / name).read_bytes()
        return FileProblem(content.decode()) if content in map(str.encode, FileProblem) else content

    def __iter__(self):
        return (path.name for path in self.path.iterdir())

    def __len__(self):
        return len(list(self.path.iterdir()))


async def run(url: str, window: SlipWindow, whatsapp: Path) -> None:
    configure_logging(json=False, level="INFO")
    stop, transfers = stop_on_signals(), TaskGroup()
    files = MediaFiles(whatsapp.parent / "media", Limits(), clock=SystemClock())
    await files.open()

    def find_connection(tenant_id: TenantId) -> FileWorker | None:
        if (whatsapp / "nobody").exists():
            return None
        return FileWorker(tenant_id, Directory(whatsapp))

    fetching = Fetching(files, find_connection, transfers)
    async with open_database(url), transfers, TaskGroup() as tasks:
        slips = serve_slips(window, files=files, fetching=fetching, clock=SystemClock())
        tasks.supervise("slips", slips)
        await tasks.join(until=stop)


if __name__ == "__main__":
    url, socket, secret, whatsapp = sys.argv[1:]
    asyncio.run(run(url, SlipWindow(socket=Path(socket), secret=secret), Path(whatsapp)))

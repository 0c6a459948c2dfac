"""Uploads the file of a queued message to WhatsApp, before the message is begun."""

from shared.enums import FileProblem
from shared.structs.content import Content, FileContent
from worker.files.borrowing import Borrowing
from worker.whatsapp.compose_file import kind_of_file
from worker.whatsapp.file_client import FileClient, FileError
from worker.whatsapp.files import Uploaded


class Attaching:
    def __init__(self, borrowing: Borrowing, client: FileClient) -> None:
        self._borrowing = borrowing
        self._client = client

    async def attach(self, content: Content) -> Uploaded | None:
        """None for a content that sends no file. Raises FileError and StorageError."""
        if not isinstance(content, FileContent):
            return None
        async with self._borrowing.borrow(content.sha256, size=content.size) as path:
            uploaded = await self._client.upload(path, kind_of_file(content))
        # The library hashes what it uploads: what came from the gateway is judged by that.
        if uploaded.source.sha256.hex() != content.sha256:
            raise FileError(FileProblem.CORRUPT, "what arrived is not the file that was queued")
        return uploaded

"""Gives workers the files that their messages send, piece by piece.

Beside the reading of what they say: a worker that is slow to take a piece is heard all the same.
"""

from controlplane.containment import contained
from controlplane.gateway.connection import Connection
from controlplane.media.files import MediaFiles, Shelf
from shared.enums import FileProblem
from shared.wire.files import PIECE_BYTES, AskPiece, FileMissing, Piece

_GONE = "the control plane does not have it any more"


class Lending:
    def __init__(self, files: MediaFiles) -> None:
        self._files = files

    async def serve(self, connection: Connection) -> None:
        """Until cancelled. A piece that cannot be read is not answered; the worker asks again."""
        while True:
            request = await connection.asked.get()
            async with contained("lending of a file", connection.tenant_id):
                await connection.send(await self._read(connection, request))

    async def _read(self, connection: Connection, request: AskPiece) -> Piece | FileMissing:
        """Of a file that the tenant uploaded; what others have is nowhere."""
        data = await self._files.read_piece(
            connection.tenant_id,
            Shelf.UPLOADED,
            request.id,
            offset=request.offset,
            length=PIECE_BYTES,
        )
        if data is None:
            return FileMissing(id=request.id, problem=FileProblem.UNKNOWN, detail=_GONE)
        return Piece(id=request.id, offset=request.offset, data=data)

"""Files on their way between a worker and the gateway, piece by piece, in either direction.

Whoever wants a file asks for one piece, and for the next when it has put that away: each end
holds one piece in memory, and events, heartbeats and commands go between two pieces. Size and
SHA-256 are known before the first piece, and the receiver checks the whole against them.
"""

from typing import Annotated

import msgspec

from shared.bounds import Bytes, Detail, Id, MessageId
from shared.enums import FileProblem

# A quarter of what a frame may hold: what goes between two pieces waits for no more than this.
PIECE_BYTES = 256 * 1024
PieceData = Annotated[bytes, msgspec.Meta(max_length=PIECE_BYTES)]


class FetchFile(msgspec.Struct, frozen=True, kw_only=True, tag="fetch_file"):
    """Asks a worker for the file of a message that came in. The worker downloads it to its
    volume, which may take minutes, and answers `FileReady` or `FileMissing`.

    id: of this transfer, chosen by the gateway. max_bytes: a larger one is not wanted.
    """

    id: Id
    wa_message_id: MessageId
    max_bytes: Bytes


class FileReady(msgspec.Struct, frozen=True, kw_only=True, tag="file_ready"):
    """The worker has the file `id`, of `size` bytes, until `FileDone` or the connection's end."""

    id: Id
    size: Bytes


class FileMissing(msgspec.Struct, frozen=True, kw_only=True, tag="file_missing"):
    """Answers `FetchFile` or `AskPiece`. `detail` is for a person."""

    id: Id
    problem: FileProblem
    detail: Detail


class AskPiece(msgspec.Struct, frozen=True, kw_only=True, tag="ask_piece"):
    """Asks for the PIECE_BYTES at `offset`, or what is left; answered by `Piece` or `FileMissing`.

    id: of a transfer that the other end announced; towards the gateway the SHA-256, in
    hexadecimal, of a file that a queued message sends.
    """

    id: Id
    offset: Bytes


class Piece(msgspec.Struct, frozen=True, kw_only=True, tag="piece"):
    """`data` is PIECE_BYTES long at most, and shorter only at the file's end."""

    id: Id
    offset: Bytes
    data: PieceData


class FileDone(msgspec.Struct, frozen=True, kw_only=True, tag="file_done"):
    """The gateway needs the file `id` no longer; the worker removes it."""

    id: Id

"""Brings the file of a message from the tenant's worker, once for however many ask for it."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import structlog

from controlplane.gateway.connection import Answer, Connection
from controlplane.media.files import (
    MediaFiles,
    Shelf,
    TooLargeError,
    WrongContentError,
)
from shared.enums import FileProblem
from shared.errors import FlowHQError, PermanentError, TransientError
from shared.ids import TenantId
from shared.questions import NoAnswerError
from shared.structs.media import Media
from shared.tasks import TaskGroup
from shared.wire.files import AskPiece, FetchFile, FileDone, FileMissing, FileReady, Piece

log = structlog.get_logger(__name__)

# How long a request for a file waits for it. The transfer goes on, for whoever asks again.
PATIENCE = timedelta(seconds=20)
# The library tries several hosts, several times each, before it gives up.
DOWNLOAD_PATIENCE = timedelta(minutes=5)
PIECE_PATIENCE = timedelta(seconds=30)
# Files of one tenant that are asked for and not there yet. They come one after the other.
MAX_WAITING = 16

FindConnection = Callable[[TenantId], Connection | None]
Key = tuple[TenantId, str]


class FileGoneError(PermanentError):
    """The file cannot be had any more."""


class FileUnavailableError(TransientError):
    """The file cannot be had now."""


class Fetching:
    """`tasks`: a group that nobody joins, for a transfer that fails ends nothing else."""

    def __init__(
        self,
        files: MediaFiles,
        find_connection: FindConnection,
        tasks: TaskGroup,
        *,
        patience: timedelta = PATIENCE,
    ) -> None:
        self._files = files
        self._find_connection = find_connection
        self._tasks = tasks
        self._patience = patience
        self._under_way: dict[Key, asyncio.Future[FlowHQError | None]] = {}

    async def fetch(self, tenant_id: TenantId, wa_message_id: str, media: Media) -> None:
        """The file is among the tenant's when it returns.

        Raises FileGoneError, TooLargeError, WrongContentError; FileUnavailableError when it may
        be had later, also when it is on its way and does not arrive within the patience.
        """
        if media.sha256 is None:
            raise FileGoneError("The message does not say where its file is.")
        if media.size > self._files.limits.file:
            raise TooLargeError(
                f"The file has {media.size} bytes, and {self._files.limits.file} are allowed."
            )
        under_way = self._begin(tenant_id, wa_message_id, media.sha256)
        try:
            async with asyncio.timeout(self._patience.total_seconds()):
                error = await asyncio.shield(under_way)
        except TimeoutError as late:
            raise FileUnavailableError("The file is on its way: ask again in a moment.") from late
        if error is not None:
            raise error

    def _begin(
        self, tenant_id: TenantId, wa_message_id: str, sha256: str
    ) -> asyncio.Future[FlowHQError | None]:
        key = (tenant_id, sha256)
        under_way = self._under_way.get(key)
        if under_way is not None:
            return under_way
        connection = self._find_connection(tenant_id)
        if connection is None:
            raise FileUnavailableError(
                "The tenant's worker, which has to fetch it, is not connected."
            )
        if sum(tenant == tenant_id for tenant, _ in self._under_way) >= MAX_WAITING:
            raise FileUnavailableError("Too many files of this tenant are on their way.")
        under_way = asyncio.get_running_loop().create_future()
        self._under_way[key] = under_way
        self._tasks.supervise(f"fetch {tenant_id}", self._run(key, connection, wa_message_id))
        return under_way

    async def _run(self, key: Key, connection: Connection, wa_message_id: str) -> None:
        tenant_id, sha256 = key
        outcome: FlowHQError | None = FileUnavailableError("The transfer of the file broke off.")
        try:
            async with connection.transfer:
                await self._transfer(connection, wa_message_id, sha256)
            outcome = None
        except FlowHQError as error:
            outcome = error
            log.warning("media.not_fetched", tenant_id=tenant_id, error=str(error))
        except OSError as error:
            outcome = FileUnavailableError("The file could not be written.")
            log.warning("media.not_written", tenant_id=tenant_id, error=str(error))
        finally:
            self._under_way.pop(key).set_result(outcome)

    async def _transfer(self, connection: Connection, wa_message_id: str, sha256: str) -> None:
        name = uuid4().hex
        request = FetchFile(id=name, wa_message_id=wa_message_id, max_bytes=self._files.limits.file)
        try:
            match await _ask(connection, request, within=DOWNLOAD_PATIENCE):
                case FileReady(size=size):
                    await self._receive(connection, name, size=size, sha256=sha256)
                case FileMissing() as missing:
                    raise _to_error(missing)
                case Piece():
                    raise WrongContentError("The worker sent a piece that nobody asked for.")
        finally:
            await connection.send(FileDone(id=name))

    async def _receive(self, connection: Connection, name: str, *, size: int, sha256: str) -> None:
        began = asyncio.get_running_loop().time()
        async with self._files.receive(connection.tenant_id, Shelf.RECEIVED, size=size) as incoming:
            while incoming.size < size:
                request = AskPiece(id=name, offset=incoming.size)
                match await _ask(connection, request, within=PIECE_PATIENCE):
                    case Piece(offset=offset, data=data) if data and offset == incoming.size:
                        await incoming.write(data)
                    case FileMissing() as missing:
                        raise _to_error(missing)
                    case _:
                        raise WrongContentError("The worker sent another piece than was asked for.")
            if incoming.size != size or incoming.sha256 != sha256:
                raise WrongContentError("What arrived is not the file that was sent.")
            await incoming.keep()
        log.info(
            "media.fetched",
            tenant_id=connection.tenant_id,
            bytes=size,
            seconds=round(asyncio.get_running_loop().time() - began, 3),
        )


async def _ask(
    connection: Connection, request: FetchFile | AskPiece, *, within: timedelta
) -> Answer:
    try:
        return await connection.ask(request, within=within)
    except NoAnswerError as error:
        raise FileUnavailableError(f"The worker: {error}.") from error


def _to_error(missing: FileMissing) -> FlowHQError:
    match missing.problem:
        case FileProblem.GONE:
            return FileGoneError("WhatsApp does not have this file any more.")
        case FileProblem.UNKNOWN:
            return FileGoneError(missing.detail)
        case FileProblem.TOO_LARGE:
            return TooLargeError(missing.detail)
        case FileProblem.CORRUPT:
            return WrongContentError(
                f"What WhatsApp has is not the file that was sent: {missing.detail}"
            )
        case FileProblem.OFFLINE | FileProblem.BUSY | FileProblem.FAILED:
            return FileUnavailableError(f"The worker could not fetch the file: {missing.detail}")

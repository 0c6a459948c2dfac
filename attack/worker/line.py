"""A worker's end of the connection to the gateway, in an attacker's hands with a good token."""

import asyncio
from contextlib import suppress
from typing import Self

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from attack.errors import NotTriedError
from attack.ground import Business, Ground
from shared.wire.frames import (
    FromGateway,
    FromWorker,
    Hello,
    Refused,
    Rejected,
    Welcome,
    decode_from_gateway,
    encode,
)

PATH = "/worker"
OPEN_TIME = 10.0
REPLY_TIME = 5.0
CLOSED = (WebSocketException, OSError, TimeoutError, EOFError)
# Run with the control plane's settings: as an operator of the machine may.
ISSUE = """
import asyncio, os, sys
from uuid import UUID
from shared.db.engine import open_database
from shared.ids import TenantId
from shared.stores import credentials
async def main():
    async with open_database(os.environ["FLOWHQ_DATABASE_URL"], min_size=1, max_size=1):
        for tenant in sys.argv[1:]:
            print(await credentials.issue(TenantId(UUID(tenant)), 1))
asyncio.run(main())
"""


class Hostile(msgspec.Struct, frozen=True, kw_only=True):
    """A tenant without a container, and the token that its worker would have."""

    business: Business
    token: str


class Line:
    """One connection. Use it as a context manager."""

    def __init__(self, ground: Ground, token: str) -> None:
        self._gateway = ground.target.gateway
        self._token = token
        self._socket: ClientConnection | None = None

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    @property
    def is_open(self) -> bool:
        return self._socket is not None

    @property
    def socket(self) -> ClientConnection:
        assert self._socket is not None, "open it first"
        return self._socket

    async def open(self) -> None:
        """Says hello and is welcomed. Raises one of CLOSED."""
        self._socket = await dial(self._gateway.host, self._gateway.port)
        await self.send(Hello(token=self._token, boot_id="attack", image="attack"))
        reply = await self.receive()
        if not isinstance(reply, Welcome):
            await self.aclose()
            raise OSError(f"the gateway answered {type(reply).__name__}")

    async def aclose(self) -> None:
        if self._socket is not None:
            with suppress(*CLOSED):
                async with asyncio.timeout(2):
                    await self._socket.close()
            self._socket = None

    async def send(self, frame: FromWorker) -> None:
        await self.socket.send(encode(frame))

    async def send_raw(self, data: bytes | str) -> None:
        await self.socket.send(data)

    async def receive(self, within: float = REPLY_TIME) -> FromGateway:
        """Raises one of CLOSED."""
        async with asyncio.timeout(within):
            data = await self.socket.recv()
        assert isinstance(data, bytes), "the gateway sends bytes"
        return decode_from_gateway(data)

    async def is_heard(self) -> bool:
        """Whether everything that was sent before has been handled, and the line still stands."""
        try:
            # It was said already, which the gateway says in its turn.
            await self.send(Hello(token=self._token, boot_id="attack", image="attack"))
            while True:
                reply = await self.receive()
                if isinstance(reply, Rejected) and "hello" in reply.detail:
                    return True
                if isinstance(reply, Refused):
                    return False
        except CLOSED:
            return False


async def dial(host: str, port: int, *, path: str = PATH) -> ClientConnection:
    """Raises one of CLOSED."""
    return await connect(
        f"ws://{host}:{port}{path}",
        max_size=None,
        compression=None,
        open_timeout=OPEN_TIME,
        ping_interval=None,
        proxy=None,
    )


async def make_hostile(ground: Ground, count: int) -> list[Hostile]:
    """That many, or those that an earlier check had made. Raises NotTriedError."""
    made: list[Hostile] = ground.store.setdefault("hostile", [])
    missing = count - len(made)
    if missing > 0:
        businesses = [await ground.new_business(f"hostile {n}") for n in range(missing)]
        try:
            printed = await ground.target.installation.run_python(
                "controlplane", ["-c", ISSUE, *(each.id for each in businesses)]
            )
        except OSError as error:
            raise NotTriedError(f"no worker's token could be had: {error}") from error
        made += [
            Hostile(business=business, token=token)
            for business, token in zip(businesses, printed.split(), strict=True)
        ]
    return made[:count]

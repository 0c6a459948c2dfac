"""A worker's end of the connection to the gateway, in an attacker's hands with a good token."""

import asyncio
from contextlib import suppress
from typing import Self
from uuid import uuid4

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from attack.errors import NotTriedError
from attack.ground import Business, Ground
from shared.clock import SystemClock
from shared.enums import ReceiptKind
from shared.wire.events import Party, ReceiptReceived
from shared.wire.frames import (
    Ack,
    Events,
    FromGateway,
    FromWorker,
    Hello,
    Numbered,
    Refused,
    Rejected,
    Welcome,
    decode_from_gateway,
    encode,
)

PATH = "/worker"
OPEN_TIME = 10.0
REPLY_TIME = 5.0
# Above those that the attack itself gives its events.
FIRST_SEQUENCE = 1_000_000
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
        self._sequence = FIRST_SEQUENCE

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
        hello = Hello(token=self._token, boot_id="attack", image="attack", heeds_refusals=True)
        await self.send(hello)
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

    def abort(self) -> None:
        """At once, whatever is still to be sent."""
        if self._socket is not None:
            self._socket.transport.abort()
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

    async def is_heard(self) -> tuple[bool, bool]:
        """Whether all that was sent before has been handled and the line still stands; and whether
        something was refused meanwhile.
        """
        refused = False
        self._sequence += 1
        try:
            await self.send(Events(events=[Numbered(self._sequence, _sign_of_life())]))
            while True:
                match await self.receive():
                    case Ack(seq=self._sequence):
                        return True, refused
                    case Rejected():
                        refused = True
                    case Refused():
                        return False, True
                    case _:
                        continue
        except CLOSED:
            return False, True


def _sign_of_life() -> ReceiptReceived:
    """An event that is as it should be, about a message that nobody sent."""
    now = SystemClock().now()
    return ReceiptReceived(
        kind=ReceiptKind.READ, wa_message_ids=[uuid4().hex], contact=Party(), at=now
    )


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


async def make_hostile(ground: Ground, count: int, *, pool: str = "hostile") -> list[Hostile]:
    """That many, or those that an earlier check had made of that pool. Raises NotTriedError.

    pool: tenants that a gateway holds off for what one check did are of no use to another one.
    """
    made: list[Hostile] = ground.store.setdefault(pool, [])
    missing = count - len(made)
    if missing > 0:
        businesses = await asyncio.gather(
            *(ground.new_business(f"{pool} {n}") for n in range(missing))
        )
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

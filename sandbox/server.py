"""The websocket that clients connect to, up to the point where it is clear who they are."""

import socket
import ssl
from http import HTTPStatus

import structlog
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from sandbox.exchange import Exchange
from sandbox.linking.login import Login, Registration, read_payload
from sandbox.services.admit import Refusal, admit
from sandbox.streams import stanzas
from sandbox.streams.channel import Channel, Frames, greet
from sandbox.streams.device_stream import DeviceStream
from sandbox.streams.handlers import handle
from sandbox.streams.linking_stream import LinkingStream
from sandbox.wire.binary_xml import Codec
from sandbox.wire.frames import LARGEST_FRAME
from sandbox.wire.noise import ServerIdentity
from shared.errors import PermanentError
from shared.tasks import TaskGroup

log = structlog.get_logger(__name__)

_PATH = "/ws/chat"


class WhatsAppServer:
    def __init__(self, exchange: Exchange, identity: ServerIdentity, codec: Codec) -> None:
        self._exchange = exchange
        self._identity = identity
        self._codec = codec

    async def start(self, listener: socket.socket, tls: ssl.SSLContext) -> Server:
        return await serve(
            self._connection,
            sock=listener,
            ssl=tls,
            process_request=_only_chat,
            compression=None,
            max_size=LARGEST_FRAME,
            ping_interval=None,  # the protocol has its own keepalive
            close_timeout=1,
        )

    async def _connection(self, connection: ServerConnection) -> None:
        try:
            await self._converse(connection)
        except (PermanentError, TimeoutError) as error:
            log.warning("connection.refused", error=str(error) or type(error).__name__)
        except ConnectionClosed:
            log.debug("connection.closed")

    async def _converse(self, connection: ServerConnection) -> None:
        frames = Frames(connection)
        greeting = await greet(connection, frames, self._identity)
        channel = Channel(
            connection, frames, greeting, codec=self._codec, store=self._exchange.store
        )
        async with TaskGroup() as tasks:
            writer = tasks.supervise("channel.write", channel.write())
            match read_payload(greeting.payload):
                case Registration() as registration:
                    await LinkingStream(
                        channel,
                        registration,
                        noise_key=greeting.client_key,
                        exchange=self._exchange,
                    ).run()
                case Login() as login:
                    await self._serve(channel, login, greeting.client_key, tasks)
            channel.farewell()
            await writer

    async def _serve(
        self, channel: Channel, login: Login, noise_key: bytes, tasks: TaskGroup
    ) -> None:
        exchange = self._exchange
        admitted = admit(exchange, login.key, noise_key=noise_key)
        if isinstance(admitted, Refusal):
            log.info("login.refused", phone=login.key.number, reason=admitted.reason)
            channel.send(stanzas.failure(admitted.reason, attrs=admitted.attrs))
            channel.farewell()
            async for _ in channel.nodes():
                pass
            return
        device, owner = admitted
        channel.suffer(exchange.faults.of(owner.number))
        tasks.supervise("connection.watch", channel.watch())
        stream = DeviceStream(channel, device, owner, exchange=exchange)
        exchange.connections.enter(device.key, stream)
        try:
            lid = device.jid("lid")
            channel.send(stanzas.success(lid, now=exchange.clock.now()))
            tasks.supervise("line.run", stream.line.run())
            tasks.supervise("acknowledgements.run", stream.acknowledgements.run())
            tasks.supervise("mailbox.deliver", stream.deliver())
            async for node in channel.nodes():
                handle(stream, node)
        finally:
            exchange.store.commit()
            exchange.connections.leave(device.key, stream)
            log.info("device.disconnected", phone=owner.number, device=device.key.device)


def _only_chat(connection: ServerConnection, request: Request) -> Response | None:
    if request.path == _PATH:
        return None
    return connection.respond(HTTPStatus.NOT_FOUND, "only the chat lives here\n")

"""A client that is not linked asks for a pairing code, and later proves that it made it."""

import asyncio
from datetime import timedelta

import structlog

from sandbox.exchange import Exchange
from sandbox.linking.pairing_codes import WRAPPED_BYTES
from sandbox.linking.pairings import CodeCompanion
from sandbox.streams import stanzas
from sandbox.streams.channel import Channel
from sandbox.wire.nodes import SERVER, Node
from shared.errors import ConflictError

log = structlog.get_logger(__name__)

ELEMENT = "link_code_companion_reg"
_ANSWER_TIMEOUT = timedelta(seconds=20)
_BAD_REQUEST, _NOT_FOUND = 400, 404


class PairingDialogue:
    """The code is made by the client: the server learns for whom, and never what it is."""

    def __init__(self, channel: Channel, companion: CodeCompanion, exchange: Exchange) -> None:
        self._channel = channel
        self._companion = companion
        self._exchange = exchange
        self._finish: asyncio.Future[Node] | None = None

    def take(self, request: Node) -> Node:
        """The answer to either of the client's two requests."""
        body = request.get(ELEMENT)
        match body.text("stage"):
            case "companion_hello":
                return self._open(request, body)
            case "companion_finish":
                if self._finish is not None and not self._finish.done():
                    self._finish.set_result(body)
                return stanzas.result(request)
            case _:
                return stanzas.error_result(request, code=_BAD_REQUEST, text="bad-request")

    async def exchange_keys(self, *, ref: bytes, wrapped: bytes, account: bytes) -> bytes:
        if self._finish is not None:
            raise ConflictError("another phone is trying this very code")
        self._finish = asyncio.get_running_loop().create_future()
        self._channel.send(self._primary_hello(ref=ref, wrapped=wrapped, account=account))
        try:
            async with asyncio.timeout(_ANSWER_TIMEOUT.total_seconds()):
                body = await self._finish
        except TimeoutError as error:
            raise ConflictError("the client did not answer the code") from error
        finally:
            self._finish = None
        if body.get("link_code_pairing_ref").data != ref:
            raise ConflictError("the client answered another code")
        return body.get("link_code_pairing_wrapped_key_bundle").data

    def _open(self, request: Node, body: Node) -> Node:
        number = body.get_jid("jid").user
        wrapped = body.get("link_code_pairing_wrapped_companion_ephemeral_pub").data
        if len(wrapped) != WRAPPED_BYTES:
            return stanzas.error_result(request, code=_BAD_REQUEST, text="bad-request")
        person = self._exchange.directory.find_number(number)
        if person is None or person.phone is None:
            return stanzas.error_result(request, code=_NOT_FOUND, text="item-not-found")
        ref = self._exchange.pairings.open(number, self._companion, wrapped)
        log.info("pairing.opened", phone=number)
        return stanzas.result(
            request, Node.holding(ELEMENT, {}, Node("link_code_pairing_ref", {}, ref))
        )

    def _primary_hello(self, *, ref: bytes, wrapped: bytes, account: bytes) -> Node:
        now = stanzas.unix(self._exchange.clock.now())
        return Node.holding(
            "notification",
            {"from": SERVER, "type": ELEMENT, "id": self._channel.new_id(), "t": now},
            Node.holding(
                ELEMENT,
                {"stage": "primary_hello"},
                Node("link_code_pairing_wrapped_primary_ephemeral_pub", {}, wrapped),
                Node("primary_identity_pub", {}, account),
                Node("link_code_pairing_ref", {}, ref),
            ),
        )

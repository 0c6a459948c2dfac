"""A client that is not linked yet: it shows codes until a phone scans or types one."""

import asyncio
from datetime import timedelta

import structlog

from sandbox.crypto import curve
from sandbox.devices.device import Device, DeviceKey
from sandbox.exchange import Exchange
from sandbox.linking import advertisement
from sandbox.linking.login import Registration
from sandbox.people.person import Person
from sandbox.streams import stanzas
from sandbox.streams.channel import Channel
from sandbox.streams.pairing_dialogue import ELEMENT, PairingDialogue
from sandbox.wire.nodes import SERVER, Jid, Node
from shared.errors import ConflictError

log = structlog.get_logger(__name__)

_ANSWER_TIMEOUT = timedelta(seconds=20)
_RESTART_AFTER_LINKING = 515


class LinkingStream:
    def __init__(
        self, channel: Channel, registration: Registration, *, noise_key: bytes, exchange: Exchange
    ) -> None:
        self.noise_key = noise_key
        self.identity = registration.identity
        self._registration = registration
        self._channel = channel
        self._exchange = exchange
        self._answers: dict[str, asyncio.Future[Node]] = {}
        self._is_taken = False
        self._pairing = PairingDialogue(channel, self, exchange)

    async def run(self) -> None:
        """Shows codes and waits; returns when the connection ends."""
        refs = tuple(Node("ref", {}, ref.encode()) for ref in self._exchange.offers.open(self))
        self._channel.send(self._request(Node("pair-device", {}, refs)))
        log.info("linking.offered")
        try:
            async for node in self._channel.nodes():
                self._handle(node)
        finally:
            self._exchange.offers.withdraw(self)
            self._exchange.pairings.withdraw(self)
            for waiting in self._answers.values():
                waiting.cancel()

    async def link(self, phone: Person, device_id: int, *, adv_secret: bytes) -> Device:
        """Raises ConflictError when the client refuses, goes away or does not answer."""
        if self._is_taken:
            raise ConflictError("this code was scanned already")
        self._is_taken = True
        self._exchange.offers.withdraw(self)
        self._exchange.pairings.withdraw(self)
        now = self._exchange.clock.now()
        assert phone.phone is not None
        details = advertisement.device_details(
            raw_id=phone.phone.raw_id, timestamp=int(now.timestamp()), key_index=device_id
        )
        container = advertisement.sign_as_account(
            details, account=phone.identity, companion=self.identity, adv_secret=adv_secret
        )
        answer = await self._ask(_pair_success(phone, device_id, container))
        self._check(answer, details, phone)
        log.info("device.linked", phone=phone.number, device=device_id)
        return Device(
            key=DeviceKey(phone.number, device_id),
            lid=phone.lid,
            key_index=device_id,
            noise_key=self.noise_key,
            identity=self.identity,
            registration_id=self._registration.registration_id,
            signed_prekey=self._registration.signed_prekey,
            linked_at=now,
        )

    async def exchange_keys(self, *, ref: bytes, wrapped: bytes, account: bytes) -> bytes:
        """Raises ConflictError when the client does not answer."""
        return await self._pairing.exchange_keys(ref=ref, wrapped=wrapped, account=account)

    def demand_passkey(self) -> None:
        self._channel.send(
            stanzas.passkey_demand(stanza_id=self._channel.new_id(), now=self._exchange.clock.now())
        )

    def restart(self) -> None:
        """Sends the client away to come back as the device it now is."""
        self._channel.send(stanzas.stream_error(code=_RESTART_AFTER_LINKING))
        self._channel.farewell()

    async def _ask(self, content: Node) -> Node:
        request = self._request(content)
        waiting: asyncio.Future[Node] = asyncio.get_running_loop().create_future()
        self._answers[request.text("id")] = waiting
        self._channel.send(request)
        try:
            async with asyncio.timeout(_ANSWER_TIMEOUT.total_seconds()):
                # Shielded: a future cancelled from our side means that the client went away.
                return await asyncio.shield(waiting)
        except TimeoutError as error:
            raise ConflictError("the client did not answer the scan") from error
        except asyncio.CancelledError as error:
            if not waiting.cancelled():
                raise
            raise ConflictError("the client went away while linking") from error
        finally:
            self._answers.pop(request.text("id"), None)

    def _check(self, answer: Node, details: bytes, phone: Person) -> None:
        error = answer.find("error")
        if error is not None:
            raise ConflictError(f"the client refused: {error.text('code')} {error.text('text')}")
        accepted = advertisement.is_signed_by_device(
            answer.get("pair-device-sign").get("device-identity").data,
            details,
            account=curve.public_of(phone.identity),
            companion=self.identity,
        )
        if not accepted:
            raise ConflictError("the client's signature does not fit its code")

    def _handle(self, node: Node) -> None:
        if node.tag != "iq":
            return
        if node.text("type") == "get":  # keepalive
            self._channel.send(stanzas.result(node))
            return
        if node.find(ELEMENT) is not None:
            self._channel.send(self._pairing.take(node))
            return
        waiting = self._answers.get(node.text("id"))
        if waiting is not None and not waiting.done():
            waiting.set_result(node)

    def _request(self, content: Node) -> Node:
        now = stanzas.unix(self._exchange.clock.now())
        attrs: dict[str, str | Jid] = {"from": SERVER, "type": "set", "xmlns": "md"}
        return Node("iq", attrs | {"id": self._channel.new_id(), "t": now}, (content,))


def _pair_success(phone: Person, device_id: int, container: bytes) -> Node:
    addresses: dict[str, str | Jid] = {
        "jid": Jid(phone.number, phone.pn_jid.server, device_id),
        "lid": Jid(phone.lid, phone.lid_jid.server, device_id),
    }
    return Node(
        "pair-success",
        {},
        (
            Node("device-identity", {}, container),
            Node("biz", {"name": ""}),
            Node("device", addresses),
            Node("platform", {"name": "android"}),
        ),
    )

"""What the control API gives."""

from datetime import datetime

import msgspec

from sandbox.devices.device import Device
from sandbox.exchange import Exchange
from sandbox.faults.script import FaultScript
from sandbox.messages.seen import Card, Media, Place
from sandbox.people.inboxes import Received, Typed
from sandbox.people.person import Person
from shared.enums import MessageKind


class FaultsView(msgspec.Struct, frozen=True, kw_only=True):
    """counts: how many of what each fault picks from came by since the script was set."""

    script: FaultScript
    counts: dict[str, int]


class ReadView(msgspec.Struct, frozen=True, kw_only=True):
    ids: list[str]


class DeviceView(msgspec.Struct, frozen=True, kw_only=True):
    """connected: logged in, and ready to receive. prekeys: one-time keys that it left with the
    server, for others to begin sessions with.
    """

    device: int
    connected: bool
    linked_at: datetime
    prekeys: int


class PhoneView(msgspec.Struct, frozen=True, kw_only=True):
    phone_number: str
    lid: str
    name: str
    devices: list[DeviceView]
    login_refusal: int | None = None
    wants_passkey: bool = False


class CustomerView(msgspec.Struct, frozen=True, kw_only=True):
    phone_number: str
    lid: str
    name: str
    hides_number: bool
    hides_lid: bool


class WrittenView(msgspec.Struct, frozen=True, kw_only=True):
    """id: the WhatsApp message id that the worker will see."""

    id: str
    at: datetime


class MediaView(msgspec.Struct, frozen=True, kw_only=True):
    """As the message describes it. size: in bytes. sha256: in hexadecimal. path: gives the file,
    fetched from the media server, checked and opened; 409 when it is not what was described.
    """

    mime_type: str
    size: int
    sha256: str
    file_name: str
    caption: str
    seconds: int
    path: str


class ReceivedView(msgspec.Struct, frozen=True, kw_only=True):
    """n: counts from 1; the next request's `after`. text: of a TEXT, the new one of an EDIT, the
    question of a POLL. reply_to: the id of the quoted message. target: the id of the message
    that a REACTION, an EDIT or a DELETE is about. emoji: empty when the reaction was taken back.
    """

    n: int
    id: str
    sender: str = msgspec.field(name="from")
    at: datetime
    kind: MessageKind
    text: str
    reply_to: str | None
    target: str | None
    emoji: str | None
    location: Place | None
    contacts: list[Card]
    options: list[str]
    media: MediaView | None


class TypedView(msgspec.Struct, frozen=True, kw_only=True):
    """is_typing: false when they stopped. received: the `n` of the last message before it."""

    sender: str = msgspec.field(name="from")
    is_typing: bool
    received: int


class InboxView(msgspec.Struct, frozen=True, kw_only=True):
    """dropped: ids of messages that came with a used key, or that nobody could decrypt.

    typed: when whoever writes to the customer was seen typing; the last hundred times.
    """

    items: list[ReceivedView]
    dropped: list[str]
    typed: list[TypedView]


def device_view(exchange: Exchange, device: Device) -> DeviceView:
    return DeviceView(
        device=device.key.device,
        connected=exchange.connections.is_connected(device.key),
        linked_at=device.linked_at,
        prekeys=exchange.devices.count_prekeys(device.key),
    )


def phone_view(exchange: Exchange, person: Person) -> PhoneView:
    assert person.phone is not None
    devices = exchange.devices.list_of(person.number)
    return PhoneView(
        phone_number=f"+{person.number}",
        lid=str(person.lid_jid),
        name=person.name,
        devices=[device_view(exchange, device) for device in devices],
        login_refusal=person.phone.login_refusal,
        wants_passkey=person.phone.wants_passkey,
    )


def customer_view(person: Person) -> CustomerView:
    return CustomerView(
        phone_number=f"+{person.number}",
        lid=str(person.lid_jid),
        name=person.name,
        hides_number=person.hides_number,
        hides_lid=person.hides_lid,
    )


def received_view(reader: Person, item: Received) -> ReceivedView:
    media = None if item.media is None else _media_view(reader, item.n, item.media)
    shown = msgspec.structs.asdict(item) | {"sender": f"+{item.sender}", "media": media}
    return ReceivedView(**shown)


def typed_view(item: Typed) -> TypedView:
    return TypedView(sender=f"+{item.sender}", is_typing=item.is_typing, received=item.received)


def _media_view(reader: Person, n: int, media: Media) -> MediaView:
    return MediaView(
        mime_type=media.mime_type,
        size=media.seal.size,
        sha256=media.seal.sha256.hex(),
        file_name=media.file_name,
        caption=media.caption,
        seconds=media.seconds,
        path=f"/customers/+{reader.number}/messages/{n}/file",
    )

"""Phones: create, look, scan, cut off, unlink."""

from datetime import timedelta
from typing import Annotated

from litestar import Controller, delete, get, post, put
from litestar.params import Parameter

from sandbox.control.inputs import (
    LARGEST_MESSAGE,
    CreatePersonInput,
    HistoryInput,
    LoginRefusalInput,
    PairInput,
    PasskeyDemandInput,
    ScanInput,
    WriteInput,
    digits,
    past_chats,
)
from sandbox.control.views import (
    DeviceView,
    PhoneView,
    WrittenView,
    device_view,
    phone_view,
)
from sandbox.devices.device import DeviceKey
from sandbox.exchange import Exchange
from sandbox.people.person import make_phone_side
from sandbox.services.hand_history import hand_history
from sandbox.services.link import link
from sandbox.services.pair import pair
from sandbox.services.unlink import unlink
from sandbox.services.write_from_phone import write_from_phone
from shared.structs.pages import Page

LongestWait = Annotated[float, Parameter(ge=0, le=60, description="Seconds.")]


class PhonesController(Controller):
    path = "/phones"
    tags = ("phones",)

    @post(summary="Create a phone")
    async def create(self, data: CreatePersonInput, exchange: Exchange) -> PhoneView:
        number = None if data.phone_number is None else digits(data.phone_number)
        person = exchange.directory.create(number=number, name=data.name, phone=make_phone_side())
        exchange.store.commit()
        return phone_view(exchange, person)

    @get(summary="List all phones")
    async def list_phones(self, exchange: Exchange) -> Page[PhoneView]:
        phones = exchange.directory.list_phones()
        return Page(items=[phone_view(exchange, person) for person in phones])

    @get("/{number:str}", summary="One phone and its linked devices")
    async def show(
        self, number: str, exchange: Exchange, wait_connected: LongestWait = 0
    ) -> PhoneView:
        """Waits up to `wait_connected` seconds for one of its devices to be connected."""
        person, _ = exchange.directory.get_phone(digits(number))
        await exchange.connections.changed.until(
            lambda: any(device.connected for device in phone_view(exchange, person).devices),
            within=timedelta(seconds=wait_connected),
        )
        return phone_view(exchange, person)

    @post("/{number:str}/scan", status_code=200, summary="Let the phone scan a QR code")
    async def scan(self, number: str, data: ScanInput, exchange: Exchange) -> DeviceView:
        """Answers when phone and client have agreed; the client then logs in by itself."""
        return device_view(exchange, await link(exchange, digits(number), data.qr))

    @post("/{number:str}/pair", status_code=200, summary="Type a pairing code on the phone")
    async def pair(self, number: str, data: PairInput, exchange: Exchange) -> DeviceView:
        """As `scan`. A code that is wrong may be followed by the right one."""
        return device_view(exchange, await pair(exchange, digits(number), data.code))

    @post("/{number:str}/disconnect", status_code=200, summary="Cut the connections")
    async def disconnect(self, number: str, exchange: Exchange) -> PhoneView:
        """Ends the TCP connections of all its devices, as a bad network would."""
        person, _ = exchange.directory.get_phone(digits(number))
        for device in exchange.devices.list_of(person.number):
            stream = exchange.connections.find(device.key)
            if stream is not None:
                stream.abort()
        return phone_view(exchange, person)

    @post(
        "/{number:str}/messages",
        summary="The owner writes to a customer on the phone itself",
        request_max_body_size=LARGEST_MESSAGE,
    )
    async def write(self, number: str, data: WriteInput, exchange: Exchange) -> WrittenView:
        """The customer gets it, and the phone's linked devices a copy."""
        written = await write_from_phone(
            exchange, data.draft, author=digits(number), to=digits(data.to, "to")
        )
        return WrittenView(id=written.id, at=written.at)

    @post(
        "/{number:str}/history",
        status_code=204,
        summary="Hand the phone's past chats to its linked devices",
    )
    async def history(self, number: str, data: HistoryInput, exchange: Exchange) -> None:
        """As a phone does that has just linked one. None of the messages is kept here."""
        await hand_history(exchange, digits(number), past_chats(exchange, data))

    @put("/{number:str}/login-refusal", summary="Refuse logins from now on")
    async def refuse(self, number: str, data: LoginRefusalInput, exchange: Exchange) -> PhoneView:
        return _set_refusal(exchange, number, data)

    @delete("/{number:str}/login-refusal", summary="Let its devices log in again")
    async def admit(self, number: str, exchange: Exchange) -> None:
        _set_refusal(exchange, number, None)

    @put("/{number:str}/passkey-demand", summary="Ask whoever links this phone for a passkey")
    async def demand_passkey(
        self, number: str, data: PasskeyDemandInput, exchange: Exchange
    ) -> PhoneView:
        """As WhatsApp does with some accounts; the scan or the code then comes to nothing."""
        person, phone = exchange.directory.get_phone(digits(number))
        phone.wants_passkey = data.wanted
        exchange.directory.save(person)
        exchange.store.commit()
        return phone_view(exchange, person)

    @delete("/{number:str}/devices/{device:int}", summary="Unlink a device")
    async def unlink(self, number: str, device: int, exchange: Exchange) -> None:
        unlink(exchange, DeviceKey(digits(number), device))


def _set_refusal(exchange: Exchange, number: str, refusal: LoginRefusalInput | None) -> PhoneView:
    person, phone = exchange.directory.get_phone(digits(number))
    phone.login_refusal = None if refusal is None else refusal.reason
    if refusal is not None:
        phone.refusals_left = refusal.times
        phone.ban_code, phone.ban_seconds = refusal.ban_code, refusal.ban_seconds
    exchange.directory.save(person)
    exchange.store.commit()
    return phone_view(exchange, person)

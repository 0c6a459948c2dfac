"""Customers: create, write, read what came."""

from datetime import timedelta
from typing import Annotated

from litestar import Controller, Response, get, patch, post
from litestar.params import Parameter

from sandbox.control.inputs import (
    LARGEST_MESSAGE,
    ChangeCustomerInput,
    CreateCustomerInput,
    CustomerWriteInput,
    ReadInput,
    ReinstallInput,
    TypingInput,
    check_hiding,
    digits,
)
from sandbox.control.phones import LongestWait
from sandbox.control.views import (
    CustomerView,
    InboxView,
    ReadView,
    WrittenView,
    customer_view,
    received_view,
    typed_view,
)
from sandbox.exchange import Exchange
from sandbox.services.open_file import open_file
from sandbox.services.read import read
from sandbox.services.reinstall import reinstall
from sandbox.services.show_typing import show_typing
from sandbox.services.write import write
from shared.errors import InvalidInputError
from shared.structs.pages import Page


class CustomersController(Controller):
    path = "/customers"
    tags = ("customers",)

    @post(summary="Create a customer")
    async def create(self, data: CreateCustomerInput, exchange: Exchange) -> CustomerView:
        number = None if data.phone_number is None else digits(data.phone_number)
        check_hiding(number=data.hides_number, lid=data.hides_lid)
        person = exchange.directory.create(number=number, name=data.name, phone=None)
        person.hides_number, person.hides_lid = data.hides_number, data.hides_lid
        exchange.directory.save(person)
        exchange.store.commit()
        return customer_view(person)

    @get(summary="List all customers")
    async def list_customers(self, exchange: Exchange) -> Page[CustomerView]:
        customers = exchange.directory.list_customers()
        return Page(items=[customer_view(person) for person in customers])

    @get("/{number:str}", summary="One customer")
    async def show(self, number: str, exchange: Exchange) -> CustomerView:
        return customer_view(exchange.directory.get_customer(digits(number)))

    @patch("/{number:str}", summary="Hide or show the customer's number, or LID")
    async def change(
        self, number: str, data: ChangeCustomerInput, exchange: Exchange
    ) -> CustomerView:
        """Phones learn it from the customer's next message."""
        customer = exchange.directory.get_customer(digits(number))
        if data.hides_number is None and data.hides_lid is None:
            raise InvalidInputError("hides_number", "hides_number or hides_lid is required")
        hides_number = customer.hides_number if data.hides_number is None else data.hides_number
        hides_lid = customer.hides_lid if data.hides_lid is None else data.hides_lid
        check_hiding(number=hides_number, lid=hides_lid)
        customer.hides_number, customer.hides_lid = hides_number, hides_lid
        exchange.directory.save(customer)
        exchange.store.commit()
        return customer_view(customer)

    @post("/{number:str}/read", status_code=200, summary="The customer reads a phone's messages")
    async def read(self, number: str, data: ReadInput, exchange: Exchange) -> ReadView:
        """The ids of what was read; the phone's devices get a read receipt for them."""
        ids = read(exchange, reader=digits(number), to=digits(data.to, "to"), ids=data.ids)
        return ReadView(ids=ids)

    @post(
        "/{number:str}/reinstall",
        status_code=204,
        summary="The customer installs WhatsApp anew, under the same number",
    )
    async def reinstall(self, number: str, data: ReinstallInput, exchange: Exchange) -> None:
        """What was sent under the old keys and is still on its way cannot be read any more."""
        reinstall(exchange, digits(number), silently=data.silently)

    @post("/{number:str}/typing", status_code=204, summary="The customer types to a phone")
    async def typing(self, number: str, data: TypingInput, exchange: Exchange) -> None:
        """Seen by devices that are connected at this moment, and not kept for others."""
        show_typing(exchange, author=digits(number), to=digits(data.to, "to"), state=data.state)

    @post(
        "/{number:str}/messages",
        summary="The customer writes to a phone",
        request_max_body_size=LARGEST_MESSAGE,
    )
    async def write(self, number: str, data: CustomerWriteInput, exchange: Exchange) -> WrittenView:
        """Answered once the message is sure to be delivered, now or when the phone's device
        is back.
        """
        written = await write(exchange, data.draft, author=digits(number), to=digits(data.to, "to"))
        return WrittenView(id=written.id, at=written.at)

    @get("/{number:str}/messages", summary="What the customer received")
    async def messages(
        self,
        number: str,
        exchange: Exchange,
        after: Annotated[int, Parameter(ge=0)] = 0,
        wait: LongestWait = 0,
    ) -> InboxView:
        """Items whose `n` is above `after`; waits up to `wait` seconds for the first one."""
        customer = exchange.directory.get_customer(digits(number))
        inbox = exchange.inboxes.of(customer.number)
        await inbox.changed.until(lambda: len(inbox) > after, within=timedelta(seconds=wait))
        return InboxView(
            items=[received_view(customer, item) for item in inbox.after(after)],
            dropped=inbox.dropped,
            typed=[typed_view(item) for item in inbox.typed],
        )

    @get("/{number:str}/messages/{n:int}/file", summary="The file of a message that came")
    async def file(self, number: str, n: int, exchange: Exchange) -> Response[bytes]:
        """409 when it is not the one that the message describes."""
        content = await open_file(exchange, reader=digits(number), n=n)
        return Response(content, media_type="application/octet-stream")

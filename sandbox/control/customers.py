"""Customers: create, write, read what came."""

from datetime import timedelta
from typing import Annotated

from litestar import Controller, get, post
from litestar.params import Parameter

from sandbox.control.phones import LongestWait
from sandbox.control.shapes import (
    LONGEST_TEXT_BYTES,
    CreatePersonInput,
    CustomerView,
    InboxView,
    WriteInput,
    WrittenView,
    customer_view,
    digits,
    received_view,
)
from sandbox.exchange import Exchange
from sandbox.services.write import write
from shared.errors import InvalidInputError
from shared.structs.pages import Page


class CustomersController(Controller):
    path = "/customers"
    tags = ("customers",)

    @post(summary="Create a customer")
    async def create(self, data: CreatePersonInput, exchange: Exchange) -> CustomerView:
        number = None if data.phone_number is None else digits(data.phone_number)
        person = exchange.directory.create(number=number, name=data.name, phone=None)
        exchange.store.commit()
        return customer_view(person)

    @get(summary="List all customers")
    async def list_customers(self, exchange: Exchange) -> Page[CustomerView]:
        customers = exchange.directory.list_customers()
        return Page(items=[customer_view(person) for person in customers])

    @get("/{number:str}", summary="One customer")
    async def show(self, number: str, exchange: Exchange) -> CustomerView:
        return customer_view(exchange.directory.get_customer(digits(number)))

    @post("/{number:str}/messages", summary="The customer writes to a phone")
    async def write(self, number: str, data: WriteInput, exchange: Exchange) -> WrittenView:
        """Answered once the message is sure to be delivered, now or when the phone's device
        is back.
        """
        if len(data.text.encode(errors="surrogatepass")) > LONGEST_TEXT_BYTES:
            raise InvalidInputError("text", f"longer than {LONGEST_TEXT_BYTES} bytes")
        written = write(exchange, author=digits(number), to=digits(data.to, "to"), text=data.text)
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
            items=[received_view(item) for item in inbox.after(after)], dropped=inbox.dropped
        )

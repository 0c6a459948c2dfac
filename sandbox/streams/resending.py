"""The phone answers a device that asks for what it was not given."""

from sandbox.messages.resending import read_wanted, write_resent
from sandbox.services.tell_device import tell_device
from sandbox.streams.device_stream import DeviceStream


def answer_device(stream: DeviceStream, plaintext: bytes, *, request_id: str) -> None:
    """Of what may be looked at once the phone gives nothing."""
    exchange, owner = stream.exchange, stream.owner
    for message_id in read_wanted(plaintext):
        message = exchange.withheld.find(owner.number, message_id)
        author = None if message is None else exchange.directory.find_number(message.author)
        if message is None or author is None:
            continue
        chat = author.pn_jid if author.hides_lid else author.lid_jid
        resent = write_resent(message, chat=chat, name=author.name, request_id=request_id)
        tell_device(exchange, owner, stream.device.key, resent)

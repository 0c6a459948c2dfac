"""What a device asks its phone for, and how the phone gives it. Pure.

Field numbers are those of WhatsApp's `WAWebProtobufsE2E` and `WAWebProtobufsWeb`.
"""

from sandbox.people.withheld import Withheld
from sandbox.wire.nodes import Jid
from sandbox.wire.protobuf import Fields, encode

_PROTOCOL, _REQUEST, _RESPONSE = 12, 16, 17
_RESEND = 4  # PeerDataOperationRequestType.PLACEHOLDER_MESSAGE_RESEND
_RESPONSE_TYPE = 17  # ProtocolMessage.Type


def read_wanted(plaintext: bytes) -> list[str]:
    """The ids of the messages that a device asks its phone for. Raises ProtobufError."""
    message = Fields.decode(plaintext)
    if message.find_bytes(_PROTOCOL) is None:
        return []
    protocol = message.get_message(_PROTOCOL)
    if protocol.find_bytes(_REQUEST) is None:
        return []
    request = protocol.get_message(_REQUEST)
    if request.find_integer(1) != _RESEND:
        return []
    return [one.get_message(1).text(3) for one in request.list_messages(5)]


def write_resent(message: Withheld, *, chat: Jid, name: str, request_id: str) -> bytes:
    """chat: of the author, as the device knows it."""
    key = encode({1: str(chat), 2: 0, 3: message.id})
    web = encode({1: key, 2: message.plaintext, 3: int(message.at.timestamp()), 19: name})
    result = encode({4: encode({1: web})})
    response = encode({1: _RESEND, 2: request_id, 3: result})
    return encode({_PROTOCOL: encode({2: _RESPONSE_TYPE, _RESPONSE: response})})

"""What a person sees of a decrypted message."""

from sandbox.wire.protobuf import Fields

_CONVERSATION, _EXTENDED_TEXT, _PROTOCOL, _DEVICE_SENT = 1, 6, 12, 31


def read_text(plaintext: bytes) -> str | None:
    """The text; empty for a message of another kind; None for one that shows nothing.

    Raises ProtobufError when it is no message.
    """
    message = Fields.decode(plaintext)
    if message.find_bytes(_DEVICE_SENT) is not None:
        message = message.get_message(_DEVICE_SENT).get_message(2)
    if message.find_bytes(_PROTOCOL) is not None:
        return None
    text = message.find_bytes(_CONVERSATION)
    if text is None and message.find_bytes(_EXTENDED_TEXT) is not None:
        text = message.get_message(_EXTENDED_TEXT).find_bytes(1)
    return (text or b"").decode(errors="replace")

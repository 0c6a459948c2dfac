"""Encrypting what waits in a mailbox, at the moment it goes out."""

import msgspec

from sandbox.devices.device import Device
from sandbox.devices.mailboxes import Parcel
from sandbox.exchange import Exchange
from sandbox.wire.nodes import Node


def sealed_stanza(exchange: Exchange, parcel: Parcel, device: Device) -> Node | None:
    """The stanza to send; None when its author is gone.

    A parcel is encrypted once: sent again, it is the same ciphertext, as the client expects.
    """
    if parcel.letter is not None and parcel.sealed is None:
        author = exchange.directory.find_number(parcel.letter.author)
        if author is None:
            return None
        enc = exchange.ratchets.seal(
            author,
            device.key,
            parcel.letter.plaintext,
            bundle=lambda: exchange.devices.take_bundle(device),
        )
        if parcel.attempt:
            enc.attrs["count"] = str(parcel.attempt)
        parcel.sealed = enc
        exchange.mailboxes.of(device.key).save(parcel)
    if parcel.sealed is None:
        return parcel.stanza
    content = (*parcel.stanza.children, parcel.sealed)
    return msgspec.structs.replace(parcel.stanza, content=content)

"""Encrypting what waits in a mailbox, at the moment it goes out."""

import msgspec

from sandbox.devices.device import Device
from sandbox.devices.mailboxes import Letter, Parcel
from sandbox.exchange import Exchange
from sandbox.people.person import Person
from sandbox.wire.nodes import Node


def sealed_stanza(exchange: Exchange, parcel: Parcel, device: Device) -> Node | None:
    """The stanza to send; None when its author is gone.

    A parcel is encrypted once: sent again, it is the same ciphertext, as the client expects.
    """
    if parcel.letter is not None and parcel.sealed is None:
        author = exchange.directory.find_number(parcel.letter.author)
        if author is None:
            return None
        parcel.sealed = _seal(exchange, parcel.letter, author, device)
        if parcel.attempt:
            parcel.sealed.attrs["count"] = str(parcel.attempt)
        exchange.mailboxes.of(device.key).save(parcel)
    return parcel.stanza if parcel.sealed is None else _with(parcel.stanza, parcel.sealed)


def sealed_anew(exchange: Exchange, parcel: Parcel, device: Device) -> Node:
    """The same message under another key: to the client a second one with the same id."""
    assert parcel.letter is not None
    author = exchange.directory.find_number(parcel.letter.author)
    assert author is not None, "it was sealed a moment ago"
    return _with(parcel.stanza, _seal(exchange, parcel.letter, author, device))


def _seal(exchange: Exchange, letter: Letter, author: Person, device: Device) -> Node:
    enc = exchange.ratchets.seal(
        author,
        device.key,
        letter.plaintext,
        bundle=lambda: exchange.devices.take_bundle(
            device, with_prekey=not exchange.faults.of(device.key.number).script.no_prekeys
        ),
    )
    if letter.media_type:
        enc.attrs["mediatype"] = letter.media_type
    return enc


def _with(stanza: Node, enc: Node) -> Node:
    return msgspec.structs.replace(stanza, content=(*stanza.children, enc))

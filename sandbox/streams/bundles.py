"""Prekeys as stanzas carry them, in both directions."""

from sandbox.crypto.curve import CURVE_TYPE, KEY_BYTES
from sandbox.devices.device import PublicPrekey, SignedPrekey
from sandbox.ratchet.opening import Bundle
from sandbox.wire.nodes import Node, StanzaError


def read_prekeys(node: Node) -> list[PublicPrekey]:
    """The `<key>` children of an upload's `<list>`. Raises StanzaError."""
    return [_prekey(key) for key in node.get("list").children]


def read_signed(node: Node) -> SignedPrekey:
    skey = node.get("skey")
    prekey = _prekey(skey)
    return SignedPrekey(prekey.id, prekey.public, skey.get("signature").data)


def read_retry_bundle(receipt: Node) -> Bundle | None:
    """The keys a companion encloses when it asks for a message again, if it does."""
    keys = receipt.find("keys")
    if keys is None:
        return None
    signed, one_time = read_signed(keys), keys.find("key")
    prekey = None if one_time is None else _prekey(one_time)
    return Bundle(
        registration_id=int.from_bytes(receipt.get("registration").data, "big"),
        identity=keys.get("identity").data,
        signed_prekey_id=signed.id,
        signed_prekey=signed.public,
        signature=signed.signature,
        prekey_id=None if prekey is None else prekey.id,
        prekey=None if prekey is None else prekey.public,
    )


def bundle_nodes(bundle: Bundle) -> tuple[Node, ...]:
    """Type, identity, one-time prekey and signed prekey."""
    nodes = [Node("type", {}, CURVE_TYPE), Node("identity", {}, bundle.identity)]
    if bundle.prekey is not None and bundle.prekey_id is not None:
        nodes.append(Node("key", {}, (_id(bundle.prekey_id), _value(bundle.prekey))))
    skey = (
        _id(bundle.signed_prekey_id),
        _value(bundle.signed_prekey),
        Node("signature", {}, bundle.signature),
    )
    return (*nodes, Node("skey", {}, skey))


def registration_node(registration_id: int) -> Node:
    return Node("registration", {}, registration_id.to_bytes(4, "big"))


def _prekey(node: Node) -> PublicPrekey:
    public = node.get("value").data
    if len(public) != KEY_BYTES:
        raise StanzaError("a prekey of the wrong length")
    return PublicPrekey(int.from_bytes(node.get("id").data, "big"), public)


def _id(prekey_id: int) -> Node:
    return Node("id", {}, prekey_id.to_bytes(3, "big"))


def _value(public: bytes) -> Node:
    return Node("value", {}, public)

"""The stanzas a server says, built."""

from datetime import datetime

import msgspec

from sandbox.wire.nodes import SERVER, Jid, Node

# Of what is encrypted, in a message with the MAC behind it and in a first one with ids behind that.
# In the middle might be the counter: one that is too low the client takes for a message it has had.
_IN_THE_LAST_BLOCK = -20


def result(request: Node, *content: Node) -> Node:
    """An iq's answer."""
    return Node("iq", {"from": SERVER, "id": request.text("id"), "type": "result"}, content or None)


def error_result(request: Node, *, code: int, text: str) -> Node:
    error = Node("error", {"code": str(code), "text": text})
    return Node("iq", {"from": SERVER, "id": request.text("id"), "type": "error"}, (error,))


def acknowledgement(of: Node, *, now: datetime, error: int | None = None) -> Node:
    """The server took a message or a receipt over; with `error`, it refused."""
    attrs: dict[str, str | Jid] = {"class": of.tag, "id": of.text("id"), "t": unix(now)}
    for given, said in (("to", "from"), ("participant", "participant"), ("recipient", "recipient")):
        jid = of.find_jid(given)
        if jid is not None:
            attrs[said] = jid
    if of.tag == "receipt" and of.text("type"):
        attrs["type"] = of.text("type")
    if error is not None:
        attrs["error"] = str(error)
    return Node("ack", attrs)


def at_other_time(stanza: Node, *, by: int) -> Node:
    """by: seconds that the server's clock is ahead."""
    if not by:
        return stanza
    return msgspec.structs.replace(
        stanza, attrs=stanza.attrs | {"t": str(int(stanza.text("t")) + by)}
    )


def unavailable(message: Node, *, kind: str = "") -> Node:
    """What a linked device gets of a message that is for the phone. kind: `view_once`, of what may
    be seen once.
    """
    content = (Node("unavailable", {"type": kind} if kind else {}),)
    return msgspec.structs.replace(message, content=content)


def spoilt(stanza: Node) -> Node:
    """With another ciphertext of the same length, which no key opens."""
    content = tuple(_spoilt(node) if node.tag == "enc" else node for node in stanza.children)
    return msgspec.structs.replace(stanza, content=content)


def _spoilt(enc: Node) -> Node:
    data = bytearray(enc.data)
    data[_IN_THE_LAST_BLOCK] ^= 1
    return msgspec.structs.replace(enc, content=bytes(data))


def stream_error(*, code: int | None = None, conflict: str | None = None) -> Node:
    attrs: dict[str, str | Jid] = {} if code is None else {"code": str(code)}
    content = None if conflict is None else (Node("conflict", {"type": conflict}),)
    return Node("stream:error", attrs, content)


def few_prekeys(count: int, *, stanza_id: str, now: datetime) -> Node:
    return Node(
        "notification",
        {"from": SERVER, "type": "encrypt", "id": stanza_id, "t": unix(now)},
        (Node("count", {"value": str(count)}),),
    )


def passkey_demand(*, stanza_id: str, now: datetime) -> Node:
    """What WhatsApp says instead of the pairing when the account's owner must show a passkey."""
    options = {"challenge": "c2FuZGJveA", "rpId": "whatsapp.com", "userVerification": "required"}
    return Node(
        "notification",
        {"from": SERVER, "type": "passkey_prologue_request", "id": stanza_id, "t": unix(now)},
        (Node("passkey_request_options", {}, msgspec.json.encode(options)),),
    )


def identity_changed(who: Jid, *, stanza_id: str, now: datetime) -> Node:
    attrs: dict[str, str | Jid] = {"from": who, "type": "encrypt", "id": stanza_id}
    return Node("notification", attrs | {"t": unix(now)}, (Node("identity"),))


def unix(at: datetime) -> str:
    return str(int(at.timestamp()))


def success(lid: Jid, *, now: datetime) -> Node:
    return Node("success", {"t": unix(now), "lid": lid, "location": "loop", "props": "27"})


def failure(reason: int, *, attrs: dict[str, str]) -> Node:
    return Node("failure", {"reason": str(reason), "location": "loop", **attrs})

"""Questions a logged-in client asks the server, and the answers."""

from collections.abc import Callable

import msgspec

from sandbox.devices.device import DeviceKey
from sandbox.media.addresses import MEDIA_HOST, upload_pass
from sandbox.people import app_state
from sandbox.people.person import give_bundle
from sandbox.services.unlink import forget_device
from sandbox.streams import stanzas
from sandbox.streams.bundles import (
    bundle_nodes,
    read_prekeys,
    read_signed,
    registration_node,
)
from sandbox.streams.device_stream import DeviceStream
from sandbox.streams.usync import answer_usync
from sandbox.wire.nodes import Jid, Node

_NOT_FOUND = 404


def _agree(_: DeviceStream, node: Node) -> Node:
    """Keepalives, and what needs no more than an answer."""
    return stanzas.result(node)


def _prekeys(stream: DeviceStream, node: Node) -> Node:
    """How many of its prekeys are left, or other people's."""
    wanted = node.find("key")
    if wanted is None:
        count = stream.exchange.devices.count_prekeys(stream.device.key)
        return stanzas.result(node, Node("count", {"value": str(count)}))
    users = tuple(_bundle(stream, user.get_jid("jid")) for user in wanted.children)
    return stanzas.result(node, Node("list", {}, users))


def _bundle(stream: DeviceStream, jid: Jid) -> Node:
    person = stream.exchange.directory.find(jid)
    bundle = None
    if person is not None and not jid.device:
        bundle = give_bundle(person)
        stream.exchange.directory.save(person)
        if stream.faults.script.no_prekeys:
            bundle = msgspec.structs.replace(bundle, prekey_id=None, prekey=None)
    elif person is not None:
        device = stream.exchange.devices.find(DeviceKey(person.number, jid.device))
        bundle = None if device is None else stream.exchange.devices.take_bundle(device)
    if bundle is None:
        missing = Node("error", {"code": str(_NOT_FOUND), "text": "item-not-found"})
        return Node("user", {"jid": jid}, (missing,))
    return Node(
        "user", {"jid": jid}, (registration_node(bundle.registration_id), *bundle_nodes(bundle))
    )


def _upload(stream: DeviceStream, node: Node) -> Node:
    stream.exchange.devices.replace_keys(
        stream.device, signed=read_signed(node), prekeys=read_prekeys(node)
    )
    return stanzas.result(node)


def _usync(stream: DeviceStream, node: Node) -> Node:
    return stanzas.result(node, answer_usync(stream.exchange, node.get("usync")))


def _app_state(stream: DeviceStream, node: Node) -> Node:
    assert stream.owner.phone is not None
    now = stream.exchange.clock.now()
    collections = tuple(
        app_state.answer_collection(collection, stream.owner.phone, stream.owner.name, now=now)
        for collection in node.get("sync").children
    )
    return stanzas.result(node, Node("sync", {}, collections))


def _privacy(_: DeviceStream, node: Node) -> Node:
    categories = ("groupadd", "last", "status", "profile", "readreceipts", "online", "calladd")
    settings = tuple(Node("category", {"name": name, "value": "all"}) for name in categories)
    return stanzas.result(node, Node("privacy", {}, settings))


def _multi_device(stream: DeviceStream, node: Node) -> Node:
    """The client logs itself out."""
    if node.find("remove-companion-device") is None:
        return stanzas.error_result(node, code=501, text="feature-not-implemented")
    forget_device(stream.exchange, stream.device.key)
    return stanzas.result(node)


def _picture(_: DeviceStream, node: Node) -> Node:
    return stanzas.error_result(node, code=_NOT_FOUND, text="item-not-found")


def _media_connection(stream: DeviceStream, node: Node) -> Node:
    host = Node("host", {"hostname": MEDIA_HOST})
    validity = {"ttl": "300", "auth_ttl": "21600", "max_buckets": "12"}
    attrs: dict[str, str | Jid] = {"auth": upload_pass(stream.owner), **validity}
    return stanzas.result(node, Node("media_conn", attrs, (host,)))


def _blocklist(_: DeviceStream, node: Node) -> Node:
    return stanzas.result(node, Node("list", {"dhash": "none"}))


IQ_HANDLERS: dict[tuple[str, str], Callable[[DeviceStream, Node], Node]] = {
    ("w:p", "get"): _agree,
    ("urn:xmpp:ping", "get"): _agree,
    ("passive", "set"): _agree,
    ("encrypt", "get"): _prekeys,
    ("encrypt", "set"): _upload,
    ("usync", "get"): _usync,
    ("w:sync:app:state", "set"): _app_state,
    ("privacy", "get"): _privacy,
    ("privacy", "set"): _agree,
    ("md", "set"): _multi_device,
    ("w:profile:picture", "get"): _picture,
    ("w:m", "set"): _media_connection,
    ("blocklist", "get"): _blocklist,
}

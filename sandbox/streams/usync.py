"""Answers to usync: who somebody is, and which devices they have."""

from sandbox.exchange import Exchange
from sandbox.people.person import Person
from sandbox.wire.nodes import PHONE_SERVER, Jid, Node


def answer_usync(exchange: Exchange, usync: Node) -> Node:
    asked = {child.tag for child in usync.get("query").children}
    users = tuple(_user(exchange, user, asked) for user in usync.get("list").children)
    attrs = {name: value for name, value in usync.attrs.items() if name != "context"}
    return Node("usync", attrs, (Node("result"), Node("list", {}, users)))


def _user(exchange: Exchange, user: Node, asked: set[str]) -> Node:
    contact = user.find("contact")
    if contact is not None and user.find_jid("jid") is None:
        return _by_number(exchange, contact)
    jid = user.get_jid("jid")
    person = exchange.directory.find(jid)
    if person is None:
        return Node("user", {"jid": jid}, ())
    content: list[Node] = []
    if "devices" in asked:
        content.append(_devices(exchange, person))
    if "lid" in asked:
        content.append(Node("lid", {"val": person.lid_jid}))
    if "contact" in asked:
        content.append(Node("contact", {"type": "in"}))
    return Node("user", {"jid": jid}, tuple(content))


def _devices(exchange: Exchange, person: Person) -> Node:
    listed = [Node("device", {"id": "0"})]
    listed += [
        Node("device", {"id": str(device.key.device), "key-index": str(device.key_index)})
        for device in exchange.devices.list_of(person.number)
    ]
    return Node("devices", {}, (Node("device-list", {}, tuple(listed)),))


def _by_number(exchange: Exchange, contact: Node) -> Node:
    number = contact.data.decode(errors="replace").split("@")[0].lstrip("+")
    person = exchange.directory.find_number(number)
    there = Node("contact", {"type": "out" if person is None else "in"}, contact.data)
    if person is None:
        return Node("user", {"jid": Jid(number, PHONE_SERVER)}, (there,))
    return Node("user", {"jid": person.lid_jid, "pn_jid": person.pn_jid}, (there,))

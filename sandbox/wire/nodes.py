"""Stanzas: what binary XML carries."""

from typing import Self

import msgspec

from shared.errors import PermanentError

PHONE_SERVER = "s.whatsapp.net"
LID_SERVER = "lid"
GROUP_SERVER = "g.us"
NEWSLETTER_SERVER = "newsletter"


class StanzaError(PermanentError):
    """A stanza lacks what its kind must have."""


class Jid(msgspec.Struct, frozen=True):
    """An address. The client compares types: in attributes a JID is never plain text."""

    user: str
    server: str
    device: int = 0

    def __str__(self) -> str:
        device = f":{self.device}" if self.device else ""
        return f"{self.user}{device}@{self.server}" if self.user else self.server

    @property
    def bare(self) -> "Jid":
        """The person, whichever the device."""
        return Jid(self.user, self.server)


SERVER = Jid("", PHONE_SERVER)


class Node(msgspec.Struct):
    tag: str
    attrs: dict[str, str | Jid] = {}
    content: "tuple[Node, ...] | bytes | None" = None

    @classmethod
    def holding(cls, tag: str, attrs: dict[str, str | Jid], *children: "Node") -> Self:
        return cls(tag, attrs, children)

    @property
    def children(self) -> "tuple[Node, ...]":
        return self.content if isinstance(self.content, tuple) else ()

    def find(self, tag: str) -> "Node | None":
        return next((child for child in self.children if child.tag == tag), None)

    def get(self, tag: str) -> "Node":
        """Raises StanzaError when there is no such child."""
        child = self.find(tag)
        if child is None:
            raise StanzaError(f"<{self.tag}> has no <{tag}>")
        return child

    @property
    def data(self) -> bytes:
        """Raises StanzaError when the content is not bytes."""
        if not isinstance(self.content, bytes):
            raise StanzaError(f"<{self.tag}> carries no bytes")
        return self.content

    def text(self, name: str) -> str:
        """An attribute as text; empty when absent."""
        return str(self.attrs.get(name, ""))

    def find_jid(self, name: str) -> Jid | None:
        value = self.attrs.get(name)
        return value if isinstance(value, Jid) else None

    def get_jid(self, name: str) -> Jid:
        """Raises StanzaError when the attribute is not an address."""
        jid = self.find_jid(name)
        if jid is None:
            raise StanzaError(f"<{self.tag}> has no address in {name!r}")
        return jid

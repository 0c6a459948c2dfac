"""Stanzas to bytes and back."""

import zlib
from collections.abc import Iterable

from sandbox.wire.dictionary import Dictionary
from sandbox.wire.nodes import LID_SERVER, PHONE_SERVER, Jid, Node
from shared.errors import PermanentError

_EMPTY, _FIRST_DOUBLE, _LAST_DOUBLE = 0x00, 0xEC, 0xEF
_DEVICE_JID, _LIST8, _LIST16, _JID = 0xF7, 0xF8, 0xF9, 0xFA
_HEX, _BYTES8, _BYTES20, _BYTES32, _NIBBLES = 0xFB, 0xFC, 0xFD, 0xFE, 0xFF
_DOMAINS = {PHONE_SERVER: 0, LID_SERVER: 1, "hosted": 128, "hosted.lid": 129}
_SERVERS = {domain: server for server, domain in _DOMAINS.items()}
_ALPHABETS = {_NIBBLES: "0123456789-.", _HEX: "0123456789ABCDEF"}
_PADDING = 15
_LONGEST_PACKED = 127
_DEFLATED = 2
# Real stanzas are small; a few hundred bytes of zlib must not become a gigabyte.
_LARGEST_INFLATED = 16 << 20
_DEEPEST = 64


class BinaryXmlError(PermanentError):
    """The bytes are no stanza."""


class Codec:
    """Encodes and decodes with one client's dictionary."""

    def __init__(self, dictionary: Dictionary) -> None:
        self._dictionary = dictionary
        self._tokens: dict[str, bytes] = {}
        for table, words in enumerate(dictionary.doubles):
            for index, word in enumerate(words):
                self._tokens[word] = bytes((_FIRST_DOUBLE + table, index))
        for index, word in enumerate(dictionary.singles[1:], start=1):
            self._tokens[word] = bytes((index,))

    def encode(self, node: Node) -> bytes:
        """A frame's payload: the flag byte (nothing deflated) and the stanza."""
        out = bytearray(b"\x00")
        self._node(out, node)
        return bytes(out)

    def decode(self, payload: bytes) -> Node:
        """Raises BinaryXmlError when `payload` is not exactly one stanza."""
        if not payload:
            raise BinaryXmlError("an empty payload")
        body = _inflate(payload[1:]) if payload[0] & _DEFLATED else payload[1:]
        reader = _Reader(body, self._dictionary)
        node = reader.node()
        if reader.rest():
            raise BinaryXmlError("bytes after the end of the stanza")
        return node

    def _node(self, out: bytearray, node: Node) -> None:
        _list_head(out, 2 * len(node.attrs) + 1 + (node.content is not None))
        self._text(out, node.tag)
        for name, value in node.attrs.items():
            self._text(out, name)
            if isinstance(value, Jid):
                self._jid(out, value)
            else:
                self._text(out, value)
        if isinstance(node.content, bytes):
            _bytes(out, node.content)
        elif node.content is not None:
            _list_head(out, len(node.content))
            for child in node.content:
                self._node(out, child)

    def _jid(self, out: bytearray, jid: Jid) -> None:
        if jid.device:
            out += bytes((_DEVICE_JID, _DOMAINS[jid.server], jid.device))
            self._text(out, jid.user)
            return
        out.append(_JID)
        if jid.user:
            self._text(out, jid.user)
        else:
            out.append(_EMPTY)
        self._text(out, jid.server)

    def _text(self, out: bytearray, text: str) -> None:
        token = self._tokens.get(text)
        if token is not None:
            out += token
            return
        for kind, alphabet in _ALPHABETS.items():
            if 0 < len(text) <= _LONGEST_PACKED and not set(text).difference(alphabet):
                _packed(out, kind, [alphabet.index(letter) for letter in text])
                return
        _bytes(out, text.encode())


class _Reader:
    def __init__(self, data: bytes, dictionary: Dictionary) -> None:
        self._data = data
        self._at = 0
        self._dictionary = dictionary

    def rest(self) -> int:
        return len(self._data) - self._at

    def node(self, depth: int = 0) -> Node:
        size = self._list_size(self._byte())
        if size == 0 or depth > _DEEPEST:
            raise BinaryXmlError("a list that is no stanza")
        tag = self._text()
        attrs: dict[str, str | Jid] = {}
        for _ in range((size - 1) // 2):
            name = self._text()
            attrs[name] = self._value(self._byte())
        if size % 2:
            return Node(tag, attrs)
        return Node(tag, attrs, self._content(depth))

    def _content(self, depth: int) -> tuple[Node, ...] | bytes:
        kind = self._byte()
        if kind in (_EMPTY, _LIST8, _LIST16):
            return tuple(self.node(depth + 1) for _ in range(self._list_size(kind)))
        size = self._size_of_bytes(kind)
        if size is not None:
            return self._take(size)
        return str(self._value(kind)).encode()  # text the client chose to abbreviate

    def _text(self) -> str:
        value = self._value(self._byte())
        if isinstance(value, Jid):
            raise BinaryXmlError("an address where text belongs")
        return value

    def _value(self, kind: int) -> str | Jid:
        if kind == _EMPTY:
            return ""
        if kind < len(self._dictionary.singles):
            return self._dictionary.singles[kind]
        if _FIRST_DOUBLE <= kind <= _LAST_DOUBLE:
            return self._dictionary.doubles[kind - _FIRST_DOUBLE][self._byte()]
        if kind in _ALPHABETS:
            return self._unpacked(_ALPHABETS[kind])
        if kind in (_JID, _DEVICE_JID):
            return self._jid(kind)
        return self._plain(kind)

    def _jid(self, kind: int) -> Jid:
        if kind == _JID:
            user = self._text()
            return Jid(user, self._text())
        domain, device = self._byte(), self._byte()
        if domain not in _SERVERS:
            raise BinaryXmlError(f"an address of unknown domain {domain}")
        return Jid(self._text(), _SERVERS[domain], device)

    def _unpacked(self, alphabet: str) -> str:
        head = self._byte()
        halves = [half for pair in self._take(head & 0x7F) for half in (pair >> 4, pair & 0x0F)]
        if head & 0x80 and halves:
            halves.pop()
        if any(half >= len(alphabet) for half in halves):
            raise BinaryXmlError("packed text with a letter it cannot have")
        return "".join(alphabet[half] for half in halves)

    def _list_size(self, kind: int) -> int:
        if kind == _EMPTY:
            return 0
        if kind not in (_LIST8, _LIST16):
            raise BinaryXmlError(f"a list cannot begin with {kind:#x}")
        return int.from_bytes(self._take(1 if kind == _LIST8 else 2), "big")

    def _size_of_bytes(self, kind: int) -> int | None:
        width = {_BYTES8: 1, _BYTES20: 3, _BYTES32: 4}.get(kind)
        return None if width is None else int.from_bytes(self._take(width), "big")

    def _plain(self, kind: int) -> str:
        size = self._size_of_bytes(kind)
        if size is None:
            raise BinaryXmlError(f"an unknown kind of value, {kind:#x}")
        try:
            return self._take(size).decode()
        except UnicodeDecodeError as error:
            raise BinaryXmlError("an attribute is not text") from error

    def _byte(self) -> int:
        return self._take(1)[0]

    def _take(self, count: int) -> bytes:
        if count > self.rest():
            raise BinaryXmlError("the stanza ends too early")
        self._at += count
        return self._data[self._at - count : self._at]


def _list_head(out: bytearray, size: int) -> None:
    if size == 0:
        out.append(_EMPTY)
    elif size < 1 << 8:
        out += bytes((_LIST8, size))
    else:
        out.append(_LIST16)
        out += size.to_bytes(2, "big")


def _bytes(out: bytearray, data: bytes) -> None:
    if len(data) < 1 << 8:
        out += bytes((_BYTES8, len(data)))
    elif len(data) < 1 << 20:
        out.append(_BYTES20)
        out += len(data).to_bytes(3, "big")
    else:
        out.append(_BYTES32)
        out += len(data).to_bytes(4, "big")
    out += data


def _packed(out: bytearray, kind: int, halves: Iterable[int]) -> None:
    digits = list(halves)
    odd = len(digits) % 2
    if odd:
        digits.append(_PADDING)
    out += bytes((kind, len(digits) // 2 | odd << 7))
    out += bytes(digits[n] << 4 | digits[n + 1] for n in range(0, len(digits), 2))


def _inflate(data: bytes) -> bytes:
    inflater = zlib.decompressobj()
    try:
        body = inflater.decompress(data, _LARGEST_INFLATED)
    except zlib.error as error:
        raise BinaryXmlError("the payload does not inflate") from error
    if not inflater.eof:
        raise BinaryXmlError("the payload inflates too far, or not at all")
    return body

"""Binary XML, there and back."""

import zlib
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.library import get_installed_library
from sandbox.wire.binary_xml import BinaryXmlError, Codec
from sandbox.wire.dictionary import read_dictionary
from sandbox.wire.nodes import LID_SERVER, PHONE_SERVER, SERVER, Jid, Node

DICTIONARY = read_dictionary(get_installed_library())
CODEC = Codec(DICTIONARY)

words = st.sampled_from([*DICTIONARY.singles[1:], *DICTIONARY.doubles[0], *DICTIONARY.doubles[3]])
packed = st.text("0123456789-.", min_size=1, max_size=140) | st.text(
    "0123456789ABCDEF", min_size=1, max_size=140
)
texts = words | packed | st.text(max_size=300)
names = words | st.text(min_size=1, max_size=20)
jids = st.builds(
    Jid,
    user=packed | st.text(min_size=1, max_size=20),
    server=st.sampled_from([PHONE_SERVER, LID_SERVER, "hosted", "hosted.lid"]),
    device=st.integers(0, 255),
) | st.just(SERVER)
nodes = st.recursive(
    st.builds(
        Node,
        tag=names,
        attrs=st.dictionaries(names, texts | jids, max_size=4),
        content=st.none() | st.binary(max_size=400),
    ),
    lambda inner: st.builds(
        Node,
        tag=names,
        attrs=st.dictionaries(names, texts | jids, max_size=2),
        content=st.lists(inner, max_size=5).map(tuple),
    ),
    max_leaves=12,
)


@given(nodes)
@settings(max_examples=100, deadline=None)
def test_what_was_encoded_is_decoded_again(node: Node) -> None:
    assert CODEC.decode(CODEC.encode(node)) == node


@given(st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_nonsense_is_refused_with_our_own_error(data: bytes) -> None:
    with suppress(BinaryXmlError):
        CODEC.decode(data)


@given(nodes, st.data())
@settings(max_examples=100, deadline=None)
def test_a_stanza_cut_short_is_refused(node: Node, data: st.DataObject) -> None:
    whole = CODEC.encode(node)
    cut = whole[: data.draw(st.integers(0, len(whole) - 1))]

    with pytest.raises(BinaryXmlError):
        CODEC.decode(cut)


def test_a_deflated_payload_is_inflated() -> None:
    node = Node("iq", {"type": "get"}, b"x" * 1000)
    deflated = b"\x02" + zlib.compress(CODEC.encode(node)[1:])

    assert CODEC.decode(deflated) == node


def test_a_payload_that_inflates_without_end_is_refused() -> None:
    with pytest.raises(BinaryXmlError, match="inflates too far"):
        CODEC.decode(b"\x02" + zlib.compress(bytes(17 << 20)))


def test_a_stanza_nested_without_end_is_refused() -> None:
    with pytest.raises(BinaryXmlError):
        CODEC.decode(b"\x00" + b"\xf8\x02\x04\xf8\x01" * 10_000)


@pytest.mark.parametrize("size", [255, 256, 65_536, 1 << 20])
def test_long_content_keeps_its_length(size: int) -> None:
    node = Node("enc", {}, bytes(size))

    assert CODEC.decode(CODEC.encode(node)) == node


def test_many_children_need_the_wide_list() -> None:
    node = Node("list", {}, tuple(Node("key") for _ in range(812)))

    assert CODEC.decode(CODEC.encode(node)) == node


def test_known_words_take_one_or_two_bytes() -> None:
    assert CODEC.encode(Node("iq")) == bytes((0, 0xF8, 1, DICTIONARY.singles.index("iq")))
    second = DICTIONARY.doubles[1][7]
    assert CODEC.encode(Node(second)) == bytes((0, 0xF8, 1, 0xED, 7))


@pytest.mark.parametrize(
    ("text", "wire"),
    [
        pytest.param("255741", b"\xff\x03\x25\x57\x41", id="even nibbles"),
        pytest.param("25574", b"\xff\x83\x25\x57\x4f", id="odd nibbles end in 15"),
        pytest.param("ABCDEF", b"\xfb\x03\xab\xcd\xef", id="hexadecimal"),
        pytest.param("abcdeg", b"\xfc\x06abcdeg", id="lower case is not packed"),
    ],
)
def test_text_is_packed_as_the_protocol_says(text: str, wire: bytes) -> None:
    assert CODEC.encode(Node("iq", {"id": text})).endswith(wire)


def test_content_that_the_client_abbreviated_is_read_as_bytes() -> None:
    token = DICTIONARY.singles.index("receipt")
    payload = bytes((0, 0xF8, 2, DICTIONARY.singles.index("iq"), token))

    assert CODEC.decode(payload).data == b"receipt"

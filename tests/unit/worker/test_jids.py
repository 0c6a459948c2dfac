"""WhatsApp's addresses: whoever writes to us decides what stands in them."""

from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.library_protobuf import neonize
from worker.whatsapp.neonize_client import encode_jid
from worker.whatsapp.translate import Jid, read_jid, to_lid, to_phone

SERVERS = ["s.whatsapp.net", "c.us", "hosted", "lid", "hosted.lid", "g.us", "broadcast", ""]
users = st.one_of(
    st.text(max_size=40),
    st.from_regex(r"[0-9]{1,40}", fullmatch=True),
    st.from_regex(r"\d{1,20}", fullmatch=True),
)
servers = st.one_of(st.sampled_from(SERVERS), st.text(max_size=20))


@given(users, servers)
def test_an_address_is_a_number_or_a_lid_or_nobodys(user: str, server: str) -> None:
    jid = Jid(user, server)
    phone, lid = to_phone(jid), to_lid(jid)
    assert phone is None or (phone[0] == "+" and phone[1:].isdecimal() and phone.isascii())
    assert phone is None or lid is None
    assert lid is None or lid.endswith("@lid")


@given(users, servers)
def test_an_address_is_read_as_the_library_writes_it(user: str, server: str) -> None:
    written = neonize.JID(
        User=user, Server=server, Device=3, RawAgent=0, Integrator=0, IsEmpty=False
    )
    assert read_jid(written.SerializeToString()) == Jid(user, server)


@given(st.from_regex(r"\+[1-9][0-9]{6,14}|[0-9]{5,20}@lid", fullmatch=True))
def test_whom_we_write_to_is_whom_we_name(address: str) -> None:
    jid = read_jid(encode_jid(address))
    assert (to_phone(jid) or to_lid(jid)) == address


@given(st.binary(max_size=80))
def test_bytes_that_are_no_address_are_refused_or_read(data: bytes) -> None:
    try:
        jid = read_jid(data)
    except ValueError:
        return
    assert isinstance(jid.user, str)
    assert isinstance(jid.server, str)

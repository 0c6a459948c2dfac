"""Receipts: translated from the library's, merged, and matched to what was queued."""

import asyncio
from datetime import timedelta

import pytest

from shared.enums import ReceiptKind
from shared.structs.content import TextContent
from shared.tasks import TaskGroup
from shared.wire.events import MessageSent, Party, ReceiptReceived
from shared.wire.frames import Send
from tests.fakes.inbound import ASHA, NOW, OWN_PHONE
from tests.fakes.library_protobuf import neonize
from worker.inbox.receipts import Receipts, merge
from worker.outbox import outbound_rows
from worker.uplink import event_rows
from worker.whatsapp import events as ours
from worker.whatsapp.translate import read_presence_on_whatsapp, translate_receipt

CONTACT = Party(phone="+255700000001", lid="100@lid")


def jid(user, server):
    return neonize.JID(User=user, RawAgent=0, Device=0, Integrator=0, Server=server, IsEmpty=False)


def theirs(kind, *ids, from_me=False, server="lid"):
    source = neonize.MessageSource(
        Chat=jid("100", server),
        Sender=jid("100", "lid"),
        IsFromMe=from_me,
        IsGroup=False,
        SenderAlt=jid("255700000001", "s.whatsapp.net"),
    )
    return neonize.Receipt(
        MessageSource=source,
        MessageIDs=ids,
        Timestamp=int(NOW.timestamp()),
        Type=getattr(neonize.Receipt, kind),
    ).SerializePartialToString()


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("DELIVERED", ReceiptKind.DELIVERED),
        ("INACTIVE", ReceiptKind.DELIVERED),
        ("READ", ReceiptKind.READ),
        ("PLAYED", ReceiptKind.READ),
    ],
)
def test_a_contacts_receipt_names_every_message(name, kind):
    assert translate_receipt(theirs(name, "A", "B")) == ours.Receipt(
        kind=kind, wa_message_ids=["A", "B"], contact=CONTACT, at=NOW
    )


@pytest.mark.parametrize(
    "data",
    [theirs(name, "A") for name in ("SENDER", "RETRY", "READ_SELF", "SERVER_ERROR", "PEER_MSG")]
    + [theirs("READ", "A", from_me=True), theirs("READ", "A", server="g.us")],
)
def test_what_says_nothing_about_a_contacts_phone_is_left_out(data):
    assert translate_receipt(data) is None


@pytest.mark.parametrize("there", [True, False])
def test_whether_a_number_has_an_account_is_read(there):
    response = neonize.IsOnWhatsAppResponse(Query="+2557", JID=jid("2557", "lid"), IsIn=there)
    answer = neonize.IsOnWhatsAppReturnFunction(IsOnWhatsAppResponse=[response])
    assert read_presence_on_whatsapp(answer.SerializePartialToString()) is there


def test_an_empty_answer_names_no_account():
    assert not read_presence_on_whatsapp(b"")


def receipt(*ids, kind=ReceiptKind.DELIVERED, contact=CONTACT, at=NOW):
    return ReceiptReceived(kind=kind, wa_message_ids=list(ids), contact=contact, at=at)


def test_receipts_of_one_contact_and_kind_become_one():
    later = NOW + timedelta(seconds=1)
    read = receipt("A", kind=ReceiptKind.READ)
    merged = merge([receipt("A", "B"), read, receipt("B", "C", at=later)])
    assert merged == [receipt("A", "B", "C", at=later), read]


async def test_a_receipt_that_overtakes_its_messages_id_is_not_lost(database):
    told = asyncio.Event()
    receipts = Receipts(database, is_sending=lambda: True, on_recorded=told.set)
    send = Send(id="O1", to=Party(phone=ASHA), content=TextContent(text="hi"))
    await database.run(lambda db: outbound_rows.take(db, send, now=NOW))
    async with TaskGroup() as tasks:
        tasks.supervise("receipts", receipts.run())
        receipts.handle(
            ours.Receipt(
                kind=ReceiptKind.DELIVERED, wa_message_ids=["WA1"], contact=CONTACT, at=NOW
            )
        )
        await receipts.settled()
        assert not told.is_set()
        sent = MessageSent(
            wa_message_id="WA1",
            kind="TEXT",
            contact=CONTACT,
            own_phone=OWN_PHONE,
            text="hi",
            at=NOW,
            outbound_id="O1",
        )
        await database.run(lambda db: outbound_rows.settle_sent(db, 1, sent))
        receipts.look_again()
        await receipts.settled()
    assert told.is_set()
    batch = await database.run(lambda db: event_rows.next_batch(db, after=0))
    assert batch[-1].event == receipt("WA1")

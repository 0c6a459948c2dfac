"""Our reader against the library's own generated protobuf modules."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.enums import MessageKind, SkipReason
from shared.structs.text import MAX_MESSAGE_LENGTH
from shared.wire.events import Party
from tests.fakes.library_protobuf import e2e, neonize
from worker.whatsapp import events as ours
from worker.whatsapp import neonize_client, translate
from worker.whatsapp.protobuf import MalformedMessageError, read, write
from worker.whatsapp.translate import EventCode, read_content, translate_message

K = MessageKind
AT = datetime(2026, 11, 23, 8, 0, 1, tzinfo=UTC)


def jid(user, server, device=0):
    return neonize.JID(
        User=user, Server=server, Device=device, RawAgent=0, Integrator=0, IsEmpty=False
    )


LID = jid("683440944073283", "lid", device=7)
PHONE = jid("255761195595", "s.whatsapp.net", device=7)


def received(content, *, chat=LID, sender=LID, alt=PHONE, from_me=False, edit=False):
    source = neonize.MessageSource(Chat=chat, Sender=sender, IsFromMe=from_me, IsGroup=False)
    source.AddressingMode = neonize.LID
    if alt is not None:
        source.SenderAlt.CopyFrom(alt)
    info = neonize.MessageInfo(
        MessageSource=source, ID="3EB0", ServerID=0, Type="text", Pushname="Asha",
        Timestamp=int(AT.timestamp()), Category="", Multicast=False, MediaType="", Edit="",
    )  # fmt: skip
    message = neonize.Message(
        Info=info, Message=content, IsEphemeral=False, IsViewOnce=False, IsViewOnceV2=False,
        IsViewOnceV2Extension=False, IsDocumentWithCaption=False, IsLottieSticker=False,
        IsEdit=edit, UnavailableRequestID="", RetryCount=0,
    )  # fmt: skip
    return message.SerializePartialToString()


def text(words="Habari"):
    return e2e.Message(conversation=words)


def wrapped(field, inner):
    return e2e.Message(**{field: e2e.FutureProofMessage(message=inner)})


def protocol(**values):
    return e2e.Message(protocolMessage=e2e.ProtocolMessage(**values))


IMAGE = e2e.Message(imageMessage=e2e.ImageMessage(caption="picha", mimetype="image/jpeg"))

CONTENTS = [
    pytest.param(text(), K.TEXT, "Habari", id="plain text"),
    pytest.param(
        e2e.Message(extendedTextMessage=e2e.ExtendedTextMessage(text="Habari")), K.TEXT, "Habari",
        id="text with extras",
    ),
    pytest.param(IMAGE, K.IMAGE, "picha", id="image and caption"),
    pytest.param(
        e2e.Message(videoMessage=e2e.VideoMessage(caption="video")), K.VIDEO, "video", id="video"
    ),
    pytest.param(e2e.Message(ptvMessage=e2e.VideoMessage()), K.VIDEO, "", id="round video"),
    pytest.param(
        e2e.Message(audioMessage=e2e.AudioMessage(PTT=True, seconds=3)), K.VOICE, "", id="voice"
    ),
    pytest.param(
        e2e.Message(audioMessage=e2e.AudioMessage(PTT=False, seconds=3)), K.AUDIO, "", id="audio"
    ),
    pytest.param(
        e2e.Message(documentMessage=e2e.DocumentMessage(fileName="a.pdf", caption="CV")),
        K.DOCUMENT, "CV", id="document",
    ),
    pytest.param(
        e2e.Message(stickerMessage=e2e.StickerMessage(mimetype="image/webp")), K.STICKER, "",
        id="sticker",
    ),
    pytest.param(
        e2e.Message(locationMessage=e2e.LocationMessage(degreesLatitude=-6.8, name="Kariakoo")),
        K.LOCATION, "Kariakoo", id="location",
    ),
    pytest.param(
        e2e.Message(liveLocationMessage=e2e.LiveLocationMessage(caption="njiani")), K.LOCATION,
        "njiani", id="live location",
    ),
    pytest.param(
        e2e.Message(contactMessage=e2e.ContactMessage(displayName="Juma")), K.CONTACT, "Juma",
        id="contact",
    ),
    pytest.param(
        e2e.Message(pollCreationMessageV3=e2e.PollCreationMessage(name="Lini?")), K.POLL, "Lini?",
        id="poll",
    ),
    pytest.param(
        e2e.Message(reactionMessage=e2e.ReactionMessage(text="👍")), K.REACTION, "👍", id="reaction"
    ),
    pytest.param(
        protocol(type=e2e.ProtocolMessage.REVOKE, key={"ID": "3EB0"}), K.DELETE, "", id="delete"
    ),
    pytest.param(
        protocol(type=e2e.ProtocolMessage.MESSAGE_EDIT, editedMessage=text("sahihi")), K.EDIT,
        "sahihi", id="edit",
    ),
    pytest.param(
        e2e.Message(
            buttonsResponseMessage=e2e.ButtonsResponseMessage(
                selectedButtonID="b1", selectedDisplayText="Ndiyo"
            )
        ),
        K.TEXT, "Ndiyo", id="tapped button",
    ),
    pytest.param(
        e2e.Message(listResponseMessage=e2e.ListResponseMessage(title="Bei")), K.TEXT, "Bei",
        id="chosen row",
    ),
    pytest.param(wrapped("ephemeralMessage", text()), K.TEXT, "Habari", id="disappearing"),
    pytest.param(wrapped("viewOnceMessageV2", IMAGE), K.IMAGE, "picha", id="view once"),
    pytest.param(
        wrapped("documentWithCaptionMessage", e2e.Message(
            documentMessage=e2e.DocumentMessage(caption="CV"))), K.DOCUMENT, "CV",
        id="document with caption",
    ),
    pytest.param(wrapped("editedMessage", text("sahihi")), K.EDIT, "sahihi", id="edit, wrapped"),
    pytest.param(
        e2e.Message(orderMessage=e2e.OrderMessage(itemCount=2)), K.OTHER, "", id="a kind unknown"
    ),
    pytest.param(e2e.Message(call=e2e.Call(callKey=b"k")), K.CALL, "", id="call"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "kind", "words"), CONTENTS)
def test_every_kind_is_named_with_its_words(content, kind, words):
    event = translate_message(received(content))
    assert (event.kind, event.text) == (kind, words)


def test_a_message_keeps_phone_and_lid_whichever_it_was_addressed_by():
    both = Party(phone="+255761195595", lid="683440944073283@lid")
    by_lid = translate_message(received(text()))
    by_phone = translate_message(received(text(), chat=PHONE, sender=PHONE, alt=LID))
    assert (by_lid.contact, by_phone.contact) == (both, both)


def test_a_sender_known_by_lid_alone_is_a_message_all_the_same():
    event = translate_message(received(text(), alt=None))
    assert event.contact == Party(lid="683440944073283@lid")


def test_id_name_and_time_are_taken_over():
    event = translate_message(received(text()))
    assert (event.wa_message_id, event.push_name, event.at) == ("3EB0", "Asha", AT)


def test_an_edit_that_the_library_unwrapped_is_an_edit():
    assert translate_message(received(text("sahihi"), edit=True)).kind is K.EDIT


def test_a_message_with_a_file_says_what_it_is():
    event = translate_message(received(IMAGE))
    assert event.media.mime_type == "image/jpeg"


def test_an_edited_caption_is_no_second_file():
    assert translate_message(received(IMAGE, edit=True)).media is None


def test_a_message_nested_too_deeply_is_unreadable_and_ends_nothing():
    edits = write({1: "x"})
    for _ in range(3000):
        edits = write({58: {1: edits}})
    data = write(read(received(text())) | {2: edits})
    event = neonize_client._translate_message(EventCode.MESSAGE, data)
    assert event == ours.Skipped(SkipReason.UNREADABLE)


def test_wrappers_without_end_are_unwrapped_without_one():
    content = IMAGE
    for _ in range(40):
        content = wrapped("ephemeralMessage", content)
    assert translate_message(received(content)).kind is K.IMAGE


SKIPPED = [
    pytest.param({"from_me": True}, SkipReason.FROM_ME, id="a note to oneself"),
    pytest.param(
        {"from_me": True, "chat": PHONE}, SkipReason.FROM_ME, id="a note to the other own name"
    ),
    pytest.param(
        {"from_me": True, "chat": jid("1203630", "g.us")}, SkipReason.FROM_ME, id="own, in a group"
    ),
    pytest.param({"chat": jid("1203630", "g.us")}, SkipReason.GROUP, id="group"),
    pytest.param({"chat": jid("status", "broadcast")}, SkipReason.STATUS, id="status"),
    pytest.param({"chat": jid("1", "broadcast")}, SkipReason.BROADCAST, id="broadcast list"),
    pytest.param({"chat": jid("1", "newsletter")}, SkipReason.NEWSLETTER, id="newsletter"),
    pytest.param({"chat": jid("1", "msgr")}, SkipReason.OTHER_SERVER, id="another network"),
]


@pytest.mark.parametrize(("values", "reason"), SKIPPED)
def test_what_is_not_for_the_bot_is_skipped_with_a_reason(values, reason):
    assert translate_message(received(text(), **values)) == ours.Skipped(reason)


CUSTOMER = jid("99887766", "lid")


def test_what_the_owner_writes_on_the_phone_names_the_contact_and_not_the_owner():
    content = e2e.Message(
        deviceSentMessage=e2e.DeviceSentMessage(message=text("Nakuja"), destinationJID="x")
    )
    event = translate_message(received(content, chat=CUSTOMER, from_me=True))
    assert event == ours.Own(
        wa_message_id="3EB0",
        kind=K.TEXT,
        contact=Party(lid="99887766@lid"),
        text="Nakuja",
        at=AT,
    )


def test_a_contact_whom_the_owner_writes_to_is_known_by_both_names_where_both_are_told():
    data = received(text(), chat=CUSTOMER, from_me=True)
    fields = neonize.Message.FromString(data)
    fields.Info.MessageSource.RecipientAlt.CopyFrom(jid("255712000001", "s.whatsapp.net"))
    event = translate_message(fields.SerializePartialToString())
    assert event.contact == Party(lid="99887766@lid", phone="+255712000001")


def test_the_app_state_key_is_no_message_of_the_owners():
    data = received(protocol(type=e2e.ProtocolMessage.APP_STATE_SYNC_KEY_SHARE), from_me=True)
    assert translate_message(data) == ours.Skipped(SkipReason.FROM_ME)


NO_CONTENT = [
    pytest.param(e2e.Message(), id="empty"),
    pytest.param(text(""), id="empty text"),
    pytest.param(
        protocol(type=e2e.ProtocolMessage.APP_STATE_SYNC_KEY_SHARE), id="the app-state key"
    ),
    pytest.param(protocol(type=e2e.ProtocolMessage.EPHEMERAL_SETTING), id="a setting"),
    pytest.param(
        e2e.Message(
            senderKeyDistributionMessage=e2e.SenderKeyDistributionMessage(groupID="g"),
            messageContextInfo=e2e.MessageContextInfo(messageSecret=b"s"),
        ),
        id="keys alone",
    ),
]


@pytest.mark.parametrize("content", NO_CONTENT)
def test_what_devices_tell_each_other_is_no_message(content):
    assert translate_message(received(content)) == ours.Skipped(SkipReason.NO_CONTENT, "3EB0")


def test_a_text_with_a_context_beside_it_is_a_text():
    content = text()
    content.messageContextInfo.messageSecret = b"s"
    assert translate_message(received(content)).kind is K.TEXT


def test_a_text_beyond_whatsapps_limit_is_cut():
    cut = translate_message(received(text("x" * 70_000))).text
    assert len(cut) == MAX_MESSAGE_LENGTH
    assert cut.endswith("x… [70,000 characters]")


def test_a_call_is_a_message_of_kind_call():
    meta = neonize.BasicCallMeta(timestamp=int(AT.timestamp()), callID="c1")
    getattr(meta, "from").CopyFrom(LID)
    meta.callCreator.CopyFrom(LID)
    meta.callCreatorAlt.CopyFrom(PHONE)
    offer = neonize.CallOffer(basicCallMeta=meta)
    event = translate.translate_call(offer.SerializePartialToString())
    assert (event.kind, event.wa_message_id, event.contact.phone) == (K.CALL, "c1", "+255761195595")


LINK_EVENTS = [
    pytest.param(
        EventCode.PAIR_STATUS,
        neonize.PairStatus(ID=PHONE, BusinessName="", Platform="android",
                           Status=neonize.PairStatus.SUCCESS, Error=""),
        ours.Paired("+255761195595"), id="paired",
    ),
    pytest.param(
        EventCode.PAIR_STATUS,
        neonize.PairStatus(ID=PHONE, Status=neonize.PairStatus.ERROR, Error="bad"),
        ours.PairFailed("bad"), id="pairing failed",
    ),
    pytest.param(
        EventCode.CONNECTED, neonize.Connected(status=True), ours.Connected(""), id="connected"
    ),
    pytest.param(
        EventCode.KEEPALIVE_TIMEOUT,
        neonize.KeepAliveTimeout(ErrorCount=2, LastSuccess=int(AT.timestamp())),
        ours.KeepAliveTimedOut(2, AT), id="pings unanswered",
    ),
    pytest.param(
        EventCode.LOGGED_OUT,
        neonize.LoggedOut(OnConnect=True, Reason=neonize.MAIN_DEVICE_GONE),
        ours.LoggedOut(on_connect=True, detail="MAIN_DEVICE_GONE"), id="logged out",
    ),
    pytest.param(
        EventCode.TEMPORARY_BAN,
        neonize.TemporaryBan(Code=neonize.TemporaryBan.BLOCKED_BY_USERS, Expire=3600),
        ours.TemporaryBan("blocked by too many people", timedelta(hours=1)), id="ban in seconds",
    ),
    pytest.param(
        EventCode.TEMPORARY_BAN,
        neonize.TemporaryBan(Code=neonize.TemporaryBan.BROADCAST_LIST, Expire=3600 * 10**9),
        ours.TemporaryBan("sent to a broadcast list too often", timedelta(hours=1)),
        id="ban in nanoseconds",
    ),
    pytest.param(
        EventCode.CONNECT_FAILURE,
        neonize.ConnectFailure(Reason=neonize.SERVICE_UNAVAILABLE, Message=""),
        ours.ConnectFailure("SERVICE_UNAVAILABLE", retried=True), id="server in trouble",
    ),
    pytest.param(
        EventCode.CONNECT_FAILURE,
        neonize.ConnectFailure(Reason=neonize.BAD_USER_AGENT, Message=""),
        ours.ConnectFailure("BAD_USER_AGENT", retried=False), id="refused",
    ),
    pytest.param(
        EventCode.DISCONNECTED, neonize.Disconnected(status=True), ours.Disconnected(), id="lost"
    ),
]  # fmt: skip


@pytest.mark.parametrize(("code", "message", "event"), LINK_EVENTS)
def test_the_librarys_words_about_the_link_become_ours(code, message, event):
    assert translate.translate_link_event(code, message.SerializePartialToString()) == event


def test_the_phones_word_that_past_messages_follow_is_heard():
    notice = e2e.ProtocolMessage(historySyncNotification=e2e.HistorySyncNotification())
    announced = received(e2e.Message(protocolMessage=notice), from_me=True)
    assert translate_message(announced) == ours.Skipped(SkipReason.FROM_ME, brings_history=True)
    stranger = translate_message(received(e2e.Message(protocolMessage=notice)))
    assert stranger == ours.Skipped(SkipReason.NO_CONTENT, "3EB0")


def undecryptable(*, from_me=False, chat=LID, unavailable=False, hide=False):
    info = neonize.Message.FromString(received(text(), chat=chat, from_me=from_me)).Info
    show = neonize.UndecryptableMessage.DECRYPT_FAIL_SHOW
    mode = neonize.UndecryptableMessage.DECRYPT_FAIL_HIDE if hide else show
    event = neonize.UndecryptableMessage(Info=info, IsUnavailable=unavailable, DecryptFailMode=mode)
    return event.SerializePartialToString()


def test_what_cannot_be_decrypted_is_known_by_its_author_and_its_time():
    event = translate.translate_message_event(EventCode.UNDECRYPTABLE, undecryptable())
    assert event == ours.Unreadable(
        wa_message_id="3EB0",
        kind=MessageKind.UNREADABLE,
        contact=Party(phone="+255761195595", lid="683440944073283@lid"),
        at=AT,
        push_name="Asha",
    )


def test_what_phones_do_not_show_when_they_cannot_read_it_is_quiet():
    assert translate.translate_unreadable(undecryptable(hide=True)).is_quiet


@pytest.mark.parametrize(
    ("spoilt", "reason"),
    [
        (undecryptable(from_me=True), SkipReason.FROM_ME),
        (undecryptable(chat=jid("1203", "g.us")), SkipReason.GROUP),
    ],
    ids=["own", "group"],
)
def test_what_would_be_skipped_is_skipped_unreadable_as_well(spoilt, reason):
    assert translate.translate_unreadable(spoilt) == ours.Skipped(reason)


@pytest.mark.parametrize(
    ("warning", "kind"),
    [
        (
            'Unavailable message 3EB0 from 683440944073283@lid (type: "view_once")',
            MessageKind.VIEW_ONCE,
        ),
        (
            'Unavailable message 3EB1 from 683440944073283@lid (type: "view_once")',
            MessageKind.UNREADABLE,
        ),
        ('Unavailable message 3EB0 from 683440944073283@lid (type: "")', MessageKind.UNREADABLE),
        ("Error decrypting message 3EB0 from 683440944073283@lid", MessageKind.UNREADABLE),
    ],
    ids=["view once", "another message", "held back for another reason", "another warning"],
)
def test_that_it_may_be_seen_once_only_a_warning_says(warning, kind):
    found = translate.find_view_once(warning)
    body = translate.mark_view_once(undecryptable(unavailable=True), {found})
    assert translate.translate_unreadable(body).kind is kind


@pytest.mark.parametrize(
    ("source", "contact"),
    [
        ("225308874268275@lid", Party(lid="225308874268275@lid")),
        ("225308874268275:3@lid", Party(lid="225308874268275@lid")),
        ("255761195595@s.whatsapp.net", Party(phone="+255761195595")),
        ("225308874268275@lid in 1203@g.us", None),
        ("1203@g.us", None),
    ],
    ids=["LID", "a device of it", "phone", "group", "somewhere else"],
)
def test_a_message_that_was_decrypted_before_only_a_warning_names(source, contact):
    warning = (
        f"Ignoring message 3EB0 from {source}: failed to decrypt normal message: failed to get or "
        "create message keys: received message with old counter (index: 2, count: 1)"
    )
    missed = None if contact is None else ours.Missed(wa_message_id="3EB0", contact=contact)
    assert translate.find_missed(warning) == missed


def test_no_other_warning_names_a_message_that_was_decrypted_before():
    other = "Ignoring message 3EB0 from 1@lid: event was already processed"
    assert translate.find_missed(other) is None


def test_who_is_linked_is_read_from_the_device():
    device = neonize.Device(JID=PHONE, LID=LID, PushName="Salon")
    assert translate.read_connected(device.SerializePartialToString()) == ours.Connected(
        "+255761195595", "683440944073283@lid", "255761195595:7"
    )


def test_a_device_that_is_not_told_is_of_nobody():
    assert translate.read_connected(b"") == ours.Connected("", "", "")


def test_an_event_we_did_not_ask_for_says_nothing():
    assert translate.translate_link_event(99, b"") is None


def test_what_we_send_is_what_the_library_reads():
    sent = e2e.Message.FromString(write({6: {1: "Karibu! 🌸"}}))
    assert sent.extendedTextMessage.text == "Karibu! 🌸"


def test_the_jid_we_send_has_every_required_field():
    encoded = write({1: "2557", 2: 0, 3: 0, 4: 0, 5: "s.whatsapp.net", 6: 0})
    assert neonize.JID.FromString(encoded) == jid("2557", "s.whatsapp.net")


@given(st.binary(max_size=200))
def test_garbage_is_refused_or_read_and_never_ends_in_another_error(data):
    with suppress(MalformedMessageError):
        read_content(data)


@given(st.text(max_size=200), st.integers(0, 2**63 - 1))
def test_reading_gives_back_what_the_generated_code_wrote(words, count):
    fields = read(neonize.KeepAliveTimeout(ErrorCount=count, LastSuccess=1).SerializeToString())
    assert fields[1] == count
    assert read(neonize.LogEntry(Message=words).SerializePartialToString())[1] == words.encode()


@pytest.mark.parametrize("data", [b"\x0a\x05ab", b"\x0b", b"\x08\x80", b"\x80" * 11])
def test_a_broken_message_is_malformed(data):
    with pytest.raises(MalformedMessageError):
        read(data)


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        ("", ours.RoundEnded("")),
        ("dial tcp: no route", ours.RoundEnded("dial tcp: no route")),
        (
            "proto: required field neonize.ConnectFailure.Reason not set",
            ours.ConnectFailure("a code that the client library does not know", retried=False),
        ),
    ],
    ids=["stopped", "unreachable", "refused with an unknown code"],
)
def test_the_end_of_a_round_is_told_apart(error, meaning):
    assert translate.translate_end(error) == meaning

"""Past chats as a phone hands them over."""

import zlib
from datetime import UTC, datetime

from sandbox.media.sealing import HISTORY, seal
from sandbox.messages.history import PastChat, PastMessage, write_history, write_notification
from sandbox.messages.reading import read_message
from sandbox.people.person import make_person
from sandbox.wire.protobuf import Fields

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
PARTNER = make_person(number="255741000002", lid="100000000000002", name="Juma")
CHAT = PastChat(
    PARTNER,
    [
        PastMessage(text="Habari", is_own=False, at=NOW),
        PastMessage(text="Nzuri", is_own=True, at=NOW),
    ],
)


def test_each_message_says_whose_it_is_and_when_it_was() -> None:
    history = Fields.decode(zlib.decompress(write_history([CHAT])))

    [chat] = history.list_messages(2)
    assert chat.text(1) == str(PARTNER.lid_jid)
    messages = [entry.get_message(1) for entry in chat.list_messages(2)]
    assert [one.get_message(2).text(1) for one in messages] == ["Habari", "Nzuri"]
    assert [one.get_message(1).find_integer(2) for one in messages] == [0, 1]
    assert {one.find_integer(3) for one in messages} == {int(NOW.timestamp())}
    assert [one.text(19) for one in messages] == ["Juma", ""]


def test_the_notification_shows_a_person_nothing() -> None:
    _, described = seal(write_history([CHAT]), HISTORY)

    assert read_message(write_notification(described)) is None

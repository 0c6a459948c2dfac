"""The message log on a real PostgreSQL."""

import asyncio
from datetime import timedelta

import pytest

from shared.enums import Direction, MessageKind
from shared.errors import NotFoundError
from shared.ids import TenantId, new_tenant_id
from shared.stores import messages, tenants
from shared.structs.media import Media
from tests.fakes.businesses import NOW, business, message

pytestmark = pytest.mark.usefixtures("database")


async def ids_of(tenant_id: TenantId, **filters) -> list[str]:
    page = await messages.list_page(tenant_id, limit=100, **filters)
    return [item.wa_message_id for item in page.items]


async def test_a_message_told_twice_is_logged_once(tenant_id):
    assert await messages.append_messages(tenant_id, [message("a"), message("b")]) == 2
    assert await messages.append_messages(tenant_id, [message("b"), message("c")]) == 1
    assert await ids_of(tenant_id) == ["c", "b", "a"]


async def test_a_message_twice_in_one_batch_is_logged_once(tenant_id):
    assert await messages.append_messages(tenant_id, [message("a"), message("a")]) == 1


def stand_in(wa_message_id, kind=MessageKind.UNREADABLE):
    return message(wa_message_id, kind=kind, message_text="")


@pytest.mark.parametrize("kind", [kind for kind in MessageKind if kind.is_stand_in])
async def test_a_message_takes_the_place_of_what_stood_in_for_it(tenant_id, kind):
    assert await messages.append_messages(tenant_id, [stand_in("a", kind), message("b")]) == 2
    [_, before] = (await messages.list_page(tenant_id, limit=2)).items
    healed = message("a", message_text="hello", in_reply_to="x")
    assert await messages.append_messages(tenant_id, [healed]) == 1
    [_, after] = (await messages.list_page(tenant_id, limit=2)).items
    assert (before.kind, before.message_text) == (kind, "")
    assert (after.kind, after.message_text, after.in_reply_to) == (MessageKind.TEXT, "hello", "x")
    assert (after.id, after.created_at) == (before.id, before.created_at)


async def test_a_message_and_its_stand_in_in_one_batch_are_the_message(tenant_id):
    for batch in ([stand_in("a"), message("a")], [message("b"), stand_in("b")]):
        assert await messages.append_messages(tenant_id, batch) == 1
    page = await messages.list_page(tenant_id, limit=10)
    assert [(item.wa_message_id, item.kind) for item in page.items] == [
        ("b", MessageKind.TEXT),
        ("a", MessageKind.TEXT),
    ]


@pytest.mark.parametrize("kind", [MessageKind.TEXT, MessageKind.VIEW_ONCE])
async def test_nothing_but_a_message_changes_a_row_and_only_a_stand_in_is_changed(tenant_id, kind):
    before = message("a", kind=kind, message_text="first")
    await messages.append_messages(tenant_id, [before])
    later = [stand_in("a", MessageKind.LOST)]
    later += [message("a", message_text="second")] if kind is MessageKind.TEXT else []
    for each in later:
        assert await messages.append_messages(tenant_id, [each]) == 0
    [after] = (await messages.list_page(tenant_id, limit=2)).items
    assert (after.kind, after.message_text) == (kind, "first")


async def test_the_same_id_in_the_other_direction_is_another_message(tenant_id):
    both = [message("a"), message("a", direction=Direction.OUT)]
    assert await messages.append_messages(tenant_id, both) == 2


async def test_many_writers_of_the_same_rows_write_them_once(tenant_id):
    batch = [message(f"{number}") for number in range(200)]
    counts = await asyncio.gather(*(messages.append_messages(tenant_id, batch) for _ in range(5)))
    assert sum(counts) == 200


async def test_one_tenants_messages_are_not_anothers(tenant_id):
    other = TenantId((await tenants.create(business(2))).id)
    await messages.append_messages(tenant_id, [message("same")])
    await messages.append_messages(other, [message("same", message_text="other")])
    page = await messages.list_page(other, limit=10)
    assert [item.message_text for item in page.items] == ["other"]


async def test_a_file_is_described_as_it_was_told(tenant_id):
    media = Media(mime_type="application/pdf", size=7, sha256="ab" * 32, file_name="bei.pdf")
    await messages.append_messages(tenant_id, [message("a", media=media), message("b")])
    page = await messages.list_page(tenant_id, limit=10)
    assert [item.media for item in page.items] == [None, media]


async def test_a_files_name_is_stored_whatever_its_sender_put_into_it(tenant_id):
    media = Media(mime_type="a\0b", size=7, file_name="a\0b\ud800")
    await messages.append_messages(tenant_id, [message("a", media=media)])
    (item,) = (await messages.list_page(tenant_id, limit=10)).items
    assert (item.media.mime_type, item.media.file_name) == ("a\ufffdb", "a\ufffdb\ufffd")


async def test_one_message_is_read_by_its_tenant_alone(tenant_id):
    other = TenantId((await tenants.create(business(2))).id)
    await messages.append_messages(tenant_id, [message("a")])
    (item,) = (await messages.list_page(tenant_id, limit=1)).items
    assert await messages.get(tenant_id, item.id) == item
    with pytest.raises(NotFoundError):
        await messages.get(other, item.id)


async def test_pages_hold_every_row_once_newest_first_while_rows_arrive(tenant_id):
    await messages.append_messages(tenant_id, [message(f"{number}") for number in range(7)])
    seen, cursor = [], None
    for _ in range(3):
        page = await messages.list_page(tenant_id, limit=3, cursor=cursor)
        seen += [item.wa_message_id for item in page.items]
        cursor = page.next_cursor
        await messages.append_messages(tenant_id, [message(f"late {len(seen)}")])
    assert seen == ["6", "5", "4", "3", "2", "1", "0"]
    assert cursor is None


async def test_a_list_can_be_of_one_direction_and_since_a_moment(tenant_id):
    await messages.append_messages(tenant_id, [message("in")])
    await messages.append_messages(tenant_id, [message("out", direction=Direction.OUT)])
    newest = (await messages.list_page(tenant_id, limit=1)).items[0].created_at
    assert await ids_of(tenant_id, direction=Direction.IN) == ["in"]
    assert await ids_of(tenant_id, since=newest) == ["out"]
    assert await ids_of(tenant_id, since=newest + timedelta(seconds=1)) == []


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        pytest.param("", "", id="empty"),
        pytest.param("a\0b", "a\ufffdb", id="NUL is replaced"),
        pytest.param("\ud83d\ude00", "\U0001f600", id="surrogate pair is joined"),
        pytest.param("x\ud83d", "x\ufffd", id="half a character is replaced"),
        pytest.param(
            "\u202eabc\u200f\U0001f600\n\t\x01",
            "\u202eabc\u200f\U0001f600\n\t\x01",
            id="odd but storable",
        ),
        pytest.param("\uffff\ufdd0", "\uffff\ufdd0", id="noncharacters"),
        pytest.param("k" * 65_536, "k" * 65_536, id="64 KiB"),
        pytest.param("{} {0} %s $1 '; --", "{} {0} %s $1 '; --", id="looks like SQL"),
    ],
)
async def test_text_comes_back_as_it_was(tenant_id, text, stored):
    await messages.append_messages(tenant_id, [message(message_text=text)])
    assert (await messages.list_page(tenant_id, limit=1)).items[0].message_text == stored


async def test_ids_too_long_for_an_index_stay_apart(tenant_id):
    first, second = "x" * 20_000, "x" * 19_999 + "y"
    assert await messages.append_messages(tenant_id, [message(first), message(second)]) == 2
    assert await messages.append_messages(tenant_id, [message(first)]) == 0


async def test_a_sender_known_by_lid_alone_is_logged(tenant_id):
    lid = "123456789@lid"
    await messages.append_messages(tenant_id, [message(from_number=lid, contact_lid=lid)])
    assert (await messages.list_page(tenant_id, limit=1)).items[0].contact_lid == lid


async def test_messages_of_a_tenant_that_is_gone_are_refused():
    with pytest.raises(NotFoundError):
        await messages.append_messages(new_tenant_id(), [message()])


async def test_nothing_is_written_for_no_messages():
    assert await messages.append_messages(new_tenant_id(), []) == 0


async def test_occurred_at_is_kept_to_the_microsecond(tenant_id):
    at = NOW + timedelta(microseconds=123_456)
    await messages.append_messages(tenant_id, [message(occurred_at=at)])
    assert (await messages.list_page(tenant_id, limit=1)).items[0].occurred_at == at

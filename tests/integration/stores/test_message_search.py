"""Search on a real PostgreSQL: by its index, as the portal's role, and in one tenant alone."""

from datetime import timedelta

import asyncpg
import pytest

from shared.clock import SystemClock
from shared.db.engine import bind, open_database
from shared.db.guard import tenant_transaction
from shared.enums import Direction
from shared.ids import TenantId
from shared.stores import message_search, messages, tenants
from shared.structs.search import MessageSearch
from tests.fakes.businesses import business, message
from tests.fakes.tickets import show_owner
from tests.integration.portal.conftest import as_portal

ASHA = "+255754000001"


@pytest.fixture
async def tenant_id(database) -> TenantId:  # noqa: ARG001  the stores are bound
    return TenantId((await tenants.create(business())).id)


@pytest.fixture
async def find(tenant_id, database, database_url):
    """The texts that are found, as the portal finds them: all pages, if need be."""

    async def run(limit: int = 50, whose: TenantId = tenant_id, **wanted):
        found, cursor = [], None
        await show_owner(database_url, whose)
        try:
            async with open_database(as_portal(database_url), min_size=1, max_size=1):
                while True:
                    async with tenant_transaction(whose):
                        page = await message_search.search(
                            tenant_id, MessageSearch(**wanted), limit=limit, cursor=cursor
                        )
                    found += [each.message_text for each in page.items]
                    cursor = page.next_cursor
                    if cursor is None:
                        return found
        finally:
            bind(database)

    return run


async def say(tenant_id, *texts, **changes):
    await messages.append_messages(
        tenant_id,
        [message(f"{text[:40]}{changes}", message_text=text, **changes) for text in texts],
    )


@pytest.mark.parametrize(
    ("words", "found"),
    [
        pytest.param("unga", ["Unga wa sembe upo?"], id="a word"),
        pytest.param("UNGA sembe", ["Unga wa sembe upo?"], id="all of them, whatever the case"),
        pytest.param("mafu", ["Mafuta ya alizeti"], id="the beginning of a word"),
        pytest.param("mafuta unga", [], id="not in one message"),
        pytest.param("unga or alizeti", ["Mafuta ya alizeti", "Unga wa sembe upo?"], id="either"),
        pytest.param('"ya alizeti"', ["Mafuta ya alizeti"], id="one after another"),
        pytest.param("ya -alizeti", [], id="without"),
        pytest.param('-"ya alizeti"', ["Unga wa sembe upo?"], id="without two in a row"),
        pytest.param("שלום", ["שלום 100%"], id="another script"),
        pytest.param("!!! ??", [], id="nothing but signs"),
        pytest.param("':* & | !", [], id="what the database reads as signs of its own"),
        pytest.param("\0", [], id="what it cannot hold"),
    ],
)
async def test_words_are_found_as_people_type_them(tenant_id, find, words, found):
    await say(tenant_id, "Unga wa sembe upo?", "Mafuta ya alizeti")
    await say(tenant_id, "שלום 100%")
    expected = [*found] if words != '-"ya alizeti"' else ["שלום 100%", *found]
    assert await find(words=words) == expected


async def test_another_tenants_words_are_not_found_and_their_id_is_no_word(tenant_id, find):
    other = TenantId((await tenants.create(business(2))).id)
    await say(tenant_id, "Habari ya mjini")
    await say(other, "Habari ya canary")
    assert await find(words="habari") == ["Habari ya mjini"]
    assert await find(words="canary") == []
    assert await find(words=str(other)) == []
    # Not with our own guard either, for ids of theirs.
    assert await find(words="habari", whose=other) == []


async def test_names_bring_whole_chats_and_words_bring_more(tenant_id, find):
    await say(tenant_id, "A", from_number=ASHA)
    await say(tenant_id, "B", from_number="77@lid", contact_lid="77@lid")
    await say(tenant_id, "bei", from_number="+255754000009")
    assert await find(names=(ASHA, "77@lid")) == ["B", "A"]
    assert await find(names=(ASHA,), words="bei") == ["bei", "A"]


@pytest.mark.parametrize("words", ["", "bei"])
async def test_direction_and_days_narrow_it(tenant_id, find, words):
    # Not at a fixed time: the search knows that a row is written soon after its message is sent,
    # and the database dates rows.
    hour = timedelta(hours=1)
    first = SystemClock().now() - 9 * hour
    for number in range(4):
        at = first + number * hour
        direction = Direction.OUT if number % 2 else Direction.IN
        await say(tenant_id, f"bei {number}", direction=direction, occurred_at=at)
    assert await find(words=words, direction=Direction.OUT) == ["bei 3", "bei 1"]
    inside = {"since": first + hour, "until": first + 3 * hour}
    assert await find(words=words, **inside) == ["bei 2", "bei 1"]
    assert await find(words=words, direction=Direction.IN, **inside) == ["bei 2"]


@pytest.mark.parametrize("words", ["", "bei"])
async def test_pages_hold_each_once(tenant_id, find, words):
    await say(tenant_id, *(f"bei {number:02}" for number in range(13)))
    assert await find(limit=4, words=words) == [
        f"bei {number:02}" for number in reversed(range(13))
    ]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("x" * 65_536, id="one word"),
        pytest.param(" ".join(f"w{n:05}" for n in range(100_000)), id="more words than any text"),
        pytest.param("ሀለሐመ ሠረሰሸ " * 20_000, id="of three bytes a letter"),
    ],
)
async def test_no_text_is_too_long_to_be_stored_and_its_beginning_is_found(tenant_id, find, text):
    await say(tenant_id, text)
    word = text.split()[0]
    found = await find(words=word)
    assert len(found) == (1 if len(word) < 2000 else 0)


async def test_what_is_old_is_found_behind_more_than_are_looked_at_first(tenant_id, find):
    """Of a common word the newest are looked through, and where that is not enough the index."""
    await say(tenant_id, "unga 1", "unga 2", "unga 3")
    await say(tenant_id, *(f"bei {number:03}" for number in range(60)))
    bei = [f"bei {number:03}" for number in reversed(range(60))]
    assert await find(limit=1, words="bei") == bei
    assert await find(limit=1, words="unga") == ["unga 3", "unga 2", "unga 1"]
    assert await find(limit=1, words="bei or unga") == [*bei, "unga 3", "unga 2", "unga 1"]


async def test_a_rare_word_is_found_by_the_index_of_words(tenant_id, database_url):
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(
            "INSERT INTO message_logs (tenant, direction, kind, from_number, to_number,"
            " message_text, wa_message_id) SELECT $1, 'IN', 'TEXT', '+1', '+2',"
            " 'habari ' || n, 'W' || n FROM generate_series(1, 5000) n",
            tenant_id,
        )
        await connection.execute("VACUUM ANALYZE message_logs")
        vector = await connection.fetchval(
            "SELECT pg_get_expr(indexprs, indrelid) FROM pg_index"
            " WHERE indexrelid = 'message_logs_words'::regclass"
        )
        plan = await connection.fetch(
            f"EXPLAIN SELECT id FROM message_logs WHERE tenant = '{tenant_id}'"  # noqa: S608
            f" AND {vector} @@ '''{tenant_id}'' & ''4711'':*'::tsquery"
        )
    finally:
        await connection.close()
    assert "message_logs_words" in "\n".join(row[0] for row in plan)


async def test_nobody_but_the_portal_may_ask_and_without_a_tenant_nothing_is_found(
    tenant_id, database_url
):
    await say(tenant_id, "Habari")
    call = "SELECT * FROM flowhq_find_messages('habari', '{}', NULL, NULL, NULL, NULL, NULL, 5)"
    connection = await asyncpg.connect(as_portal(database_url))
    try:
        assert await connection.fetch(call) == []
    finally:
        await connection.close()
    owner = await asyncpg.connect(database_url)
    try:
        grants = await owner.fetchval(
            "SELECT proacl::text FROM pg_proc WHERE proname = 'flowhq_find_messages'"
        )
    finally:
        await owner.close()
    assert "flowhq_portal=X" in grants
    assert "{=X" not in grants
    assert ",=X" not in grants

"""Pages that were told the same look once."""

import asyncio
from datetime import timedelta

import pytest

from shared.ids import new_tenant_id
from shared.web.looks import Looks


class Sight:
    """Something to look at, which takes until it is let go."""

    def __init__(self) -> None:
        self.looks = 0
        self.go = asyncio.Event()

    async def look(self) -> int:
        self.looks += 1
        number = self.looks
        await self.go.wait()
        return number


async def begin(looks: Looks, sight: Sight, *, pages: int, tenant_id=None, what="chats"):
    tenant_id = tenant_id or new_tenant_id()
    tasks = [asyncio.ensure_future(looks.see(tenant_id, what, sight.look)) for _ in range(pages)]
    for _ in range(3):
        await asyncio.sleep(0)
    return tenant_id, tasks


async def test_pages_that_ask_together_look_once():
    looks, sight = Looks(), Sight()
    _, pages = await begin(looks, sight, pages=5)
    sight.go.set()
    assert await asyncio.gather(*pages) == [1] * 5


async def test_after_a_change_what_was_being_looked_at_is_not_shared():
    looks, sight = Looks(), Sight()
    tenant_id, before = await begin(looks, sight, pages=2)
    looks.forget(tenant_id)
    _, after = await begin(looks, sight, pages=2, tenant_id=tenant_id)
    sight.go.set()
    assert await asyncio.gather(*before, *after) == [1, 1, 2, 2]


async def test_no_tenant_and_no_other_page_sees_what_is_not_its_own():
    looks, sight = Looks(), Sight()
    tenant_id, first = await begin(looks, sight, pages=1)
    _, other = await begin(looks, sight, pages=1)
    _, thread = await begin(looks, sight, pages=1, tenant_id=tenant_id, what="chat")
    sight.go.set()
    assert await asyncio.gather(*first, *other, *thread) == [1, 2, 3]


async def test_one_that_goes_away_takes_nothing_from_the_others():
    looks, sight = Looks(), Sight()
    _, (leaving, *others) = await begin(looks, sight, pages=3)
    leaving.cancel()
    sight.go.set()
    assert await asyncio.gather(*others) == [2, 2]
    assert leaving.cancelled()


async def test_one_that_only_waits_and_goes_away_leaves_the_look_alone():
    looks, sight = Looks(), Sight()
    _, (first, leaving) = await begin(looks, sight, pages=2)
    leaving.cancel()
    sight.go.set()
    assert await first == 1
    with pytest.raises(asyncio.CancelledError):
        await leaving


async def test_a_failure_is_everybodys_own():
    looks, tries = Looks(), iter([ZeroDivisionError, None])
    tenant_id = new_tenant_id()

    async def look() -> str:
        await asyncio.sleep(0)
        error = next(tries)
        if error:
            raise error
        return "seen"

    pages = [looks.see(tenant_id, "chats", look) for _ in range(2)]
    failed, seen = await asyncio.gather(*pages, return_exceptions=True)
    assert isinstance(failed, ZeroDivisionError)
    assert seen == "seen"


async def test_what_was_seen_is_not_shown_for_long():
    looks, sight = Looks(shared_for=timedelta(0)), Sight()
    sight.go.set()
    tenant_id = new_tenant_id()
    assert await looks.see(tenant_id, "chats", sight.look) == 1
    await asyncio.sleep(0.001)
    assert await looks.see(tenant_id, "chats", sight.look) == 2

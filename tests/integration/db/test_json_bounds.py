"""What the database takes for JSON of a kind, the structs that read it take as well, and it takes
all that the structs make.
"""

import json
from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import asyncpg
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.enums import Topic, Weekday
from shared.structs.content import (
    CONTENT_TYPES,
    ContactContent,
    Content,
    DocumentContent,
    ImageContent,
    LocationContent,
    Quote,
    ReactionContent,
    TextContent,
)
from shared.structs.tenants import BotTexts, Holiday, Holidays, OpeningHours, QuietHours
from shared.structs.text import BotText, Label, ZoneName

# By the function that judges it, what reads it.
READERS: dict[str, Any] = {
    "flowhq_is_hours": dict[Weekday, OpeningHours],
    "flowhq_is_quiet_hours": QuietHours,
    "flowhq_is_holidays": list[Holiday],
    "flowhq_is_texts": BotTexts,
    "flowhq_is_content": Content,
}
# Where patterns and calendars end: white space of all sorts, controls, years, leap days.
ODD = st.sampled_from(
    [
        *("", " ", "\t", "\n", "a\n", "\x1c", "\x85", "\xa0", "\u1680", "\u2028", "\u3000"),
        *(
            "\u200b",
            "\x7f",
            "\x9f",
            "\ufeff",
            "x" * 60,
            "x" * 61,
            "x" * 1000,
            "x" * 1001,
            "😀" * 60,
        ),
        *("24:00", "23:59", "08:30\n", "8:30", "٠٨:30", "UTC", "Africa/Dar_es_Salaam", "a/b/c/d"),
        *("0000-01-01", "0001-01-01", "9999-12-31", "2023-02-29", "2024-02-29", "1900-02-29"),
        *("2000-02-29", "2026-04-31", "2026-4-1", "2026-04-01T00:00:00Z", "2026-04-01 ", "today"),
    ]
)
shown = st.characters(exclude_characters="\0", exclude_categories=["Cs"])
texts = st.text(shown, max_size=70) | ODD
atoms = (
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts
)
values = st.recursive(
    atoms,
    lambda each: st.lists(each, max_size=3) | st.dictionaries(texts, each, max_size=3),
    max_leaves=5,
)


def only(kind: Any) -> st.SearchStrategy[Any]:
    """Those texts that the type takes."""
    return texts.filter(lambda value: _is(value, kind))


def _is(value: Any, kind: Any) -> bool:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return False
    return True


times = st.times().map(lambda at: f"{at:%H:%M}")
labels, bot_texts = only(Label), only(BotText)
dates = st.dates(date(1, 1, 1), date(9999, 12, 31))
quotes = st.none() | st.builds(Quote, wa_message_id=texts, from_me=st.booleans(), text=texts)
files = {
    "sha256": st.text("0123456789abcdef", min_size=64, max_size=64),
    "mime_type": st.text("abc/", min_size=1, max_size=100),
    "size": st.integers(0, 2**40),
    "caption": texts,
    "quote": quotes,
}
GOOD: dict[str, st.SearchStrategy[Any]] = {
    "flowhq_is_hours": st.dictionaries(
        st.sampled_from(Weekday), st.builds(OpeningHours, opens=times, closes=times)
    ),
    "flowhq_is_quiet_hours": st.builds(
        QuietHours,
        begins=times,
        ends=times,
        time_zone=st.sampled_from(["UTC", "Africa/Dar_es_Salaam", "America/Argentina/Salta"])
        | only(ZoneName),
    ),
    "flowhq_is_holidays": st.lists(
        st.builds(Holiday, name=labels, first=dates, last=dates), max_size=4
    ),
    "flowhq_is_texts": st.builds(
        BotTexts,
        greeting=st.none() | bot_texts,
        closed=st.none() | bot_texts,
        titles=st.dictionaries(st.sampled_from(Topic), labels),
        answers=st.dictionaries(st.sampled_from(Topic), bot_texts),
    ),
    "flowhq_is_content": st.one_of(
        st.builds(TextContent, text=texts, quote=quotes),
        st.builds(
            LocationContent,
            latitude=st.floats(-90, 90),
            longitude=st.floats(-180, 180),
            name=texts,
            address=texts,
            quote=quotes,
        ),
        st.builds(ContactContent, name=texts, phones=st.lists(labels, min_size=1, max_size=10)),
        st.builds(
            ReactionContent,
            wa_message_id=texts,
            from_me=st.booleans(),
            emoji=st.sampled_from(["", "👍", "👩‍👩‍👧‍👦"]),
        ),
        st.builds(ImageContent, **files),
        st.builds(DocumentContent, file_name=texts, **files),
    ),
}


@st.composite
def near(draw: st.DrawFn, good: st.SearchStrategy[Any]) -> Any:
    """What is good, but for one place in it."""
    value = json.loads(msgspec.json.encode(draw(good)))
    place, parent, key = value, None, None
    while isinstance(place, dict | list) and place and draw(st.booleans() | st.just(value=True)):
        parent = place
        key = draw(st.sampled_from(list(place) if isinstance(place, dict) else range(len(place))))
        place = place[key]
    match draw(st.integers(0, 3)), parent:
        case 0, dict():
            parent[draw(st.sampled_from([*CONTENT_TYPES, "type", "quote"]) | texts)] = draw(values)
        case 1, dict() | list():
            del parent[key]
        case 2, dict() | list():
            parent[key] = draw(st.sampled_from(CONTENT_TYPES) | values)
        case _:
            return value if parent is not None else draw(values)
    return value


@pytest.fixture
async def owner(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    opened = await asyncpg.connect(database_url)
    yield opened
    await opened.close()


async def judge(owner: asyncpg.Connection, function: str, value: str) -> bool:
    said = await owner.fetchval(f"SELECT {function}($1::jsonb)", value)
    assert said is not None, "a CHECK lets through what is neither true nor false"
    return bool(said)


QUICK = settings(
    max_examples=250,
    deadline=None,
    suppress_health_check=[
        *(HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much),
    ],
)


@pytest.mark.parametrize("function", READERS)
@QUICK
@given(data=st.data())
async def test_all_that_a_struct_makes_is_taken(owner, function, data):
    value = msgspec.json.encode(data.draw(GOOD[function])).decode()
    assert await judge(owner, function, value), value


@pytest.mark.parametrize("function", READERS)
@QUICK
@given(data=st.data())
async def test_all_that_is_taken_is_read(owner, function, data):
    value = json.dumps(data.draw(near(GOOD[function]) | values), ensure_ascii=False)
    if await judge(owner, function, value):
        kept = await owner.fetchval("SELECT $1::jsonb::text", value)
        msgspec.json.decode(kept, type=READERS[function])


async def test_no_more_holidays_are_taken_than_the_api_takes(owner):
    day = {"name": "Siku", "first": "2026-12-25", "last": "2026-12-25"}
    for count in (60, 61):
        taken = await judge(owner, "flowhq_is_holidays", json.dumps([day] * count))
        assert taken == _is([day] * count, Holidays)

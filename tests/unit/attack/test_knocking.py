"""What an answer means: a refusal, the door, or a breach."""

import httpx
import pytest

from attack.routes.knocking import Knock, find_breaches, knock_all
from attack.sites.answers import Answer
from shared.web.routes import Route

CANARY = f"canary-{'a' * 24}"
OWN = f"canary-{'b' * 24}"


def route(method: str = "GET", path: str = "/a") -> Route:
    return Route(site="api", method=method, path=path, parameters=[], needs=[])


def answer(status: int, text: str = "", location: str = "") -> Answer:
    return Answer(status=status, headers=f"x: {location}", location=location, text=text, took=0.01)


async def breaches(*answers: Answer) -> list[str]:
    async def give(one: Answer) -> Answer:
        return one

    knocks = [
        Knock(who="nobody", route=route(), act=lambda one=each: give(one)) for each in answers
    ]
    return find_breaches(await knock_all(knocks), doors={"/sign-in"}, own={OWN})


@pytest.mark.parametrize("status", [401, 403, 404, 429])
async def test_a_refusal_is_none(status):
    assert await breaches(answer(status)) == []


async def test_the_door_is_none_whatever_it_is_asked_to_remember():
    assert await breaches(answer(303, location="/sign-in?next=%2Fhome")) == []


@pytest.mark.parametrize(
    ("given", "named"),
    [
        (answer(200), "answered 200"),
        (answer(500), "answered 500"),
        (answer(303, location="/home"), "answered 303 to /home"),
        (answer(404, text=f"no {CANARY}"), CANARY),
        (answer(303, location=f"/sign-in?next={CANARY}"), CANARY),
    ],
    ids=["let in", "an error of ours", "let in elsewhere", "told in a refusal", "told in a header"],
)
async def test_anything_else_is_one(given, named):
    (line,) = await breaches(given)
    assert line.startswith("GET /a as nobody: ")
    assert named in line


async def test_ones_own_words_may_be_told():
    assert await breaches(answer(404, text=OWN)) == []


async def test_a_connection_that_breaks_is_one():
    async def act() -> Answer:
        raise httpx.ReadError("broke")

    attempts = await knock_all([Knock(who="nobody", route=route(), act=act)])
    assert "no answer" in find_breaches(attempts, doors=())[0]


async def test_what_removes_things_comes_last():
    order = []

    def knock(method: str) -> Knock:
        async def act() -> Answer:
            order.append(method)
            return answer(401)

        return Knock(who="nobody", route=route(method), act=act)

    await knock_all([knock(each) for each in ("DELETE", "POST", "GET")], at_once=1)
    assert order == ["GET", "POST", "DELETE"]

"""When a queued message may go, as a table; and what holds for every history."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.structs.content import (
    DeleteContent,
    EditContent,
    LocationContent,
    ReactionContent,
    TextContent,
)
from tests.fakes.inbound import NOW
from worker.outbox import pacing
from worker.outbox.pacing import Begun, Pacing, Verdict, Waiting, Why, judge

RULES = Pacing(a_minute=3, a_minute_per_chat=2, cold_chats_a_day=2)
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


def begun(chat, ago, *, cold=False):
    return Begun(chat, NOW - ago, cold)


def waiting(chat="A", *, due=NOW, cold=False, answers=False):
    return Waiting(chat=chat, due=due, is_cold=cold, answers_pending=answers)


@pytest.mark.parametrize(
    ("history", "message", "frozen", "verdict"),
    [
        pytest.param((), waiting(), None, Verdict(NOW, Why.NOTHING), id="nothing was sent"),
        pytest.param(
            (), waiting(answers=True), None, Verdict(None, Why.ANSWERS_FIRST), id="answers first"
        ),
        pytest.param(
            (),
            waiting(answers=True),
            NOW + HOUR,
            Verdict(None, Why.ANSWERS_FIRST),
            id="answers first, even when frozen",
        ),
        pytest.param(
            (), waiting(due=NOW + SECOND), None, Verdict(NOW + SECOND, Why.AGAIN), id="backing off"
        ),
        pytest.param(
            (begun("B", 30 * SECOND), begun("C", 20 * SECOND), begun("D", 10 * SECOND)),
            waiting(),
            None,
            Verdict(NOW + 30 * SECOND, Why.TENANT_RATE),
            id="three in a minute, to others",
        ),
        pytest.param(
            (begun("A", 20 * SECOND), begun("A", 10 * SECOND)),
            waiting(),
            None,
            Verdict(NOW + 40 * SECOND, Why.CHAT_RATE),
            id="two in a minute, to the same",
        ),
        pytest.param(
            (begun("A", 61 * SECOND), begun("A", 10 * SECOND)),
            waiting(),
            None,
            Verdict(NOW, Why.NOTHING),
            id="a minute has passed",
        ),
        pytest.param(
            (begun("B", 5 * HOUR, cold=True), begun("C", 2 * HOUR, cold=True)),
            waiting(cold=True),
            None,
            Verdict(NOW + 19 * HOUR, Why.COLD_BUDGET),
            id="a third stranger today",
        ),
        pytest.param(
            (begun("A", 5 * HOUR, cold=True), begun("C", 2 * HOUR, cold=True)),
            waiting(cold=True),
            None,
            Verdict(NOW, Why.NOTHING),
            id="a stranger who was written to today",
        ),
        pytest.param(
            (begun("B", 5 * HOUR, cold=True), begun("C", 2 * HOUR, cold=True)),
            waiting(),
            None,
            Verdict(NOW, Why.NOTHING),
            id="who wrote is no stranger",
        ),
        pytest.param(
            tuple(begun(c, n * HOUR, cold=True) for n, c in ((9, "B"), (8, "C"), (7, "D"))),
            waiting(cold=True),
            None,
            Verdict(NOW + 16 * HOUR, Why.COLD_BUDGET),
            id="a budget that was lowered meanwhile",
        ),
        pytest.param(
            (begun("B", 24 * HOUR, cold=True), begun("C", 2 * HOUR, cold=True)),
            waiting(cold=True),
            None,
            Verdict(NOW, Why.NOTHING),
            id="who was written to a day ago makes room for another",
        ),
        pytest.param(
            tuple(begun(c, n * HOUR, cold=True) for n, c in ((24, "A"), (5, "B"), (2, "C"))),
            waiting(cold=True),
            None,
            Verdict(NOW + 19 * HOUR, Why.COLD_BUDGET),
            id="and is a stranger like any other",
        ),
        pytest.param(
            (
                begun("B", 9 * HOUR, cold=True),
                begun("C", 8 * HOUR, cold=True),
                begun("B", 1 * HOUR, cold=True),
            ),
            waiting(cold=True),
            None,
            Verdict(NOW + 16 * HOUR, Why.COLD_BUDGET),
            id="who was written to twice is free a day after the second time, another before",
        ),
        pytest.param((), waiting(), NOW + HOUR, Verdict(NOW + HOUR, Why.FROZEN), id="frozen"),
        pytest.param(
            (begun("A", 20 * SECOND), begun("A", 10 * SECOND)),
            waiting(due=NOW + HOUR),
            NOW + 2 * HOUR,
            Verdict(NOW + 2 * HOUR, Why.FROZEN),
            id="the latest reason counts",
        ),
    ],
)
def test_a_message_goes_when_its_last_reason_to_wait_is_gone(history, message, frozen, verdict):
    assert judge(RULES, history, message, now=NOW, frozen_until=frozen) == verdict


@pytest.mark.parametrize(
    ("characters", "milliseconds"), [(0, 800), (10, 800), (50, 1500), (84, 2500), (5000, 2500)]
)
def test_typing_takes_as_long_as_a_person_would_within_reason(characters, milliseconds):
    assert pacing.typing_time(Pacing(), TextContent(text="x" * characters)) == timedelta(
        milliseconds=milliseconds
    )


messages = st.lists(
    st.tuples(st.sampled_from("ABCDE"), st.booleans(), st.integers(0, 40)), max_size=60
)
rules = st.builds(
    Pacing,
    a_minute=st.integers(1, 5),
    a_minute_per_chat=st.integers(1, 3),
    cold_chats_a_day=st.integers(1, 3),
)


def play(rules, messages):
    """Sends each message when it may go; strangers stay strangers."""
    now, history, sent = NOW, (), []
    for chat, cold, pause in messages:
        now += timedelta(seconds=pause)
        name = f"{chat}{'?' if cold else ''}"
        while True:
            verdict = judge(rules, history, waiting(name, due=now, cold=cold), now=now)
            if verdict.why is Why.NOTHING:
                break
            assert verdict.at > now, "a wait that does not end"
            now = verdict.at
        one = Begun(name, now, cold)
        history = pacing.remember(history, one)
        sent.append(one)
    return sent


@given(rules, messages)
def test_no_minute_holds_more_than_the_rates_allow(rules, messages):
    sent = play(rules, messages)
    for last in sent:
        minute = [s for s in sent if last.at - pacing.MINUTE < s.at <= last.at]
        assert len(minute) <= rules.a_minute
        assert sum(s.chat == last.chat for s in minute) <= rules.a_minute_per_chat


@given(rules, messages)
def test_no_day_holds_more_strangers_than_the_budget(rules, messages):
    sent = play(rules, messages)
    for last in sent:
        day = [s for s in sent if last.at - pacing.DAY < s.at <= last.at]
        assert len({s.chat for s in day if s.is_cold}) <= rules.cold_chats_a_day


@given(rules, messages)
def test_forgetting_what_no_rule_asks_about_changes_no_verdict(rules, messages):
    everything = tuple(play(rules, messages))
    now = everything[-1].at if everything else NOW
    kept = pacing.since(everything, now)
    for cold in (False, True):
        message = waiting("A", due=now, cold=cold)
        assert judge(rules, kept, message, now=now) == judge(rules, everything, message, now=now)


def test_nobody_types_a_place_on_a_map():
    assert pacing.typing_time(Pacing(), LocationContent(latitude=0, longitude=0)) == timedelta(0)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(TextContent(text="x"), True, id="text"),
        pytest.param(
            ReactionContent(wa_message_id="W", from_me=False, emoji="👍"), True, id="reaction"
        ),
        pytest.param(EditContent(wa_message_id="W", text="x"), False, id="edit"),
        pytest.param(DeleteContent(wa_message_id="W"), False, id="delete"),
    ],
)
def test_an_edit_and_a_delete_disturb_nobody(content, expected):
    assert pacing.disturbs(content) is expected

"""The chaos suite's verdict: clean evidence passes, and every planted defect is named."""

from collections.abc import Callable
from datetime import UTC, datetime

import msgspec
import pytest

from tests.e2e.chaos.evidence import (
    Dropped,
    Entry,
    Evidence,
    Outbound,
    Queued,
    Received,
    Row,
    Sent,
    Tenant,
)
from tests.e2e.chaos.verdict import judge

replace = msgspec.structs.replace
MESSAGES = 3
# Of a tenant's queued messages, by number.
STATES = ["SENT", "DELIVERED", "READ", "FAILED", "EXPIRED", "CANCELLED", "UNCERTAIN"]
STRUCK_AT = 1000.0


def _customer(tenant: str) -> str:
    return f"+25571{tenant * 7}"


def _phone(tenant: str) -> str:
    return f"+25575{tenant * 7}"


def _sent(tenant: str, number: int) -> Sent:
    return Sent(
        text=f"message {tenant}-{number}",
        tenant_id=tenant,
        customer=_customer(tenant),
        number=number,
        wa_message_id=f"IN{tenant}{number}",
        at=STRUCK_AT - 1 + number,
    )


def _rows(tenant: str) -> list[Row]:
    asked = [
        Row(
            direction="IN",
            from_number=_customer(tenant),
            to_number=_phone(tenant),
            message_text=f"message {tenant}-{number}",
            wa_message_id=f"IN{tenant}{number}",
            in_reply_to=None,
            created_at=datetime.fromtimestamp(STRUCK_AT + number, UTC),
        )
        for number in range(MESSAGES)
    ]
    answers = [
        replace(
            row,
            direction="OUT",
            from_number=row.to_number,
            to_number=row.from_number,
            message_text="Welcome",
            wa_message_id=row.wa_message_id.replace("IN", "OUT"),
            in_reply_to=row.wa_message_id,
        )
        for row in asked
    ]
    sent = [
        replace(
            asked[0],
            direction="OUT",
            from_number=_phone(tenant),
            to_number=_customer(tenant),
            message_text=f"queued {tenant}-{number}",
            wa_message_id=f"Q{tenant}{number}",
        )
        for number, state in enumerate(STATES)
        if state in {"SENT", "DELIVERED", "READ"}
    ]
    return asked + answers + sent


def _outbound(tenant: str) -> list[Outbound]:
    return [
        Outbound(
            id=f"{tenant}-{number}",
            to=_customer(tenant),
            text=f"queued {tenant}-{number}",
            state=state,
            reason=None,
            wa_message_id=f"Q{tenant}{number}" if state in {"SENT", "DELIVERED", "READ"} else None,
        )
        for number, state in enumerate(STATES)
    ]


def _queued(tenant: str) -> list[Queued]:
    return [
        Queued(id=each.id, text=each.text, tenant_id=tenant, to=each.to)
        for each in _outbound(tenant)
    ]


def _received_queued(tenant: str) -> list[Received]:
    return [
        Received(
            customer=each.to,
            id=each.wa_message_id,
            sender=_phone(tenant),
            text=each.text,
            at=STRUCK_AT,
        )
        for each in _outbound(tenant)
        if each.wa_message_id is not None
    ]


def _received(tenant: str, number: int) -> Received:
    return Received(
        customer=_customer(tenant),
        id=f"OUT{tenant}{number}",
        sender=_phone(tenant),
        text="Welcome",
        at=STRUCK_AT + 1 + number,
    )


@pytest.fixture
def clean() -> Evidence:
    pairs = [(tenant, number) for tenant in ("1", "2") for number in range(MESSAGES)]
    return Evidence(
        sent=[_sent(*pair) for pair in pairs],
        queued=[each for tenant in ("1", "2") for each in _queued(tenant)],
        tenants=[
            Tenant(
                id=tenant,
                phone_number=_phone(tenant),
                customers=[_customer(tenant)],
                rows=_rows(tenant),
                entries=[],
                outbound=_outbound(tenant),
                outbox=0,
            )
            for tenant in ("1", "2")
        ],
        received=[
            *(_received(*pair) for pair in pairs),
            *(each for tenant in ("1", "2") for each in _received_queued(tenant)),
        ],
        dropped=[],
        victims=["1"],
        struck_at=STRUCK_AT,
        in_force_at=STRUCK_AT + 0.5,
        is_quiet=True,
    )


def _tenant(evidence: Evidence, **changes: object) -> Evidence:
    first = replace(evidence.tenants[0], **changes)
    return replace(evidence, tenants=[first, *evidence.tenants[1:]])


def _without_row(evidence: Evidence, name: str) -> Evidence:
    rows = [row for row in evidence.tenants[0].rows if row.wa_message_id != name]
    return _tenant(evidence, rows=rows)


def _with_row(evidence: Evidence, copied: str, **changes: object) -> Evidence:
    rows = evidence.tenants[0].rows
    source = next(r for t in evidence.tenants for r in t.rows if r.wa_message_id == copied)
    return _tenant(evidence, rows=[*rows, replace(source, **changes)])


def _edit_row(evidence: Evidence, name: str, **changes: object) -> Evidence:
    rows = [
        replace(row, **changes) if row.wa_message_id == name else row
        for row in evidence.tenants[0].rows
    ]
    return _tenant(evidence, rows=rows)


def _without_received(evidence: Evidence, name: str) -> Evidence:
    return replace(evidence, received=[item for item in evidence.received if item.id != name])


def _with_received(evidence: Evidence, copied: str, **changes: object) -> Evidence:
    source = next(item for item in evidence.received if item.id == copied)
    return replace(evidence, received=[*evidence.received, replace(source, **changes)])


def _edit_outbound(evidence: Evidence, number: int, **changes: object) -> Evidence:
    outbound = list(evidence.tenants[0].outbound)
    outbound[number] = replace(outbound[number], **changes)
    return _tenant(evidence, outbound=outbound)


def _without_outbound(evidence: Evidence, number: int) -> Evidence:
    outbound = [e for n, e in enumerate(evidence.tenants[0].outbound) if n != number]
    return _tenant(evidence, outbound=outbound)


def _arrived(evidence: Evidence, number: int, *, times: int) -> Evidence:
    """The first tenant's queued message of that number is on the phone so often."""
    text = f"queued 1-{number}"
    others = [item for item in evidence.received if item.text != text]
    item = replace(_received_queued("1")[0], text=text, id=f"Q1{number}")
    return replace(evidence, received=others + [item] * times)


def _swapped(evidence: Evidence, one: str, other: str) -> Evidence:
    rows = list(evidence.tenants[0].rows)
    names = [row.wa_message_id for row in rows]
    i, j = names.index(one), names.index(other)
    rows[i], rows[j] = rows[j], rows[i]
    return _tenant(evidence, rows=rows)


def _ended_after_sending(evidence: Evidence, state: str) -> Evidence:
    """The worker was killed between sending the answer to IN12 and writing that down."""
    entry = Entry(wa_message_id="IN12", state=state, note="the worker ended")
    return _tenant(_without_row(evidence, "OUT12"), entries=[entry])


def test_clean_evidence_has_no_violation(clean: Evidence) -> None:
    assert judge(clean).violations == []


def _named_lost(evidence: Evidence, name: str) -> Evidence:
    rows = [
        replace(row, kind="LOST", message_text="") if row.wa_message_id == name else row
        for row in evidence.tenants[0].rows
    ]
    return _tenant(evidence, rows=rows)


DEFECTS = [
    pytest.param(
        lambda e: _named_lost(e, "IN11"), "inbound-lost", id="a message is logged as lost"
    ),
    pytest.param(lambda e: _without_row(e, "IN11"), "inbound-lost", id="a message is not logged"),
    pytest.param(lambda e: _with_row(e, "IN11"), "inbound-doubled", id="a message is logged twice"),
    pytest.param(
        lambda e: _with_row(e, "IN11", wa_message_id="IN99"),
        "inbound-doubled",
        id="a message is logged again under another id",
    ),
    pytest.param(
        lambda e: _edit_row(e, "IN11", from_number="+255700000000"),
        "inbound-true",
        id="a message is logged under another sender",
    ),
    pytest.param(
        lambda e: _edit_row(e, "IN11", message_text="message 1-7"),
        "inbound-true",
        id="a message is logged with another text",
    ),
    pytest.param(
        lambda e: _with_row(e, "OUT11", wa_message_id="OUT99"),
        "answer-doubled",
        id="a message has two answers in the log",
    ),
    pytest.param(
        lambda e: _without_received(_without_row(e, "OUT11"), "OUT11"),
        "answer-missing",
        id="a message is not answered and nothing says why",
    ),
    pytest.param(
        lambda e: _edit_row(e, "OUT11", in_reply_to="IN99"),
        "answer-to-nothing",
        id="an answer answers no message",
    ),
    pytest.param(
        lambda e: _with_received(e, "OUT11"), "arrival-doubled", id="an answer arrived twice"
    ),
    pytest.param(
        lambda e: _without_received(e, "OUT11"),
        "arrival-lost",
        id="an answer is logged and never arrived",
    ),
    pytest.param(
        lambda e: replace(e, dropped=[Dropped(customer=_customer("1"), id="OUT11")]),
        "arrival-unreadable",
        id="an answer could not be read",
    ),
    pytest.param(
        lambda e: _with_received(e, "OUT11", id="OUT99"),
        "arrival-unlogged",
        id="a second answer arrived that the log does not know",
    ),
    pytest.param(
        lambda e: _with_received(_ended_after_sending(e, "UNCERTAIN"), "OUT11", id="OUT99"),
        "arrival-unlogged",
        id="two unlogged answers arrived where one is uncertain",
    ),
    pytest.param(
        lambda e: _ended_after_sending(e, "SKIPPED"),
        "arrival-unlogged",
        id="an answer arrived that the worker says it never sent",
    ),
    pytest.param(
        lambda e: _swapped(e, "IN10", "IN11"), "inbound-order", id="the log is out of order"
    ),
    pytest.param(
        lambda e: _swapped(e, "OUT10", "OUT12"), "answer-order", id="answers are out of order"
    ),
    pytest.param(
        lambda e: _with_row(e, "IN21"), "foreign-row", id="another tenant's message is in the log"
    ),
    pytest.param(
        lambda e: _with_received(e, "OUT11", sender=_phone("2")),
        "foreign-answer",
        id="another tenant answered",
    ),
    pytest.param(lambda e: _tenant(e, outbox=2), "outbox-empty", id="the worker kept events"),
    pytest.param(
        lambda e: _tenant(e, entries=[Entry(wa_message_id="IN11", state="RECEIVED", note="")]),
        "settled",
        id="a message still waits for its answer",
    ),
]


DEFECTS += [
    pytest.param(
        lambda e: _without_outbound(e, 0), "queued-once", id="a queued message is gone from the API"
    ),
    pytest.param(
        lambda e: _tenant(
            e, outbound=[*e.tenants[0].outbound, replace(e.tenants[0].outbound[0], id="again")]
        ),
        "queued-once",
        id="one idempotency key queued two messages",
    ),
    pytest.param(
        lambda e: _edit_outbound(e, 0, to="+255700000000"),
        "queued-true",
        id="a queued message goes to somebody else",
    ),
    pytest.param(
        lambda e: _edit_outbound(e, 0, text="queued 1-9"),
        "queued-true",
        id="a queued message has another text",
    ),
    *(
        pytest.param(
            lambda e, state=state: _edit_outbound(e, 3, state=state),
            "queued-state",
            id=f"a queued message stays {state}",
        )
        for state in ("QUEUED", "SENDING")
    ),
    *(
        pytest.param(
            lambda e, n=number, times=times: _arrived(e, n, times=times),
            "queued-state",
            id=f"a message that is {STATES[number]} arrived {times} times",
        )
        for number, times in [
            (0, 0),
            (0, 2),
            (1, 0),
            (1, 2),
            (2, 0),
            (2, 2),
            (3, 1),
            (4, 1),
            (5, 1),
            (6, 2),
        ]
    ),
    pytest.param(
        lambda e: replace(e, dropped=[Dropped(customer=_customer("1"), id="Q10")]),
        "arrival-unreadable",
        id="a queued message could not be read",
    ),
    pytest.param(
        lambda e: _without_row(e, "Q10"), "queued-logged", id="a sent queued message is not logged"
    ),
    pytest.param(
        lambda e: _with_row(e, "Q10"), "queued-logged", id="a queued message is logged twice"
    ),
    pytest.param(
        lambda e: _edit_row(e, "Q10", message_text="queued 1-1"),
        "queued-logged",
        id="a queued message is logged with another text",
    ),
    pytest.param(
        lambda e: _arrived(_edit_outbound(e, 0, state="FAILED"), 0, times=0),
        "queued-logged",
        id="a message that is not sent is logged as sent",
    ),
]


@pytest.mark.parametrize(("plant", "rule"), DEFECTS)
def test_a_planted_defect_is_named(
    clean: Evidence, plant: Callable[[Evidence], Evidence], rule: str
) -> None:
    assert rule in {violation.rule for violation in judge(plant(clean)).violations}


def test_an_uncertain_answer_is_explained_and_counted(clean: Evidence) -> None:
    verdict = judge(_ended_after_sending(clean, "UNCERTAIN"))
    assert verdict.violations == []
    assert verdict.figures.unanswered == {"UNCERTAIN": 1}
    assert verdict.figures.unlogged == 1


@pytest.mark.parametrize("times", [0, 1])
def test_an_uncertain_queued_message_may_have_arrived_once(clean: Evidence, times: int) -> None:
    verdict = judge(_arrived(clean, STATES.index("UNCERTAIN"), times=times))
    assert verdict.violations == []
    assert verdict.figures.queued == dict.fromkeys(STATES, 2)


@pytest.mark.parametrize("is_logged", [True, False])
def test_a_message_that_may_not_have_been_taken_may_be_logged_or_not(
    clean: Evidence, *, is_logged: bool
) -> None:
    sent = [replace(s, wa_message_id=None) if s.text == "message 1-2" else s for s in clean.sent]
    evidence = replace(clean, sent=sent)
    if not is_logged:
        evidence = _without_received(_without_row(_without_row(evidence, "IN12"), "OUT12"), "OUT12")
    verdict = judge(evidence)
    assert verdict.violations == []
    assert verdict.figures.unclear == 1


def test_recovery_is_of_the_first_answered_message_that_was_written_after_the_fault(
    clean: Evidence,
) -> None:
    # Number 1 is written at 1000.0, before the fault is there; number 2 at 1001.0.
    assert judge(clean).figures.recovery == 3.0


def test_a_victim_that_never_answers_again_has_no_recovery(clean: Evidence) -> None:
    assert judge(replace(clean, in_force_at=STRUCK_AT + 9)).figures.recovery is None


@pytest.mark.parametrize("slowest", ["1", "2"])
def test_recovery_is_that_of_the_slowest_victim(clean: Evidence, slowest: str) -> None:
    late = f"OUT{slowest}{MESSAGES - 1}"
    received = [
        replace(each, at=STRUCK_AT + 40) if each.id == late else each for each in clean.received
    ]
    evidence = replace(clean, victims=["1", "2"], received=received)
    assert judge(evidence).figures.recovery == 40.0


@pytest.mark.parametrize("silent", ["1", "2"])
def test_recovery_is_none_as_long_as_one_victim_of_several_is_silent(
    clean: Evidence, silent: str
) -> None:
    evidence = replace(clean, victims=["1", "2"])
    received = [each for each in clean.received if each.id != f"OUT{silent}{MESSAGES - 1}"]
    assert judge(replace(evidence, received=received)).figures.recovery is None

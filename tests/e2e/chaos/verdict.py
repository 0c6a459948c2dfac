"""What a round's evidence says. Pure, so that a planted defect can be shown to be found."""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise

import msgspec

from tests.e2e.chaos.evidence import Evidence, Row, Sent, Tenant

# States of the worker's store that say why nothing was answered; RECEIVED would still be due.
EXPLAINED = {"UNCERTAIN", "SKIPPED"}
# Of a row that stands in for what a killed worker took along: named, but lost all the same.
LOST = "LOST"
# What a queued message's state says of the customer's phone.
ARRIVED = {"SENT", "DELIVERED", "READ"}
NOT_SENT = {"FAILED", "EXPIRED", "CANCELLED"}


class Violation(msgspec.Struct, frozen=True, kw_only=True):
    rule: str
    tenant_id: str
    detail: str


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of messages, and seconds.

    unclear: written while the sandbox ended, taken or not. unanswered: state in the worker's
    store → messages. unlogged: answers that customers have and the log has not, because the
    worker ended between sending and writing down. recovery: from the fault to the first answer
    to a message that was written after it, of the victim that waited longest. longest_wait:
    of any message for its answer. longest_lag: of any message for its row. queued: messages
    through the API, by the state they ended in.
    """

    sent: int
    unclear: int
    logged: int
    answered: int
    unanswered: dict[str, int]
    unlogged: int
    queued: dict[str, int]
    recovery: float | None
    longest_wait: float | None
    longest_lag: float | None


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    violations: list[Violation]
    figures: Figures


def judge(evidence: Evidence) -> Verdict:
    violations = [
        *judge_quiet(evidence),
        *judge_inbound(evidence),
        *judge_answers(evidence),
        *judge_arrivals(evidence),
        *judge_queued(evidence),
        *judge_order(evidence),
        *judge_tenancy(evidence),
    ]
    return Verdict(violations=violations, figures=measure(evidence))


def judge_quiet(evidence: Evidence) -> Iterator[Violation]:
    for tenant in evidence.tenants:
        if tenant.outbox:
            yield _violation("outbox-empty", tenant, f"{tenant.outbox} events wait")
        for entry in tenant.entries:
            if entry.state not in EXPLAINED:
                yield _violation("settled", tenant, f"{entry.wa_message_id} is {entry.state}")


def judge_inbound(evidence: Evidence) -> Iterator[Violation]:
    """Every message is logged once, by its id and by its text, as it was written."""
    for tenant in evidence.tenants:
        lost = {row.wa_message_id for row in _inbound(tenant) if row.kind == LOST}
        rows = [row for row in _inbound(tenant) if row.kind != LOST]
        ids = Counter(row.wa_message_id for row in rows)
        texts = Counter(row.message_text for row in rows)
        for sent in _sent_to(evidence, tenant):
            logged = texts[sent.text] if sent.wa_message_id is None else ids[sent.wa_message_id]
            when = f"{sent.text}, written {sent.at - evidence.struck_at:+.3f} s from the fault"
            if logged == 0 and sent.wa_message_id is not None:
                named = "; its row says so" if sent.wa_message_id in lost else ""
                yield _violation("inbound-lost", tenant, when + named)
            if logged > 1 or texts[sent.text] > 1:
                yield _violation("inbound-doubled", tenant, when)
        known = {sent.text: sent for sent in _sent_to(evidence, tenant)}
        for row in rows:
            sent_as = known.get(row.message_text)
            if sent_as is None or not _is_true(row, sent_as):
                yield _violation("inbound-true", tenant, f"{row.wa_message_id}: {row}")


def judge_answers(evidence: Evidence) -> Iterator[Violation]:
    """At most one answer a message; one that is missing is explained by the worker's store."""
    for tenant in evidence.tenants:
        asked = {row.wa_message_id for row in _inbound(tenant)}
        answers = Counter(row.in_reply_to for row in _answers(tenant))
        explained = {entry.wa_message_id for entry in tenant.entries}
        for message in asked:
            if answers[message] > 1:
                yield _violation("answer-doubled", tenant, f"{message}: {answers[message]} rows")
            if answers[message] == 0 and message not in explained:
                yield _violation("answer-missing", tenant, f"{message}: no row and no reason")
        for message in answers.keys() - asked:
            yield _violation("answer-to-nothing", tenant, f"{message}")


def judge_arrivals(evidence: Evidence) -> Iterator[Violation]:
    """The log and the customers' phones tell of the same answers."""
    arrived = Counter((item.customer, item.id) for item in evidence.received)
    unreadable = {(item.customer, item.id) for item in evidence.dropped}
    for tenant in evidence.tenants:
        for row in _answers(tenant):
            key = (row.to_number, row.wa_message_id)
            if arrived[key] > 1:
                yield _violation("arrival-doubled", tenant, f"{row.wa_message_id}")
            elif key in unreadable:
                yield _violation("arrival-unreadable", tenant, f"{row.wa_message_id}")
            elif arrived[key] == 0:
                yield _violation("arrival-lost", tenant, f"{row.wa_message_id} is logged as sent")
        unlogged = _unlogged(evidence, tenant)
        uncertain = _uncertain_of(tenant)
        for customer in tenant.customers:
            if unlogged[customer] > uncertain[customer]:
                yield _violation(
                    "arrival-unlogged",
                    tenant,
                    f"{customer} has {unlogged[customer]} answers that are not in the log, "
                    f"{uncertain[customer]} are UNCERTAIN",
                )


def judge_queued(evidence: Evidence) -> Iterator[Violation]:
    """What the API took is there once, and its state is true of log and phone."""
    arrived = Counter((item.customer, item.text) for item in evidence.received)
    unreadable = {(item.customer, item.id) for item in evidence.dropped}
    for tenant in evidence.tenants:
        taken = {each.id: each for each in evidence.queued if each.tenant_id == tenant.id}
        shown = Counter(each.text for each in tenant.outbound)
        for queued in taken.values():
            if shown[queued.text] != 1:
                times = f"{queued.text} is there {shown[queued.text]} times"
                yield _violation("queued-once", tenant, times)
        for message in tenant.outbound:
            asked = taken.get(message.id)
            if asked is None or (asked.text, asked.to) != (message.text, message.to):
                yield _violation("queued-true", tenant, f"{message}")
                continue
            is_unreadable = (message.to, message.wa_message_id or "") in unreadable
            if message.state in ARRIVED and is_unreadable:
                yield _violation("arrival-unreadable", tenant, f"{message.wa_message_id}")
            elif not _fits(message.state, arrived[message.to, message.text]):
                times = f"{arrived[message.to, message.text]} times"
                detail = f"{message.text} is {message.state} and arrived {times}"
                yield _violation("queued-state", tenant, detail)
        yield from _judge_log_of_queued(tenant)


def _fits(state: str, arrivals: int) -> bool:
    """Whether a message of that state may have arrived so often. Nothing fits QUEUED or SENDING:
    by now it must have ended somehow.
    """
    if state in ARRIVED:
        return arrivals == 1
    if state in NOT_SENT:
        return arrivals == 0
    return state == "UNCERTAIN" and arrivals <= 1


def _judge_log_of_queued(tenant: Tenant) -> Iterator[Violation]:
    """A queued message is in the log exactly when it is said to be sent."""
    logged = Counter(row.wa_message_id for row in _log_of_queued(tenant))
    told = {each.wa_message_id: each for each in tenant.outbound if each.state in ARRIVED}
    for name, message in told.items():
        if name is None or logged[name] != 1:
            times = f"{message.text} is {message.state} and logged {logged[name or '']} times"
            yield _violation("queued-logged", tenant, times)
    for row in _log_of_queued(tenant):
        message = told.get(row.wa_message_id)
        if message is None or (message.text, message.to) != (row.message_text, row.to_number):
            yield _violation(
                "queued-logged", tenant, f"{row.wa_message_id}: no sent message is of it"
            )


def judge_order(evidence: Evidence) -> Iterator[Violation]:
    """Within a chat the log is in the order of writing, and so are the answers."""
    for tenant in evidence.tenants:
        numbers = {sent.text: sent.number for sent in _sent_to(evidence, tenant)}
        place = {
            row.wa_message_id: numbers.get(row.message_text, 0)
            for row in _inbound(tenant)
            if row.kind != LOST
        }
        for customer in tenant.customers:
            asked = [
                place[row.wa_message_id]
                for row in _inbound(tenant)
                if row.from_number == customer and row.wa_message_id in place
            ]
            answered = [
                place[row.in_reply_to]
                for row in _answers(tenant)
                if row.to_number == customer and row.in_reply_to in place
            ]
            for rule, order in (("inbound-order", asked), ("answer-order", answered)):
                for before, after in _inversions(order):
                    detail = f"{customer}: number {after} after number {before}"
                    yield _violation(rule, tenant, detail)


def judge_tenancy(evidence: Evidence) -> Iterator[Violation]:
    """No row and no answer of one tenant's customers is another's."""
    owner = {customer: tenant for tenant in evidence.tenants for customer in tenant.customers}
    for tenant in evidence.tenants:
        for row in tenant.rows:
            other = row.from_number if row.direction == "IN" else row.to_number
            if owner.get(other) is not tenant:
                yield _violation("foreign-row", tenant, f"{row.wa_message_id} of {other}")
    for item in evidence.received:
        tenant = owner[item.customer]
        if item.sender != tenant.phone_number:
            yield _violation("foreign-answer", tenant, f"{item.id} from {item.sender}")


def measure(evidence: Evidence) -> Figures:
    arrivals = {(item.customer, item.id): item.at for item in evidence.received}
    logged_at, answered_at = {}, {}
    for tenant in evidence.tenants:
        for row in _inbound(tenant):
            logged_at[row.message_text] = row.created_at.timestamp()
        texts = {row.wa_message_id: row.message_text for row in _inbound(tenant)}
        for row in _answers(tenant):
            arrival = arrivals.get((row.to_number, row.wa_message_id))
            if arrival is not None and row.in_reply_to in texts:
                answered_at[texts[row.in_reply_to]] = arrival
    states = Counter(entry.state for tenant in evidence.tenants for entry in tenant.entries)
    return Figures(
        sent=len(evidence.sent),
        unclear=sum(sent.wa_message_id is None for sent in evidence.sent),
        logged=sum(sent.text in logged_at for sent in evidence.sent),
        answered=sum(len(_answers(tenant)) for tenant in evidence.tenants),
        unanswered=dict(states),
        unlogged=sum(sum(_unlogged(evidence, tenant).values()) for tenant in evidence.tenants),
        queued=dict(Counter(each.state for tenant in evidence.tenants for each in tenant.outbound)),
        recovery=_recovery(evidence, answered_at),
        longest_wait=_longest(evidence.sent, answered_at),
        longest_lag=_longest(evidence.sent, logged_at),
    )


def _recovery(evidence: Evidence, answered_at: dict[str, float]) -> float | None:
    """None when a victim did not answer again."""
    times = []
    for tenant_id in evidence.victims:
        after = [
            answered_at[sent.text]
            for sent in evidence.sent
            if sent.tenant_id == tenant_id
            and sent.at > evidence.in_force_at
            and sent.text in answered_at
        ]
        if not after:
            return None
        times.append(min(after) - evidence.struck_at)
    return max(times, default=None)


def _longest(sent: Iterable[Sent], done_at: dict[str, float]) -> float | None:
    waits = (done_at[each.text] - each.at for each in sent if each.text in done_at)
    return max(waits, default=None)


def _unlogged(evidence: Evidence, tenant: Tenant) -> Counter[str]:
    """Customer → answers on the phone that the log does not know."""
    logged = {row.wa_message_id for row in _answers(tenant)}
    queued = {each.text for each in evidence.queued}
    items = (
        item
        for item in evidence.received
        if item.customer in tenant.customers and item.text not in queued
    )
    return Counter(item.customer for item in items if item.id not in logged)


def _uncertain_of(tenant: Tenant) -> Counter[str]:
    uncertain = {e.wa_message_id for e in tenant.entries if e.state == "UNCERTAIN"}
    return Counter(r.from_number for r in _inbound(tenant) if r.wa_message_id in uncertain)


def _is_true(row: Row, sent: Sent) -> bool:
    return row.from_number == sent.customer and sent.wa_message_id in {None, row.wa_message_id}


def _inversions(order: list[int]) -> Iterator[tuple[int, int]]:
    return ((before, after) for before, after in pairwise(order) if after < before)


def _inbound(tenant: Tenant) -> list[Row]:
    return [row for row in tenant.rows if row.direction == "IN"]


def _answers(tenant: Tenant) -> list[Row]:
    return [row for row in tenant.rows if row.direction == "OUT" and row.in_reply_to is not None]


def _log_of_queued(tenant: Tenant) -> list[Row]:
    return [row for row in tenant.rows if row.direction == "OUT" and row.in_reply_to is None]


def _sent_to(evidence: Evidence, tenant: Tenant) -> list[Sent]:
    return [sent for sent in evidence.sent if sent.tenant_id == tenant.id]


def _violation(rule: str, tenant: Tenant, detail: str) -> Violation:
    return Violation(rule=rule, tenant_id=tenant.id, detail=detail)

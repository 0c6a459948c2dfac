"""The verdict of `stress_test.py`: pure, so that a planted leak can be shown to fail it."""

import re
from collections import Counter, defaultdict

import msgspec

CANARY = re.compile(r"canary-[0-9a-f]{24}")


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    canary: str
    tenant_id: str
    customer: str
    wa_message_id: str


class Container(msgspec.Struct, frozen=True, kw_only=True):
    tenant_id: str
    id: str
    state: str
    volumes: list[str]


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A row of a tenant's MessageLog, as the API gives it."""

    direction: str
    from_number: str
    to_number: str
    message_text: str
    wa_message_id: str
    in_reply_to: str | None


class Tenant(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    phone_number: str
    container_id: str | None
    rows: list[Row]


class Received(msgspec.Struct, frozen=True, kw_only=True, rename={"sender": "from"}):
    id: str
    sender: str
    text: str


class Customer(msgspec.Struct, frozen=True, kw_only=True):
    number: str
    tenant_id: str
    received: list[Received]
    dropped: list[str]


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """sightings: log file name → canaries found in it."""

    sent: list[Sent]
    tenants: list[Tenant]
    containers: list[Container]
    customers: list[Customer]
    sightings: dict[str, list[str]]


class Violation(msgspec.Struct, frozen=True, kw_only=True):
    rule: str
    tenant_id: str
    detail: str


def judge(evidence: Evidence) -> list[Violation]:
    return [
        *judge_containers(evidence),
        *judge_inbound(evidence),
        *judge_answers(evidence),
        *judge_leaks(evidence),
    ]


def judge_containers(evidence: Evidence) -> list[Violation]:
    """Every stressed tenant has one running container and one volume that nobody shares."""
    found: list[Violation] = []
    mine = {sent.tenant_id for sent in evidence.sent}
    by_tenant: dict[str, list[Container]] = defaultdict(list)
    for container in evidence.containers:
        by_tenant[container.tenant_id].append(container)
    ids = Counter(container.id for container in evidence.containers)
    volumes = Counter(name for container in evidence.containers for name in container.volumes)
    for tenant in (tenant for tenant in evidence.tenants if tenant.id in mine):
        own = [container for container in by_tenant[tenant.id] if container.state == "running"]
        if len(own) != 1:
            found.append(_violation("one-container", tenant.id, f"{len(own)} running containers"))
            continue
        if ids[own[0].id] != 1:
            found.append(_violation("own-container", tenant.id, f"{own[0].id} is shared"))
        if tenant.container_id != own[0].id:
            found.append(
                _violation("own-container", tenant.id, f"the API names {tenant.container_id}")
            )
        if len(own[0].volumes) != 1 or volumes[own[0].volumes[0]] != 1:
            found.append(_violation("own-volume", tenant.id, f"volumes {own[0].volumes}"))
    return found


def judge_inbound(evidence: Evidence) -> list[Violation]:
    """Every message is in its tenant's log once, under its own id, from its own customer."""
    found: list[Violation] = []
    rows = {tenant.id: tenant.rows for tenant in evidence.tenants}
    for sent in evidence.sent:
        seen = [
            row
            for row in rows.get(sent.tenant_id, [])
            if row.direction == "IN" and sent.canary in row.message_text
        ]
        if len(seen) != 1:
            found.append(_violation("inbound-once", sent.tenant_id, f"{sent}: {len(seen)} rows"))
        elif (seen[0].wa_message_id, seen[0].from_number) != (sent.wa_message_id, sent.customer):
            found.append(_violation("inbound-true", sent.tenant_id, f"{sent}: {seen[0]}"))
    return found


def judge_answers(evidence: Evidence) -> list[Violation]:
    """Every message is answered once, and the answer is on that customer's phone once."""
    found: list[Violation] = []
    answers: dict[tuple[str, str | None], list[Row]] = defaultdict(list)
    for tenant in evidence.tenants:
        for row in tenant.rows:
            if row.direction == "OUT":
                answers[tenant.id, row.in_reply_to].append(row)
    phones = {tenant.id: tenant.phone_number for tenant in evidence.tenants}
    received = Counter(
        (customer.number, message.id, message.sender)
        for customer in evidence.customers
        for message in customer.received
    )
    for sent in evidence.sent:
        own = answers[sent.tenant_id, sent.wa_message_id]
        if len(own) != 1:
            found.append(_violation("answered-once", sent.tenant_id, f"{sent}: {len(own)} rows"))
            continue
        key = (sent.customer, own[0].wa_message_id, phones[sent.tenant_id])
        if own[0].to_number != sent.customer or received[key] != 1:
            found.append(
                _violation("answer-arrived", sent.tenant_id, f"{sent}: {received[key]} times")
            )
    found += [
        _violation("answer-readable", customer.tenant_id, f"{customer.number} dropped {name}")
        for customer in evidence.customers
        for name in customer.dropped
    ]
    return found


def judge_leaks(evidence: Evidence) -> list[Violation]:
    """No canary is anywhere but with its tenant, and no message text is in a log file at all."""
    found: list[Violation] = []
    owner = {sent.canary: sent for sent in evidence.sent}

    def foreign(text: str, tenant_id: str) -> list[str]:
        return [
            canary
            for canary in CANARY.findall(text)
            if canary in owner and owner[canary].tenant_id != tenant_id
        ]

    for tenant in evidence.tenants:
        for row in tenant.rows:
            found += [
                _violation("leak-in-message-log", tenant.id, f"{canary} in {row}")
                for canary in foreign(row.message_text, tenant.id)
            ]
    phones = {tenant.id: tenant.phone_number for tenant in evidence.tenants}
    for customer in evidence.customers:
        for message in customer.received:
            if message.sender != phones.get(customer.tenant_id):
                found.append(
                    _violation(
                        "leak-to-customer", customer.tenant_id, f"{customer.number} {message}"
                    )
                )
            found += [
                _violation("leak-to-customer", customer.tenant_id, f"{canary} at {customer.number}")
                for canary in foreign(message.text, customer.tenant_id)
            ]
    found += [
        _violation("text-in-log-file", owner[canary].tenant_id, f"{canary} in {name}")
        for name, canaries in evidence.sightings.items()
        for canary in canaries
        if canary in owner
    ]
    return found


def _violation(rule: str, tenant_id: str, detail: str) -> Violation:
    return Violation(rule=rule, tenant_id=tenant_id, detail=detail)

"""The stress test's verdict: clean evidence passes, and every planted defect is named."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from attack.stress import verdict as stress

replace = msgspec.structs.replace


def _canary(tenant: str, number: int) -> str:
    return f"canary-{tenant}{number}".ljust(31, "0")


def _tenant(name: str) -> tuple[Any, list[Any], Any, Any]:
    """A tenant with two messages of one customer, all as it should be."""
    customer, phone = f"+25571{name * 7}", f"+25575{name * 7}"
    sent = [
        stress.Sent(
            canary=_canary(name, number),
            tenant_id=name,
            customer=customer,
            wa_message_id=f"IN{name}{number}",
        )
        for number in range(2)
    ]
    rows = []
    for message in sent:
        rows += [
            stress.Row(
                direction="IN",
                from_number=customer,
                to_number=phone,
                message_text=f"Hello, about {message.canary}",
                wa_message_id=message.wa_message_id,
                in_reply_to=None,
            ),
            stress.Row(
                direction="OUT",
                from_number=phone,
                to_number=customer,
                message_text="Welcome",
                wa_message_id=f"OUT{message.wa_message_id}",
                in_reply_to=message.wa_message_id,
            ),
        ]
    tenant = stress.Tenant(
        id=name, name=name, phone_number=phone, container_id=f"c{name}", rows=rows
    )
    container = stress.Container(
        tenant_id=name, id=f"c{name}", state="running", volumes=[f"v{name}"]
    )
    inbox = stress.Customer(
        number=customer,
        tenant_id=name,
        received=[
            stress.Received(id=f"OUT{message.wa_message_id}", sender=phone, text="Welcome")
            for message in sent
        ],
        dropped=[],
    )
    return tenant, sent, container, inbox


@pytest.fixture
def clean() -> Any:
    one, two = _tenant("1"), _tenant("2")
    return stress.Evidence(
        sent=one[1] + two[1],
        tenants=[one[0], two[0]],
        containers=[one[2], two[2]],
        customers=[one[3], two[3]],
        sightings={"1.log": [], "2.log": []},
    )


def test_clean_evidence_has_no_violation(clean: Any) -> None:
    assert stress.judge(clean) == []


def _edit_row(evidence: Any, index: int, **changes: Any) -> Any:
    tenant = evidence.tenants[0]
    rows = list(tenant.rows)
    rows[index] = replace(rows[index], **changes)
    return replace(evidence, tenants=[replace(tenant, rows=rows), *evidence.tenants[1:]])


def _add_row(evidence: Any, row: Any) -> Any:
    tenant = evidence.tenants[0]
    return replace(
        evidence, tenants=[replace(tenant, rows=[*tenant.rows, row]), *evidence.tenants[1:]]
    )


def _drop_row(evidence: Any, index: int) -> Any:
    tenant = evidence.tenants[0]
    rows = [row for place, row in enumerate(tenant.rows) if place != index]
    return replace(evidence, tenants=[replace(tenant, rows=rows), *evidence.tenants[1:]])


def _receive(evidence: Any, message: Any) -> Any:
    customer = evidence.customers[0]
    return replace(
        evidence,
        customers=[
            replace(customer, received=[*customer.received, message]),
            *evidence.customers[1:],
        ],
    )


def _first_container(evidence: Any, **changes: Any) -> Any:
    first = replace(evidence.containers[0], **changes)
    return replace(evidence, containers=[first, *evidence.containers[1:]])


DEFECTS: list[Any] = [
    pytest.param(
        lambda e: _add_row(e, replace(e.tenants[1].rows[0], wa_message_id="LEAK")),
        "leak-in-message-log",
        id="another tenant's message is in the log",
    ),
    pytest.param(
        lambda e: _add_row(e, replace(e.tenants[0].rows[0])),
        "inbound-once",
        id="a message is logged twice",
    ),
    pytest.param(lambda e: _drop_row(e, 0), "inbound-once", id="a message is not logged"),
    pytest.param(
        lambda e: _edit_row(e, 0, from_number="+255700000000"),
        "inbound-true",
        id="a message is logged under another sender",
    ),
    pytest.param(lambda e: _drop_row(e, 1), "answered-once", id="a message is not answered"),
    pytest.param(
        lambda e: _add_row(e, replace(e.tenants[0].rows[1], wa_message_id="AGAIN")),
        "answered-once",
        id="a message is answered twice",
    ),
    pytest.param(
        lambda e: _edit_row(e, 1, to_number=e.customers[1].number),
        "answer-arrived",
        id="an answer went to another customer",
    ),
    pytest.param(
        lambda e: _receive(e, e.customers[0].received[0]),
        "answer-arrived",
        id="an answer arrived twice",
    ),
    pytest.param(
        lambda e: replace(
            e, customers=[replace(e.customers[0], dropped=["OUTIN10"]), e.customers[1]]
        ),
        "answer-readable",
        id="a customer could not read an answer",
    ),
    pytest.param(
        lambda e: _receive(e, e.customers[1].received[0]),
        "leak-to-customer",
        id="a customer got another tenant's answer",
    ),
    pytest.param(
        lambda e: _receive(
            e,
            stress.Received(
                id="X", sender=e.tenants[0].phone_number, text=f"see {_canary('2', 0)}"
            ),
        ),
        "leak-to-customer",
        id="another tenant's canary reached a customer",
    ),
    pytest.param(
        lambda e: replace(e, sightings={"2.log": [_canary("1", 0)]}),
        "text-in-log-file",
        id="a message's text is in a log file",
    ),
    pytest.param(
        lambda e: _first_container(e, volumes=["v2"]), "own-volume", id="a volume is shared"
    ),
    pytest.param(lambda e: _first_container(e, volumes=[]), "own-volume", id="no volume"),
    pytest.param(
        lambda e: _first_container(e, id="c3"), "own-container", id="the API names another"
    ),
    pytest.param(
        lambda e: replace(
            _first_container(e, id="c2"),
            tenants=[replace(e.tenants[0], container_id="c2"), e.tenants[1]],
        ),
        "own-container",
        id="a container is shared, and the API says so",
    ),
    pytest.param(
        lambda e: _first_container(e, state="exited"), "one-container", id="no container runs"
    ),
    pytest.param(
        lambda e: replace(
            e, containers=[*e.containers, replace(e.containers[0], id="c3", volumes=["v3"])]
        ),
        "one-container",
        id="a tenant has two containers",
    ),
]


@pytest.mark.parametrize(("plant", "rule"), DEFECTS)
def test_a_planted_defect_is_named(clean: Any, plant: Callable[[Any], Any], rule: str) -> None:
    assert rule in {violation.rule for violation in stress.judge(plant(clean))}

"""Every operation of the OpenAPI document, asked what the document allows and what it does not
(schemathesis): of what is there and of what is not, by an operator and by a tenant.
"""

import asyncio
from functools import cache
from typing import Any

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from attack.ground import Business
from controlplane.api.headers import DOCUMENTATION
from controlplane.routes import create_listed_api
from shared.ids import TenantId
from shared.stores import operators, setup_requests
from tests.fakes.attack_ground import API, settle

# Of each operation, mode and key; ten times as many find more, in ten minutes.
EXAMPLES = 80
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
# What is written of a request that is refused.
TRACES = {"AdminAuditLog", "SecurityEvent"}


@cache
def document() -> Any:
    async def fetch() -> Any:
        transport = httpx.ASGITransport(create_listed_api())
        async with httpx.AsyncClient(transport=transport, base_url=API) as client:
            return (await client.get(f"{DOCUMENTATION}/openapi.json")).json()

    described = asyncio.run(fetch())
    # Keys are another test's: here each request has one.
    del described["security"], described["components"]["securitySchemes"]
    return schemathesis.openapi.from_dict(described)


def operations() -> list[Any]:
    return [
        pytest.param(found.ok(), id=found.ok().label)
        for found in document().get_all_operations()
        if not found.ok().path.endswith("/stream")
    ]


@pytest.fixture
async def world(api: Any) -> tuple[Business, Business]:  # noqa: ARG001  the stores are bound
    """A tenant that is asked of, and one whose things nobody may be told."""
    own, other = await settle(1), await settle(2)
    request = await setup_requests.create(TenantId(other.id), note=other.canary)
    operator = await operators.create("ops@attack.example", password_hash="x")
    own.ids |= {"request_id": str(request.id), "operator_id": str(operator.id)}
    return own, other


def is_of_tenants(operation: Any) -> bool:
    return operation.path.startswith("/v1")


def can_be_spoilt(operation: Any) -> bool:
    """A file may be anything."""
    takes_file = operation.method == "post" and operation.path.endswith("/media")
    parts = [*operation.iter_parameters(), *([] if takes_file else operation.body)]
    return bool(parts)


def is_spoilt(case: Any, part: ParameterLocation) -> bool:
    of = case.meta.components.get(part)
    return of is not None and of.mode is GenerationMode.NEGATIVE


async def ask(client: httpx.AsyncClient, case: Any, key: str) -> httpx.Response:
    wanted = case.as_transport_kwargs(base_url=API, headers={"authorization": f"Bearer {key}"})
    sent = requests.Request(**wanted).prepare()
    return await client.request(
        sent.method, sent.url, headers=dict(sent.headers), content=sent.body or b""
    )


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("operation", operations())
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
async def test_it_does_as_described(api, world, operation, mode, data):
    own, other = world
    if mode is GenerationMode.NEGATIVE and not can_be_spoilt(operation):
        pytest.skip("there is nothing about it that could be wrong")
    case = data.draw(operation.as_strategy(generation_mode=mode))
    is_there = data.draw(st.sampled_from([True, True, False]), label="of what is there")
    if is_there and not is_spoilt(case, ParameterLocation.PATH):
        case.path_parameters |= {name: own.ids[name] for name in case.path_parameters}
    before = await api.counts()
    answer = await ask(api.client, case, own.key if is_of_tenants(operation) else api.key)
    case.validate_response(answer, checks=CHECKS)
    if answer.is_error:
        after = await api.counts()
        assert {name for name in after if after[name] != before[name]} <= TRACES
    if is_of_tenants(operation):
        assert other.canary not in answer.text
        assert other.said not in answer.text


@pytest.mark.parametrize("operation", operations())
@settings(max_examples=2, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
async def test_a_key_of_the_other_kind_is_refused_as_described(api, world, operation, data):
    own, other = world
    if not operation.path.startswith(("/admin", "/v1")):
        pytest.skip("it asks for no key")
    case = data.draw(operation.as_strategy(generation_mode=GenerationMode.POSITIVE))
    case.path_parameters |= {name: own.ids[name] for name in case.path_parameters}
    answer = await ask(api.client, case, api.key if is_of_tenants(operation) else own.key)
    assert answer.status_code == 403
    case.validate_response(answer, checks=CHECKS)
    assert other.canary not in answer.text

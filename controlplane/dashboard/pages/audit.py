"""Who did what, when, and from where."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get

from controlplane.api.parameters import DEFAULT_LIMIT
from controlplane.dashboard.texts.audit import ACTIONS, ALONE, DETAILS, IN_VAIN, NOTHING
from controlplane.rights import Right, needs
from shared.errors import NotFoundError
from shared.ids import TenantId
from shared.stores import audit, tenants
from shared.web.rendering import page
from shared.web.requests import PageRequest

MAX_LENGTH = 254


@get("/audit", opt=needs(Right.LOOK))
async def show(request: PageRequest) -> Response[str]:
    asked = {
        name: request.query_params.get(name, "")[:MAX_LENGTH].strip()
        for name in ("tenant", "action", "who")
    }
    tenant_id = _to_id(asked["tenant"])
    found = await audit.list_page(
        limit=DEFAULT_LIMIT,
        cursor=request.query_params.get("cursor") or None,
        tenant_id=tenant_id,
        action=asked["action"],
        who=asked["who"],
    )
    return page(
        request,
        "audit.html",
        found=found,
        asked=asked,
        whose=None if tenant_id is None else await _find_name(tenant_id),
        actions=ACTIONS,
        describe=describe,
    )


def describe(detail: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Each with what it is, or without for a sentence. What has no words is told as it is kept."""
    told = []
    for name, value in detail.items():
        match value:
            case bool() if name in IN_VAIN:
                told += [] if value else [("", IN_VAIN[name])]
            case bool() if name in ALONE:
                told += [("", ALONE[name])] if value else []
            case str():
                told.append((DETAILS.get(name, name), value))
            case [*changes] if name == "changes":
                told += [
                    (each["field"], f"{_say(each['old'])} → {_say(each['new'])}")
                    for each in changes
                ]
            case [*each] if all(isinstance(one, str) for one in each):
                told.append((DETAILS.get(name, name), ", ".join(each)))
            case _:
                told.append((DETAILS.get(name, name), msgspec.json.encode(value).decode()))
    return told


def _say(value: object) -> str:
    if value is None:
        return NOTHING
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _to_id(text: str) -> UUID | None:
    """Raises NotFoundError for what is no tenant's id."""
    try:
        return msgspec.convert(text, UUID) if text else None
    except msgspec.ValidationError as error:
        raise NotFoundError("there is no such tenant") from error


async def _find_name(tenant_id: UUID) -> str:
    """The tenant's, or its id, for the log outlives it."""
    try:
        return (await tenants.get(TenantId(tenant_id))).name
    except NotFoundError:
        return str(tenant_id)

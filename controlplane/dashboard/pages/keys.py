"""API keys: the platform's own, and those of one tenant."""

from datetime import timedelta
from http import HTTPStatus
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from controlplane.api.bodies import find_problems
from controlplane.api.parameters import DEFAULT_LIMIT, Acting, Timing
from controlplane.dashboard.confirming import confirm
from controlplane.dashboard.problems import Wrong, to_wrong, wrong_of
from controlplane.rights import Right, needs
from controlplane.services.issue_key import (
    MAX_KEYS,
    issue_admin_key,
    issue_tenant_key,
    revoke_admin_key,
    revoke_tenant_key,
)
from shared.clock import Clock
from shared.errors import ConflictError, InvalidInputError
from shared.ids import TenantId
from shared.stores import api_keys, tenants
from shared.structs.keys import AdminScope, CreateAdminKeyInput, CreateTenantKeyInput, NewApiKey
from shared.web.forms import read_form
from shared.web.rendering import go_to, page
from shared.web.requests import PageRequest

PATH = "/dashboard/keys"
# Keys that nobody renews end; who wants one for ever empties the field.
USUAL_LIFE = timedelta(days=365)
Form = dict[str, str]


@get("/keys", opt=needs(Right.SEE_ACCESS))
async def show(request: PageRequest, clock: Timing) -> Response[str]:
    return await _show_own(request, clock=clock)


@post("/keys", opt=needs(Right.ADMINISTER))
async def issue(request: PageRequest, caller: Acting, clock: Timing) -> Response[str]:
    form = await read_form(request)
    body = _to_body(form) | {"scopes": [form.get("scope", "")]}
    try:
        if wrong := to_wrong(find_problems(body, CreateAdminKeyInput)):
            return await _show_own(request, clock=clock, form=form, wrong=wrong)
        given = msgspec.convert(body, CreateAdminKeyInput)
        await confirm(request, form)
        made = await issue_admin_key(given, caller=caller, clock=clock)
    except (InvalidInputError, ConflictError) as error:
        return await _show_own(request, clock=clock, form=form, wrong=wrong_of(error))
    return await _show_own(request, clock=clock, made=made)


@post("/keys/{key_id:uuid}/revoke", opt=needs(Right.ADMINISTER))
async def revoke(
    request: PageRequest, key_id: FromPath[UUID], caller: Acting, clock: Timing
) -> Response[str] | Redirect:
    await api_keys.get_of_operators(key_id)
    form = await read_form(request)
    try:
        await confirm(request, form)
    except InvalidInputError as error:
        return await _show_own(request, clock=clock, wrong=wrong_of(error), about=str(key_id))
    await revoke_admin_key(key_id, caller=caller)
    return go_to(PATH)


@get("/tenants/{tenant_id:uuid}/keys", opt=needs(Right.SEE_ACCESS))
async def show_of_tenant(
    request: PageRequest, tenant_id: FromPath[UUID], clock: Timing
) -> Response[str]:
    return await _show_tenants(request, TenantId(tenant_id), clock=clock)


@post("/tenants/{tenant_id:uuid}/keys", opt=needs(Right.ADMINISTER))
async def issue_to_tenant(
    request: PageRequest, tenant_id: FromPath[UUID], caller: Acting, clock: Timing
) -> Response[str]:
    form, tenant = await read_form(request), TenantId(tenant_id)
    body = _to_body(form)
    try:
        if wrong := to_wrong(find_problems(body, CreateTenantKeyInput)):
            return await _show_tenants(request, tenant, clock=clock, form=form, wrong=wrong)
        given = msgspec.convert(body, CreateTenantKeyInput)
        await confirm(request, form)
        made = await issue_tenant_key(tenant, given, caller=caller, clock=clock)
    except (InvalidInputError, ConflictError) as error:
        return await _show_tenants(request, tenant, clock=clock, form=form, wrong=wrong_of(error))
    return await _show_tenants(request, tenant, clock=clock, made=made)


@post("/tenants/{tenant_id:uuid}/keys/{key_id:uuid}/revoke", opt=needs(Right.ADMINISTER))
async def revoke_of_tenant(
    request: PageRequest,
    tenant_id: FromPath[UUID],
    key_id: FromPath[UUID],
    caller: Acting,
    clock: Timing,
) -> Response[str] | Redirect:
    form, tenant = await read_form(request), TenantId(tenant_id)
    await api_keys.get_of_tenant(tenant, key_id)
    try:
        await confirm(request, form)
    except InvalidInputError as error:
        wrong, about = wrong_of(error), str(key_id)
        return await _show_tenants(request, tenant, clock=clock, wrong=wrong, about=about)
    await revoke_tenant_key(TenantId(tenant_id), key_id, caller=caller)
    return go_to(f"/dashboard/tenants/{tenant_id}/keys")


def _to_body(form: Form) -> dict[str, Any]:
    """expires: the last day on which the key is good."""
    body: dict[str, Any] = {"name": form.get("name", "").strip()}
    if expires := form.get("expires_at", "").strip():
        body["expires_at"] = f"{expires}T23:59:59Z"
    return body


def _blank(clock: Clock) -> Form:
    return {
        "name": "",
        "scope": AdminScope.READ.value,
        "expires_at": (clock.now() + USUAL_LIFE).date().isoformat(),
    }


async def _show_own(request: PageRequest, *, clock: Clock, **values: Any) -> Response[str]:
    cursor = request.query_params.get("cursor") or None
    return _page(
        request,
        "keys.html",
        clock=clock,
        tenant=None,
        path=PATH,
        keys=await api_keys.list_of_operators(limit=MAX_KEYS),
        theirs=await api_keys.list_of_tenants(limit=DEFAULT_LIMIT, cursor=cursor),
        scopes=[scope.value for scope in AdminScope],
        **values,
    )


async def _show_tenants(
    request: PageRequest, tenant_id: TenantId, *, clock: Clock, **values: Any
) -> Response[str]:
    return _page(
        request,
        "tenant_keys.html",
        clock=clock,
        tenant=await tenants.get(tenant_id),
        path=f"/dashboard/tenants/{tenant_id}/keys",
        keys=await api_keys.list_of_tenant(tenant_id, limit=MAX_KEYS),
        theirs=None,
        scopes=[],
        **values,
    )


def _page(
    request: PageRequest,
    template: str,
    *,
    clock: Clock,
    form: Form | None = None,
    wrong: Wrong | None = None,
    about: str = "new",
    made: NewApiKey | None = None,
    **values: Any,
) -> Response[str]:
    """about: the key whose form was sent, or `new`. made: shown this once."""
    return page(
        request,
        template,
        status=HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK,
        form=_blank(clock) | (form or {}),
        wrong=wrong or {},
        about=about,
        made=made,
        now=clock.now(),
        **values,
    )

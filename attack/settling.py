"""Settles the ground: what the tenants of the attack have and hide, and who is signed in where."""

import asyncio
import secrets
from base64 import b64encode
from datetime import timedelta
from functools import partial

import httpx

from attack.errors import NotTriedError
from attack.ground import Business, Ground
from attack.sites.browser import SignInError
from attack.stress.platform import MeasurementError, json_of
from shared.clock import SystemClock

ANSWERED = 30.0
# A file that starts like the picture it says it is, so that it is taken as one.
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000d49444154789c6360f8cf00000002000154a24f5d0000000049454e44ae426082"
)


async def settle(ground: Ground) -> None:
    """Raises NotTriedError when the platform does not even let its operator in."""
    try:
        await ground.call("GET", "/admin/fleet")
    except (httpx.HTTPError, MeasurementError) as error:
        raise NotTriedError(f"the platform cannot be attacked: {error}") from error
    ground.alpha, ground.beta = await asyncio.gather(
        ground.new_business("alpha", with_phone=True), ground.new_business("beta", with_phone=True)
    )
    await asyncio.gather(
        *(_bring_to_life(ground, each) for each in (ground.alpha, ground.beta)),
        _make_admin_keys(ground),
        _make_operators(ground),
    )
    await _make_people(ground)


async def _bring_to_life(ground: Ground, business: Business) -> None:
    await _make_tenant_keys(ground, business)
    if ground.target.sandbox is None:
        ground.notes.append("no sandbox: nobody writes to the tenants, and nothing is linked")
        return
    await ground.platform.start_and_scan({"id": business.id, "phone_number": business.phone_number})
    business.is_linked = True
    made = await json_of(
        ground.platform.sandbox.post("/customers", json={"name": f"Asha {business.canary}"})
    )
    business.customer = made["phone_number"]
    await _converse(ground, business)


async def _converse(ground: Ground, business: Business) -> None:
    """A text, a file and an answer; then what is queued and what is uploaded."""
    contents: list[dict[str, object]] = [
        {"text": f"Hello, about {business.said}"},
        {
            "content": {
                "kind": "IMAGE",
                "caption": f"A picture of {business.said}",
                "mime_type": "image/png",
                "file": {"base64": b64encode(PIXEL + business.canary.encode()).decode()},
            }
        },
    ]
    for content in contents:
        answer = await ground.platform.sandbox.post(
            f"/customers/{business.customer}/messages",
            json={"to": business.phone_number, **content},
        )
        if answer.is_error:
            ground.notes.append(f"the sandbox took no {[*content]}: {answer.text[:200]}")
    await _await_answer(ground, business)
    tomorrow = SystemClock().now() + timedelta(days=1)
    queued = await ground.call(
        "POST",
        f"/admin/tenants/{business.id}/messages",
        {
            "to": business.customer,
            "text": f"Later, about {business.said}",
            "send_at": tomorrow.isoformat(),
        },
    )
    upload = await json_of(
        ground.platform.api.post(
            f"/admin/tenants/{business.id}/media",
            content=PIXEL + business.canary.encode(),
            headers={"content-type": "image/png"},
        )
    )
    business.ids |= {"message_id": queued["id"], "sha256": upload["sha256"]}


async def _await_answer(ground: Ground, business: Business) -> None:
    path = f"/admin/tenants/{business.id}/logs"
    try:
        async with asyncio.timeout(ANSWERED):
            while True:
                items = (await ground.call("GET", path))["items"]
                if any(item["direction"] == "OUT" for item in items):
                    break
                await asyncio.sleep(0.25)
    except TimeoutError:
        ground.notes.append(f"{business.name} answered nobody within {ANSWERED:.0f} s")
        return
    with_file = [item for item in items if item.get("media")]
    business.ids |= {
        "log_id": (with_file or items)[0]["id"],
        "wa_message_id": items[-1]["wa_message_id"],
    }


async def _make_tenant_keys(ground: Ground, business: Business) -> None:
    path = f"/admin/tenants/{business.id}/api-keys"
    made = await ground.call("POST", path, {"name": f"Key {business.canary}"})
    business.key = made["key"]
    business.ids |= {"tenant_id": business.id, "key_id": made["id"], "person": ""}


async def _make_admin_keys(ground: Ground) -> None:
    """Of the platform's: one that only looks, one that was revoked, one that is over soon."""
    soon = SystemClock().now() + timedelta(seconds=3)
    wanted: dict[str, dict[str, object]] = {
        "admin-read": {"scopes": ["read"]},
        "admin-support": {"scopes": ["support"]},
        "admin-revoked": {"scopes": ["admin"]},
        "admin-expired": {"scopes": ["admin"], "expires_at": soon.isoformat()},
    }
    for name, more in wanted.items():
        body = {"name": f"Attack {ground.run_id} {name}", **more}
        made = await ground.call("POST", "/admin/api-keys", body)
        ground.keys[name] = made["key"]
        path = f"/admin/api-keys/{made['id']}"
        if name == "admin-revoked":
            await ground.call("DELETE", path)
        else:
            ground.undo(partial(ground.call, "DELETE", path))


async def _make_operators(ground: Ground) -> None:
    """One of each role. The last admin of a platform stays: on one that has none, ours is none."""
    known = (await ground.call("GET", "/admin/operators"))["items"]
    has_admin = any(each["role"] == "ADMIN" for each in known)
    if not has_admin:
        ground.notes.append("the platform has no operator who is ADMIN: nothing is tried as one")
    await asyncio.gather(
        add_operator(ground, "operator", role="ADMIN" if has_admin else "SUPPORT"),
        add_operator(ground, "reader", role="READ_ONLY"),
        add_operator(ground, "helper", role="SUPPORT"),
    )


async def add_operator(ground: Ground, name: str, **more: str) -> str:
    """Signed in at the dashboard under that name; the id."""
    email, password = f"{name}-{ground.run_id}@attack.example", secrets.token_urlsafe(18)
    body = {"email": email, "password": password, **more}
    made = await ground.call("POST", "/admin/operators", body)
    ground.undo(lambda: ground.call("DELETE", f"/admin/operators/{made['id']}"))
    ground.passwords[name] = password
    await _let_in(ground, name, email, password, is_operator=True)
    return str(made["id"])


async def add_member(ground: Ground, name: str, business: Business, role: str) -> str:
    """Signed in at the portal under that name; the id."""
    email, password = f"{name}-{ground.run_id}@attack.example", secrets.token_urlsafe(18)
    made = await ground.call(
        "POST",
        f"/admin/tenants/{business.id}/members",
        {"email": email, "role": role, "language": "EN", "password": password},
    )
    ground.passwords[name] = password
    await _let_in(ground, name, email, password)
    return str(made["id"])


async def _make_people(ground: Ground) -> None:
    alpha, beta = ground.alpha, ground.beta
    owner, staff, other = await asyncio.gather(
        add_member(ground, "alpha-owner", alpha, "OWNER"),
        add_member(ground, "alpha-staff", alpha, "STAFF"),
        add_member(ground, "beta-owner", beta, "OWNER"),
    )
    alpha.ids |= {"member_id": staff, "owner_id": owner, "person": alpha.customer}
    beta.ids |= {"member_id": other, "owner_id": other, "person": beta.customer}
    for name, business, role in (
        ("signed-out", alpha, "OWNER"),
        ("removed", alpha, "OWNER"),
        ("demoted", alpha, "OWNER"),
    ):
        await _make_former(ground, name, business, role)


async def _make_former(ground: Ground, name: str, business: Business, role: str) -> None:
    """Somebody who had a session that is over now; the browser keeps the cookie of it."""
    member = await add_member(ground, name, business, role)
    browser = ground.browsers.get(name)
    if browser is None:
        return
    cookies = browser.session_cookies()
    if name == "signed-out":
        await browser.send("/sign-out")
    elif name == "removed":
        await ground.call("DELETE", f"/admin/tenants/{business.id}/members/{member}")
    else:
        owner = ground.browsers.get("alpha-owner")
        if owner is not None:
            await owner.send(f"/team/{member}/role", role="STAFF")
    for cookie, value in cookies.items():
        browser.client.cookies.set(cookie, value, domain=browser.client.base_url.host)


async def _let_in(
    ground: Ground, name: str, email: str, password: str, *, is_operator: bool = False
) -> None:
    browser = await ground.browser(name, is_operator=is_operator)
    try:
        await browser.sign_in(email, password)
    except SignInError as error:
        del ground.browsers[name]
        ground.notes.append(str(error))

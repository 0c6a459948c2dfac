"""A phone that scans what is not meant for it: one WhatsApp account, one tenant."""

import asyncio
import time
from datetime import timedelta
from typing import Any

from attack.checks import Check, Outcome
from attack.errors import NotTriedError
from attack.ground import Business, Ground
from attack.stress.platform import json_of

FENCE = "who is linked is who should be (controlplane/gateway/linking.py)"
QR_TIME = 40.0
SETTLED = 8.0


async def another_phone(ground: Ground) -> Outcome:
    """A stranger's phone scans a tenant's code."""
    business = await _waiting_for_scan(ground)
    made = await json_of(ground.platform.sandbox.post("/phones", json={"name": "Stranger"}))
    return await _scan(ground, business, made["phone_number"], "a phone of another number")


async def a_phone_twice(ground: Ground) -> Outcome:
    """The victim's own phone, linked already, scans another tenant's code."""
    if not ground.beta.is_linked:
        raise NotTriedError("no sandbox: no phone is linked")
    business = await _waiting_for_scan(ground)
    return await _scan(ground, business, ground.beta.phone_number, "a phone of another tenant")


async def _scan(ground: Ground, business: Business, number: str, what: str) -> Outcome:
    seen = await ground.call("GET", f"/admin/tenants/{business.id}/qr")
    # A gateway or a worker that refuses it makes the phone's scan come to nothing: either is right.
    await ground.platform.sandbox.post(f"/phones/{number}/scan", json={"qr": seen["qr"]})
    deadline, states = time.monotonic() + SETTLED, []
    while time.monotonic() < deadline:
        session = (await ground.call("GET", f"/admin/tenants/{business.id}"))["session"]
        states.append(session["state"])
        await asyncio.sleep(0.5)
    breaches = []
    if "CONNECTED" in states:
        breaches.append(f"{what} was linked to {business.phone_number}")
    phone = await json_of(ground.platform.sandbox.get(f"/phones/{number}"))
    is_own = number == ground.beta.phone_number
    if len(phone["devices"]) > is_own:
        breaches.append(f"{what} is not logged out again")
    other = await ground.call("GET", f"/admin/tenants/{ground.beta.id}")
    if number == ground.beta.phone_number and other["session"]["state"] != "CONNECTED":
        breaches.append("whose phone it is was cut off by it")
    await ground.call("POST", f"/admin/tenants/{business.id}/worker/stop")
    return Outcome(saw=f"{what}: {', '.join(dict.fromkeys(states))}", breaches=breaches)


async def _waiting_for_scan(ground: Ground) -> Business:
    """A tenant whose worker shows a code. Raises NotTriedError."""
    if ground.target.sandbox is None:
        raise NotTriedError("no sandbox: no phone can scan")
    business = await ground.new_business("scanned", with_phone=True)
    await ground.call("POST", f"/admin/tenants/{business.id}/worker/start")
    deadline = time.monotonic() + QR_TIME
    seen: dict[str, Any] = {}
    while time.monotonic() < deadline:
        seen = await ground.call("GET", f"/admin/tenants/{business.id}/qr")
        if seen.get("qr"):
            return business
        await asyncio.sleep(0.25)
    raise NotTriedError(f"the tenant's worker shows no code: {seen.get('reason')}")


CHECKS = [
    Check(
        name="phones.another-number",
        fence=FENCE,
        expects="a link that is refused to a phone of another number",
        attack=another_phone,
        budget=timedelta(seconds=75),
    ),
    Check(
        name="phones.one-phone-two-tenants",
        fence=FENCE,
        expects="a link that is refused to a phone which is another tenant's",
        attack=a_phone_twice,
        budget=timedelta(seconds=75),
    ),
]

"""Two demo tenants: made through the admin API, linked by simulated phones, written to by
simulated customers. Nothing here has a way that a real operator has not.
"""

from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import msgspec

from launcher import http
from launcher.errors import LauncherError
from launcher.http import Site
from launcher.logins import ensure_logins
from launcher.paths import Paths
from launcher.platform import Platform
from launcher.waiting import wait_for

LINK_TIME = timedelta(seconds=180)
ANSWER_TIME = timedelta(seconds=60)
LOOK_EVERY = timedelta(milliseconds=250)
CONNECTED = "CONNECTED"


class Customer(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    phone_number: str
    messages: list[str]


class DemoTenant(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    phone_number: str
    template_type: str
    language: str
    customers: list[Customer]


# Numbers of Tanzania and Kenya in their real shape: the API checks them as it would yours.
TENANTS = (
    DemoTenant(
        name="Saluni ya Amani",
        phone_number="+255754100101",
        template_type="BOOKING",
        language="SW",
        customers=[
            Customer(
                name="Neema",
                phone_number="+255754200201",
                messages=["Habari", "bei", "kuweka miadi"],
            ),
            Customer(name="Juma", phone_number="+255754200202", messages=["Mambo", "huduma"]),
        ],
    ),
    DemoTenant(
        name="Baraka Shop",
        phone_number="+254712100102",
        template_type="ECOMMERCE",
        language="EN",
        customers=[
            Customer(
                name="Wanjiru",
                phone_number="+254712200203",
                messages=["Hello", "products", "delivery"],
            ),
            Customer(name="Otieno", phone_number="+254712200204", messages=["Hi", "prices"]),
        ],
    ),
)


# Whose owner the demo login of the portal is.
SHOWN = TENANTS[1]


class Memory(msgspec.Struct, kw_only=True):
    """Tenant ids by phone number, and whose customers have written already."""

    tenants: dict[str, str] = {}
    written: list[str] = []


def ensure_demo(platform: Platform) -> str:
    """Ends when both are linked and have answered; the same again changes nothing."""
    memory = _read(platform.paths)
    for tenant in TENANTS:
        memory.tenants[tenant.phone_number] = _ensure_tenant(
            platform.control_plane, tenant, memory.tenants.get(tenant.phone_number)
        )
        _write(platform.paths, memory)
        _ensure_people(platform.sandbox, tenant)
    for tenant in TENANTS:
        _link(platform, tenant, memory.tenants[tenant.phone_number])
    for tenant in TENANTS:
        if tenant.phone_number not in memory.written:
            _write_messages(platform.sandbox, tenant)
            memory.written.append(tenant.phone_number)
            _write(platform.paths, memory)
    for tenant in TENANTS:
        _await_answers(platform.control_plane, tenant, memory.tenants[tenant.phone_number])
    shown = memory.tenants[SHOWN.phone_number]
    ensure_logins(platform.control_plane, platform.paths, tenant_id=shown)
    return f"{len(TENANTS)} connected, with answered messages"


def _ensure_tenant(api: Site, tenant: DemoTenant, known: str | None) -> str:
    found = known if known is not None and _exists(api, known) else _find(api, tenant.phone_number)
    if found is None:
        wanted = {
            field: getattr(tenant, field)
            for field in ("name", "phone_number", "template_type", "language")
        }
        found = str(http.call(api, "POST", "/admin/tenants", wanted)["id"])
    http.call(api, "POST", f"/admin/tenants/{found}/worker/start")
    return found


def _exists(api: Site, tenant_id: str) -> bool:
    reply = http.find_reply(api, "GET", f"/admin/tenants/{tenant_id}")
    return reply is not None and reply.ok


def _find(api: Site, phone_number: str) -> str | None:
    """Looks through all pages: the memory of it may have been lost, the tenant not."""
    path = "/admin/tenants"
    while True:
        page = http.call(api, "GET", path)
        for item in page["items"]:
            if item["phone_number"] == phone_number:
                return str(item["id"])
        if not page.get("next_cursor"):
            return None
        path = f"/admin/tenants?cursor={quote(page['next_cursor'], safe='')}"


def _ensure_people(sandbox: Site, tenant: DemoTenant) -> None:
    _ensure(sandbox, "/phones", {"phone_number": tenant.phone_number, "name": tenant.name})
    for customer in tenant.customers:
        body = {"phone_number": customer.phone_number, "name": customer.name}
        _ensure(sandbox, "/customers", body)


def _ensure(sandbox: Site, path: str, body: dict[str, str]) -> None:
    reply = http.find_reply(sandbox, "POST", path, body)
    if reply is None or not (reply.ok or reply.status == HTTPStatus.CONFLICT):
        raise LauncherError(f"The sandbox refused {path}: {reply.body if reply else 'no answer'}")


def _link(platform: Platform, tenant: DemoTenant, tenant_id: str) -> None:
    """Scans each code that is shown until the link stands; a code may expire under the scan."""
    scanned: set[str] = set()

    def settled() -> bool | None:
        view = http.call(platform.control_plane, "GET", f"/admin/tenants/{tenant_id}/qr")
        if view["state"] == CONNECTED:
            return True
        code = view.get("qr")
        if code and code not in scanned:
            scanned.add(code)
            path = f"/phones/{quote(tenant.phone_number, safe='')}/scan"
            http.find_reply(platform.sandbox, "POST", path, {"qr": code})
        return None

    _await(settled, LINK_TIME, f"{tenant.name} was not linked", platform.control_plane, tenant_id)


def _write_messages(sandbox: Site, tenant: DemoTenant) -> None:
    for customer in tenant.customers:
        path = f"/customers/{quote(customer.phone_number, safe='')}/messages"
        for text in customer.messages:
            http.call(sandbox, "POST", path, {"to": tenant.phone_number, "text": text})


def _await_answers(api: Site, tenant: DemoTenant, tenant_id: str) -> None:
    def settled() -> bool | None:
        page = http.call(api, "GET", f"/admin/tenants/{tenant_id}/logs")
        return any(item["direction"] == "OUT" for item in page["items"]) or None

    _await(settled, ANSWER_TIME, f"{tenant.name} answered nobody", api, tenant_id)


def _await(
    settled: Callable[[], bool | None], within: timedelta, failure: str, api: Site, tenant_id: str
) -> None:
    if wait_for(settled, within=within, pause=LOOK_EVERY) is None:
        seen: dict[str, Any] = http.call(api, "GET", f"/admin/tenants/{tenant_id}")
        raise LauncherError(
            f"{failure} within {within.seconds} s: session {seen['session']}, "
            f"worker {seen['worker']}"
        )


def _read(paths: Paths) -> Memory:
    try:
        return msgspec.json.decode((paths.state / "demo.json").read_bytes(), type=Memory)
    except (FileNotFoundError, msgspec.DecodeError):
        return Memory()


def _write(paths: Paths, memory: Memory) -> None:
    draft = paths.state / "demo.json.new"
    draft.write_bytes(msgspec.json.encode(memory))
    draft.replace(paths.state / "demo.json")

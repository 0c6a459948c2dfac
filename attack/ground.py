"""What the attack stands on: tenants of its own, people and keys of theirs, and what they hide.

Alpha is the victim: a canary is in everything of it that can hold a text. Beta is the attacker
that has an account, a key and a worker of its own. Everything is removed at the end.
"""

import asyncio
import secrets
from base64 import b64encode
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from types import TracebackType
from typing import Any, Self

import httpx
import msgspec
from docker.api.client import APIClient

from attack.errors import NotTriedError
from attack.platform.target import Target
from attack.platform.watch import Watch
from attack.sites.browser import NO_TLS, Browser, SignInError
from attack.stress.platform import MeasurementError, Platform, json_of

# TEST-NET-3 (RFC 5737): nobody comes from there.
FROM = "203.0.113.{}"
PORTAL_SIGN_IN = "/sign-in"
DASHBOARD_SIGN_IN = "/dashboard/sign-in"
ANSWERED = 30.0
REMOVED = 40.0
# A file that starts like the picture it says it is, so that it is taken as one.
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000d49444154789c6360f8cf00000002000154a24f5d0000000049454e44ae426082"
)


class Business(msgspec.Struct, kw_only=True):
    """A tenant of the attack's. ids: of what it has, by the name that routes have for it.

    canary: in names and titles of it. said: in messages, which are in no log file either.
    customer: the number of one who wrote to it. key: of its own, for /v1.
    """

    id: str
    name: str
    phone_number: str
    canary: str
    said: str
    is_linked: bool = False
    customer: str = ""
    key: str = ""
    ids: dict[str, str] = {}

    @property
    def own(self) -> set[str]:
        return {self.canary, self.said}


class Ground:
    """Enter it to set everything up. `notes`: what could not be, and why."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.run_id = secrets.token_hex(4)
        self.notes: list[str] = []
        self.http = httpx.AsyncClient(
            timeout=30, verify=NO_TLS, limits=httpx.Limits(max_connections=16)
        )
        self.platform = Platform(
            api=target.api,
            sandbox=target.sandbox or "http://127.0.0.1:9",
            admin_key=target.admin_key,
            instance=target.instance,
            connect_engine=target.connect_engine,
            read_logs=target.installation.read_logs,
        )
        self.watch = Watch(target, self.http)
        # What one check made and a later one goes on with.
        self.store: dict[str, Any] = {}
        self.alpha: Business
        self.beta: Business
        self.keys: dict[str, str] = {}
        self.browsers: dict[str, Browser] = {}
        self.passwords: dict[str, str] = {}
        self._told: dict[tuple[str, str], str] = {}
        self._asking = asyncio.Lock()
        self._addresses = iter(range(1, 255))
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        self._stack.push_async_callback(self.platform.aclose)
        self._stack.push_async_callback(self.http.aclose)
        try:
            await self._set_up()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._stack.aclose()

    @property
    def engine(self) -> APIClient:
        return self.platform.engine

    def undo(self, act: Callable[[], Awaitable[Any]]) -> None:
        """Called at the end, the last one first, however the attack ends."""
        self._stack.push_async_callback(_quietly, act)

    async def call(self, method: str, path: str, body: object = None) -> Any:
        """The admin API, as the operator. Raises MeasurementError."""
        options: dict[str, Any] = {} if body is None else {"json": body}
        answer = await self.platform.api.request(method, path, **options)
        if answer.is_error:
            raise MeasurementError(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json() if answer.content else None

    async def new_business(self, label: str) -> Business:
        """A tenant that is not started."""
        canary, said = new_canary(), new_canary()
        name = f"Attack {self.run_id} {label} {canary}"
        if self.target.sandbox is not None:
            made = await self.platform.create(name)
        else:
            made = await self.call("POST", "/admin/tenants", _describe(name))
        business = Business(
            id=made["id"],
            name=name,
            phone_number=made["phone_number"],
            canary=canary,
            said=said,
        )
        self.undo(lambda: self.call("DELETE", f"/admin/tenants/{business.id}"))
        return business

    async def browser(self, name: str, *, is_operator: bool = False) -> Browser:
        """One that nobody is signed in at."""
        site = self.target.api if is_operator else self.target.portal
        door = DASHBOARD_SIGN_IN if is_operator else PORTAL_SIGN_IN
        made = Browser(site, sign_in=door, address=FROM.format(next(self._addresses)))
        self._stack.push_async_callback(made.aclose)
        self.browsers[name] = made
        return made

    async def ask_part(self, part: str, what: str) -> str:
        """What `python -m PART WHAT` prints, which is asked once. Raises OSError."""
        async with self._asking:
            if (part, what) not in self._told:
                command = ["-m", part, what]
                self._told[part, what] = await self.target.installation.run_python(part, command)
            return self._told[part, what]

    def known(self, name: str) -> Browser:
        """A browser in which that person is signed in. Raises NotTriedError."""
        if name not in self.browsers:
            raise NotTriedError(f"nobody is signed in as {name}")
        return self.browsers[name]

    async def _set_up(self) -> None:
        await self._check_reachable()
        self.alpha, self.beta = await asyncio.gather(
            self.new_business("alpha"), self.new_business("beta")
        )
        await asyncio.gather(
            *(self._bring_to_life(each) for each in (self.alpha, self.beta)),
            self._make_admin_keys(),
            self._make_operator(),
        )
        await self._make_people()

    async def _check_reachable(self) -> None:
        try:
            await self.call("GET", "/admin/fleet")
        except (httpx.HTTPError, MeasurementError) as error:
            raise NotTriedError(f"the platform cannot be attacked: {error}") from error

    async def _bring_to_life(self, business: Business) -> None:
        await self._make_tenant_keys(business)
        if self.target.sandbox is None:
            self.notes.append("no sandbox: nobody writes to the tenants, and nothing is linked")
            return
        await self.platform.start_and_scan(
            {"id": business.id, "phone_number": business.phone_number}
        )
        business.is_linked = True
        made = await json_of(
            self.platform.sandbox.post("/customers", json={"name": f"Asha {business.canary}"})
        )
        business.customer = made["phone_number"]
        await self._converse(business)

    async def _converse(self, business: Business) -> None:
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
            answer = await self.platform.sandbox.post(
                f"/customers/{business.customer}/messages",
                json={"to": business.phone_number, **content},
            )
            if answer.is_error:
                self.notes.append(f"the sandbox took no {[*content]}: {answer.text[:200]}")
        await self._await_answer(business)
        tomorrow = datetime.now(UTC) + timedelta(days=1)  # noqa: TID251  the platform's own time
        queued = await self.call(
            "POST",
            f"/admin/tenants/{business.id}/messages",
            {
                "to": business.customer,
                "text": f"Later, about {business.said}",
                "send_at": tomorrow.isoformat(),
            },
        )
        upload = await json_of(
            self.platform.api.post(
                f"/admin/tenants/{business.id}/media",
                content=PIXEL + business.canary.encode(),
                headers={"content-type": "image/png"},
            )
        )
        business.ids |= {"message_id": queued["id"], "sha256": upload["sha256"]}

    async def _await_answer(self, business: Business) -> None:
        path = f"/admin/tenants/{business.id}/logs"
        try:
            async with asyncio.timeout(ANSWERED):
                while True:
                    items = (await self.call("GET", path))["items"]
                    if any(item["direction"] == "OUT" for item in items):
                        break
                    await asyncio.sleep(0.25)
        except TimeoutError:
            self.notes.append(f"{business.name} answered nobody within {ANSWERED:.0f} s")
            return
        with_file = [item for item in items if item.get("media")]
        business.ids |= {
            "log_id": (with_file or items)[0]["id"],
            "wa_message_id": items[-1]["wa_message_id"],
        }

    async def _make_tenant_keys(self, business: Business) -> None:
        path = f"/admin/tenants/{business.id}/api-keys"
        made = await self.call("POST", path, {"name": f"Key {business.canary}"})
        business.key = made["key"]
        business.ids |= {"tenant_id": business.id, "key_id": made["id"], "person": ""}

    async def _make_admin_keys(self) -> None:
        """Of the platform's: one that only looks, one that was revoked, one that is over soon."""
        soon = datetime.now(UTC) + timedelta(seconds=3)  # noqa: TID251  the platform's own time
        wanted: dict[str, dict[str, object]] = {
            "admin-read": {"scopes": ["read"]},
            "admin-revoked": {"scopes": ["admin"]},
            "admin-expired": {"scopes": ["admin"], "expires_at": soon.isoformat()},
        }
        for name, more in wanted.items():
            body = {"name": f"Attack {self.run_id} {name}", **more}
            made = await self.call("POST", "/admin/api-keys", body)
            self.keys[name] = made["key"]
            path = f"/admin/api-keys/{made['id']}"
            if name == "admin-revoked":
                await self.call("DELETE", path)
            else:
                self.undo(partial(self.call, "DELETE", path))

    async def _make_operator(self) -> None:
        await self.add_operator("operator")

    async def add_operator(self, name: str, **more: str) -> str:
        """Signed in at the dashboard under that name; the id."""
        email, password = f"{name}-{self.run_id}@attack.example", secrets.token_urlsafe(18)
        body = {"email": email, "password": password, **more}
        made = await self.call("POST", "/admin/operators", body)
        self.undo(lambda: self.call("DELETE", f"/admin/operators/{made['id']}"))
        self.passwords[name] = password
        await self._let_in(name, email, password, is_operator=True)
        return str(made["id"])

    async def add_member(self, name: str, business: Business, role: str) -> str:
        """Signed in at the portal under that name; the id."""
        email, password = f"{name}-{self.run_id}@attack.example", secrets.token_urlsafe(18)
        made = await self.call(
            "POST",
            f"/admin/tenants/{business.id}/members",
            {"email": email, "role": role, "language": "EN", "password": password},
        )
        self.passwords[name] = password
        await self._let_in(name, email, password)
        return str(made["id"])

    async def _make_people(self) -> None:
        alpha, beta = self.alpha, self.beta
        owner, staff, other = await asyncio.gather(
            self.add_member("alpha-owner", alpha, "OWNER"),
            self.add_member("alpha-staff", alpha, "STAFF"),
            self.add_member("beta-owner", beta, "OWNER"),
        )
        alpha.ids |= {"member_id": staff, "owner_id": owner, "person": alpha.customer}
        beta.ids |= {"member_id": other, "owner_id": other, "person": beta.customer}
        for name, business, role in (
            ("signed-out", alpha, "OWNER"),
            ("removed", alpha, "OWNER"),
            ("demoted", alpha, "OWNER"),
        ):
            await self._make_former(name, business, role)

    async def _make_former(self, name: str, business: Business, role: str) -> None:
        """Somebody who had a session that is over now; the browser keeps the cookie of it."""
        member = await self.add_member(name, business, role)
        browser = self.browsers.get(name)
        if browser is None:
            return
        cookies = browser.session_cookies()
        if name == "signed-out":
            await browser.send("/sign-out")
        elif name == "removed":
            await self.call("DELETE", f"/admin/tenants/{business.id}/members/{member}")
        else:
            owner = self.browsers.get("alpha-owner")
            if owner is not None:
                await owner.send(f"/team/{member}/role", role="STAFF")
        for cookie, value in cookies.items():
            browser.client.cookies.set(cookie, value, domain=browser.client.base_url.host)

    async def _let_in(
        self, name: str, email: str, password: str, *, is_operator: bool = False
    ) -> None:
        browser = await self.browser(name, is_operator=is_operator)
        try:
            await browser.sign_in(email, password)
        except SignInError as error:
            del self.browsers[name]
            self.notes.append(str(error))


def new_canary() -> str:
    return f"canary-{secrets.token_hex(12)}"


def _describe(name: str) -> dict[str, str]:
    number = f"+25575{secrets.randbelow(10**7):07d}"
    return {"name": name, "phone_number": number, "template_type": "SUPPORT", "language": "EN"}


async def _quietly(act: Callable[[], Awaitable[Any]]) -> None:
    """What cannot be removed is found by the check of what is left."""
    try:
        await act()
    except (httpx.HTTPError, MeasurementError, OSError):
        return

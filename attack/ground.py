"""What the attack stands on: tenants of its own, people and keys of theirs, and what they hide.

Alpha is the victim: a canary is in everything of it that can hold a text. Beta is the attacker
that has an account, a key and a worker of its own. Everything is removed at the end.
"""

import asyncio
import itertools
import secrets
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any, Self

import httpx
import msgspec
from docker.api.client import APIClient

from attack.errors import NotTriedError
from attack.platform.target import Target
from attack.platform.watch import Watch
from attack.sites.browser import NO_TLS, Browser
from attack.stress.platform import MeasurementError, Platform

# Of the networks for benchmarks (RFC 2544): nobody comes from there.
FROM = "198.19.{}.{}"
PORTAL_SIGN_IN = "/sign-in"
DASHBOARD_SIGN_IN = "/dashboard/sign-in"


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
    """Leave it to remove whatever was made on it. notes: what could not be made, and why."""

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
        self._addresses = itertools.count(1)
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        self._stack.push_async_callback(self.platform.aclose)
        self._stack.push_async_callback(self.http.aclose)
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

    async def new_business(self, label: str, *, with_phone: bool = False) -> Business:
        """A tenant that is not started. with_phone: there is one of its number, to be linked."""
        canary, said = new_canary(), new_canary()
        name = f"Attack {self.run_id} {label} {canary}"
        if with_phone and self.target.sandbox is not None:
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
        made = Browser(site, sign_in=door, address=self.new_address())
        self._stack.push_async_callback(made.aclose)
        self.browsers[name] = made
        return made

    def new_address(self) -> str:
        """Of a network that nobody has come from before."""
        number = next(self._addresses)
        return FROM.format(number // 250 % 250, number % 250 + 1)

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

"""JSON over HTTP to this machine's own processes."""

from http.client import HTTPConnection, HTTPException
from typing import Any

import msgspec

from launcher.errors import LauncherError

TIMEOUT_SECONDS = 20


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """token: sent as bearer where given."""

    host: str
    port: int
    token: str | None = None

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"


class Reply(msgspec.Struct, frozen=True):
    status: int
    body: Any

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


def find_reply(site: Site, method: str, path: str, body: Any = None) -> Reply | None:
    """None when nobody answers there, or not in HTTP."""
    connection = HTTPConnection(site.host, site.port, timeout=TIMEOUT_SECONDS)
    headers = {"Content-Type": "application/json"} if body is not None else {}
    if site.token is not None:
        headers["Authorization"] = f"Bearer {site.token}"
    try:
        content = msgspec.json.encode(body) if body is not None else None
        connection.request(method, path, body=content, headers=headers)
        answer = connection.getresponse()
        return Reply(answer.status, _decode(answer.read()))
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()


def call(site: Site, method: str, path: str, body: Any = None) -> Any:
    """The body of a successful answer; LauncherError with what the other side said otherwise."""
    reply = find_reply(site, method, path, body)
    if reply is None:
        raise LauncherError(f"{site.url} does not answer")
    if not reply.ok:
        raise LauncherError(f"{method} {site.url}{path} answered {reply.status}: {reply.body}")
    return reply.body


def _decode(content: bytes) -> Any:
    try:
        return msgspec.json.decode(content)
    except msgspec.DecodeError:
        return content.decode(errors="replace")

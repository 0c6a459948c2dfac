"""Demo logins: made once, kept to oneself, printed in practice and never with the real WhatsApp."""

import json
import stat
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from launcher import up
from launcher.errors import LauncherError
from launcher.http import Site
from launcher.logins import OPERATOR, OWNER, ensure_logins, find_logins
from launcher.operators import manage
from launcher.paths import ROOT, Paths
from launcher.platform import Platform
from launcher.settings import LauncherSettings

TEAM = "/admin/tenants/t1/members"


class Accounts(ThreadingHTTPServer):
    """The part of the admin API that keeps accounts. kept: by path, then by id."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.kept: dict[str, dict[str, dict]] = {}
        self.made = 0

    @property
    def site(self) -> Site:
        return Site(host="127.0.0.1", port=self.server_address[1], token="k")


class _Answer(BaseHTTPRequestHandler):
    server: Accounts

    def do_GET(self) -> None:
        self._send(200, {"items": list(self.server.kept.get(self.path, {}).values())})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        kept = self.server.kept.setdefault(self.path, {})
        if any(account["email"] == body["email"] for account in kept.values()):
            self._send(409, {"detail": "another account has this address"})
            return
        self.server.made += 1
        account = {"id": str(self.server.made), **body}
        kept[account["id"]] = account
        self._send(201, account)

    def do_PUT(self) -> None:
        path, account, field = self.path.rsplit("/", 2)
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.kept[path][account][field] = body["password"]
        self._send(200, self.server.kept[path][account])

    def do_DELETE(self) -> None:
        path, _, account = self.path.rpartition("/")
        self._send(200, self.server.kept[path].pop(account))

    def _send(self, status: int, body: object) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def api() -> Iterator[Accounts]:
    with Accounts() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths(root=ROOT, state=tmp_path)


def passwords(api: Accounts) -> dict[str, str]:
    return {
        account["email"]: account["password"]
        for accounts in api.kept.values()
        for account in accounts.values()
    }


def test_an_operator_and_an_owner_are_made_once_with_passwords_of_their_own(api, paths):
    made = ensure_logins(api.site, paths, tenant_id="t1")
    assert passwords(api) == {OPERATOR: made.operator, OWNER: made.owner}
    assert made.operator != made.owner
    assert len(made.operator) >= 16
    assert ensure_logins(api.site, paths, tenant_id="t1") == made
    assert api.made == 2


def test_they_are_readable_by_their_owner_alone(api, paths):
    ensure_logins(api.site, paths, tenant_id="t1")
    assert stat.S_IMODE(paths.logins.stat().st_mode) == 0o600


@pytest.mark.parametrize("content", [None, b"{}", b"\xff"], ids=["lost", "empty", "spoilt"])
def test_accounts_whose_passwords_nobody_knows_any_more_are_made_anew(api, paths, content):
    before = ensure_logins(api.site, paths, tenant_id="t1")
    paths.logins.unlink()
    if content is not None:
        paths.logins.write_bytes(content)
    after = ensure_logins(api.site, paths, tenant_id="t1")
    assert after.operator != before.operator
    assert passwords(api) == {OPERATOR: after.operator, OWNER: after.owner}


def test_accounts_that_went_with_the_database_are_made_anew(api, paths):
    before = ensure_logins(api.site, paths, tenant_id="t1")
    api.kept.clear()
    after = ensure_logins(api.site, paths, tenant_id="t1")
    assert after != before
    assert passwords(api) == {OPERATOR: after.operator, OWNER: after.owner}


def test_practice_prints_them_and_the_real_whatsapp_says_how_to_make_one(api, paths, capsys):
    made = ensure_logins(api.site, paths, tenant_id="t1")

    def printed(*, live: bool) -> str:
        platform = Platform(
            paths=paths, instance="i", engine_address="", settings=LauncherSettings(), live=live
        )
        up._describe(platform)
        return capsys.readouterr().out

    practice = printed(live=False)
    assert f"{OPERATOR}  {made.operator}" in practice
    assert f"{OWNER}  {made.owner}" in practice
    assert "http://127.0.0.1:8000/dashboard" in practice
    live = printed(live=True)
    assert made.operator not in live
    assert made.owner not in live
    assert "./scripts/operator add you@example.com" in live


def test_without_demo_tenants_there_is_no_login(paths):
    assert find_logins(paths) is None


def test_an_account_without_a_platform_is_refused_in_words(paths):
    with pytest.raises(LauncherError, match="scripts/up starts it"):
        manage(paths, "add", "amina@example.com")
    with pytest.raises(LauncherError, match="Whom"):
        manage(paths, "remove", "")

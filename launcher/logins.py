"""Demo logins of a practice installation, made through the admin API as an operator would.

Their passwords are this installation's own, and kept where only its owner reads them.
"""

import msgspec

from launcher import http
from launcher.http import Site
from launcher.operators import new_password
from launcher.paths import Paths

OPERATOR = "operator@demo.example"
OWNER = "owner@demo.example"


class Logins(msgspec.Struct, frozen=True, kw_only=True):
    """Passwords, as they were made: whoever changes one in a browser is on their own.

    tenant_id: whose the owner is.
    """

    operator: str
    owner: str
    tenant_id: str


def ensure_logins(api: Site, paths: Paths, *, tenant_id: str) -> Logins:
    """The same again changes nothing. Raises LauncherError."""
    team = f"/admin/tenants/{tenant_id}/members"
    known = find_logins(paths)
    has_accounts = _find(api, "/admin/operators", OPERATOR) and _find(api, team, OWNER)
    if known is not None and known.tenant_id == tenant_id and has_accounts:
        return known
    # Without the file nobody knows their passwords any more: they are made anew.
    logins = Logins(operator=new_password(), owner=new_password(), tenant_id=tenant_id)
    _renew_operator(api, logins.operator)
    owner = {"email": OWNER, "role": "OWNER", "language": "EN", "password": logins.owner}
    _renew(api, team, owner)
    _write(paths, logins)
    return logins


def find_logins(paths: Paths) -> Logins | None:
    try:
        return msgspec.json.decode(paths.logins.read_bytes(), type=Logins)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def _renew_operator(api: Site, password: str) -> None:
    """Not made anew where there is one: it may be the only admin, who stays."""
    path = "/admin/operators"
    found = _find(api, path, OPERATOR)
    if found is None:
        http.call(api, "POST", path, {"email": OPERATOR, "password": password})
    else:
        http.call(api, "PUT", f"{path}/{found}/password", {"password": password})


def _renew(api: Site, path: str, account: dict[str, str]) -> None:
    found = _find(api, path, account["email"])
    if found is not None:
        http.call(api, "DELETE", f"{path}/{found}")
    http.call(api, "POST", path, account)


def _find(api: Site, path: str, email: str) -> str | None:
    for item in http.call(api, "GET", path)["items"]:
        if item["email"] == email:
            return str(item["id"])
    return None


def _write(paths: Paths, logins: Logins) -> None:
    draft = paths.logins.with_suffix(".new")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    draft.write_bytes(msgspec.json.encode(logins))
    draft.replace(paths.logins)

"""`scripts/operator`: accounts for the dashboard, made through the admin API."""

from secrets import token_urlsafe
from typing import Any

from launcher import http, instance, parts
from launcher.console import say
from launcher.errors import LauncherError
from launcher.http import Site
from launcher.paths import Paths

ACTIONS = ("list", "add", "role", "password", "reset-second-step", "remove")
ROLES = ("read-only", "support", "admin")
_BYTES = 12


def new_password() -> str:
    return token_urlsafe(_BYTES)


def manage(paths: Paths, action: str, email: str, role: str | None = None) -> int:
    """role: as ROLES has it; None for `admin` where somebody is added. Raises LauncherError."""
    if not email and action != "list":
        raise LauncherError(f"Whom? ./scripts/operator {action} you@example.com")
    api = _find_api(paths)
    if action == "list":
        for operator in _list(api):
            say(f"{operator['email']}  {_to_word(operator['role'])}")
    elif action == "add":
        password = new_password()
        body = {"email": email, "password": password, "role": _to_role(role or "admin")}
        http.call(api, "POST", "/admin/operators", body)
        _tell(api, email, password)
    else:
        _change(api, action, email, role)
    return 0


def _change(api: Site, action: str, email: str, role: str | None) -> None:
    """Of an operator who is there."""
    if action == "role" and role is None:
        raise LauncherError(f"Which one? ./scripts/operator role {email} --role support")
    path = f"/admin/operators/{_find(api, email)}"
    if action == "role":
        http.call(api, "PATCH", path, {"role": _to_role(role or "")})
        say(f"{email} is {role} now, and signs in again.")
    elif action == "password":
        password = new_password()
        http.call(api, "PUT", f"{path}/password", {"password": password})
        _tell(api, email, password)
    elif action == "reset-second-step":
        http.call(api, "DELETE", f"{path}/second-step")
        say(f"{email} signs in with the password alone, and may set an authenticator up anew.")
    else:
        http.call(api, "DELETE", path)
        say(f"{email} is signed out and may not sign in again.")


def _to_role(word: str) -> str:
    return word.upper().replace("-", "_")


def _to_word(role: str) -> str:
    return role.lower().replace("_", "-")


def _tell(api: Site, email: str, password: str) -> None:
    say(f"Sign in at {api.url}/dashboard")
    say(f"  E-mail address        {email}")
    say(f"  Password, shown once  {password}")


def _find_api(paths: Paths) -> Site:
    running = instance.find_running(paths)
    if running is None or not paths.admin_key.exists():
        raise LauncherError("FlowHQ does not run here: ./scripts/up starts it")
    token = paths.admin_key.read_text(encoding="utf-8").strip()
    return Site(host=parts.LOOPBACK, port=running.settings.port, token=token)


def _find(api: Site, email: str) -> str:
    for operator in _list(api):
        if operator["email"].lower() == email.lower():
            return str(operator["id"])
    raise LauncherError(f"There is no operator {email}: ./scripts/operator list shows all")


def _list(api: Site) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = http.call(api, "GET", "/admin/operators")["items"]
    return found

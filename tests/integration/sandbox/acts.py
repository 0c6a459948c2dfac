"""What the tests let people and the network do."""

from typing import Any


def write(sandbox: Any, customer: str, phone: str, text: str) -> str:
    return send(sandbox, customer, phone, text=text)


def send(sandbox: Any, customer: str, phone: str, **message: object) -> str:
    body = {"to": phone, **message}
    return sandbox.call("POST", f"/customers/{customer}/messages", body)["id"]


def read(sandbox: Any, customer: str, after: int = 0) -> dict[str, Any]:
    return sandbox.call("GET", f"/customers/{customer}/messages?after={after}&wait=30")


def received(sandbox: Any, customer: str, after: int = 0) -> dict[str, Any]:
    """The next message that the customer gets."""
    return read(sandbox, customer, after)["items"][0]


def new_customer(sandbox: Any, **wanted: object) -> str:
    return sandbox.call("POST", "/customers", wanted)["phone_number"]


def fault(sandbox: Any, phone: str, **script: object) -> None:
    sandbox.call("PUT", f"/phones/{phone}/faults", script)


def until_counted(sandbox: Any, phone: str, name: str, count: int = 1) -> None:
    """Waits until a fault has looked at so many of what it picks from."""
    path = f"/phones/{phone}/faults?counted={name}&times={count}&wait=30"
    assert sandbox.call("GET", path)["counts"][name] >= count


def strike(sandbox: Any, phone: str, kind: str, **more: object) -> None:
    sandbox.call("POST", f"/phones/{phone}/strikes", {"strike": kind, **more})

"""Files in and out on the whole platform, a container's worker between them."""

from base64 import b64encode
from hashlib import sha256
from typing import Any

import httpx
import pytest

from tests.e2e.platform.running import PATIENCE, Platform, wait_for
from tests.fakes.plain_http import NO_TLS

pytestmark = pytest.mark.e2e

JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 12_000  # some three megabytes
NAME = sha256(JPEG).hexdigest()


@pytest.fixture(scope="module")
def tenant(platform: Platform) -> dict[str, Any]:
    return platform.new_linked_tenant("Media")


def request(platform: Platform, method: str, path: str, **options: Any) -> httpx.Response:
    key = (platform.state_dir / "admin.key").read_text().strip()
    headers = {"authorization": f"Bearer {key}", **options.pop("headers", {})}
    url = platform.api_url + path
    return httpx.request(method, url, headers=headers, timeout=PATIENCE, verify=NO_TLS, **options)


def send_in(
    platform: Platform, tenant: dict[str, Any], customer: str, **content: Any
) -> dict[str, Any]:
    """The log's row of a file that the customer sends."""
    given = {"kind": "IMAGE", "file": {"base64": b64encode(JPEG).decode()}} | content
    body = {"to": tenant["phone_number"], "content": given}
    sent = platform.sandbox.post(f"/customers/{customer}/messages", json=body)
    message_id = sent.raise_for_status().json()["id"]

    def look() -> dict[str, Any] | None:
        rows = platform.logs(tenant["id"])
        return next((row for row in rows if row["wa_message_id"] == message_id), None)

    row: dict[str, Any] = wait_for(look, "the log's row")
    return row


def fetch(platform: Platform, tenant: dict[str, Any], row: dict[str, Any]) -> httpx.Response:
    return request(platform, "GET", f"/admin/tenants/{tenant['id']}/logs/{row['id']}/media")


def test_a_file_of_a_customer_is_fetched_and_stays_after_whatsapp_has_let_it_go(
    platform: Platform, tenant: dict[str, Any]
) -> None:
    row = send_in(platform, tenant, platform.new_customer())
    assert row["media"]["sha256"] == NAME
    first = fetch(platform, tenant, row)
    assert (first.status_code, first.content) == (200, JPEG)
    assert first.headers["content-type"] == "image/jpeg"
    refused = {"media": {"download_refused": {"every": 1, "code": 404}}}
    faults = f"/phones/{tenant['phone_number']}/faults"
    platform.sandbox.put(faults, json=refused).raise_for_status()
    try:
        assert fetch(platform, tenant, row).content == JPEG
        other = send_in(platform, tenant, platform.new_customer(), file={"size": 1000})
        gone = fetch(platform, tenant, other)
        assert (gone.status_code, "not have this file" in gone.json()["detail"]) == (410, True)
    finally:
        platform.sandbox.delete(faults).raise_for_status()


def test_a_file_of_sixteen_megabytes_costs_no_container_its_life(
    platform: Platform, tenant: dict[str, Any]
) -> None:
    size = 16 * 1024 * 1024
    row = send_in(platform, tenant, platform.new_customer(), kind="DOCUMENT", file={"size": size})
    answer = fetch(platform, tenant, row)
    assert (answer.status_code, len(answer.content)) == (200, size)
    assert sha256(answer.content).hexdigest() == row["media"]["sha256"]
    assert platform.call("GET", f"/admin/tenants/{tenant['id']}/incidents")["items"] == []


def test_an_uploaded_file_reaches_the_customer_whole(
    platform: Platform, tenant: dict[str, Any]
) -> None:
    base, customer = f"/admin/tenants/{tenant['id']}", platform.new_customer()
    uploaded = request(
        platform, "POST", f"{base}/media", content=JPEG, headers={"content-type": "image/jpeg"}
    )
    assert uploaded.json()["sha256"] == NAME
    content = {"type": "image", "media": NAME, "caption": "Picha"}
    message = platform.call("POST", f"{base}/messages", json={"to": customer, "content": content})

    def look() -> dict[str, Any] | None:
        shown = platform.call("GET", f"{base}/messages/{message['id']}")
        return shown if shown["state"] in {"DELIVERED", "READ"} else None

    shown = wait_for(look, "DELIVERED")
    [received] = platform.received(customer)
    assert (received["kind"], received["media"]["caption"]) == ("IMAGE", "Picha")
    opened = platform.sandbox.get(received["media"]["path"]).raise_for_status()
    assert opened.content == JPEG
    [row] = [
        row for row in platform.logs(tenant["id"]) if row["wa_message_id"] == shown["wa_message_id"]
    ]
    assert fetch(platform, tenant, row).content == JPEG


def test_files_go_with_their_tenant(platform: Platform) -> None:
    tenant = platform.new_linked_tenant("Media for a while")
    fetch(platform, tenant, send_in(platform, tenant, platform.new_customer()))
    directory = platform.state_dir / "media" / tenant["id"]
    assert [path.name for path in directory.rglob("*") if path.is_file()] == [NAME]
    platform.call("DELETE", f"/admin/tenants/{tenant['id']}")
    wait_for(lambda: not directory.exists(), "an end of the files")

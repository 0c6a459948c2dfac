"""Files to be sent over the API: uploaded or fetched, named by messages, refused with reason."""

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta
from hashlib import sha256

import pytest

from controlplane.media.files import Shelf
from controlplane.media.remote import Remote
from controlplane.media.space import Limits
from controlplane.media.sweeping import sweep_once
from shared.enums import OutboundState
from shared.errors import InvalidInputError
from shared.ids import TenantId
from shared.stores import api_keys, outbound_work, tenants, uploads, workers
from shared.structs.keys import MESSAGES_SCOPE
from shared.structs.outbound import NotSent
from shared.tables import MediaUpload
from tests.fakes.businesses import business

JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 8000  # more than the API takes as JSON
NAME = sha256(JPEG).hexdigest()
CUSTOMER = "+255754000001"


def path(tenant_id, rest=""):
    return f"/admin/tenants/{tenant_id}/media{rest}"


async def upload(api, tenant_id, content=JPEG, mime_type="image/jpeg", **more):
    headers = {"content-type": mime_type, **more}
    return await api.client.post(path(tenant_id), content=content, headers=headers)


async def queue(api, tenant_id, content, **more):
    body = {"to": CUSTOMER, "content": content, **more}
    return await api.client.post(f"/admin/tenants/{tenant_id}/messages", json=body)


async def kept(api, tenant_id, name=NAME):
    file = await api.files.find(tenant_id, Shelf.UPLOADED, name)
    if file is None:
        return None
    with file:
        return await asyncio.to_thread(file.read)


def problem_of(answer):
    (problem,) = answer.json()["errors"]
    return problem["field"], problem["message"]


async def test_an_upload_is_named_by_its_content_and_kept(api, tenant_id):
    answer = await upload(api, tenant_id)
    assert answer.status_code == 201
    assert answer.json() == {"sha256": NAME, "mime_type": "image/jpeg", "size": len(JPEG)}
    assert await kept(api, tenant_id) == JPEG


async def test_the_same_upload_again_is_the_same_file_of_the_type_named_last(api, tenant_id):
    await upload(api, tenant_id, b"a,b\n", "text/csv")
    again = await upload(api, tenant_id, b"a,b\n", "text/plain; charset=utf-8")
    assert again.json()["mime_type"] == "text/plain"
    assert await MediaUpload.count() == 1


async def test_an_upload_of_unknown_length_is_taken(api, tenant_id):
    async def pieces():
        for at in range(0, len(JPEG), 100_000):
            yield JPEG[at : at + 100_000]

    answer = await upload(api, tenant_id, pieces())
    assert answer.json()["sha256"] == NAME


REFUSED = [
    pytest.param(b"", "image/jpeg", 400, "body", "must not be empty", id="empty"),
    pytest.param(JPEG, "", 400, "Content-Type", "must name the type", id="no type"),
    pytest.param(JPEG, "jpeg", 400, "Content-Type", "must name the type", id="half a type"),
    pytest.param(
        JPEG, "multipart/form-data; boundary=x", 400, "Content-Type", "no form", id="form"
    ),
    pytest.param(
        JPEG,
        "application/x-www-form-urlencoded",
        400,
        "Content-Type",
        "no form",
        id="what curl says by itself",
    ),
    pytest.param(b"GIF89a", "image/jpeg", 400, "Content-Type", "says image/jpeg", id="another"),
    pytest.param(b"<html>", "text/plain", 400, "Content-Type", "says text/plain", id="a page"),
]


@pytest.mark.parametrize(("content", "mime_type", "status", "field", "says"), REFUSED)
async def test_an_upload_that_cannot_be_sent_is_refused(
    api, tenant_id, *, content, mime_type, status, field, says
):
    answer = await upload(api, tenant_id, content, mime_type)
    named, message = problem_of(answer)
    assert (answer.status_code, named) == (status, field)
    assert says in message
    assert await MediaUpload.count() == 0
    assert list(api.files._directory.rglob("*/*/*")) == []


@pytest.mark.parametrize("declared", [True, False], ids=["as it says", "as it turns out"])
async def test_an_upload_that_is_too_large_is_refused(api, tenant_id, declared):
    api.files.limits = Limits(file=1000)

    async def pieces():
        for _ in range(11):
            yield b"x" * 100

    content = b"x" * 1001 if declared else pieces()
    answer = await upload(api, tenant_id, content, "text/plain")
    assert answer.status_code == 413
    assert "1000" in answer.json()["detail"]


async def test_an_upload_for_which_there_is_no_room_is_refused(api, tenant_id):
    api.files.limits = Limits(file=len(JPEG), tenant=len(JPEG))
    await upload(api, tenant_id)
    answer = await upload(api, tenant_id, JPEG[:-1])
    assert answer.status_code == 507


async def test_an_upload_is_its_tenants_alone(api, tenant_id):
    other = TenantId((await tenants.create(business(2))).id)
    await upload(api, tenant_id)
    assert await kept(api, other) is None
    answer = await queue(api, other, {"type": "image", "media": NAME})
    assert (answer.status_code, problem_of(answer)) == (
        400,
        ("content.media", "names no upload"),
    )


async def test_a_tenants_own_key_uploads_and_an_unknown_tenant_is_not_found(api, tenant_id):
    _, key = await api_keys.create("shop", scopes=[MESSAGES_SCOPE], tenant_id=tenant_id)
    headers = {"authorization": f"Bearer {key}", "content-type": "image/jpeg"}
    answer = await api.client.post("/v1/media", content=JPEG, headers=headers)
    assert answer.json()["sha256"] == NAME
    gone = await upload(api, "00000000-0000-4000-8000-000000000000")
    assert gone.status_code == 404
    nobody = await api.client.post("/v1/media", content=JPEG, headers={"authorization": ""})
    assert nobody.status_code == 401


async def test_a_file_is_queued_with_what_the_worker_must_know_of_it(api, tenant_id):
    await upload(api, tenant_id)
    content = {"type": "image", "media": NAME, "caption": "Picha"}
    answer = await queue(api, tenant_id, content)
    assert answer.status_code == 202
    message = await api.client.get(f"/admin/tenants/{tenant_id}/messages/{answer.json()['id']}")
    shown = message.json()
    assert (shown["kind"], shown["text"]) == ("IMAGE", "Picha")
    assert shown["content"] == {
        "type": "image", "sha256": NAME, "mime_type": "image/jpeg", "size": len(JPEG),
        "caption": "Picha", "quote": None,
    }  # fmt: skip


WRONG = [
    pytest.param({"type": "voice", "media": NAME}, "content.media", "must be audio/ogg", id="type"),
    pytest.param({"type": "image"}, "content.media", "is required", id="no file"),
    pytest.param({"type": "image", "media": "x"}, "content.media", "sha256", id="no hash"),
    pytest.param({"type": "image", "media": "0" * 64}, "content.media", "names no", id="unknown"),
    pytest.param({"type": "document", "media": NAME}, "content.file_name", "is required",
                 id="a document without a name"),
    pytest.param({"type": "video", "media": NAME, "duration": 0}, "content.duration", ">= 1",
                 id="no time at all"),
    pytest.param({"type": "image", "media": NAME, "caption": "x" * 1025}, "content.caption",
                 "at most 1024", id="a long caption"),
    pytest.param({"type": "sticker", "media": NAME, "caption": "x"}, "content.caption",
                 "not a field", id="a sticker with words"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "field", "says"), WRONG)
async def test_a_message_that_names_its_file_wrongly_is_refused(
    api, tenant_id, content, field, says
):
    await upload(api, tenant_id)
    answer = await queue(api, tenant_id, content)
    named, message = problem_of(answer)
    assert (answer.status_code, named) == (400, field)
    assert says in message


async def test_an_unused_upload_is_forgotten_after_a_week_and_a_needed_one_is_not(api, tenant_id):
    other = b"GIF89a"
    await upload(api, tenant_id)
    await upload(api, tenant_id, other, "image/gif")
    later = api.clock.now() + uploads.KEPT + timedelta(hours=1)
    await queue(
        api, tenant_id, {"type": "image", "media": NAME},
        send_at=(later + timedelta(days=1)).isoformat(),
    )  # fmt: skip
    api.clock.advance(later - api.clock.now())
    assert await sweep_once(api.files, clock=api.clock) == 1
    assert await kept(api, tenant_id) == JPEG
    assert await kept(api, tenant_id, sha256(other).hexdigest()) is None
    (row,) = await MediaUpload.select(MediaUpload.sha256)
    assert row["sha256"] == NAME
    await settle_all(tenant_id, now=later + timedelta(days=2))
    api.clock.advance(timedelta(days=9))
    assert await sweep_once(api.files, clock=api.clock) == 1


async def settle_all(tenant_id, *, now):
    epoch = await workers.next_epoch(tenant_id)
    claimed = await outbound_work.claim(tenant_id, epoch=epoch, now=now, limit=9)
    failed = [NotSent(id=each.id, state=OutboundState.FAILED, reason="x") for each in claimed]
    await outbound_work.settle(tenant_id, sent=[], not_sent=failed)


async def test_an_upload_that_lost_its_row_is_swept_but_not_at_once(api, tenant_id):
    await upload(api, tenant_id)
    await MediaUpload.delete(force=True)
    assert await sweep_once(api.files, clock=api.clock) == 0
    api.clock.advance(timedelta(days=365))
    assert await sweep_once(api.files, clock=api.clock) == 1


class Web:
    """What is at a URL."""

    def __init__(self, content, declared="image/jpeg", length=None):
        self.content = content
        self.declared = declared
        self.length = length

    @asynccontextmanager
    async def open(self, url):
        if not url.startswith("https://example.com/"):
            raise InvalidInputError("url", "leads to an address that is not public")

        async def content():
            yield self.content

        yield Remote(declared=self.declared, length=self.length, content=content())


async def fetch(api, tenant_id, url="https://example.com/a.jpg"):
    return await api.client.post(path(tenant_id, "/from-url"), json={"url": url})


async def test_a_file_is_fetched_from_a_url_where_that_is_allowed(api, tenant_id):
    off = await fetch(api, tenant_id)
    assert off.status_code == 409
    assert "FLOWHQ_MEDIA_FROM_URLS" in off.json()["detail"]
    api.urls.open = Web(JPEG).open
    answer = await fetch(api, tenant_id)
    assert (answer.status_code, answer.json()["sha256"]) == (201, NAME)


@pytest.mark.parametrize(
    ("web", "url", "status"),
    [
        pytest.param(Web(JPEG), "http://169.254.169.254/", 400, id="not public"),
        pytest.param(Web(JPEG), "x y", 400, id="no URL"),
        pytest.param(Web(b""), "https://example.com/a", 400, id="nothing there"),
        pytest.param(Web(b"<html>"), "https://example.com/a", 400, id="not what it says"),
        pytest.param(Web(JPEG, length=1 << 40), "https://example.com/a", 413, id="too large"),
    ],
)
async def test_what_a_url_leads_to_is_judged_like_an_upload(api, tenant_id, web, url, status):
    api.urls.open = web.open
    answer = await fetch(api, tenant_id, url)
    assert answer.status_code == status
    assert await MediaUpload.count() == 0


async def test_other_bodies_are_bounded_as_before(api, tenant_id):
    body = b'{"to": "' + b"x" * (1 << 20) + b'"}'
    answer = await api.client.post(
        f"/admin/tenants/{tenant_id}/messages", content=body,
        headers={"content-type": "application/json"},
    )  # fmt: skip
    assert answer.status_code == 413


async def test_an_upload_that_breaks_off_leaves_nothing(api, tenant_id):
    """Played as the server does: no HTTP client sends half a body."""
    said = [
        {"type": "http.request", "body": JPEG[:100_000], "more_body": True},
        {"type": "http.disconnect"},
    ]
    answered = []
    scope = {
        "type": "http", "http_version": "1.1", "method": "POST", "path": path(tenant_id),
        "raw_path": path(tenant_id).encode(), "query_string": b"", "root_path": "",
        "scheme": "http", "client": ("192.0.2.7", 4711), "server": ("api.test", 80),
        "headers": [
            (b"authorization", f"Bearer {api.key}".encode()), (b"content-type", b"image/jpeg")
        ],
    }  # fmt: skip

    async def receive():
        return said.pop(0)

    async def send(message):
        answered.append(message)

    await api.client._transport.app(scope, receive, send)
    assert answered[0]["status"] == 400
    assert list(api.files._directory.rglob("*/*/*")) == []


@pytest.mark.parametrize("base", ["/admin/tenants/{tenant_id}", "/v1"])
async def test_the_description_says_that_the_body_is_a_file(api, base):
    described = (await api.client.get("/schema/openapi.json")).json()["paths"]
    upload = described[f"{base}/media"]["post"]
    assert upload["requestBody"]["content"] == {
        "*/*": {"schema": {"type": "string", "format": "binary"}}
    }
    shown = described[f"{base}/logs/{{log_id}}/media"]["get"]["responses"]["200"]
    assert list(shown["content"]) == ["application/octet-stream"]

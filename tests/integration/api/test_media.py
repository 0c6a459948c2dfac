"""The files of messages over the API: whose they are, what they are given out as, and why not."""

import asyncio
import gc
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import pytest

from shared.enums import Direction, FileProblem, MessageKind
from shared.ids import TenantId
from shared.stores import api_keys, messages, tenants
from shared.structs.keys import MESSAGES_SCOPE
from shared.structs.media import Media
from shared.wire.files import PIECE_BYTES
from tests.fakes.businesses import business, message
from tests.fakes.file_worker import FileWorker

JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 1500  # more than a piece


def media_of(content, mime_type="image/jpeg", **more):
    return Media(mime_type=mime_type, size=len(content), sha256=sha256(content).hexdigest(), **more)


async def log(tenant_id, wa_message_id, media, **changes):
    logged = message(wa_message_id, kind=MessageKind.IMAGE, media=media, **changes)
    await messages.append_messages(tenant_id, [logged])
    return (await messages.list_page(tenant_id, limit=1)).items[0].id


@pytest.fixture
def worker(api, tenant_id):
    api.workers[tenant_id] = FileWorker(tenant_id, {"A": JPEG})
    return api.workers[tenant_id]


def path(tenant_id, log_id):
    return f"/admin/tenants/{tenant_id}/logs/{log_id}/media"


async def test_a_file_is_fetched_once_and_kept(api, tenant_id, worker):
    log_id = await log(tenant_id, "A", media_of(JPEG))
    for _ in range(2):
        answer = await api.client.get(path(tenant_id, log_id))
        assert (answer.status_code, answer.content) == (200, JPEG)
    assert len(JPEG) > PIECE_BYTES
    assert (worker.asked, worker.lent) == (["A"], {})


async def test_the_log_says_what_the_file_is(api, tenant_id):
    await log(tenant_id, "A", media_of(JPEG, width=640, height=480))
    (item,) = (await api.client.get(f"/admin/tenants/{tenant_id}/logs")).json()["items"]
    assert item["media"] == {
        "mime_type": "image/jpeg", "size": len(JPEG), "sha256": sha256(JPEG).hexdigest(),
        "file_name": None, "duration": None, "width": 640, "height": 480,
    }  # fmt: skip


@pytest.mark.usefixtures("worker")
async def test_a_file_is_to_be_saved_and_never_shown_in_place(api, tenant_id):
    log_id = await log(tenant_id, "A", media_of(JPEG, file_name='a"b\r\nX-Evil: 1; ü.jpg'))
    headers = (await api.client.get(path(tenant_id, log_id))).headers
    assert headers["content-type"] == "image/jpeg"
    assert headers["content-length"] == str(len(JPEG))
    assert headers["content-disposition"] == (
        'attachment; filename="a_b__X-Evil__1__?.jpg";'
        " filename*=UTF-8''a%22b__X-Evil%3A%201%3B%20%C3%BC.jpg"
    )
    assert headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "x-evil" not in headers


async def test_a_page_is_given_out_as_bytes_whatever_it_says_it_is(api, tenant_id, worker):
    page = b"<html><script>alert(1)</script></html>"
    worker.files = {"A": page}
    log_id = await log(tenant_id, "A", media_of(page, "text/html"))
    answer = await api.client.get(path(tenant_id, log_id))
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")


@pytest.mark.usefixtures("worker")
async def test_a_tenants_own_key_reads_its_log_and_its_files(api, tenant_id):
    log_id = await log(tenant_id, "A", media_of(JPEG))
    _, key = await api_keys.create("shop", scopes=[MESSAGES_SCOPE], tenant_id=tenant_id)
    headers = {"authorization": f"Bearer {key}"}
    logged = await api.client.get("/v1/logs", headers=headers)
    assert [item["id"] for item in logged.json()["items"]] == [str(log_id)]
    answer = await api.client.get(f"/v1/logs/{log_id}/media", headers=headers)
    assert answer.content == JPEG


@pytest.mark.usefixtures("worker")
async def test_another_tenants_file_is_not_found_although_its_hash_is_known(api, tenant_id):
    """The other tenant claims, in a message of its own, a file that only the first one has."""
    other = TenantId((await tenants.create(business(2))).id)
    log_id = await log(tenant_id, "A", media_of(JPEG))
    await api.client.get(path(tenant_id, log_id))
    api.workers[other] = FileWorker(other, {"B": FileProblem.GONE})
    claimed = await log(other, "B", media_of(JPEG))
    assert (await api.client.get(path(other, log_id))).status_code == 404
    assert (await api.client.get(path(other, claimed))).status_code == 410
    _, key = await api_keys.create("shop", scopes=[MESSAGES_SCOPE], tenant_id=other)
    headers = {"authorization": f"Bearer {key}"}
    answer = await api.client.get(f"/v1/logs/{log_id}/media", headers=headers)
    assert answer.status_code == 404


async def test_a_message_that_is_unknown_or_has_no_file_is_not_found(api, tenant_id):
    log_id = await log(tenant_id, "A", None)
    for each in (log_id, uuid4()):
        answer = await api.client.get(path(tenant_id, each))
        assert answer.status_code == 404
    assert (await api.client.get(path(uuid4(), log_id))).status_code == 404
    assert (await api.client.get(path(tenant_id, "x"))).status_code == 400


@pytest.mark.parametrize(
    ("problem", "status"),
    [
        (FileProblem.GONE, 410),
        (FileProblem.UNKNOWN, 410),
        (FileProblem.TOO_LARGE, 413),
        (FileProblem.CORRUPT, 502),
        (FileProblem.OFFLINE, 503),
        (FileProblem.BUSY, 503),
        (FileProblem.FAILED, 503),
    ],
)
async def test_why_a_file_cannot_be_had_is_said(api, tenant_id, worker, problem, status):
    worker.files = {"A": problem}
    log_id = await log(tenant_id, "A", media_of(JPEG))
    answer = await api.client.get(path(tenant_id, log_id))
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert ("retry-after" in answer.headers) is (status == 503)
    assert answer.json()["detail"]


async def test_without_a_worker_the_answer_says_so(api, tenant_id):
    log_id = await log(tenant_id, "A", media_of(JPEG))
    answer = await api.client.get(path(tenant_id, log_id))
    assert answer.status_code == 503
    assert "not connected" in answer.json()["detail"]


async def test_a_worker_that_goes_meanwhile_is_an_answer_too(api, tenant_id, worker):
    worker.is_gone = True
    log_id = await log(tenant_id, "A", media_of(JPEG))
    answer = await api.client.get(path(tenant_id, log_id))
    assert (answer.status_code, "has ended" in answer.json()["detail"]) == (503, True)


async def test_a_file_that_takes_long_is_on_its_way_and_then_there(api, tenant_id, worker):
    api.fetching._patience *= 0
    worker.answering.clear()
    log_id = await log(tenant_id, "A", media_of(JPEG))
    late = await api.client.get(path(tenant_id, log_id))
    assert (late.status_code, late.headers["retry-after"]) == (503, "1")
    under_way = list(api.fetching._under_way.values())
    worker.answering.set()
    await asyncio.wait(under_way, timeout=30)
    assert (await api.client.get(path(tenant_id, log_id))).content == JPEG
    assert worker.asked == ["A"]


async def test_many_who_ask_at_once_cost_one_download(api, tenant_id, worker):
    log_id = await log(tenant_id, "A", media_of(JPEG))
    answers = await asyncio.gather(*(api.client.get(path(tenant_id, log_id)) for _ in range(8)))
    assert {answer.content for answer in answers} == {JPEG}
    assert worker.asked == ["A"]


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(JPEG[:-1], id="cut short"),
        pytest.param(JPEG + b"x", id="too long"),
        pytest.param(b"\0" + JPEG[1:], id="another file"),
        pytest.param(b"", id="nothing"),
    ],
)
async def test_what_is_not_the_file_that_was_sent_is_not_kept(api, tenant_id, worker, sent):
    worker.files = {"A": sent}
    log_id = await log(tenant_id, "A", media_of(JPEG))
    assert (await api.client.get(path(tenant_id, log_id))).status_code == 502
    worker.files = {"A": JPEG}
    assert (await api.client.get(path(tenant_id, log_id))).content == JPEG


async def test_a_file_that_says_it_is_too_large_is_not_asked_for(api, tenant_id, worker):
    media = Media(mime_type="image/jpeg", size=api.files.limits.file + 1, sha256="ab" * 32)
    log_id = await log(tenant_id, "A", media)
    answer = await api.client.get(path(tenant_id, log_id))
    assert (answer.status_code, worker.asked) == (413, [])


@pytest.mark.parametrize("digest", [None, "../../../admin.key", "x" * 64])
async def test_a_message_that_does_not_name_its_file_leads_to_none(api, tenant_id, worker, digest):
    worker.files = {"A": JPEG}
    log_id = await log(tenant_id, "A", Media(mime_type="image/jpeg", size=3, sha256=digest))
    answer = await api.client.get(path(tenant_id, log_id))
    assert answer.status_code in {410, 502}


async def test_a_file_that_went_out_is_not_asked_of_the_worker(api, tenant_id, worker):
    log_id = await log(tenant_id, "A", media_of(JPEG), direction=Direction.OUT)
    answer = await api.client.get(path(tenant_id, log_id))
    assert (answer.status_code, worker.asked) == (410, [])


async def test_a_client_that_goes_in_the_middle_leaves_no_file_open(api, tenant_id, worker):
    log_id = await log(tenant_id, "A", media_of(JPEG))
    await api.client.get(path(tenant_id, log_id))
    started = asyncio.Event()
    scope = {
        "type": "http", "http_version": "1.1", "method": "GET", "path": path(tenant_id, log_id),
        "raw_path": path(tenant_id, log_id).encode(), "query_string": b"", "root_path": "",
        "scheme": "http", "client": ("192.0.2.7", 4711), "server": ("api.test", 80),
        "headers": [(b"authorization", f"Bearer {api.key}".encode())],
    }  # fmt: skip
    said = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive():
        if said:
            return said.pop()
        await started.wait()
        return {"type": "http.disconnect"}

    async def send(message):
        if message["type"] == "http.response.body":
            started.set()
            await asyncio.Event().wait()  # a client that takes nothing any more

    await api.client._transport.app(scope, receive, send)
    await asyncio.get_running_loop().shutdown_asyncgens()
    gc.collect()
    assert open_files(worker.tenant_id) == []


def open_files(tenant_id):
    links = [str(link.readlink()) for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    return [name for name in links if str(tenant_id) in name]

"""Files of messages for slips, where the portal asks for them: to whom, what of them, why not."""

from datetime import timedelta
from uuid import uuid4

import httpx
import pytest

from controlplane.api.slips import create_slip_app
from shared.enums import FileProblem, Language, UserRole
from shared.file_slips import LIFE, SESSION, sign_slip
from shared.ids import TenantId
from shared.stores import browser_sessions, members, tenants
from shared.stores.secrets import hash_secret
from shared.structs.members import Offer
from tests.fakes.businesses import business
from tests.fakes.file_worker import FileWorker
from tests.integration.api.test_media import JPEG, log, media_of

SECRET = "of the tests"


@pytest.fixture
async def window(api):
    app = create_slip_app(SECRET, files=api.files, fetching=api.fetching, clock=api.clock)
    # On a socket that is a file nobody has an address.
    transport = httpx.ASGITransport(app, client=None)
    async with httpx.AsyncClient(transport=transport, base_url="http://controlplane") as client:
        yield client


@pytest.fixture
def worker(api, tenant_id):
    api.workers[tenant_id] = FileWorker(tenant_id, {"A": JPEG})
    return api.workers[tenant_id]


@pytest.fixture
async def log_id(tenant_id, worker):  # noqa: ARG001  it is connected
    return await log(tenant_id, "A", media_of(JPEG))


async def sign_in(api, tenant_id, *, role=UserRole.STAFF) -> str:
    """The token of a session of a member, who is made."""
    member = await members.create_invited(
        f"{uuid4().hex}@x.de",
        Offer(tenant_id=tenant_id, role=role),
        password_hash=None,
        language=Language.EN,
    )
    return await browser_sessions.begin(member, now=api.clock.now())


async def ask(
    window, api, tenant_id, log_id, *, signed=None, secret=SECRET, session=None, **headers
):
    """signed: for what, where that is not what is asked for. session: of the tenant's, or this."""
    slip = sign_slip(secret, *(signed or (tenant_id, log_id)), now=api.clock.now())
    session = await sign_in(api, tenant_id) if session is None else session
    given = {"authorization": f"FlowHQ-Slip {slip}", SESSION: session} | headers
    return await window.get(f"/files/{tenant_id}/{log_id}", headers=given)


async def test_a_good_slip_opens_its_file(window, api, tenant_id, log_id):
    answer = await ask(window, api, tenant_id, log_id)
    assert (answer.status_code, answer.content) == (200, JPEG)
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["content-length"] == str(len(JPEG))


async def test_a_part_of_a_file_is_that_part(window, api, tenant_id, log_id):
    size = len(JPEG)
    for asked, first, last in (
        ("bytes=0-1", 0, 1),
        ("bytes=70000-199999", 70_000, 199_999),
        ("bytes=-9", size - 9, size - 1),
    ):
        answer = await ask(window, api, tenant_id, log_id, range=asked)
        assert (answer.status_code, answer.content) == (206, JPEG[first : last + 1])
        assert answer.headers["content-range"] == f"bytes {first}-{last}/{size}"
        assert answer.headers["content-length"] == str(last + 1 - first)


async def test_a_part_beyond_the_file_is_refused(window, api, tenant_id, log_id):
    answer = await ask(window, api, tenant_id, log_id, range=f"bytes={len(JPEG)}-")
    assert answer.status_code == 416
    assert answer.headers["content-range"] == f"bytes */{len(JPEG)}"


async def test_a_slip_of_another_tenant_message_secret_or_minute_opens_nothing(
    window, api, tenant_id, log_id, worker
):
    other = TenantId((await tenants.create(business(2))).id)
    for wrong in (
        {"signed": (other, log_id)},
        {"signed": (tenant_id, uuid4())},
        {"secret": "of others"},
        {"authorization": "FlowHQ-Slip x"},
        {"authorization": f"Bearer {api.key}"},
        {"authorization": ""},
    ):
        answer = await ask(window, api, tenant_id, log_id, **wrong)
        assert answer.status_code == 401, wrong
    late = sign_slip(SECRET, tenant_id, log_id, now=api.clock.now())
    api.clock.advance(LIFE + timedelta(seconds=1))
    answer = await ask(window, api, tenant_id, log_id, authorization=f"FlowHQ-Slip {late}")
    assert answer.status_code == 401
    assert worker.asked == []


async def test_a_good_slip_without_a_session_of_the_tenants_opens_nothing(
    window, api, tenant_id, log_id, worker
):
    """As a portal that was taken over signs it: for whom it likes."""
    other = TenantId((await tenants.create(business(2))).id)
    over = await sign_in(api, tenant_id)
    await browser_sessions.end(hash_secret(over))
    own = await sign_in(api, tenant_id)
    for session in ("", "fhs_x", over, hash_secret(own), await sign_in(api, other)):
        answer = await ask(window, api, tenant_id, log_id, session=session)
        assert (answer.status_code, "session" in answer.text) == (401, True), session
    assert worker.asked == []
    assert (await ask(window, api, tenant_id, log_id, session=own)).status_code == 200
    api.clock.advance(browser_sessions.MEMBERS.idle + timedelta(seconds=1))
    assert (await ask(window, api, tenant_id, log_id, session=own)).status_code == 401


async def test_a_slip_for_a_message_of_another_tenant_finds_nothing(window, api, log_id):
    """Such as nobody signs who asked the database first."""
    other = TenantId((await tenants.create(business(2))).id)
    assert (await ask(window, api, other, log_id)).status_code == 404


async def test_why_not_is_said_as_the_api_says_it(window, api, tenant_id, log_id, worker):
    for problem, status in (
        (FileProblem.GONE, 410),
        (FileProblem.TOO_LARGE, 413),
        (FileProblem.CORRUPT, 502),
        (FileProblem.OFFLINE, 503),
    ):
        worker.files = {"A": problem}
        answer = await ask(window, api, tenant_id, log_id)
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"


async def test_nothing_else_is_there(window, api):
    headers = {"authorization": f"Bearer {api.key}"}
    for path in ("/", "/healthz", "/schema", "/admin/tenants", "/v1/logs", "/dashboard"):
        assert (await window.get(path, headers=headers)).status_code == 404, path


async def test_the_apis_own_port_takes_no_slips(api, tenant_id, log_id):
    assert (await ask(api.client, api, tenant_id, log_id)).status_code == 404

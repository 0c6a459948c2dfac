"""Files in the portal: given by a control plane in a process of its own, over a real socket."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from html import unescape
from pathlib import Path
from uuid import uuid4

import httpx
import msgspec
import pytest

from launcher.paths import ROOT
from portal.file_window import MOST_AT_ONCE, FileWindow, WhyNot
from portal.texts import TEXTS
from shared.enums import FileProblem, Language
from shared.ids import TenantId
from shared.socket_files import bind_file, short_name
from shared.structs.media import Media
from shared.tasks import TaskGroup
from shared.web.serving import listening_socket, serve
from tests.another_time import same_time
from tests.fakes.pages import Browser
from tests.integration.portal.conftest import FILES_SECRET, Portal
from tests.integration.portal.test_messages import ASHA, business_of, chat, write
from tests.integration.portal.test_team import staff_of

JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 1500  # more than a piece of any kind
OGG = b"OggS" + bytes(range(256)) * 40
JUMA = "+255754000002"
PATIENCE = 30


@dataclass
class ControlPlane:
    """whatsapp: what there is to be fetched, by WhatsApp id."""

    process: asyncio.subprocess.Process
    whatsapp: Path


@pytest.fixture
async def control_plane(
    portal: Portal, database_url: str, tmp_path: Path
) -> AsyncIterator[ControlPlane]:
    whatsapp, socket = tmp_path / "whatsapp", Path(portal.settings.files_socket)
    whatsapp.mkdir()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "tests.fakes.slip_process"),
        *(database_url, str(socket), FILES_SECRET, str(whatsapp)),
        cwd=ROOT,
        env={**same_time(), "PYTHONPATH": str(ROOT)},
    )
    async with asyncio.timeout(PATIENCE):
        while not await is_listening(socket):
            assert process.returncode is None
            await asyncio.sleep(0.02)  # a poll of another process, not a guess
    yield ControlPlane(process=process, whatsapp=whatsapp)
    with suppress(ProcessLookupError):
        process.terminate()
    await process.wait()


async def is_listening(socket: Path) -> bool:
    try:
        with short_name(socket) as name:
            _, writer = await asyncio.open_unix_connection(name)
    except OSError:
        return False
    writer.close()
    return True


@dataclass
class Shop:
    browser: Browser
    tenant_id: TenantId
    url: str

    async def log(self, content: bytes, mime_type: str, kind: str, **more) -> str:
        """A message with that file; answers where it is opened."""
        changes = {name: more.pop(name) for name in ("out", "person") if name in more}
        media = media_of(content, mime_type, **more)
        row = await write(self.url, self.tenant_id, "", kind=kind, media=media, **changes)
        return f"{chat(changes.get('person', ASHA))}/{row}/file"


@pytest.fixture
async def shop(portal: Portal, database_url: str) -> Shop:
    browser, tenant_id = await business_of(portal, database_url)
    return Shop(browser=browser, tenant_id=tenant_id, url=database_url)


def media_of(content: bytes, mime_type: str, **more) -> str:
    given = {"sha256": sha256(content).hexdigest(), "size": len(content)} | more
    return msgspec.json.encode(Media(mime_type=mime_type, **given)).decode()


def put(control_plane: ControlPlane, path: str, content: bytes) -> None:
    """What WhatsApp has for the message of this address: the tests' rows have its id as theirs."""
    (control_plane.whatsapp / path.split("/")[-2]).write_bytes(content)


async def test_a_picture_is_opened_from_its_bubble_and_nothing_of_it_is_loaded_before(
    control_plane, shop
):
    path = await shop.log(JPEG, "image/jpeg", "IMAGE")
    put(control_plane, path, JPEG)
    page = (await shop.browser.go(chat(ASHA))).text
    assert f'<a href="{path}">Open photo · <bdi>384 kB</bdi></a>' in page
    assert page.count(path) == 1
    answer = await shop.browser.go(path)
    assert (answer.status_code, answer.content) == (200, JPEG)
    headers = answer.headers
    assert headers["content-type"] == "image/jpeg"
    assert headers["content-length"] == str(len(JPEG))
    assert headers["content-disposition"].startswith('inline; filename="image-')
    assert headers["content-security-policy"].startswith("sandbox; default-src 'none';")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["cache-control"] == "private, no-cache"


async def test_what_a_browser_has_is_not_sent_again_and_a_player_is_given_parts(
    control_plane, shop
):
    path = await shop.log(OGG, "audio/ogg; codecs=opus", "VOICE")
    put(control_plane, path, OGG)
    first = await shop.browser.go(path)
    assert first.headers["content-type"] == "audio/ogg"
    tag = first.headers["etag"]
    again = await shop.browser.go(path, **{"if-none-match": tag})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["cache-control"] == "private, no-cache"
    part = await shop.browser.go(path, range="bytes=100-299")
    assert (part.status_code, part.content) == (206, OGG[100:300])
    assert part.headers["content-range"] == f"bytes 100-299/{len(OGG)}"
    same = await shop.browser.go(path, **{"range": "bytes=-5", "if-range": tag})
    assert (same.status_code, same.content) == (206, OGG[-5:])
    other = await shop.browser.go(path, **{"range": "bytes=-5", "if-range": '"another"'})
    assert (other.status_code, other.content) == (200, OGG)
    beyond = await shop.browser.go(path, range=f"bytes={len(OGG)}-")
    assert (beyond.status_code, "does not exist" in beyond.text) == (416, True)


async def test_hostile_files_come_as_bytes_to_be_saved_under_a_harmless_name(control_plane, shop):
    page = b"<html><script>alert(1)</script></html>"
    name = 'a"b\r\nX-Evil: 1;\u202egpj.html'
    for mime_type in ("text/html", "image/jpeg", "image/svg+xml", "x\r\nX-Evil: 1"):
        path = await shop.log(page, mime_type, "DOCUMENT", file_name=name)
        put(control_plane, path, page)
        headers = (await shop.browser.go(path)).headers
        assert headers["content-type"] == "application/octet-stream"
        assert headers["content-disposition"] == (
            'attachment; filename="a_b__X-Evil__1__gpj.html";'
            " filename*=UTF-8''a%22b__X-Evil%3A%201%3B_gpj.html"
        )
        assert headers["content-security-policy"].startswith("sandbox; default-src 'none';")
        assert "x-evil" not in headers
    pdf = b"%PDF-1.7 " + page
    path = await shop.log(pdf, "application/pdf", "DOCUMENT", file_name="bei.pdf")
    put(control_plane, path, pdf)
    headers = (await shop.browser.go(path)).headers
    assert headers["content-type"] == "application/pdf"
    assert headers["content-disposition"].startswith('attachment; filename="bei.pdf"')


async def test_staff_open_files_and_so_does_who_asks_for_what_the_business_sent(
    control_plane, shop, portal
):
    staff = await staff_of(portal, shop.browser)
    path = await shop.log(JPEG, "image/jpeg", "IMAGE")
    put(control_plane, path, JPEG)
    assert (await staff.go(path)).content == JPEG
    sent = await shop.log(OGG, "audio/ogg", "AUDIO", out=True)
    shelf = control_plane.whatsapp.parent / "media" / str(shop.tenant_id) / "out"
    shelf.mkdir(parents=True)
    (shelf / sha256(OGG).hexdigest()).write_bytes(OGG)
    assert (await staff.go(sent)).content == OGG
    unknown = await shop.log(JPEG + b"1", "image/jpeg", "IMAGE", out=True)
    assert (await staff.go(unknown)).status_code == 410


async def test_why_a_file_cannot_be_opened_is_a_page_in_the_members_language(control_plane, shop):
    for problem, why in (
        (FileProblem.GONE.encode(), WhyNot.GONE),
        (FileProblem.TOO_LARGE.encode(), WhyNot.TOO_LARGE),
        (FileProblem.OFFLINE.encode(), WhyNot.NOT_YET),
        (b"another file", WhyNot.BROKEN),
    ):
        path = await shop.log(JPEG, "image/jpeg", "IMAGE")
        put(control_plane, path, problem)
        await said(shop, path, why)
    (control_plane.whatsapp / "nobody").touch()
    path = await shop.log(JPEG + b"2", "image/jpeg", "IMAGE")
    await said(shop, path, WhyNot.NOT_YET)
    larger = await shop.log(JPEG, "image/jpeg", "IMAGE", size=10**12)
    await said(shop, larger, WhyNot.TOO_LARGE)
    control_plane.process.kill()
    await control_plane.process.wait()
    await said(shop, path, WhyNot.AWAY)


async def said(shop: Shop, path: str, why: WhyNot) -> None:
    text, more = TEXTS[f"file.{why.lower()}"], TEXTS[f"file.{why.lower()}_more"]
    status = {
        "GONE": 410, "TOO_LARGE": 413, "BROKEN": 502, "NOT_YET": 503, "AWAY": 503, "BUSY": 429,
    }[why]  # fmt: skip
    for language in Language:
        await shop.browser.go("/account")
        await shop.browser.send("/language", language=language)
        answer = await shop.browser.go(path)
        assert answer.status_code == status, answer.text
        page = unescape(answer.text)
        assert text.in_(language) in page
        assert more.in_(language) in page
        assert f'href="{chat(ASHA)}"' in answer.text
        assert (f'href="{path}"' in answer.text) is (status in {429, 503})
        assert ("retry-after" in answer.headers) is (status in {429, 503})


async def test_without_a_control_plane_the_page_says_so(shop):
    await said(shop, await shop.log(JPEG, "image/jpeg", "IMAGE"), WhyNot.AWAY)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"", id="it hangs up"),
        pytest.param(b"SSH-2.0-x\r\n", id="it is something else"),
        pytest.param(b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n", id="bad slip"),
        pytest.param(b"HTTP/1.1 500 Oh\r\ncontent-length: 0\r\n\r\n", id="a defect"),
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\nx", id="an answer without a length"),
    ],
)
async def test_a_control_plane_that_answers_nonsense_is_away(shop, portal, answer):
    path = await shop.log(JPEG, "image/jpeg", "IMAGE")
    async with answering(portal, answer):
        page = await shop.browser.go(path)
    assert (page.status_code, "Files cannot be opened just now" in page.text) == (503, True)


async def test_a_control_plane_that_ends_in_the_middle_ends_the_file_there(shop, portal, capsys):
    path = await shop.log(JPEG, "image/jpeg", "IMAGE")
    begun = b"HTTP/1.1 200 OK\r\ncontent-type: image/jpeg\r\ncontent-length: 99\r\n\r\nbegun"
    async with answering(portal, begun):
        assert (await shop.browser.go(path)).content == b"begun"
    said = capsys.readouterr().out
    assert ("file.broke_off" in said, "page.failed" in said) == (True, False)


@asynccontextmanager
async def answering(
    portal: Portal, answer: bytes, ended: asyncio.Queue[None] | None = None
) -> AsyncIterator[None]:
    """In the control plane's place: reads a request, says that, and hangs up; or it waits until
    the portal does, and says that in `ended`.
    """

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        if ended is not None:
            await reader.read()
            ended.put_nowait(None)
        writer.close()

    listening = await asyncio.to_thread(bind_file, Path(portal.settings.files_socket))
    async with await asyncio.start_unix_server(hear, sock=listening):
        yield


async def test_a_browser_that_goes_ends_the_transfer_and_a_business_has_so_many_at_once(
    shop, portal
):
    path = await shop.log(JPEG, "image/jpeg", "IMAGE")
    site, session = portal.transport.app, shop.browser.cookies
    endless = b"HTTP/1.1 200 OK\r\ncontent-type: image/jpeg\r\ncontent-length: 9\r\n\r\nbegun"
    ended, reading = asyncio.Queue(), []  # who stops reading is gone
    with listening_socket("127.0.0.1", 0) as listening:
        listening.listen()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        async with (
            answering(portal, endless, ended),
            httpx.AsyncClient(base_url=url, cookies=dict(session)) as client,
            TaskGroup() as tasks,
            AsyncExitStack() as browsers,
        ):
            serving = tasks.supervise("portal", serve(site, listening))
            for _ in range(MOST_AT_ONCE):
                answer = await browsers.enter_async_context(client.stream("GET", path))
                reading.append(answer.aiter_raw())
                assert await anext(reading[-1]) == b"begun"
            await said(shop, path, WhyNot.BUSY)
            await browsers.aclose()
            for _ in range(MOST_AT_ONCE):
                await asyncio.wait_for(ended.get(), PATIENCE)
            async with client.stream("GET", path) as answer:
                assert answer.status_code == 200
            await asyncio.wait_for(ended.get(), PATIENCE)
            serving.cancel()
            await serving


async def test_files_of_others_other_chats_and_none_are_not_found(shop, portal, database_url):
    path = await shop.log(JPEG, "image/jpeg", "IMAGE")
    message_id = path.split("/")[-2]
    other, _ = await business_of(
        portal, database_url, email="juma@example.com", phone="+255712345679"
    )
    await write_of_juma(shop)
    for browser, address in (
        (other, path),
        (shop.browser, f"{chat(JUMA)}/{message_id}/file"),
        (shop.browser, f"{chat('+255799999999')}/{message_id}/file"),
        (shop.browser, f"{chat(ASHA)}/{uuid4()}/file"),
        (shop.browser, f"{chat(ASHA)}/x/file"),
        (shop.browser, await shop.log(b"", "image/jpeg", "IMAGE", sha256=None)),
    ):
        answer = await browser.go(address)
        assert (answer.status_code, "There is no such page" in answer.text) == (404, True), address
    assert (await portal.another_browser().go(path)).url.path == "/sign-in"


async def test_what_cannot_be_opened_is_only_named(shop, portal):
    """A message that does not say where its file is; and any where no control plane is known."""
    await shop.log(b"", "image/jpeg", "IMAGE", sha256=None, size=81_920)
    page = (await shop.browser.go(chat(ASHA))).text
    assert "Photo · <bdi>82 kB</bdi>" in page
    assert "/file" not in page
    path = await shop.log(JPEG, "image/jpeg", "IMAGE")
    state = portal.transport.app.state
    state.house = msgspec.structs.replace(state.house, files=FileWindow(None))
    page = (await shop.browser.go(chat(ASHA))).text
    assert "Photo · <bdi>384 kB</bdi>" in page
    assert "/file" not in page
    assert (await shop.browser.go(path)).status_code == 404


async def write_of_juma(shop: Shop) -> None:
    await write(shop.url, shop.tenant_id, "Habari", person=JUMA, name="Juma")

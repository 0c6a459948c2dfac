"""The media server: takes sealed files from clients, and gives them back."""

import asyncio
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from hashlib import sha256
from typing import Any

import structlog
from litestar import Litestar, Request, Response, get, post
from litestar.di import Provide
from litestar.response import Stream

from sandbox.exchange import Exchange
from sandbox.faults.faults import Faults
from sandbox.media.addresses import BUCKET, MEDIA_HOST, direct_path, is_pass_of, recipient_of
from sandbox.messages.contents import LARGEST_FILE

log = structlog.get_logger(__name__)

# Padding and MAC.
_SEALING = 32
_KINDS = frozenset({"image", "video", "audio", "document"})
_CHUNK = 64 << 10


def make_media_server(exchange: Exchange) -> Litestar:
    async def provide_exchange() -> Exchange:
        return exchange

    return Litestar(
        [upload, download],
        dependencies={"exchange": Provide(provide_exchange)},
        logging_config=None,
        openapi_config=None,
        request_max_body_size=LARGEST_FILE + _SEALING,
    )


@post("/mms/{kind:str}/{token:str}", status_code=200)
async def upload(
    kind: str, token: str, auth: str, exchange: Exchange, request: Request[Any, Any, Any]
) -> Response[dict[str, str]]:
    """token: the hash of the body, in base64."""
    phone = exchange.directory.find_number(auth.partition(".")[0])
    if phone is None or not is_pass_of(phone, auth):
        return _refused(401)
    if kind not in _KINDS:
        return _refused(404)
    stored = await request.body()
    if urlsafe_b64encode(sha256(stored).digest()).decode() != token:
        return _refused(400)
    refusal = await _upload_refusal(exchange.faults.of(phone.number))
    if refusal is not None:
        log.info("upload.refused", phone=phone.number, code=refusal)
        return _refused(refusal)
    path = direct_path(await exchange.files.put(stored))
    log.info("upload.taken", phone=phone.number, kind=kind, size=len(stored))
    return Response({"url": f"https://{MEDIA_HOST}{path}", "direct_path": path, "handle": ""})


@get(f"/v/{BUCKET}/{{name:str}}")
async def download(name: str, exchange: Exchange, request: Request[Any, Any, Any]) -> Response[Any]:
    faults = exchange.faults.of(recipient_of(request.url.query))
    script = faults.script.media
    await asyncio.sleep(script.delay)
    if faults.strikes("media.download_refused", script.download_refused):
        return _refused(script.download_refused.code)
    stored = await exchange.files.find(name)
    if stored is None:
        return _refused(404)
    if faults.strikes("media.truncated", script.truncated):
        stored = stored[: len(stored) // 2]
    if faults.strikes("media.corrupted", script.corrupted):
        stored = bytes((stored[0] ^ 1,)) + stored[1:]
    return Stream(
        _paced(stored, script.download_rate),
        media_type="application/octet-stream",
        headers={"Content-Length": str(len(stored))},
    )


async def _upload_refusal(faults: Faults) -> int | None:
    script = faults.script.media
    await asyncio.sleep(script.delay)
    struck = faults.strikes("media.upload_refused", script.upload_refused)
    return script.upload_refused.code if struck else None


async def _paced(stored: bytes, rate: int | None) -> AsyncIterator[bytes]:
    """rate: bytes a second."""
    chunk = _CHUNK if rate is None else max(1, min(_CHUNK, rate // 10))
    for at in range(0, len(stored), chunk):
        yield stored[at : at + chunk]
        if rate is not None:
            await asyncio.sleep(chunk / rate)


def _refused(code: int) -> Response[dict[str, str]]:
    return Response({}, status_code=code)

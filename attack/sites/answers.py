"""One request and what came back of it, also from a stream that never ends by itself."""

import asyncio
import re
import time
from typing import Any

import httpx
import msgspec

# A stream says what it has at once; what else answers takes no longer on a busy machine.
PATIENCE = 5.0
STREAM_PATIENCE = 1.0
MOST_BYTES = 512 * 1024
CANARY = re.compile(r"canary-[0-9a-f]{24}")


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """took: seconds until the head was there. text: the first MOST_BYTES of the body."""

    status: int
    headers: str
    location: str
    text: str
    took: float

    def canaries(self) -> set[str]:
        return set(CANARY.findall(self.headers + self.text))


async def fetch(client: httpx.AsyncClient, method: str, url: str, **options: Any) -> Answer:
    """Raises httpx.HTTPError."""
    began = time.monotonic()
    async with client.stream(method, url, **options) as response:
        took = time.monotonic() - began
        is_stream = "event-stream" in response.headers.get("content-type", "")
        body = await _read(response, STREAM_PATIENCE if is_stream else PATIENCE)
    return Answer(
        status=response.status_code,
        headers="\n".join(f"{name}: {value}" for name, value in response.headers.multi_items()),
        location=response.headers.get("location", ""),
        text=body.decode("utf-8", errors="replace"),
        took=took,
    )


async def _read(response: httpx.Response, patience: float) -> bytes:
    body = bytearray()
    try:
        async with asyncio.timeout(patience):
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > MOST_BYTES:
                    break
    except TimeoutError:
        pass  # a stream: it goes on for as long as somebody listens
    return bytes(body[:MOST_BYTES])

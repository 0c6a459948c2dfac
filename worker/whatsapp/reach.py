"""Is there a way to WhatsApp? Asked before each round of connecting.

A round that fails at once costs the library a file handle and 0.2 MB for good (it opens the
session anew and never closes it): during an outage of days these would add up.
"""

import asyncio
import os
from datetime import timedelta
from urllib.parse import urlsplit

SERVER = ("web.whatsapp.com", 443)
PATIENCE = timedelta(seconds=10)


def next_hop(proxy: str) -> tuple[str, int]:
    """The address that is dialled first: the proxy when there is one, as Go reads it."""
    parts = urlsplit(proxy if "//" in proxy else f"//{proxy}")
    if not parts.hostname:
        return SERVER
    return parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)


def read_proxy() -> str:
    environment = os.environ  # noqa: TID251  the library reads the same variables itself
    return environment.get("HTTPS_PROXY") or environment.get("https_proxy") or ""


async def find_obstacle(host: str, port: int) -> str:
    """Why nothing can be reached there; empty when the way is free."""
    try:
        async with asyncio.timeout(PATIENCE.total_seconds()):
            _, writer = await asyncio.open_connection(host, port)
    except TimeoutError:
        return f"{host}:{port} does not answer"
    except OSError as error:
        return f"{host}:{port} cannot be reached: {error}"
    writer.close()
    return ""

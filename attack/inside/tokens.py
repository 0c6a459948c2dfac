"""Where a worker's token is, and where it must not be."""

import asyncio
import io
import json
import re
import tarfile
from typing import Any

from docker.errors import NotFound

from attack.ground import Ground
from shared.worker_files import DATA_DIR, TOKEN_FILE

SECRET_WORDS = ("TOKEN", "SECRET", "PASSWORD", "CREDENTIAL")
# How our own begin (shared/stores/secrets.py); at least as long as what is random in them.
OUR_SECRETS = re.compile(r"\b(fh[a-z]{1,2}_)[A-Za-z0-9_-]{20,}")


def find_shown(seen: dict[str, Any], token: str) -> list[str]:
    """What is as good as the token, or looks as if it were: in any field of a description."""
    names = [each.partition("=")[0] for each in seen["Config"].get("Env") or []]
    breaches = [
        f"{name} is among the variables of its container"
        for name in names
        if any(word in name.upper() for word in SECRET_WORDS)
    ]
    text = json.dumps(seen)
    if token and token in text:
        breaches.append("the worker's token is in its container's description")
    found = OUR_SECRETS.findall(text)
    return breaches + [f"a secret that begins with {each} is in it" for each in sorted({*found})]


async def read_token(ground: Ground, container: str) -> str:
    """The one that its worker uses; empty where it is not where workers look."""
    try:
        stream, _ = await asyncio.to_thread(
            ground.engine.get_archive, container, f"{DATA_DIR}/{TOKEN_FILE}"
        )
        packed = await asyncio.to_thread(b"".join, stream)
    except NotFound:
        return ""
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        file = archive.extractfile(archive.getmembers()[0])
        return "" if file is None else file.read().decode(errors="replace")

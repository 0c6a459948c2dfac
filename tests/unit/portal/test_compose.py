"""The portal of compose.yaml: who asks is said by the proxy, and not by who asks."""

import re
from pathlib import Path

from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

COMPOSE = Path(__file__).parents[3] / "compose.yaml"


async def test_a_customers_own_word_for_the_address_is_not_believed(blockbuster):
    blockbuster.deactivate()  # it reads a file
    [trusted] = re.findall(r"FORWARDED_ALLOW_IPS: (\S+)", COMPOSE.read_text(encoding="utf-8"))
    seen = []

    async def app(scope, _receive, _send) -> None:
        seen.append(scope["client"][0])

    # As a proxy adds to what the customer's own header said.
    headers = [(b"x-forwarded-for", b"198.51.100.1, 203.0.113.9")]
    scope = {"type": "http", "client": ("172.18.0.1", 1), "headers": headers, "scheme": "http"}
    await ProxyHeadersMiddleware(app, trusted)(scope, None, None)
    assert seen == ["203.0.113.9"]

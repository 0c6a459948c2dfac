"""Keeps out of a worker what its libraries import and it never runs: 3 MB in each of thousands.

Nothing is changed on disk and nothing that is used is replaced: websockets gets empty modules
for TLS, proxies and package metadata, which a `ws://` connection without a proxy never enters.
With a `wss://` gateway the real `ssl` is used. Must run before anything else is imported.
"""

import ctypes
import gc
import os
import sys
from types import ModuleType

# Name → what importing modules take from it by name.
_EMPTY: dict[str, tuple[str, ...]] = {
    # Only to name a version that is written down in the package anyway.
    "importlib.metadata": (),
    # Loads urllib.request, http.client and email; the uplink connects with proxy=None.
    "websockets.proxy": ("Proxy", "get_proxy", "parse_proxy", "prepare_connect_request"),
}

# What is taken if it is there: newer typing words, which Python 3.11 has itself, and colours, which
# a log of JSON has not.
_ABSENT = ("typing_extensions", "rich", "colorama")


def leave_out_unused() -> None:
    for name in _ABSENT:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]  # makes its import fail
    for name, attributes in _EMPTY.items():
        module = ModuleType(name, "Left out by worker.slim.")
        module.__dict__.update(dict.fromkeys(attributes))
        sys.modules.setdefault(name, module)
    url = os.environ.get("FLOWHQ_GATEWAY_URL", "")  # noqa: TID251  before settings can be read
    if not url.startswith("wss:") and "ssl" not in sys.modules:
        _leave_out_ssl()


def _leave_out_ssl() -> None:
    """For asyncio the import fails, and it does without; websockets names types of the module."""
    sys.modules["ssl"] = None  # type: ignore[assignment]  # the documented way to make it fail
    import asyncio  # noqa: F401, PLC0415  at this moment, on purpose

    sys.modules["ssl"] = ModuleType("ssl", "Left out by worker.slim.")


def give_back_memory() -> None:
    """After the imports: what they left unreachable, and the C library's free pages."""
    gc.collect()
    gc.freeze()  # modules live as long as the process: later collections need not visit them
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc's own
    if trim is not None:
        trim(0)

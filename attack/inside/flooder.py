"""Runs inside a worker's container and sends to the gateway what it is told; prints JSON.

Handed in as text, like the probe: of ours it imports nothing, and of the image's packages the one
that a worker speaks to the gateway with. What it may take of the machine is a worker's share.
"""

import base64
import json
import os
import resource
import signal
import socket
import sys
from contextlib import suppress
from typing import Any, Never
from urllib.parse import urlsplit

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

FAILURES = (WebSocketException, OSError, EOFError)


COUNTS = {"sent": 0, "connections": 0}


def frames(given: dict[str, Any]) -> Never:
    """One after the other, over and over, as fast as the gateway takes them."""
    wanted = [_build(each) for each in given["frames"]]
    hello = base64.b64decode(given["hello"])
    while True:
        with suppress(*FAILURES):
            _pour(_dial(given["url"]), hello, wanted)


def connections(given: dict[str, Any]) -> Never:
    """The same hello over and over, each on a connection of its own."""
    hello = base64.b64decode(given["hello"])
    while True:
        with suppress(*FAILURES):
            line = _dial(given["url"])
            line.send(hello)
            line.recv(timeout=1)
            COUNTS["connections"] += 1
            line.close_socket()


def silence(given: dict[str, Any]) -> Never:
    """Many connections that say nothing, held until the time is up. Every other one has asked for a
    WebSocket, and says nothing over that. Without the library, which has a thread for each.
    """
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, given["count"] + 100), most))
    where = urlsplit(given["url"])
    asked = (
        f"GET {where.path} HTTP/1.1\r\nHost: {where.netloc}\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Key: c2lsZW50bHkgYXNraW5nIQ==\r\n"
        "Sec-WebSocket-Version: 13\r\n\r\n"
    )
    held = []
    while COUNTS["connections"] < given["count"]:
        with suppress(*FAILURES):
            made = socket.create_connection((where.hostname, where.port), timeout=5)
            if COUNTS["connections"] % 2:
                made.sendall(asked.encode())
            held.append(made)
            COUNTS["connections"] += 1
    while True:
        signal.pause()


def _build(pieces: list[tuple[str, int]]) -> bytes:
    """Each piece that many times: an argument of a program is shorter than a frame may be."""
    return b"".join(base64.b64decode(piece) * times for piece, times in pieces)


def _pour(line: ClientConnection, hello: bytes, wanted: list[bytes]) -> None:
    try:
        line.send(hello)
        line.recv(timeout=5)
        COUNTS["connections"] += 1
        while True:
            line.send(wanted[COUNTS["sent"] % len(wanted)])
            COUNTS["sent"] += 1
    finally:
        line.close_socket()


def _dial(url: str) -> ClientConnection:
    return connect(
        url, compression=None, max_size=None, open_timeout=5, ping_interval=None, proxy=None
    )


def _end(_number: int, _frame: object) -> Never:
    """Wherever it is, a blocked `send` included: an exception would be the library's to handle."""
    print(json.dumps(COUNTS), flush=True)
    os._exit(0)


if __name__ == "__main__":
    told = json.loads(sys.argv[2])
    signal.signal(signal.SIGALRM, _end)
    signal.setitimer(signal.ITIMER_REAL, told["seconds"])
    globals()[sys.argv[1]](told)

"""Runs inside a worker's container and sends to the gateway what it is told; prints JSON.

Handed in as text, like the probe: of ours it imports nothing, and of the image's packages the one
that a worker speaks to the gateway with. What it may take of the machine is a worker's share.
"""

import base64
import json
import resource
import signal
import sys
from contextlib import ExitStack, suppress
from typing import Any, Never

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

FAILURES = (WebSocketException, OSError, EOFError)


class Over(Exception):  # noqa: N818  no error: the time is up
    pass


def frames(given: dict[str, Any]) -> dict[str, int]:
    """One after the other, over and over, as fast as the gateway takes them."""
    wanted = [_build(each) for each in given["frames"]]
    hello = base64.b64decode(given["hello"])
    counts = {"sent": 0, "connections": 0}
    with suppress(Over):
        while True:
            with suppress(*FAILURES):
                _pour(_dial(given["url"]), hello, wanted, counts)
    return counts


def connections(given: dict[str, Any]) -> dict[str, int]:
    """The same hello over and over, each on a connection of its own."""
    hello = base64.b64decode(given["hello"])
    counts = {"sent": 0, "connections": 0}
    with suppress(Over):
        while True:
            with suppress(*FAILURES):
                socket = _dial(given["url"])
                socket.send(hello)
                socket.recv(timeout=1)
                counts["connections"] += 1
                socket.close_socket()
    return counts


def silence(given: dict[str, Any]) -> dict[str, int]:
    """Many connections that say nothing, held until the time is up."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, given["count"] + 100), most))
    counts = {"sent": 0, "connections": 0}
    with ExitStack() as held, suppress(Over):
        while counts["connections"] < given["count"]:
            with suppress(*FAILURES):
                held.callback(_dial(given["url"]).close_socket)
                counts["connections"] += 1
        while True:
            signal.pause()
    return counts


def _build(pieces: list[tuple[str, int]]) -> bytes:
    """Each piece that many times: an argument of a program is shorter than a frame may be."""
    return b"".join(base64.b64decode(piece) * times for piece, times in pieces)


def _pour(
    socket: ClientConnection, hello: bytes, wanted: list[bytes], counts: dict[str, int]
) -> None:
    try:
        socket.send(hello)
        socket.recv(timeout=5)
        counts["connections"] += 1
        while True:
            socket.send(wanted[counts["sent"] % len(wanted)])
            counts["sent"] += 1
    finally:
        socket.close_socket()


def _dial(url: str) -> ClientConnection:
    return connect(
        url, compression=None, max_size=None, open_timeout=5, ping_interval=None, proxy=None
    )


def _end(_number: int, _frame: object) -> Never:
    raise Over


if __name__ == "__main__":
    told = json.loads(sys.argv[2])
    signal.signal(signal.SIGALRM, _end)
    signal.setitimer(signal.ITIMER_REAL, told["seconds"])
    print(json.dumps(globals()[sys.argv[1]](told)))

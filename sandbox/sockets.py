"""Listening sockets, also on addresses that do not exist yet, and rude endings."""

import asyncio
import socket
import struct

from shared.errors import SettingsError

# Linux's value; Python's socket module does not name it.
_IP_FREEBIND = 15
_BACKLOG = 512
# Linger, but for no time: the kernel then says RST, not FIN.
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


def listen(host: str, port: int) -> socket.socket:
    """A bound, listening socket. Raises SettingsError that names the address.

    The bridge of the workers' network may appear after the sandbox: hence the free bind.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_IP, _IP_FREEBIND, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise SettingsError(f"cannot listen on {host}:{port}: {error.strerror or error}") from error
    listener.settimeout(0)
    return listener


def reset(transport: asyncio.BaseTransport) -> None:
    """Ends a TCP connection with a reset; what is still unsent is lost."""
    raw = transport.get_extra_info("socket")
    if raw is not None and raw.fileno() >= 0:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    assert isinstance(transport, asyncio.WriteTransport)
    transport.abort()

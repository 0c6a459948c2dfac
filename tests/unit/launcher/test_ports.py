"""A taken port is named together with whoever has it."""

import os
import socket
from collections.abc import Iterator

import pytest

from launcher import ports
from launcher.errors import LauncherError
from launcher.ports import Listener

TABLE = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F40 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 111 1 0
   1: 0100007F:1F40 0100007F:9999 01 00000000:00000000 00:00000000 00000000     0        0 222 1 0
   2: 00000000:1F41 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 333 1 0
"""


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def listener_at(port: int) -> Listener:
    return Listener(purpose="admin API", host="127.0.0.1", port=port, option="--port")


def test_a_taken_port_is_refused_in_one_sentence(taken: int) -> None:
    with pytest.raises(LauncherError) as refused:
        ports.require_free([listener_at(taken)])
    text = str(refused.value)
    assert f"Port {taken} (admin API) is taken by " in text
    assert f"(pid {os.getpid()})" in text
    assert "--port" in text
    assert "\n" not in text


def test_a_free_port_is_not_refused() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        free = other.getsockname()[1]
    ports.require_free([listener_at(free)])


def test_nobody_holds_a_port_that_nobody_listens_on() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        assert ports.find_holder(bound.getsockname()[1]) is None


def test_only_listening_sockets_of_that_port_count() -> None:
    assert ports.parse_listening(TABLE, 8000) == ["111"]


def test_an_address_that_is_not_this_machines_is_refused_with_the_reason() -> None:
    with pytest.raises(LauncherError, match=r"Nothing can listen at 192\.0\.2\.1:"):
        ports.is_taken("192.0.2.1", 8000)

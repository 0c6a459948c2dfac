import asyncio

import pytest

from worker.whatsapp.reach import SERVER, find_obstacle, next_hop


@pytest.mark.parametrize(
    ("proxy", "hop"),
    [
        ("", SERVER),
        ("http://127.0.0.1:8072", ("127.0.0.1", 8072)),
        ("http://proxy", ("proxy", 80)),
        ("https://proxy", ("proxy", 443)),
        ("proxy:3128", ("proxy", 3128)),
    ],
)
def test_what_is_dialled_first(proxy, hop):
    assert next_hop(proxy) == hop


async def test_an_open_door_is_no_obstacle():
    async def greet(_, writer):
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    assert await find_obstacle(host, port) == ""
    server.close()
    await server.wait_closed()
    assert "cannot be reached" in await find_obstacle(host, port)

"""A socket that is a file: its owner's alone, wherever it lies, and the newest one counts."""

import asyncio
import stat

from shared.socket_files import bind_file, short_name


async def say(path, word):
    """Listens there until it was asked once, and answers with the word."""

    async def answer(_reader, writer):
        writer.write(word)
        writer.close()

    with await asyncio.to_thread(bind_file, path) as listening:
        async with await asyncio.start_unix_server(answer, sock=listening):
            return await ask(path)


async def ask(path):
    with short_name(path) as name:
        reader, writer = await asyncio.open_unix_connection(name)
    try:
        return await reader.read()
    finally:
        writer.close()


async def test_it_works_where_the_kernel_could_not_take_the_name(tmp_path):
    deep = tmp_path / ("d" * 120)
    deep.mkdir()
    assert await say(deep / "files.socket", b"here") == b"here"


async def test_it_is_its_owners_alone_and_leaves_no_draft(tmp_path):
    path = tmp_path / "files.socket"
    with await asyncio.to_thread(bind_file, path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["files.socket"]


async def test_what_an_earlier_process_left_is_replaced(tmp_path):
    path = tmp_path / "files.socket"
    path.with_name("files.socket.new").touch()
    with await asyncio.to_thread(bind_file, path):
        assert await say(path, b"the newer one") == b"the newer one"


async def test_where_a_directory_is_a_groups_as_well_so_is_the_socket(tmp_path):
    tmp_path.chmod(0o2710)
    path = tmp_path / "files.socket"
    with await asyncio.to_thread(bind_file, path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o660

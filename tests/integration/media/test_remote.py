"""Files from URLs over real sockets: what is connected to, and what is not."""

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from controlplane.media import remote
from controlplane.media.remote import MAX_REDIRECTS, open_url
from shared.errors import InvalidInputError

LONG = timedelta(seconds=20)
PUBLIC = "93.184.215.14"


class Web:
    """A server on loopback that stands for every public host. `answers`: by path, raw."""

    def __init__(self):
        self.answers = {}
        self.asked = []
        self.port = 0

    @asynccontextmanager
    async def running(self):
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        async with server:
            yield self

    async def _serve(self, reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        path = head.split()[1].decode()
        self.asked.append(path)
        answer = self.answers.get(path)
        if answer is None:
            await reader.read()  # says nothing until the client goes
        else:
            writer.write(answer)
            await writer.drain()
        writer.close()


def answer(body=b"abc", *, status="200 OK", headers=()):
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def redirect(to):
    return answer(b"", status="302 Found", headers=[f"Location: {to}"])


@pytest.fixture
async def web(monkeypatch):
    """Connections to the public address end at the server; judging happens before."""
    plain, made = remote.httpcore.AnyIOBackend.connect_tcp, Web()

    async def connect(self, host, port, *rest):
        assert (host, port) == (PUBLIC, 80), "nothing else may be connected to"
        return await plain(self, "127.0.0.1", made.port, *rest)

    monkeypatch.setattr(remote.httpcore.AnyIOBackend, "connect_tcp", connect)
    async with made.running():
        yield made


class Names:
    """A resolver. Each name answers its addresses in turn, as one that rebinds does."""

    def __init__(self, **names):
        self.names = names
        self.asked = []

    async def look_up(self, host, port):
        self.asked.append(host)
        if host not in self.names:
            raise OSError("unknown")
        answers = self.names[host]
        return answers[min(self.asked.count(host), len(answers)) - 1]


async def read(url, names, *, patience=LONG):
    async with open_url(url, look_up=names.look_up, patience=patience) as found:
        return found.declared, b"".join([data async for data in found.content])


async def refused(url, names, *, patience=LONG):
    with pytest.raises(InvalidInputError) as caught:
        await read(url, names, patience=patience)
    assert caught.value.field == "url"
    return caught.value.problem


async def test_a_file_is_read_from_a_public_host(web):
    web.answers["/a.jpg?x"] = answer(headers=["Content-Type: image/jpeg"])
    names = Names(shop=[[PUBLIC]])
    assert await read("http://shop/a.jpg?x", names) == ("image/jpeg", b"abc")


@pytest.mark.parametrize(
    "addresses",
    [
        pytest.param(["127.0.0.1"], id="this machine"),
        pytest.param(["169.254.169.254"], id="cloud metadata"),
        pytest.param([PUBLIC, "10.0.0.1"], id="one of them private"),
        pytest.param(["::1"], id="this machine in IPv6"),
        pytest.param([], id="none"),
    ],
)
@pytest.mark.usefixtures("web")
async def test_a_name_that_leads_inside_is_not_followed(addresses):
    assert "not public" in await refused("http://shop/", Names(shop=[addresses]))


@pytest.mark.usefixtures("web")
async def test_an_address_in_the_url_is_judged_like_any_other():
    async def as_the_system_does(host, _port):
        return [host]

    for url in ("http://127.0.0.1/", "http://[::1]/", "http://169.254.169.254/latest"):
        with pytest.raises(InvalidInputError, match="not public"):
            async with open_url(url, look_up=as_the_system_does):
                pass


async def test_a_name_is_asked_once_so_that_it_cannot_answer_twice(web):
    web.answers["/"] = answer()
    names = Names(shop=[[PUBLIC], ["127.0.0.1"]])
    await read("http://shop/", names)
    assert names.asked == ["shop"]


async def test_a_redirect_is_followed_to_where_it_may_lead(web):
    web.answers |= {"/": redirect("http://other/b"), "/b": answer()}
    names = Names(shop=[[PUBLIC]], other=[[PUBLIC]])
    assert (await read("http://shop/", names))[1] == b"abc"


@pytest.mark.parametrize(
    ("to", "says"),
    [
        ("http://inside/", "not public"),
        ("http://169.254.169.254/", "not known"),
        ("file:///etc/passwd", "begin with"),
        ("http://shop:22/", "another port"),
        ("https://user:x@shop/", "password"),
    ],
)
async def test_a_redirect_to_where_nothing_may_lead_is_refused(web, to, says):
    web.answers["/"] = redirect(to)
    names = Names(shop=[[PUBLIC]], inside=[["192.168.1.1"]])
    assert says in await refused("http://shop/", names)


async def test_redirects_without_end_are_ended(web):
    web.answers["/"] = redirect("/")
    assert "redirects more than" in await refused("http://shop/", Names(shop=[[PUBLIC]]))
    assert len(web.asked) == MAX_REDIRECTS + 1


@pytest.mark.parametrize(
    ("answered", "says"),
    [
        (answer(status="404 Not Found"), "answers 404"),
        (answer(headers=["Content-Encoding: gzip"]), "compressed"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "cannot be read"),
        (b"", "cannot be read"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", "cannot be read"),
    ],
)
async def test_an_answer_that_is_no_file_is_refused(web, answered, says):
    web.answers["/"] = answered
    assert says in await refused("http://shop/", Names(shop=[[PUBLIC]]))


@pytest.mark.usefixtures("web")
async def test_a_host_that_says_nothing_is_not_waited_for():
    patience = timedelta(milliseconds=100)
    problem = await refused("http://shop/silent", Names(shop=[[PUBLIC]]), patience=patience)
    assert "in time" in problem


@pytest.mark.usefixtures("web")
async def test_a_name_that_nobody_knows_is_said():
    assert "not known" in await refused("http://nowhere/", Names())

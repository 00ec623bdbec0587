"""The proxy that client tests use, between clients that expose every byte and an echo server."""

import asyncio
import base64
import json
import sys
from pathlib import Path

import pytest

from support import PATIENCE, Client, Process, RawConnection

SCRIPT = Path(__file__).parent.parent / "InteropTests" / "Servers" / "proxy.py"
AUTHORIZATION = "Basic " + base64.b64encode(b"user:pass word").decode()


class Proxy(Process):
    def __init__(self, *flags):
        super().__init__(sys.executable, str(SCRIPT), *flags)

    def tell(self, command):
        """Gives a command and returns once it has taken effect."""
        print(command, file=self.process.stdin, flush=True)
        assert self.process.stdout.readline() == f"ok {command}\n"


class Echo:
    """A server that echoes everything, and records what it received and how its connections ended."""

    async def __aenter__(self):
        self.ends = asyncio.Queue()
        self.server = await asyncio.start_server(self.handle, "127.0.0.1", 0)
        self.address = "127.0.0.1:{}".format(self.server.sockets[0].getsockname()[1])
        return self

    async def __aexit__(self, *_):
        self.server.close()

    async def handle(self, reader, writer):
        try:
            while data := await reader.read(65536):
                writer.write(data)
            self.ends.put_nowait("FIN")
        except ConnectionResetError:
            self.ends.put_nowait("RST")
        writer.close()

    async def end(self):
        async with asyncio.timeout(PATIENCE):
            return await self.ends.get()


@pytest.fixture
async def echo():
    async with Echo() as echo:
        yield echo


async def echoes(connection, data):
    await connection.send(data)
    async with asyncio.timeout(PATIENCE):
        return await connection.reader.readexactly(len(data)) == data


async def hears_nothing(connection, seconds=0.1):
    """Silence cannot be proved: this gives a proxy that lets something through the time to do so."""
    try:
        async with asyncio.timeout(seconds):
            return await connection.reader.read(1) is None
    except TimeoutError:
        return True


async def end_of(connection):
    async with asyncio.timeout(PATIENCE):
        try:
            await connection.reader.read()
            return "FIN"
        except ConnectionResetError:
            return "RST"


async def test_http_requests(default_url, record):
    with Proxy("--record", str(record.file)) as proxy:
        async with Client(default_url) as client:
            sid = json.loads((await client.request(params=client.params("polling"), proxy=proxy.url)).text[1:])["sid"]
            assert (await client.post(sid, "40", proxy=proxy.url)).text == "ok"
            response = await client.request(params=client.params("polling", sid), proxy=proxy.url)
            assert response.text.startswith("40{")
            async with client.session(proxy=proxy.url):
                pass
    first, second, *_ = record.lines()
    assert (first["type"], first["connection"], first["method"], first["allowed"]) == ("http", 1, "GET", True)
    assert first["target"] == f"{default_url}/socket.io/?EIO=4&transport=polling"
    assert first["headers"]["host"] == default_url.split("//")[1]
    assert (second["connection"], second["method"]) == (2, "POST")


async def test_tunnels(echo, record):
    with Proxy("--record", str(record.file)) as proxy:
        raw = await RawConnection.open(proxy.url)
        await raw.request("CONNECT", echo.address)
        assert (await raw.head()).startswith("HTTP/1.1 200 ")
        assert await echoes(raw, bytes(range(256)) * 4096)
        raw.writer.write_eof()
        assert await raw.ended() == b""
        assert await echo.end() == "FIN"
        raw.close()
    [line] = record.lines()
    assert (line["method"], line["target"]) == ("CONNECT", echo.address)


@pytest.mark.parametrize("authorization", [None, "Basic nonsense", AUTHORIZATION])
async def test_http_authentication(echo, record, authorization):
    with Proxy("--auth", "user:pass word", "--record", str(record.file)) as proxy:
        raw = await RawConnection.open(proxy.url)
        headers = f"Proxy-Authorization: {authorization}\r\n" if authorization else ""
        await raw.request("CONNECT", echo.address, headers=headers)
        head = await raw.head()
        allowed = authorization == AUTHORIZATION
        assert head.startswith("HTTP/1.1 200 " if allowed else "HTTP/1.1 407 ")
        assert ('Proxy-Authenticate: Basic realm="' in head) == (not allowed)
        raw.close()
    assert [line["allowed"] for line in record.lines()] == [allowed]


async def test_credentials_stay_with_the_proxy(default_url):
    with Proxy("--auth", "user:pass word") as proxy:
        async with Client(default_url) as client:
            headers = {"Proxy-Authorization": AUTHORIZATION}
            async with client.joined(proxy=proxy.url, headers=headers) as socket:
                await socket.send('420["get-handshake"]')
                [handshake] = json.loads((await socket.receive())[3:])
    assert "proxy-authorization" not in handshake["headers"]


async def test_refusals(echo, unused_tcp_port):
    with Proxy("--refuse") as proxy:
        raw = await RawConnection.open(proxy.url)
        await raw.request("CONNECT", echo.address)
        assert (await raw.response()).status == 403
        raw.close()
    with Proxy() as proxy:
        for target, status in ((f"127.0.0.1:{unused_tcp_port}", 502), ("/relative", 400)):
            raw = await RawConnection.open(proxy.url)
            await raw.request("CONNECT" if status == 502 else "GET", target)
            assert (await raw.response()).status == status
            raw.close()
    with Proxy("--forward", echo.address, "--refuse") as proxy:
        with pytest.raises(ConnectionResetError):  # while connecting, or right after
            raw = await RawConnection.open(proxy.url)
            await raw.reader.read()


async def socks5(proxy, address, kind, user=None):
    """Requests an address, and returns the connection and the status of the reply, or None without a reply."""
    raw = await RawConnection.open(proxy.url)
    await raw.send(b"\x05\x01" + (b"\x02" if user else b"\x00"))
    method = await raw.reader.readexactly(2)
    if method == b"\x05\xff":
        return raw, None
    if user:
        name, password = user
        await raw.send(bytes([1, len(name), *name.encode(), len(password), *password.encode()]))
        if await raw.reader.readexactly(2) != b"\x01\x00":
            return raw, None
    host, port = address.split(":")
    if kind == 3:
        target = bytes([len(host), *host.encode()])
    else:
        target = bytes(map(int, host.split(".")))
    await raw.send(bytes([5, 1, 0, kind, *target]) + int(port).to_bytes(2, "big"))
    reply = await raw.reader.readexactly(10)
    return raw, reply[1]


@pytest.mark.parametrize("kind, host", [(1, "127.0.0.1"), (3, "localhost")])
async def test_socks5(echo, record, kind, host):
    with Proxy("--socks5", "--record", str(record.file)) as proxy:
        raw, status = await socks5(proxy, echo.address.replace("127.0.0.1", host), kind)
        assert status == 0
        assert await echoes(raw, b"through")
        raw.close()
    [line] = record.lines()
    port = int(echo.address.split(":")[1])
    assert line == {"type": "socks5", "connection": 1, "host": host, "port": port, "user": None, "allowed": True}


async def test_socks5_authentication(echo, record):
    with Proxy("--socks5", "--auth", "user:pass word", "--record", str(record.file)) as proxy:
        for user, status in ((None, None), (("user", "wrong"), None), (("user", "pass word"), 0)):
            raw, got = await socks5(proxy, echo.address, 1, user)
            assert got == status
            raw.close()
    assert [(line["user"], line["allowed"]) for line in record.lines()] == [("user", False), ("user", True)]


async def test_socks5_refusals(echo, unused_tcp_port):
    with Proxy("--socks5", "--refuse") as proxy:
        raw, status = await socks5(proxy, echo.address, 1)
        assert status == 2
        raw.close()
    with Proxy("--socks5") as proxy:
        raw, status = await socks5(proxy, f"127.0.0.1:{unused_tcp_port}", 1)
        assert status == 5
        raw.close()


@pytest.fixture
async def forwarded(echo):
    with Proxy("--forward", echo.address) as proxy:
        raw = await RawConnection.open(proxy.url)
        assert await echoes(raw, b"hello")
        yield proxy, raw, echo
        raw.close()


async def works_for_others(proxy):
    raw = await RawConnection.open(proxy.url)
    assert await echoes(raw, b"other")
    raw.close()
    return True


async def test_pause_and_resume(forwarded):
    proxy, raw, _ = forwarded
    proxy.tell("pause")
    await raw.send(b"held")
    late = await RawConnection.open(proxy.url)
    await late.send(b"late")
    assert await hears_nothing(raw)
    assert await hears_nothing(late)
    proxy.tell("resume")
    assert await raw.reader.readexactly(4) == b"held"
    assert await late.reader.readexactly(4) == b"late"
    late.close()


async def test_reset(forwarded):
    proxy, raw, echo = forwarded
    proxy.tell("reset")
    assert (await end_of(raw), await echo.end()) == ("RST", "RST")
    assert await works_for_others(proxy)


async def test_cut(forwarded):
    proxy, raw, echo = forwarded
    proxy.tell("cut")
    assert (await end_of(raw), await echo.end()) == ("FIN", "FIN")
    assert await works_for_others(proxy)


async def test_drop(forwarded):
    proxy, raw, echo = forwarded
    proxy.tell("drop")
    await raw.send(b"into the void")
    assert await hears_nothing(raw)
    assert await works_for_others(proxy)
    assert await echo.end() == "FIN"  # of the other connection
    raw.writer.write_eof()
    assert await hears_nothing(raw)
    assert echo.ends.empty()


async def test_slow(forwarded):
    proxy, raw, _ = forwarded
    clock = asyncio.get_running_loop().time
    proxy.tell("slow 20000")
    start = clock()
    assert await echoes(raw, bytes(4000))
    assert clock() - start > 0.19
    proxy.tell("slow 0")
    assert await echoes(raw, bytes(4000000))


async def test_ends_of_connections_are_forwarded(forwarded):
    _, raw, echo = forwarded
    raw.writer.write_eof()
    assert await raw.ended() == b""
    assert await echo.end() == "FIN"


async def test_an_unknown_command(forwarded):
    proxy, _, _ = forwarded
    print("explode", file=proxy.process.stdin, flush=True)
    assert proxy.process.stdout.readline() == "unknown command: explode\n"


async def test_drop_after(echo):
    with Proxy("--forward", echo.address, "--drop-after", "1000") as proxy:
        for sent in (1000, 5000):
            raw = await RawConnection.open(proxy.url)
            await raw.send(bytes(sent))
            assert await raw.ended() == bytes(1000)
            raw.close()


async def test_delay(echo):
    clock = asyncio.get_running_loop().time
    with Proxy("--forward", echo.address, "--delay", "100") as proxy:
        raw = await RawConnection.open(proxy.url)
        start = clock()
        assert await echoes(raw, b"slowly")
        assert clock() - start > 0.19
        raw.close()


async def test_drip(default_url):
    with Proxy("--forward", default_url.split("//")[1], "--drip") as proxy:
        async with Client(proxy.url) as client, client.joined() as socket:
            await socket.send('42["binary",1000]')
            assert (await socket.receive_all(2))[1] == (bytes(range(256)) * 4)[:1000]

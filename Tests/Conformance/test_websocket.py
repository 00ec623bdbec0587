"""Valid and invalid frames."""

import asyncio
import os
import struct

import pytest

from support import Client, RawConnection, Server

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
MIB = 1024 * 1024


def frame(opcode, payload=b"", final=True, reserved=0, masked=True):
    mask = os.urandom(4)
    length = len(payload)
    if length < 126:
        size = bytes([length])
    else:
        size = b"\x7e" + struct.pack("!H", length) if length < 65536 else b"\x7f" + struct.pack("!Q", length)
    head = bytes([final << 7 | reserved << 4 | opcode, size[0] | masked << 7]) + size[1:]
    if not masked:
        return head + payload
    return head + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))


class RawWebSocket(RawConnection):
    """A WebSocket whose frames the test writes itself."""

    @classmethod
    async def open(cls, url, path="/engine.io/"):
        self = await super().open(url)
        headers = "Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        headers += "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        await self.request("GET", path + "?EIO=4&transport=websocket", headers=headers)
        head = await self.head()
        assert head.startswith("HTTP/1.1 101 ")
        assert "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" in head  # the example of RFC 6455
        opcode, payload = await self.receive()
        assert opcode == TEXT and payload.startswith(b'0{"sid"')
        return self

    async def receive(self):
        async with asyncio.timeout(10):
            first, length = await self.reader.readexactly(2)
            if length == 126:
                [length] = struct.unpack("!H", await self.reader.readexactly(2))
            elif length == 127:
                [length] = struct.unpack("!Q", await self.reader.readexactly(8))
            assert first & 0x80
            return first & 15, await self.reader.readexactly(length)


@pytest.fixture
async def raw(conformance_url):
    socket = await RawWebSocket.open(conformance_url)
    yield socket
    socket.close()


async def test_fragments_are_put_together(raw):
    await raw.send(frame(TEXT, b"4h\xc3", final=False) + frame(PING, b"between") + frame(0, b"\xa9", final=False))
    await raw.send(frame(0, b"llo"))
    assert await raw.receive() == (PONG, b"between")
    assert await raw.receive() == (TEXT, "4héllo".encode())
    await raw.send(frame(BINARY, b"", final=False) + frame(0, b"\x00\xff"))
    assert await raw.receive() == (BINARY, b"\x00\xff")


@pytest.mark.parametrize("length", [0, 1, 7, 8, 9, 124, 125, 126, 65534, 65535, 65536, 200000])
async def test_lengths(raw, length):
    payload = os.urandom(length)
    data = frame(BINARY, payload)
    await raw.send(data[:3])
    await raw.send(data[3:])
    assert await raw.receive() == (BINARY, payload)


async def test_many_frames_in_one_piece(raw):
    await raw.send(b"".join(frame(TEXT, b"4%d" % i) for i in range(1000)))
    assert [await raw.receive() for _ in range(1000)] == [(TEXT, b"4%d" % i) for i in range(1000)]


async def test_frames_byte_by_byte(raw):
    for byte in frame(TEXT, b"4hello") + frame(BINARY, b"x" * 126):
        await raw.send(bytes([byte]))
    assert await raw.receive() == (TEXT, b"4hello")
    assert await raw.receive() == (BINARY, b"x" * 126)


@pytest.mark.parametrize("payload", [b"", b"\x03\xe8", b"\x0f\xa0bye"])
async def test_a_close_frame_is_answered(raw, payload):
    await raw.send(frame(CLOSE, payload))
    assert await raw.receive() == (CLOSE, payload[:2])
    assert await raw.ended() == b""


@pytest.mark.parametrize(
    "data, status",
    [
        pytest.param(frame(TEXT, b"4x", masked=False), 1002, id="not masked"),
        pytest.param(frame(TEXT, b"4x", reserved=4), 1002, id="compressed without agreement"),
        pytest.param(frame(3, b"x"), 1002, id="unknown opcode"),
        pytest.param(frame(11, b"x"), 1002, id="unknown control opcode"),
        pytest.param(frame(0, b"x"), 1002, id="continuation of nothing"),
        pytest.param(frame(TEXT, b"4x", final=False) + frame(TEXT, b"4y"), 1002, id="message in a message"),
        pytest.param(frame(PING, b"x" * 126), 1002, id="control frame too long"),
        pytest.param(frame(PING, b"x", final=False), 1002, id="fragmented control frame"),
        pytest.param(frame(TEXT, b"4\xff"), 1007, id="text that is not UTF-8"),
        pytest.param(frame(TEXT, b"4\xed\xa0\x80"), 1007, id="a surrogate"),
        pytest.param(frame(BINARY, b"x" * 1000001), 1009, id="too big a frame"),
        pytest.param(frame(BINARY, b"x" * 999999, final=False) + frame(0, b"xx"), 1009, id="too big a message"),
        pytest.param(b"\x82\xff" + b"\x7f" * 8 + b"mask", 1009, id="absurdly big"),
    ],
)
async def test_frames_that_close_the_connection(raw, data, status):
    await raw.send(data)
    assert await raw.receive() == (CLOSE, struct.pack("!H", status))
    await raw.send(frame(CLOSE, struct.pack("!H", status)))


async def test_the_first_subprotocol_is_taken(client):
    async with client.websocket(protocols=["one", "two"]) as socket:
        assert socket.socket.protocol == "one"


async def test_invalid_upgrade_requests(conformance_url):
    for headers in (
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n",
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 8\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
        "Upgrade: h2c\r\nConnection: Upgrade\r\n",
    ):
        raw = await RawConnection.open(conformance_url)
        await raw.request("GET", "/engine.io/?EIO=4&transport=websocket", headers=headers)
        assert (await raw.response()).status == 400
        raw.close()


async def test_messages_of_16_mib():
    payload = os.urandom(MIB) * 16
    text = "é" * (8 * MIB)
    with Server("--max-payload", str(17 * MIB)) as server:
        async with Client(server.url) as client, client.joined() as socket:
            await socket.send('451-7["echo",{"_placeholder":true,"num":0}]', payload)
            assert await socket.receive() == '461-7[{"_placeholder":true,"num":0}]'
            assert await socket.receive() == payload
            await socket.send(f'428["echo","{text}"]')
            assert await socket.receive() == f'438["{text}"]'


async def test_a_slow_reader_is_dropped():
    """The server must not buffer everything for a client that keeps requesting and reads nothing."""
    with Server("--max-payload", "1000") as server:
        async with Client(server.url) as client, client.joined() as watcher:
            slow = await RawWebSocket.open(server.url, "/socket.io/")
            slow.writer.transport.pause_reading()
            request = frame(TEXT, b'42["binary",4194304]')
            await slow.send(frame(TEXT, b"40") + request * 40)
            # The server handles all of that before it reads anything later.
            await watcher.send('42["broadcast",1]')
            assert await watcher.receive() == '42["broadcast",1]'
            await slow.send(request)
            slow.writer.transport.resume_reading()
            received = len(await slow.ended())
            assert received < 64 * MIB
            slow.close()

"""permessage-deflate (RFC 7692)."""

import asyncio
import os
import zlib

import pytest

from support import PATIENCE, Client, RawConnection, Server

TERMS = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
TEXT, BINARY, CONTINUATION = 1, 2, 0


@pytest.fixture
def server(record):
    with Server("--deflate", "--max-payload", "100000", "--record", str(record.file)) as server:
        yield server


@pytest.fixture
async def client(server):
    async with Client(server.url) as client:
        yield client


def deflate(data, flush=zlib.Z_SYNC_FLUSH):
    compressor = zlib.compressobj(wbits=-15)
    data = compressor.compress(data) + compressor.flush(flush)
    return data.removesuffix(b"\x00\x00\xff\xff") if flush == zlib.Z_SYNC_FLUSH else data + b"\x00"


def inflate(data):
    return zlib.decompressobj(wbits=-15).decompress(data + b"\x00\x00\xff\xff")


class Frames:
    """A WebSocket whose frames the test writes itself."""

    @classmethod
    async def open(cls, url, offer="permessage-deflate"):
        self = cls()
        self.raw = await RawConnection.open(url)
        headers = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        headers += "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
        headers += f"Sec-WebSocket-Extensions: {offer}\r\n" if offer else ""
        await self.raw.request("GET", "/socket.io/?EIO=4&transport=websocket", headers=headers)
        lines = (await self.raw.head()).split("\r\n")
        self.extensions = [line.split(": ")[1] for line in lines if line.startswith("Sec-WebSocket-Extensions: ")]
        return self

    async def __aenter__(self):
        await self.receive()
        return self

    async def __aexit__(self, *_):
        self.raw.close()

    async def send(self, opcode, data, compressed=True, final=True):
        """Sends a frame, masked with zeros."""
        first = opcode | (0x40 if compressed else 0) | (0x80 if final else 0)
        length = bytes([0x80 | len(data)]) if len(data) < 126 else b"\xfe" + len(data).to_bytes(2, "big")
        await self.raw.send(bytes([first]) + length + bytes(4) + data)

    async def receive(self):
        """Returns the first byte and the payload of a frame."""
        async with asyncio.timeout(PATIENCE):
            first, length = await self.raw.reader.readexactly(2)
            if length > 125:
                length = int.from_bytes(await self.raw.reader.readexactly(2 if length == 126 else 8), "big")
            return first, await self.raw.reader.readexactly(length)


@pytest.mark.parametrize(
    "offer, agreed",
    [
        (None, False),
        ("permessage-deflate", True),
        ("permessage-deflate; client_max_window_bits", True),
        ("x-other, Permessage-Deflate;client_no_context_takeover ; client_max_window_bits=10", True),
        ("permessage-deflate; server_max_window_bits=10", False),
        ("permessage-deflate; server_max_window_bits=10, permessage-deflate", True),
        ("permessage-deflate; nonsense", False),
        ("x-permessage-deflate", False),
    ],
)
async def test_negotiation(server, record, offer, agreed):
    async with await Frames.open(server.url, offer) as frames:
        assert frames.extensions == ([TERMS] if agreed else [])
    assert record.lines(type="open")[0]["deflate"] is agreed


async def test_nothing_is_negotiated_without_the_flag(default_url):
    async with await Frames.open(default_url) as frames:
        assert frames.extensions == []
        await frames.send(TEXT, deflate(b"40"))
        assert await frames.receive() == (0x88, b"\x03\xea")


async def test_both_ways(client, record):
    binary = os.urandom(50000)
    async with client.joined(compress=15) as socket:
        for _ in range(2):
            await socket.send(f'42["echo","{"x" * 50000}"]', '452-["echo",{"_placeholder":true,"num":0}]', binary, b"")
            answers = await socket.receive_all(4)
            assert answers == [f'42["echo","{"x" * 50000}"]', '452-["echo",{"_placeholder":true,"num":0}]', binary, b""]
    messages = record.lines(type="message")
    assert [message["compressed"] for message in messages] == [True] * 9
    assert messages[0]["data"] == "40"


async def test_only_long_messages_are_compressed(server):
    async with await Frames.open(server.url) as frames:
        await frames.send(TEXT, b"40", compressed=False)
        assert (await frames.receive())[0] == 0x81
        await frames.send(TEXT, deflate(b'42["echo"]'))
        assert await frames.receive() == (0x81, b'42["echo"]')
        long = b'42["echo","' + b"x" * 1024 + b'"]'
        await frames.send(TEXT, deflate(long))
        first, data = await frames.receive()
        assert (first, inflate(data)) == (0xC1, long)
        assert len(data) < 100


async def test_fragments(server, record):
    async with await Frames.open(server.url) as frames:
        data = deflate(b"40")
        await frames.send(TEXT, data[:1], final=False)
        await frames.send(CONTINUATION, data[1:2], compressed=False, final=False)
        await frames.send(CONTINUATION, data[2:], compressed=False)
        assert (await frames.receive())[1].startswith(b"40{")
    assert [message["data"] for message in record.lines(type="message")] == ["40"]


async def test_a_stream_may_end(server):
    async with await Frames.open(server.url) as frames:
        await frames.send(TEXT, deflate(b"40", zlib.Z_FINISH))
        assert (await frames.receive())[1].startswith(b"40{")


@pytest.mark.parametrize(
    "opcode, data, code",
    [
        (TEXT, deflate(b"4" * 100001), 1009),
        (TEXT, b"\xff\xff\xff", 1007),
        (TEXT, deflate(bytes(range(200)))[:50], 1007),
        (TEXT, deflate(b"4\xff"), 1007),
        (CONTINUATION, deflate(b"4"), 1002),
        (9, b"", 1002),
    ],
)
async def test_invalid_messages(server, opcode, data, code):
    async with await Frames.open(server.url) as frames:
        await frames.send(opcode, data)
        assert await frames.receive() == (0x88, code.to_bytes(2, "big"))

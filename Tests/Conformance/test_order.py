"""The order in which the official server handles what it has read: packets of a namespace one step after the read,
handlers another step later and only while the Socket is connected, CONNECT at once."""

import base64
import os

import pytest

from support import RawConnection


def frame(opcode, text):
    """A client's WebSocket frame with a zero mask."""
    payload = text.encode()
    assert len(payload) < 126
    return bytes([0x80 | opcode, 0x80 | len(payload)]) + bytes(4) + payload


class Polling:
    """A session whose messages arrive together in one POST."""

    async def open(self, client, url):
        self.client, self.sid = client, await client.open_polling()

    async def send(self, *messages):
        assert (await self.client.post(self.sid, "\x1e".join(messages))).text == "ok"

    async def ended(self):
        while (response := await self.client.poll(self.sid)).status == 200:
            if "1" in response.packets:
                return True
        return False

    async def close(self):
        await self.client.post(self.sid, "1")


class WebSocket:
    """A session whose messages arrive together in one read."""

    async def open(self, client, url):
        self.raw = await RawConnection.open(url)
        key = base64.b64encode(os.urandom(16)).decode()
        await self.raw.send(
            "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\n"
            "Connection: Upgrade\r\nUpgrade: websocket\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n"
        )
        await self.raw.head()

    async def send(self, *messages):
        await self.raw.send(b"".join(frame(1, message) for message in messages))

    async def ended(self):
        return b"\x88" in await self.raw.ended()

    async def close(self):
        self.raw.close()


@pytest.fixture(params=[Polling, WebSocket])
async def session(request, client):
    session = request.param()
    await session.open(client, client.url)
    yield session
    await session.close()


@pytest.fixture
async def witness(client):
    async with client.joined("/echo") as witness:
        yield witness


async def test_handlers_do_not_run_if_a_disconnect_follows_in_the_same_read(session, witness):
    await session.send("40/echo,")
    await session.send('42/echo,["broadcast",1]', '42/echo,["broadcast",2]', "41/echo,", "40")
    await session.send('42["echo"]')
    await witness.send('42/echo,["broadcast","own"]')
    assert await witness.receive() == '42/echo,["broadcast","own"]'


async def test_handlers_run_before_a_disconnect_of_a_later_read(session, witness):
    await session.send("40/echo,", '42/echo,["broadcast",1]')
    # What the witness receives shows that the server has gone on.
    assert await witness.receive() == '42/echo,["broadcast",1]'
    await session.send("41/echo,", "40")
    await witness.send('42/echo,["broadcast","own"]')
    assert await witness.receive() == '42/echo,["broadcast","own"]'


async def test_connect_after_a_disconnect_of_the_same_read_cuts_the_client(session):
    await session.send("40/echo,", "40")
    await session.send("41/echo,", "40/echo,")
    assert await session.ended()


async def test_connect_after_a_disconnect_of_an_earlier_read_is_answered(session, client, witness):
    await session.send("40/echo,", '42/echo,["broadcast",1]')
    assert await witness.receive() == '42/echo,["broadcast",1]'
    await session.send("41/echo,", "40")
    # Another round trip with the server lies between the two reads.
    await witness.send('42/echo,1["echo"]')
    assert await witness.receive() == "43/echo,1[]"
    await session.send("40/echo,", '42/echo,["broadcast",2]')
    assert await witness.receive() == '42/echo,["broadcast",2]'


async def test_a_close_frame_of_the_same_read_is_handled_after_the_handlers(client, witness):
    session = WebSocket()
    await session.open(client, client.url)
    await session.send("40/echo,")
    await session.raw.send(frame(1, '42/echo,["broadcast",1]') + frame(8, ""))
    assert await witness.receive() == '42/echo,["broadcast",1]'
    await session.close()

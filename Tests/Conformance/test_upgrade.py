"""Upgrades that succeed or fail, and what is in flight meanwhile."""

import asyncio
import json

import pytest

from support import Client, RawConnection, Server

UPGRADE = (
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)


async def test_a_held_poll_is_released(client):
    sid = await client.open_polling()
    poll = asyncio.create_task(client.poll(sid))
    async with client.websocket(sid) as socket:
        await socket.send("2probe")
        assert await socket.receive() == "3probe"
        assert (await poll).text == "6"
        await socket.send("5", "40")
        assert (await socket.receive()).startswith('40{"sid":"')


async def test_an_upgrade_releases_a_poll_too(client):
    raw = await RawConnection.open(client.url)
    sid = await raw.open_session("/socket.io/")
    await raw.request("GET", f"/socket.io/?EIO=4&transport=polling&sid={sid}")
    async with client.websocket(sid) as socket:
        await socket.send("5", "40")
        assert (await raw.response()).text == "6"
        assert (await socket.receive()).startswith('40{"sid":"')
    raw.close()


async def test_nothing_is_lost_or_reordered(client):
    """Events sent on either side of an upgrade come back in order, over either transport."""
    sid = await client.open_polling()
    await client.post(sid, '40\x1e42["echo",0]')
    [connected, *received] = (await client.poll(sid)).packets
    assert connected.startswith("40{")
    async with client.websocket(sid) as socket:
        await socket.send("2probe")
        assert await socket.receive() == "3probe"
        await client.post(sid, '42["echo",1]\x1e451-["echo",{"_placeholder":true,"num":0}]\x1ebAQID')
        await socket.send("5", '42["echo",2]')
        received += [await socket.receive() for _ in range(4)]
    binary = '451-["echo",{"_placeholder":true,"num":0}]'
    assert received == ['42["echo",0]', '42["echo",1]', binary, b"\x01\x02\x03", '42["echo",2]']


async def test_get_handshake_knows_the_transport_in_use(client):
    sid = await client.open_polling()
    async with client.websocket(sid) as socket:
        await socket.send("5", "40", '420["get-handshake"]')
        assert (await socket.receive()).startswith("40{")
        assert (await socket.receive()).endswith('"transport":"websocket"}]')


async def test_a_failed_probe_leaves_the_session_polling(client):
    sid = await client.open_polling()
    for first in ("2", "2prob", "4hello", "3probe", b"2probe", ""):
        async with client.websocket(sid) as socket:
            await socket.send(first)
            assert await socket.closed() == 1005
    async with client.websocket(sid) as socket:
        await socket.send("2probe")
        assert await socket.receive() == "3probe"
    await client.post(sid, "40")
    assert (await client.poll(sid)).text.startswith("40{")


async def test_one_probe_at_a_time(client):
    sid = await client.open_polling()
    async with client.websocket(sid) as socket:
        assert await client.closed_at_once(sid) == 1005
        await socket.send("5", "40")
        assert (await socket.receive()).startswith("40{")


async def test_a_websocket_for_a_session_that_was_upgraded(client):
    sid = await client.open_polling()
    async with client.websocket(sid) as socket:
        await socket.send("5", "40")
        assert (await socket.receive()).startswith("40{")
        for _ in range(2):
            assert await client.closed_at_once(sid) == 1005
        await socket.send('421["echo"]')
        assert await socket.receive() == "431[]"
    await client.session_ended(sid)
    assert await client.refused_or_closed(sid) == 400


async def test_a_websocket_for_a_session_opened_by_websocket(client):
    async with client.websocket() as socket:
        sid = json.loads((await socket.receive())[1:])["sid"]
        assert await client.closed_at_once(sid) == 1005
        await socket.send("40")
        assert (await socket.receive()).startswith("40{")


async def test_a_websocket_that_is_closed_at_once_may_send(client, record):
    """What it sends is dropped, and its close frame is answered properly."""
    with Server("--record", str(record.file)) as server:
        async with Client(server.url) as client:
            async with client.websocket() as socket:
                sid = json.loads((await socket.receive())[1:])["sid"]
                raw = await RawConnection.open(server.url)
                await raw.request("GET", f"/socket.io/?EIO=4&transport=websocket&sid={sid}", headers=UPGRADE)
                assert "101" in await raw.head()
                await raw.send(b"\x81\x86\0\0\0\x002probe" + b"\x89\x80\0\0\0\0" + b"\x88\x80\0\0\0\0")
                assert await raw.ended() == b"\x88\x00"
                raw.close()
                await socket.send("40")
                assert (await socket.receive()).startswith("40{")
        assert [line["upgrade"] for line in record.lines(type="open", sid=sid)] == [False, True]


@pytest.mark.parametrize("sid", ["nope", "A" * 20])
async def test_a_websocket_for_an_unknown_session(client, sid):
    assert await client.refused_or_closed(sid) == 400


async def test_the_end_of_the_session_ends_the_probe(client):
    sid = await client.open_polling()
    async with client.websocket(sid) as socket:
        assert (await client.post(sid, "1")).text == "ok"
        assert await socket.closed() == 1005


async def test_upgrade_timeout():
    with Server("--upgrade-timeout", "150") as server:
        async with Client(server.url) as client:
            sid = await client.open_polling()
            async with client.websocket(sid) as socket:
                await socket.send("2probe")
                assert await socket.receive() == "3probe"
                assert await socket.closed() == 1005
            await client.post(sid, "40")
            assert (await client.poll(sid)).text.startswith("40{")

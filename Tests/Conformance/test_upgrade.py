"""Upgrades that succeed, that fail, and what is in flight meanwhile."""

import asyncio

from support import Client, RawConnection, Server


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
    """Events sent on either side of an upgrade come back in order, over whichever transport."""
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
        assert await client.refused_or_closed(sid) == 400
        await socket.send("5", "40")
        assert (await socket.receive()).startswith("40{")


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

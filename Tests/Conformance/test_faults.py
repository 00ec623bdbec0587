"""Faults on demand: what the flags and events for them do, and that nothing else is affected."""

import asyncio
import json

import aiohttp
import pytest

from support import Client, RawConnection, Server


@pytest.fixture
async def polling(client):
    """A polling session that has joined the main namespace."""
    sid = await client.open_polling()
    await client.post(sid, "40")
    assert (await client.poll(sid)).text.startswith("40{")
    return sid


async def websocket_refusal(client, **options):
    with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
        async with client.websocket(**options):
            pass
    return refusal.value.status


@pytest.mark.parametrize("value, status", [("2", 503), ("2:500", 500), ("2:302", 302)])
async def test_fail_handshakes(value, status):
    with Server("--fail-handshakes", value) as server:
        async with Client(server.url) as client:
            response = await client.request(params=client.params("polling"), allow_redirects=False)
            assert (response.status, response.headers.get("Set-Cookie")) == (status, None)
            assert await websocket_refusal(client) == status
            await client.handshake()
            async with client.session():
                pass


async def test_stall_handshake():
    clock = asyncio.get_running_loop().time
    with Server("--stall-handshake", "200") as server:
        async with Client(server.url) as client:
            start = clock()
            sid = await client.open_polling()
            assert clock() - start > 0.19
            await client.post(sid, "40")
            assert (await client.poll(sid)).text.startswith("40{")
            start = clock()
            async with client.session():
                assert clock() - start > 0.19


async def test_a_stalled_client_may_leave():
    with Server("--stall-handshake", "60000") as server:
        raw = await RawConnection.open(server.url)
        await raw.request("GET", "/socket.io/?EIO=4&transport=polling")
        raw.close()


async def test_stall_connect():
    clock = asyncio.get_running_loop().time
    with Server("--stall-connect", "200") as server:
        async with Client(server.url) as client, client.session() as socket:
            start = clock()
            await socket.send("40")
            assert (await socket.receive()).startswith("40{")
            assert clock() - start > 0.19
            await socket.send("40/nowhere,")
            assert (await socket.receive()).startswith("44/nowhere,")


async def test_garbage_handshake():
    with Server("--garbage", "handshake") as server:
        async with Client(server.url) as client:
            text = (await client.request(params=client.params("polling"))).text
            async with client.websocket() as socket:
                for packet in (text, await socket.receive()):
                    assert packet.startswith('0{"sid":"')
                    with pytest.raises(json.JSONDecodeError):
                        json.loads(packet[1:])


async def test_garbage_poll():
    with Server("--garbage", "poll") as server:
        async with Client(server.url) as client:
            sid = await client.open_polling()
            response = await client.poll(sid)
            assert (response.status, response.text[0]) == (200, "<")


async def test_garbage_packet():
    with Server("--garbage", "packet") as server:
        async with Client(server.url) as client, client.session() as socket:
            await socket.send("40")
            assert await socket.receive() == "4garbage"


async def test_refuse_upgrade():
    with Server("--refuse-upgrade") as server:
        async with Client(server.url) as client:
            handshake = await client.handshake()
            assert handshake["upgrades"] == ["websocket"]
            assert await websocket_refusal(client, sid=handshake["sid"]) == 400
            await client.post(handshake["sid"], "40")
            assert (await client.poll(handshake["sid"])).text.startswith("40{")
            async with client.joined():
                pass


@pytest.mark.parametrize("mode", ["wrong-reply", "close", "silence"])
async def test_drop_upgrade(mode):
    with Server("--drop-upgrade", mode, "--upgrade-timeout", "300") as server:
        async with Client(server.url) as client:
            sid = await client.open_polling()
            async with client.websocket(sid) as socket:
                await socket.send("2probe")
                if mode == "wrong-reply":
                    assert await socket.receive() == "3wrong"
                assert await socket.closed() == 1005
            await client.post(sid, "40")
            assert (await client.poll(sid)).text.startswith("40{")


async def test_sticky():
    with Server("--sticky", "node", "--set-cookie", "x=1") as server:
        async with Client(server.url) as client:
            answers = []
            for _ in range(2):
                response = await client.request(params=client.params("polling"))
                *_, cookie = response.headers.getall("Set-Cookie")
                pair, *attributes = cookie.split("; ")
                assert (pair.split("=")[0], attributes) == ("node", ["Path=/", "HttpOnly"])
                answers.append((json.loads(response.text[1:])["sid"], pair))
            (sid, own), (_, other) = answers
            assert own != other
            for cookies in ({}, {"Cookie": other}, {"Cookie": f"a{own}; {own}x"}):
                response = await client.request("POST", client.params("polling", sid), "40", headers=cookies)
                assert (response.status, json.loads(response.text)["code"]) == (400, 1)
                assert await websocket_refusal(client, sid=sid, headers=cookies) == 400
            headers = {"Cookie": f"x=1; {own}"}
            response = await client.request("POST", client.params("polling", sid), "40", headers=headers)
            assert response.text == "ok"
            async with client.websocket(sid, headers=headers) as socket:
                await socket.send("2probe")
                assert await socket.receive() == "3probe"


async def test_fail_next_poll(client, polling):
    await client.post(polling, '42["fail-next-poll",502]\x1e42["echo",1]')
    assert (await client.poll(polling)).status == 502
    assert (await client.poll(polling)).text == '42["echo",1]'


async def test_fail_next_poll_that_is_held(client, polling):
    raw = await RawConnection.open(client.url)
    await raw.request("GET", f"/socket.io/?EIO=4&transport=polling&sid={polling}")
    await client.post(polling, '42["fail-next-poll",204]')
    response = await raw.response()
    assert (response.status, response.text) == (204, "")
    await raw.request("GET", f"/socket.io/?EIO=4&transport=polling&sid={polling}")
    await client.post(polling, '42["echo"]')
    assert (await raw.response()).text == '42["echo"]'
    raw.close()


async def test_a_poll_that_succeeds_with_garbage(client, polling):
    await client.post(polling, '42["fail-next-poll",200]')
    response = await client.poll(polling)
    assert (response.status, response.text[0]) == (200, "<")


async def test_fail_next_post(client, polling):
    await client.post(polling, '42["fail-next-post",500]\x1e42["fail-next-post",199]\x1e42["fail-next-post",600]')
    assert (await client.post(polling, '42["echo","lost"]')).status == 500
    assert (await client.post(polling, '42["echo",1]')).text == "ok"
    assert (await client.poll(polling)).text == '42["echo",1]'


async def test_send_raw(client):
    async with client.joined() as socket:
        await socket.send('42["send-raw","7\\u001e4x"]', '42["send-raw","b//8="]', '42["send-raw",""]', '42["send-raw",1]')
        assert await socket.receive_all(2) == ["7\x1e4x", "b//8="]
        await socket.send('452-["send-raw-binary",{"_placeholder":true,"num":0}]', b"\x00", b"")
        await socket.send('42["send-raw-binary"]', '42["echo"]')
        assert await socket.receive_all(3) == [b"\x00", b"", '42["echo"]']

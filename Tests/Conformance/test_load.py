"""Many clients, and many messages."""

import asyncio
import os

import pytest

from support import PATIENCE, Client, RawConnection, Server

CLIENTS = 500


async def test_many_websockets_and_a_broadcast(default_url):
    everyone_is_there = asyncio.Barrier(CLIENTS)

    async def member(client, number):
        async with client.joined("/echo") as socket:
            await everyone_is_there.wait()
            if number == 0:
                await socket.send('42/echo,["broadcast","all"]')
            assert await socket.receive() == '42/echo,["broadcast","all"]'
            await socket.send(f'42/echo,{number}["echo",{number}]')
            assert await socket.receive() == f"43/echo,{number}[{number}]"

    async with Client(default_url) as client:
        async with asyncio.TaskGroup() as group:
            for number in range(CLIENTS):
                group.create_task(member(client, number))


async def test_many_polling_sessions(default_url):
    async def session(client, number):
        sid = await client.open_polling()
        poll = asyncio.create_task(client.poll(sid))
        assert (await client.post(sid, "40")).text == "ok"
        assert (await poll).text.startswith("40{")
        for i in range(5):
            await client.post(sid, f'42{i}["echo",{number}]')
            assert (await client.poll(sid)).text == f"43{i}[{number}]"
        assert (await client.post(sid, "1")).text == "ok"

    async with Client(default_url) as client:
        async with asyncio.TaskGroup() as group:
            for number in range(100):
                group.create_task(session(client, number))


async def test_many_messages_in_flight(client):
    count = 20000
    async with client.joined() as socket:

        async def send():
            for i in range(count):
                await socket.send(f'42{i}["echo",{i}]')

        sender = asyncio.create_task(send())
        for i in range(count):
            assert await socket.receive() == f"43{i}[{i}]"
        await sender


async def test_a_busy_server_stops_cleanly():
    with Server() as server:
        polls = [await RawConnection.open(server.url) for _ in range(10)]
        for poll in polls:
            sid = await poll.open_session("/socket.io/")
            await poll.request("GET", f"/socket.io/?EIO=4&transport=polling&sid={sid}")
        async with Client(server.url) as client, client.joined() as one, client.joined() as two:
            await client.open_polling()
            await one.send('42["burst",10000]')
            assert await one.receive() == '42["burst",0]'
            server.process.terminate()
            assert await one.closed() == 1005
            assert await two.closed() == 1005
        for poll in polls:
            assert (await poll.response()).text == "1"
            assert await poll.ended() == b""
            poll.close()


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="descriptors are counted in /proc")
async def test_no_descriptors_are_left():
    with Server() as server:

        def descriptors():
            return len(os.listdir(f"/proc/{server.process.pid}/fd"))

        before = descriptors()
        async with Client(server.url) as client:
            for _ in range(20):
                sid = await client.open_polling()
                async with client.websocket(sid) as socket:
                    await socket.send("5", "40")
                    assert (await socket.receive()).startswith("40{")
                    await client.closed_at_once(sid)
        cut = await RawConnection.open(server.url)
        await cut.open_session("/socket.io/")
        assert descriptors() > before
        cut.writer.transport.abort()
        async with asyncio.timeout(PATIENCE):
            while descriptors() > before:
                await asyncio.sleep(0.01)

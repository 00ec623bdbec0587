"""Connection state recovery, as the reference server does it."""

import asyncio
import json

import pytest

from support import Client, Server

PLACEHOLDER = {"_placeholder": True, "num": 0}


@pytest.fixture
async def client():
    with Server("--recovery", "60") as server:
        async with Client(server.url) as client:
            yield client


class Member:
    """A socket of a namespace over WebSocket, and what it needs to be recovered."""

    def __init__(self, client, namespace="/", **auth):
        self.context = client.session()
        self.prefix = "" if namespace == "/" else namespace + ","
        self.auth = auth
        self.missed = []

    async def __aenter__(self):
        self.socket = await self.context.__aenter__()
        await self.socket.send("40" + self.prefix + (json.dumps(self.auth) if self.auth else ""))
        # Missed events come before the answer.
        while (packet := await self.socket.receive())[:2] != "40":
            self.missed.append(packet)
        answer = json.loads(packet[2 + len(self.prefix) :])
        self.sid, self.pid = answer["sid"], answer["pid"]
        return self

    async def __aexit__(self, *end):
        await self.context.__aexit__(*end)

    async def emit(self, *event):
        await self.socket.send("42" + self.prefix + json.dumps(event))

    async def receive(self):
        """The next event, and separately its offset."""
        packet = await self.socket.receive()
        *event, offset = json.loads(packet[packet.index("[") :])
        return event, offset

    async def offset(self):
        await self.emit("echo")
        return (await self.receive())[1]

    async def drop(self):
        await self.emit("drop-me")
        assert await self.socket.closed() is None


def events(packets):
    return [json.loads(packet[packet.index("[") :])[:-1] for packet in packets]


async def test_offsets(client):
    async with Member(client) as member:
        assert len(member.pid) == 20
        assert member.pid != member.sid
        await member.emit("echo", 1)
        await member.emit("message")
        event, first = await member.receive()
        assert event == ["echo", 1]
        event, second = await member.receive()
        assert event == ["message-back"]
        assert isinstance(first, str)
        assert isinstance(second, str)
        assert first != second
        # Acknowledgements, and events that request one, have no offset.
        await member.socket.send('425["echo",2]', '42["ask",3]')
        assert await member.socket.receive_all(2) == ["435[2]", '420["question",3]']


@pytest.mark.parametrize("namespace", ["/", "/echo", "/slow"])
async def test_recovery(client, namespace):
    async with Member(client, namespace) as first:
        offset = await first.offset()
        await first.emit("burst", 3)
        received = [(await first.receive())[1] for _ in range(3)]
        await first.drop()
    async with Member(client, namespace, pid=first.pid, offset=received[0], more=1) as second:
        assert (second.sid, second.pid) == (first.sid, first.pid)
        assert events(second.missed) == [["burst", 1], ["burst", 2]]
        await second.socket.send(f'42{second.prefix}7["get-handshake"]')
        packet = await second.socket.receive()
        assert json.loads(packet[packet.index("[") :])[0]["auth"]["more"] == 1
        await second.drop()
    # Again from an older offset: nothing was dropped, and the order and the offsets are the same.
    async with Member(client, namespace, pid=first.pid, offset=offset) as third:
        assert events(third.missed) == [["burst", 0], ["burst", 1], ["burst", 2]]
        assert [json.loads(packet[packet.index("[") :])[-1] for packet in third.missed] == received


async def test_what_is_emitted_meanwhile(client):
    async with Member(client) as other:
        async with Member(client) as first:
            offset = await first.offset()
            await first.drop()
        await other.socket.send(f'451-["broadcast",{json.dumps(PLACEHOLDER)}]', b"\x00\xff")
        await other.emit("broadcast", 2)
        assert (await other.receive())[0] == ["broadcast", PLACEHOLDER]
        assert await other.socket.receive() == b"\x00\xff"
        assert (await other.receive())[0] == ["broadcast", 2]
        async with Member(client, pid=first.pid, offset=offset) as second:
            one, attachment, two = second.missed
            assert one.startswith("451-[")
            assert events([one, two]) == [["broadcast", PLACEHOLDER], ["broadcast", 2]]
            assert attachment == b"\x00\xff"


async def test_over_polling(client):
    async with Member(client) as first:
        offset = await first.offset()
        await first.emit("echo", "é")
        await first.drop()
    sid = await client.open_polling()
    await client.post(sid, "40" + json.dumps({"offset": offset, "pid": first.pid}))
    missed, answer = (await client.poll(sid)).packets
    assert events([missed]) == [["echo", "é"]]
    assert json.loads(answer[2:]) == {"sid": first.sid, "pid": first.pid}


async def test_a_session_is_recovered_whatever_ended_it(client):
    async with Member(client) as first:
        offset = await first.offset()
        await first.emit("close-me")
        assert await first.socket.closed() == 1005
    async with Member(client, pid=first.pid, offset=offset) as second:
        assert second.sid == first.sid


async def is_new(client, first, namespace="/", **auth):
    async with Member(client, namespace, **auth) as member:
        return not member.missed and member.sid != first.sid and member.pid != first.pid


async def test_what_is_not_recovered(client):
    async with Member(client) as first:
        offset = await first.offset()
        assert await is_new(client, first, pid=first.pid, offset=offset)  # the socket is not lost
        await first.drop()
    assert await is_new(client, first)
    assert await is_new(client, first, pid=first.pid)
    assert await is_new(client, first, pid=first.pid, offset="no such offset")
    assert await is_new(client, first, pid="no such session", offset=offset)
    assert await is_new(client, first, pid=1, offset=[])
    assert await is_new(client, first, "/echo", pid=first.pid, offset=offset)
    async with Member(client, pid=first.pid, offset=offset) as second:
        assert second.sid == first.sid


async def test_a_socket_that_leaves_its_namespace_is_forgotten(client):
    async with Member(client) as first:
        offset = await first.offset()
        await first.socket.send("41", "40/echo,")
        assert (await first.socket.receive()).startswith("40/echo,")
        await first.socket.send("40")
        assert (await first.socket.receive()).startswith("40{")
    assert await is_new(client, first, pid=first.pid, offset=offset)


async def test_time_runs_out():
    with Server("--recovery", "1") as server:
        async with Client(server.url) as client:
            async with Member(client) as first:
                offset = await first.offset()
                await first.drop()
            await asyncio.sleep(1.2)
            assert await is_new(client, first, pid=first.pid, offset=offset)


async def test_pending_acknowledgements_are_forgotten(client):
    async with Member(client) as first:
        offset = await first.offset()
        await first.emit("ask", 1)
        assert await first.socket.receive() == '420["question",1]'
        await first.drop()
    async with Member(client, pid=first.pid, offset=offset) as second:
        await second.socket.send('430["too late"]')
        await second.emit("ask")
        assert await second.socket.receive() == '421["question"]'

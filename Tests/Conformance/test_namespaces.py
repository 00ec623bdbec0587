"""The namespaces of the default mode, and packets that break the rules."""

import asyncio
import json

import pytest

from support import Client, Server


@pytest.mark.parametrize("auth", [None, {}, {"token": "wrong"}, {"token": 1}, {"x": {"token": "abcd"}}])
async def test_admin_refuses(client, auth):
    async with client.session() as socket:
        await socket.send("40/admin," + (json.dumps(auth) if auth is not None else ""))
        packet = await socket.receive()
        assert packet.startswith("44/admin,")
        assert json.loads(packet[9:]) == {"message": "invalid credentials", "data": {"code": "invalid_credentials"}}
        await socket.send('40/admin,{"token":"abcd"}')
        assert (await socket.receive()).startswith('40/admin,{"sid":"')


@pytest.mark.parametrize("auth", [{"token": "abcd"}, {"x": [{}], "token": "abcd", "y": 1}])
async def test_admin_accepts(client, auth):
    async with client.joined("/admin", auth) as socket:
        await socket.send('42/admin,5["echo",1]')
        assert await socket.receive() == "43/admin,5[1]"


async def test_namespaces_share_a_session(client):
    async with client.joined("/echo") as socket:
        await socket.send("40", '42["echo",1]', '42/echo,["echo",2]')
        assert (await socket.receive()).startswith('40{"sid":"')
        assert await socket.receive() == '42["echo",1]'
        assert await socket.receive() == '42/echo,["echo",2]'
        await socket.send("41/echo,", '42["echo",3]')
        assert await socket.receive() == '42["echo",3]'


async def test_slow_answers_late(client):
    loop = asyncio.get_running_loop()
    async with client.session() as socket:
        start = loop.time()
        await socket.send("40/slow,", "40")
        assert (await socket.receive()).startswith('40{"sid":"')
        assert (await socket.receive()).startswith('40/slow,{"sid":"')
        assert loop.time() - start > 0.29


@pytest.mark.parametrize("name", ["/nope", "/Echo", "/echo/", "/admin?token=abcd", "/sl"])
async def test_unknown_namespaces(client, name):
    async with client.session() as socket:
        await socket.send(f"40{name},")
        assert await socket.receive() == f'44{name},{{"message":"Invalid namespace"}}'


@pytest.mark.parametrize(
    "packets",
    [
        pytest.param(['42["echo"]'], id="event before connect"),
        pytest.param(["41"], id="disconnect before connect"),
        pytest.param(["40", "40"], id="second connect"),
        pytest.param(["40/slow,", "40/slow,"], id="second connect while the first waits"),
        pytest.param(["40/slow,", '42/slow,["echo"]'], id="event while connect waits"),
        pytest.param(["40", '42/echo,["echo"]'], id="event to a namespace not joined"),
        pytest.param(["40", "41", '42["echo"]'], id="event after disconnect"),
        pytest.param(["40[]"], id="connect with an array"),
        pytest.param(['40"x"'], id="connect with a string"),
        pytest.param(["40{"], id="connect with broken JSON"),
        pytest.param(["40", "41{}"], id="disconnect with payload"),
        pytest.param(["40", '44{"message":"x"}'], id="connect error from a client"),
        pytest.param(["40", "42"], id="event without payload"),
        pytest.param(["40", "42[]"], id="event without name"),
        pytest.param(["40", "42[null]"], id="event named null"),
        pytest.param(["40", '42["disconnect"]'], id="reserved event name"),
        pytest.param(["40", '42["echo",]'], id="event with broken JSON"),
        pytest.param(["40", '42["echo"]x'], id="event with more behind it"),
        pytest.param(["40", '42["' + "[" * 600 + '"' + "]" * 600], id="event of nonsense"),
        pytest.param(["40", '42["echo",' + "[" * 600 + "]" * 601], id="event nested too deeply"),
        pytest.param(["40", "43[]"], id="ack without id"),
        pytest.param(["40", "431{}"], id="ack with an object"),
        pytest.param(["40", '45["echo"]'], id="binary event without count"),
        pytest.param(["40", '451["echo"]'], id="binary event without dash"),
        pytest.param(["40", '45999-["echo"]'], id="too many attachments"),
        pytest.param(["40", '451-["echo"]', '42["echo"]'], id="text where an attachment is due"),
        pytest.param(["40", b"x"], id="attachment that nothing announced"),
        pytest.param(["4"], id="empty packet"),
        pytest.param(["47"], id="unknown type"),
        pytest.param([""], id="empty message"),
        pytest.param(["2"], id="ping from the client"),
    ],
)
async def test_invalid_packets_close_the_session(client, packets):
    async with client.session() as socket:
        await socket.send(*packets)
        assert await socket.closed() == 1005


async def test_connect_timeout():
    with Server("--connect-timeout", "100") as server:
        async with Client(server.url) as client:
            async with client.session() as socket:
                assert await socket.closed() == 1005
            async with client.session() as socket:
                await socket.send("40/nope,")  # a refused namespace is not joined
                assert await socket.closed() == 1005
            sid = await client.open_polling()
            assert (await client.poll(sid)).text == "1"
            assert (await client.poll(sid)).status == 400


async def test_silence_ends_the_pings():
    with Server("--ping-interval", "50", "--ping-timeout", "50") as server:
        async with Client(server.url) as client:
            async with client.joined() as silent, client.joined() as other:
                await silent.send('42["silence"]', '42["echo"]')
                assert await silent.receive_all(1) == ['42["echo"]']
                for _ in range(6):  # well beyond the time after which a session would be dropped
                    assert await other.receive() == "2"
                    await other.send("3")
                await silent.send('42["echo"]')
                assert await silent.receive() == '42["echo"]'

"""Every event that --help describes, over both transports."""

import json

import pytest

from support import RawConnection, WebSocket

PLACEHOLDER = '{"_placeholder":true,"num":0}'


class Polling:
    """A polling session with the interface of a WebSocket."""

    def __init__(self, client, sid):
        self.client, self.sid, self.packets = client, sid, []

    async def send(self, *messages):
        body = "\x1e".join(messages)
        response = await self.client.post(self.sid, body)
        assert (response.status, response.text) == (200, "ok")

    async def receive(self):
        while not self.packets:
            response = await self.client.poll(self.sid)
            if response.status != 200:
                raise WebSocket.Closed(response.status)
            self.packets = response.packets
        return self.packets.pop(0)


@pytest.fixture(params=["polling", "websocket"])
async def socket(request, client):
    if request.param == "polling":
        socket = Polling(client, await client.open_polling())
        await socket.send("40")
        assert (await socket.receive()).startswith('40{"sid":"')
        yield socket
    else:
        async with client.joined() as socket:
            yield socket


@pytest.fixture
async def websocket(client):
    async with client.joined() as socket:
        yield socket


@pytest.mark.parametrize(
    "arguments",
    ["", '"x"', '1,"é\\u00e9",{"a":[null,true,1e3]}', '"\\ud83d\\ude00", [ ] ', '{"_placeholder":false}'],
)
@pytest.mark.parametrize("event, answer", [("message", "message-back"), ("echo", "echo"), ("broadcast", "broadcast")])
async def test_events_that_come_back(websocket, event, answer, arguments):
    separator = "," if arguments else ""
    await websocket.send(f'42["{event}"{separator}{arguments}]')
    assert json.loads((await websocket.receive())[2:]) == [answer, *json.loads(f"[{arguments}]")]


@pytest.mark.parametrize("event", ["echo", "message-with-ack"])
async def test_acknowledged_events(socket, event):
    await socket.send(f'427["{event}",1,"a",[{{}}]]', f'420["{event}"]')
    assert await socket.receive() == '437[1,"a",[{}]]'
    assert await socket.receive() == "430[]"


async def test_binary_over_polling(client):
    socket = Polling(client, await client.open_polling())
    await socket.send("40")
    await socket.receive()
    await socket.send(f'451-["message",{PLACEHOLDER}]', "bAQIDBA==", f'451-3["echo",{PLACEHOLDER}]', "b")
    assert [await socket.receive() for _ in range(4)] == [
        f'451-["message-back",{PLACEHOLDER}]',
        "bAQIDBA==",
        f"461-3[{PLACEHOLDER}]",
        "b",
    ]


async def test_binary_at_any_depth_comes_back_in_order(websocket):
    arguments = '[{"a":[{"_placeholder":true,"num":0}]},{"_placeholder":true,"num":1}],{"_placeholder":true,"num":2}'
    attachments = [b"\x00\xff", b"", bytes(range(256))]
    await websocket.send(f'453-["echo",{arguments}]', *attachments)
    assert [await websocket.receive() for _ in range(4)] == [f'453-["echo",{arguments}]', *attachments]


async def test_ask_and_answer(socket):
    await socket.send('42["ask",1,"a"]', '42["ask"]')
    assert await socket.receive() == '420["question",1,"a"]'
    assert await socket.receive() == '421["question"]'
    await socket.send('431["later"]', '430["first",2]', '430["twice"]', '4399["unknown"]', '42["echo"]')
    assert await socket.receive() == '42["answer","later"]'
    assert await socket.receive() == '42["answer","first",2]'
    assert await socket.receive() == '42["echo"]'


async def test_ask_with_binary(websocket):
    await websocket.send(f'451-["ask",{PLACEHOLDER}]', b"question")
    assert [await websocket.receive() for _ in range(2)] == [f'451-0["question",{PLACEHOLDER}]', b"question"]
    await websocket.send(f"461-0[{PLACEHOLDER}]", b"answer")
    assert [await websocket.receive() for _ in range(2)] == [f'451-["answer",{PLACEHOLDER}]', b"answer"]


async def test_get_handshake(client):
    params = client.params("websocket", x="1", odd="&=?a ü", list="a,b") | {"&k": "v"}
    async with client.joined(auth={"token": "é"}, params=params, headers={"X-Own": "yes"}) as socket:
        await socket.send('420["get-handshake"]')
        [handshake] = json.loads((await socket.receive())[3:])
    assert handshake["query"] == params
    assert handshake["headers"]["x-own"] == "yes"
    assert handshake["auth"] == {"token": "é"}
    assert handshake["transport"] == "websocket"


async def test_get_handshake_keeps_the_first_request(client):
    response = await client.request(params=client.params("polling"), headers={"X-Request": "first"})
    sid = json.loads(response.text[1:])["sid"]
    params = client.params("polling", sid)
    await client.request("POST", params, '40\x1e420["get-handshake"]', headers={"X-Request": "second"})
    [_, packet] = (await client.poll(sid)).packets
    [handshake] = json.loads(packet[3:])
    assert handshake["headers"]["x-request"] == "first"
    assert handshake["query"] == {"EIO": "4", "transport": "polling"}
    assert (handshake["auth"], handshake["transport"]) == ({}, "polling")


async def test_a_repeated_header_is_joined(client):
    raw = await RawConnection.open(client.url)
    headers = 'X-Two: "a"\r\nX-One: \xfc\r\nx-two: b\r\n'
    await raw.send(f"GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\n{headers}\r\n".encode("latin-1"))
    sid = json.loads((await raw.response()).text[1:])["sid"]
    await client.post(sid, '40\x1e420["get-handshake"]')
    [handshake] = json.loads((await client.poll(sid)).packets[1][3:])
    assert handshake["headers"] == {"x-two": '"a", b', "x-one": "\xfc"}
    raw.close()


async def test_a_repeated_query_key_is_a_list(client):
    params = [*client.params("websocket").items(), ("x", "1"), ("y", "2"), ("x", "3"), ("bare", "")]
    async with client.joined(params=params) as socket:
        await socket.send('420["get-handshake"]')
        [handshake] = json.loads((await socket.receive())[3:])
    assert handshake["query"] == {"EIO": "4", "transport": "websocket", "x": ["1", "3"], "y": "2", "bare": ""}


async def test_broadcast_reaches_the_namespace_and_no_other(client):
    async with client.joined("/echo") as one, client.joined("/echo") as two, client.joined() as other:
        await one.send('42/echo,["broadcast",1]')
        for member in (one, two):
            assert await member.receive() == '42/echo,["broadcast",1]'
        await other.send('42["echo"]')
        assert await other.receive() == '42["echo"]'


async def test_burst(socket):
    await socket.send('42["burst",1000]')
    assert [await socket.receive() for _ in range(1000)] == [f'42["burst",{i}]' for i in range(1000)]


@pytest.mark.parametrize("length", [0, 1, 125, 126, 65535, 65536, 1000000])
async def test_binary(websocket, length):
    await websocket.send(f'42["binary",{length}]')
    assert await websocket.receive() == f'451-["binary",{PLACEHOLDER}]'
    assert await websocket.receive() == (bytes(range(256)) * (length // 256 + 1))[:length]


async def test_never_ack_unknown_events_and_bad_arguments_are_ignored(socket):
    packets = ['420["never-ack"]', '421["no such event"]', '42[1]', '42["burst","x"]', '42["burst",-1]', '42["binary"]']
    await socket.send(*packets, '42["echo"]')
    assert await socket.receive() == '42["echo"]'


async def test_error_packet(socket):
    await socket.send('42["error-packet","2{\\u0022\\ud83d\\ude00"]')
    assert await socket.receive() == '42{"\U0001f600'


async def test_disconnect_me(socket):
    await socket.send('42["disconnect-me"]')
    assert await socket.receive() == "41"
    await socket.send("40")
    assert (await socket.receive()).startswith('40{"sid":"')


async def test_close_me(socket):
    await socket.send('42["echo"]', '42["close-me"]')
    assert await socket.receive() == '42["echo"]'
    if isinstance(socket, Polling):
        assert await socket.receive() == "1"
        with pytest.raises(WebSocket.Closed, match="400"):
            await socket.receive()
    else:
        assert await socket.closed() == 1005


async def test_drop_me(websocket):
    await websocket.send('42["drop-me"]')
    assert await websocket.closed() is None

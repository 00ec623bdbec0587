"""The file that --record writes."""

import pytest

from support import Client, RawConnection, Server


def without(line, *names):
    return {name: value for name, value in line.items() if name not in names}


@pytest.fixture
async def client(record):
    with Server("--record", str(record.file)) as server:
        async with Client(server.url) as client:
            yield client


async def test_requests(client, record):
    raw = await RawConnection.open(client.url)
    await raw.request("GET", "/nowhere%20?a=%31&a=2&b", headers="X-One: 1\r\nx-one: ü\r\n")
    assert (await raw.response()).status == 404
    await raw.request("POST", "/socket.io/?EIO=4&transport=polling&sid=x", "four")
    assert (await raw.response()).status == 400
    raw.close()
    other = await RawConnection.open(client.url)
    await other.open_session("/socket.io/")
    other.close()
    first, second, third = record.lines()
    assert without(first, "time", "headers") == {
        "type": "request",
        "connection": 1,
        "address": "127.0.0.1",
        "method": "GET",
        "target": "/nowhere%20?a=%31&a=2&b",
        "path": "/nowhere%20",
        "query": {"a": ["1", "2"], "b": ""},
        "body_size": 0,
        "tls": False,
    }
    assert first["headers"] == {"host": raw.host, "x-one": "1, ü"}
    assert (second["connection"], second["method"], second["body_size"]) == (1, "POST", 4)
    assert third["connection"] == 2
    assert first["time"] <= second["time"] <= third["time"]


async def test_packets_of_posts(client, record):
    sid = await client.open_polling()
    await client.post(sid, '40\x1e451-["echo",{"_placeholder":true,"num":0}]\x1ebAQI=\x1e42["é\u2028\\u0007"]')
    packets = record.lines(type="packet")
    assert [packet["data"] for packet in packets] == [
        "40",
        '451-["echo",{"_placeholder":true,"num":0}]',
        "bAQI=",
        '42["é\u2028\\u0007"]',
    ]
    assert all((packet["via"], packet["sid"]) == ("polling", sid) for packet in packets)
    assert [packet["connection"] for packet in packets] == [record.lines(method="POST")[0]["connection"]] * 4


async def test_a_websocket(client, record):
    async with client.joined() as socket:
        await socket.send('451-["echo",{"_placeholder":true,"num":0}]', b"\x00\xff")
        await socket.receive_all(2)
        await socket.socket.close(code=4001)
    request, opened, *messages, closed = record.lines()
    assert request["query"]["transport"] == "websocket"
    sid, connection = opened["sid"], request["connection"]
    common = {"connection": connection, "address": "127.0.0.1", "via": "websocket", "sid": sid}
    assert without(opened, "time") == common | {"type": "open", "upgrade": False, "deflate": False}
    text = common | {"type": "message", "opcode": "text", "compressed": False}
    assert [without(message, "time") for message in messages] == [
        text | {"data": "40"},
        text | {"data": '451-["echo",{"_placeholder":true,"num":0}]'},
        text | {"opcode": "binary", "data": {"$binary": "AP8="}},
    ]
    assert without(closed, "time") == common | {"type": "close", "code": 4001}


async def test_an_upgrade(client, record):
    sid = await client.open_polling()
    async with client.websocket(sid) as socket:
        await socket.send("2probe")
        assert await socket.receive() == "3probe"
        await socket.send("5")
    assert (await record.line(type="open", sid=sid))["upgrade"] is True
    assert [message["data"] for message in record.lines(type="message", sid=sid)] == ["2probe", "5"]


async def test_a_websocket_that_ends_without_a_close_frame(client, record):
    async with client.joined() as socket:
        await socket.send('42["drop-me"]')
        assert await socket.closed() is None
    assert (await record.line(type="close"))["code"] is None


async def test_lines_are_appended(client, record):
    record.file.write_text('{"type":"older"}\n')
    await client.open_polling()
    assert [line["type"] for line in record.lines()] == ["older", "request"]


async def test_a_server_without_a_record_does_not_start(tmp_path):
    with pytest.raises(RuntimeError, match="cannot write to"):
        Server("--record", str(tmp_path / "no" / "such" / "directory"))

"""Section A: WebSocket, heartbeat, and what both transports have in common."""

import asyncio
import json
import os
import signal

import pytest


async def test_a011_ping_is_answered(connect, transport):
    script, session = await connect(transport)
    for _ in range(3):
        session.send("2")
        await session.expect("3")
        await script.manager("ping")


async def test_a011_the_payload_of_a_ping_is_not_sent_back(connect, transport):
    script, session = await connect(transport)
    session.send("2abc")
    await session.expect("3")


async def test_a011_pings_are_answered_before_the_namespace_is_joined(sio, server, transport):
    await sio(server.url, transports=[transport])
    session = await server.accept()
    session.send("2")
    assert sorted(await session.receive_all(2)) == ["3", "40"]


async def test_a012_ping_timeout(connect, transport):
    script, session = await connect(transport, handshake={"pingInterval": 400, "pingTimeout": 600}, reconnection=False)
    line = await script.expect("disconnect", reason="ping timeout", active=True)
    opened = script.all("manager", name="open")[0]
    assert 970 <= line["ms"] - opened["ms"] <= 3000
    await script.manager("close", "ping timeout")
    assert not script.all("manager", name="error")


async def test_a013_events_do_not_replace_pings(connect, transport):
    script, session = await connect(transport, handshake={"pingInterval": 400, "pingTimeout": 600}, reconnection=False)

    async def stream():
        number = 0
        while True:
            session.send(f'42["x",{number}]')
            number += 1
            await asyncio.sleep(0.03)

    task = asyncio.create_task(stream())
    line = await script.expect("disconnect", reason="ping timeout")
    task.cancel()
    assert line["ms"] - script.all("manager", name="open")[0]["ms"] <= 3000
    assert len(script.all("event", name="x")) >= 3


async def test_a014_pings_keep_the_connection(connect, transport):
    script, session = await connect(transport, handshake={"pingInterval": 200, "pingTimeout": 1300})
    for _ in range(8):
        await asyncio.sleep(0.2)
        session.send("2")
        await session.expect("3")
    assert not script.all("disconnect")
    assert (await script.state())["connected"]


async def test_a017_binary_frames(connect):
    script, session = await connect()
    script.emit("x", {"$binary": "AQIDBA=="}, {"a": [{"$binary": ""}]})
    header = '452-["x",{"_placeholder":true,"num":0},{"a":[{"_placeholder":true,"num":1}]}]'
    await session.expect(header, b"\x01\x02\x03\x04", b"")
    session.send(header, b"\x00\xff", b"")
    await script.expect("event", args=[{"$binary": "AP8="}, {"a": [{"$binary": ""}]}])


async def test_a018_force_base64(connect, server):
    script, session = await connect(forceBase64=True)
    assert server.requests[0].query["b64"] == "1"
    script.emit("x", {"$binary": "AQIDBA=="})
    await session.expect('451-["x",{"_placeholder":true,"num":0}]', "bAQIDBA==")
    # Incoming packets may be of either kind.
    session.send('452-["y",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]', b"\x01", "bAg==")
    await script.expect("event", name="y", args=[{"$binary": "AQ=="}, {"$binary": "Ag=="}])


async def test_a018_base64_on_polling(connect, server):
    script, session = await connect("polling", forceBase64=True)
    script.emit("x")
    await session.receive()
    assert all(request.query["b64"] == "1" for request in server.requests)


@pytest.mark.parametrize("frame", ["6", "3", "5", "3probe", "1", "6x"])
async def test_a030_meaningless_frames(connect, frame):
    script, session = await connect()
    session.send(frame, '42["still here"]')
    await script.expect("event", name="still here")
    assert not script.all("disconnect") and not script.all("manager", name="error")
    assert (await script.state())["connected"]


@pytest.mark.parametrize("packet", ["6", "3", "5"])
async def test_a030_meaningless_packets_on_polling(connect, packet):
    script, session = await connect("polling")
    session.send(packet, '42["still here"]')
    await script.expect("event", name="still here")
    assert not script.all("disconnect")


async def test_a_second_handshake_ends_the_session(connect, transport):
    """It comes from a cache on the way, which would answer every poll with it at once."""
    script, session = await connect(transport)
    session.send('42["before"]', "0" + json.dumps(session.handshake | {"sid": "other"}), '42["after"]')
    await script.expect("event", name="before")
    await script.expect("disconnect", reason="transport error", active=True)
    assert not script.all("event", name="after")


@pytest.mark.parametrize("frame", ["9zz", "", "x", "7", "b*", "b123"])
async def test_a031_frames_that_are_not_packets(connect, server, frame):
    script, session = await connect()
    session.send('42["before"]', frame, '42["after"]')
    await script.expect("event", name="before")
    await script.expect("disconnect", reason="transport error", active=True)
    assert "server error" in script.all("manager", name="error")[0]["args"][0]
    await (await server.accept()).join()
    await script.expect("connect")
    assert not script.all("event", name="after")


@pytest.mark.parametrize("code", [None, 1000, 1001, 1009, 1011, 4000])
async def test_a032_the_peer_closes(connect, server, code):
    script, session = await connect()
    session.socket.close(code)
    await script.expect("disconnect", reason="transport close", active=True)
    await script.manager("close", "transport close")
    assert not script.all("manager", name="error")
    await (await server.accept()).join()
    await script.expect("connect")


@pytest.mark.parametrize("first", ["6", "2", '40{"sid":"x"}', "0{", "zz", b"\x01"])
async def test_a031_invalid_handshakes(sio, server, first):
    script = await sio(server.url, transports=["websocket"], reconnectionDelay=10)
    (await server.request()).accept().send(first)
    await script.expect("connect_error", active=True)
    await script.manager("reconnect_attempt", 1)
    assert not script.all("manager", name="open")


@pytest.mark.parametrize("status", [400, 403, 200, 500])
async def test_a034_refused_websockets(sio, server, status):
    script = await sio(server.url, transports=["websocket"])
    (await server.request()).answer(status, "no")
    line = await script.expect("connect_error", active=True)
    assert line["message"].startswith("websocket error") and line.get("status") == status


async def test_a034_a_websocket_that_closes_before_the_handshake(sio, server):
    script = await sio(server.url, transports=["websocket"], reconnectionDelay=10)
    (await server.request()).accept().close(1000)
    await script.expect("connect_error", active=True)
    await script.manager("reconnect_attempt", 1)


async def test_a036_disconnecting(connect):
    script, session = await connect()
    script.emit("last")
    script.do("disconnect")
    await script.expect("disconnect", reason="io client disconnect", active=False)
    await session.expect('42["last"]', "41")
    assert await session.closed() in (1000, 1005)


async def test_messages_in_fragments(connect):
    script, session = await connect()
    socket = session.socket
    socket.frame(1, b'42["x","\xe2', is_final=False)
    socket.frame(9, b"ping")
    socket.frame(0, b"\x82", is_final=False)
    socket.frame(0, b'\xac"]')
    await script.expect("event", name="x", args=["€"])


@pytest.mark.parametrize("size", [125, 126, 65535, 65536, 300000])
async def test_sizes_of_frames(connect, size):
    script, session = await connect()
    text = "x" * size
    script.emit("x", text)
    packet = await session.receive()
    assert packet == f'42["x","{text}"]'
    session.send(packet)
    line = await script.expect("event", name="x")
    assert line["args"] == [text]


async def test_subprotocols(sio, server):
    await sio(server.url, transports=["websocket"], protocols=["a", "b"])
    request = await server.request()
    assert request.headers["sec-websocket-protocol"].replace(" ", "") == "a,b"
    request.accept("b")


async def test_handshakes_in_one_piece(sio, server):
    """The answer to the upgrade, the handshake and more may arrive in one segment."""
    script = await sio(server.url, transports=["websocket"])
    request = await server.request()
    pieces = []
    write, request.connection.write = request.connection.write, pieces.append
    session = await server.accept(request=request)
    session.send("2", "6")
    request.connection.write = write
    write(b"".join(pieces))
    assert sorted(await session.receive_all(2)) == ["3", "40"]
    session.welcome()
    await script.expect("connect")


async def test_handshakes_byte_by_byte(sio, server):
    script = await sio(server.url, transports=["websocket"])
    request = await server.request()
    pieces = []
    write, request.connection.write = request.connection.write, pieces.append
    session = await server.accept(request=request)
    request.connection.write = write
    for byte in b"".join(pieces):
        write(bytes([byte]))
        await asyncio.sleep(0)
    await session.join()
    await script.expect("connect")


async def test_a032_the_peer_closes_without_a_close_frame(connect, server):
    script, session = await connect()
    session.socket.connection.close()
    await script.expect("disconnect", reason="transport close", active=True)
    await (await server.accept()).join()
    await script.expect("connect")


async def test_a032_the_connection_breaks(connect, server):
    script, session = await connect()
    session.socket.reset()
    line = await script.expect("disconnect", active=True)
    assert line["reason"] in ("transport error", "transport close")
    await (await server.accept()).join()
    await script.expect("connect")


async def test_closing_where_the_peer_does_not_answer(connect, server):
    """A server that hangs does not keep the client from connecting again."""
    script, session = await connect()
    script.do("disconnect")
    await script.expect("disconnect")
    script.do("connect")
    again = await server.accept()
    await again.join()
    await script.expect("connect")
    await session.expect("41")


async def test_an_emit_after_a_suspension(connect, server):
    """A process that wakes up after the heartbeat's deadline keeps what is emitted for the next connection."""
    script, session = await connect("websocket", handshake={"pingInterval": 200, "pingTimeout": 200})
    script.process.send_signal(signal.SIGSTOP)
    await asyncio.to_thread(os.waitid, os.P_PID, script.process.pid, os.WSTOPPED | os.WNOWAIT)
    script.emit("x")
    await asyncio.sleep(0.6)
    script.process.send_signal(signal.SIGCONT)
    await script.expect("disconnect", reason="ping timeout")
    session = await server.accept()
    await session.join()
    await session.expect('42["x"]')

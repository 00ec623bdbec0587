"""Section B: from polling to WebSocket."""

import pytest

OFFERED = {"upgrades": ["websocket"]}


@pytest.fixture
def polling(connect):
    """A client connected by polling to a server that offers an upgrade; returns the script, the session and the
    WebSocket request."""

    async def polling(**options):
        script, session = await connect(
            "polling", handshake=OFFERED, **({"transports": ["polling", "websocket"]} | options)
        )
        return script, session, await session.upgrade()

    return polling


async def probe(request):
    """Answers the probe; the client then finishes the current polling requests."""
    socket = request.accept()
    assert await socket.receive() == "2probe"
    socket.send("3probe")
    await socket.processed()
    return socket


async def switch(session, request):
    """Performs the server's part of an upgrade."""
    socket = await probe(request)
    session.send("6")
    assert await socket.receive() == "5"
    return socket


async def test_a041_a052_upgrading(polling, server):
    script, session, request = await polling()
    assert (await script.state())["transport"] == "polling"
    socket = await switch(session, request)
    await script.expect("upgrade", transport="websocket", socket="main")
    assert (await script.state())["transport"] == "websocket"
    polls = len(server.of(transport="polling"))
    socket.send('42["x"]')
    await script.expect("event", name="x")
    script.emit("y")
    assert await socket.receive() == '42["y"]'
    socket.send("2")
    assert await socket.receive() == "3"
    assert len(server.of(transport="polling")) == polls
    script.do("disconnect")
    assert await socket.receive() == "41"
    assert await socket.closed() in (1000, 1005)
    assert len(server.of(transport="polling")) == polls


@pytest.mark.parametrize("options", [{"upgrade": False}, {"transports": ["polling"]}])
async def test_a042_a043_no_upgrade(connect, server, options):
    script, session = await connect("polling", handshake=OFFERED, **({"transports": ["polling", "websocket"]} | options))
    for number in range(3):
        script.emit("x", number)
        await session.expect(f'42["x",{number}]')
        session.send("2")
        await session.expect("3")
    assert not server.of(transport="websocket")


async def test_a042_no_upgrade_unless_offered(connect, server):
    script, session = await connect("polling", transports=["polling", "websocket"], handshake={"upgrades": ["webtransport"]})
    session.send("2")
    await session.expect("3")
    assert not server.of(transport="websocket")


async def test_a044_websocket_alone(connect, server):
    script, session = await connect("websocket", handshake=OFFERED)
    script.emit("x")
    await session.expect('42["x"]')
    assert [request.transport for request in server.requests] == ["websocket"]


async def test_a045_a046_emits_between_probe_and_upgrade(polling):
    script, session, request = await polling()
    socket = request.accept()
    assert await socket.receive() == "2probe"
    script.emit("probing")
    await session.expect('42["probing"]')
    socket.send("3probe")
    await socket.processed()
    for number in range(50):
        script.emit("x", number)
    await script.state()
    session.send("6")
    await script.expect("upgrade")
    script.emit("end")
    packets = [await socket.receive() for _ in range(52)]
    assert packets == ["5", *(f'42["x",{number}]' for number in range(50)), '42["end"]']
    assert session.received.empty()


async def test_a046_the_switch_waits_for_a_post(polling):
    script, session, request = await polling()
    session.hold_posts()
    script.emit("a")
    post = await session.next_post()
    socket = await probe(request)
    (await session.held_poll()).answer(200, "6")
    script.emit("b")
    await script.state()
    await socket.processed()
    assert not socket.waiting and not session.poll_is_held.is_set()
    post.answer(200, "ok")
    assert [await socket.receive() for _ in range(2)] == ["5", '42["b"]']


async def test_a047_what_arrives_while_pausing(polling):
    script, session, request = await polling()
    socket = await probe(request)
    session.send('42["a"]', '451-["b",{"_placeholder":true,"num":0}]', "bAQ==")
    assert await socket.receive() == "5"
    socket.send('42["c"]')
    await script.expect("event", name="c")
    assert [line["name"] for line in script.all("event")] == ["a", "b", "c"]


async def test_a047_a_ping_while_pausing_is_answered_after_the_switch(polling):
    script, session, request = await polling()
    socket = await probe(request)
    session.send("2")
    assert [await socket.receive() for _ in range(2)] == ["5", "3"]


async def still_polling(script, session, server):
    """Whatever happened to the upgrade, the session goes on, and no event reports it."""
    script.emit("x")
    assert '42["x"]' in await session.receive()
    session.send('42["y"]')
    await script.expect("event", name="y")
    session.send("2")
    await session.expect("3")
    state = await script.state()
    assert (state["connected"], state["transport"]) == (True, "polling")
    for kind in ("disconnect", "connect_error", "upgrade"):
        assert not script.all(kind)
    assert not script.managers("error", "close", "reconnect_attempt")
    assert len(server.of(transport="websocket")) == 1


@pytest.mark.parametrize("how", ["400", "404", "reset", "hang up", "redirect", "no websocket"])
async def test_a048_refused_upgrades(polling, server, how):
    script, session, request = await polling()
    match how:
        case "reset":
            request.reset()
        case "hang up":
            request.hang_up()
        case "redirect":
            request.answer(302, "", ["Location: /elsewhere"])
        case "no websocket":
            request.answer(200, "hello")
        case status:
            request.answer(int(status), "no")
    await still_polling(script, session, server)


@pytest.mark.parametrize("answer", ["3", "3prob", "2probe", "42[\"x\"]", "1", "6", b"3probe", "zz", ""])
async def test_a049_wrong_answers_to_the_probe(polling, server, answer):
    script, session, request = await polling()
    socket = request.accept()
    assert await socket.receive() == "2probe"
    socket.send(answer)
    # The socket is closed.
    assert await socket.closed() in (None, 1000, 1005)
    assert not script.all("event")
    await still_polling(script, session, server)


@pytest.mark.parametrize("when", ["at once", "after the probe", "after the answer"])
@pytest.mark.parametrize("how", ["close", "reset"])
async def test_a050_the_websocket_ends_during_the_probe(polling, server, when, how):
    script, session, request = await polling()
    socket = request.accept()
    if when != "at once":
        assert await socket.receive() == "2probe"
    if when == "after the answer":
        socket.send("3probe")
        await socket.processed()
    if how == "close":
        socket.close(1000)
        await socket.closed()
    else:
        socket.reset()
    await still_polling(script, session, server)


async def test_a050_the_session_ends_during_the_probe(polling, server):
    script, session, request = await polling()
    socket = request.accept()
    assert await socket.receive() == "2probe"
    session.send("1")
    await script.expect("disconnect", reason="transport close")
    assert await socket.closed() in (None, 1000, 1005)
    await (await server.accept()).join()
    await script.expect("connect")


async def test_a051_disconnecting_while_probing(polling):
    script, session, request = await polling()
    socket = request.accept()
    assert await socket.receive() == "2probe"
    script.emit("last")
    script.do("disconnect")
    await script.expect("disconnect", reason="io client disconnect")
    await session.expect('42["last"]', "41", "1")
    assert await socket.closed() in (None, 1000, 1005)


async def test_a051_disconnecting_while_switching(polling):
    script, session, request = await polling()
    session.hold_posts()
    script.emit("a")
    post = await session.next_post()
    socket = await probe(request)
    session.send('42["last"]')
    await script.expect("event", name="last")
    script.emit("b")
    script.do("disconnect")
    await script.expect("disconnect", reason="io client disconnect")
    post.answer(200, "ok")
    assert [await socket.receive() for _ in range(3)] == ["5", '42["b"]', "41"]
    assert await socket.closed() in (1000, 1005)


async def test_a053_a055_remembering(polling, server, sio):
    script, session, request = await polling(rememberUpgrade=True)
    socket = await switch(session, request)
    await script.expect("upgrade")
    script.do("disconnect")
    await socket.closed()
    script.do("connect")
    again = await server.accept()
    assert again.transport == "websocket"
    await again.join()
    await script.expect("connect", transport="websocket")
    script.do("disconnect")
    await again.closed()
    # Each client's own option decides.
    script.do("io", socket="forgetful", url=server.url, options={"forceNew": True})
    assert (await server.request()).transport == "polling"
    script.do("io", socket="mindful", url=server.url, options={"forceNew": True, "rememberUpgrade": True})
    assert (await server.request()).transport == "websocket"


async def test_a054_an_error_clears_what_is_remembered(polling, server):
    script, session, request = await polling(rememberUpgrade=True)
    socket = await switch(session, request)
    await script.expect("upgrade")
    socket.close()
    await script.expect("disconnect", reason="transport close")
    again = await server.request()
    assert again.transport == "websocket"
    again.answer(400)
    await script.expect("connect_error")
    assert (await server.request()).transport == "polling"


async def test_a055_not_remembering(polling, server):
    script, session, request = await polling()
    await switch(session, request)
    await script.expect("upgrade")
    script.do("disconnect")
    script.do("connect")
    assert (await server.request()).transport == "polling"


async def test_a056_polling_alone_stays_polling(polling, server):
    script, session, request = await polling(rememberUpgrade=True)
    await switch(session, request)
    await script.expect("upgrade")
    script.do("opts", set={"transports": ["polling"]})
    script.do("disconnect")
    script.do("connect")
    assert (await server.request()).transport == "polling"


async def test_a057_a060_websocket_first(sio, server):
    script = await sio(server.url, transports=["websocket", "polling"], reconnectionDelay=10)
    for _ in range(3):
        request = await server.request()
        assert request.transport == "websocket"
        request.answer(400)
        await script.expect("connect_error", status=400)


async def test_a057_no_way_back_to_polling(sio, server):
    script = await sio(server.url, transports=["websocket", "polling"])
    session = await server.accept(upgrades=["websocket", "polling"])
    await session.join()
    await script.expect("connect", transport="websocket")
    session.send("2")
    await session.expect("3")
    assert len(server.requests) == 1


async def test_a058_swapping_transports_in_connect_error(sio, server):
    script = await sio()
    script.do(
        "io", url=server.url, options={"transports": ["websocket", "polling"], "reconnectionDelay": 0, "autoConnect": False}
    )
    await script.when("connect_error", {"do": "opts", "set": {"transports": ["polling", "websocket"]}}, times=1)
    script.do("connect")
    (await server.request()).answer(400)
    session = await server.accept()
    assert session.transport == "polling"
    await session.join()
    await script.expect("connect", transport="polling")


@pytest.mark.parametrize("how", ["status", "reset", "bad handshake", "close"])
async def test_a059_trying_all_transports(sio, server, how):
    script = await sio(server.url, transports=["websocket", "polling"], tryAllTransports=True)
    request = await server.request()
    assert request.transport == "websocket"
    match how:
        case "status":
            request.answer(403)
        case "reset":
            request.reset()
        case "bad handshake":
            request.accept().send("0{")
        case "close":
            request.accept().close(1000)
    session = await server.accept(**OFFERED)
    assert session.transport == "polling"
    await session.join()
    await script.expect("connect", transport="polling")
    # The failed transport is no longer tried.
    session.send("2")
    await session.expect("3")
    assert len(server.of(transport="websocket")) == 1
    assert not script.all("connect_error") and not script.managers("error")


async def test_a059_all_transports_fail(sio, server):
    script = await sio(server.url, transports=["polling", "websocket"], tryAllTransports=True, reconnection=False)
    for transport, status in (("polling", 500), ("websocket", 403)):
        request = await server.request()
        assert request.transport == transport
        request.answer(status)
    line = await script.expect("connect_error", status=403)
    assert line["message"].startswith("websocket error")
    assert (await script.state())["active"] and len(script.all("connect_error")) == 1


async def test_a061_no_transports(sio, server):
    script = await sio(server.url, transports=[], reconnectionDelay=10)
    assert (await script.expect("created"))["namespace"] == "/"
    await script.expect("connect_error", message="No transports available", active=True)
    await script.manager("error", "No transports available")
    await script.manager("reconnect_attempt", 1)
    await script.manager("reconnect_error", "No transports available")
    script.do("opts", set={"transports": ["websocket"]})
    assert (await server.request()).transport == "websocket"


async def test_a045_probes_that_take_their_time(polling, server):
    """The server may take its time; everything else goes on meanwhile."""
    script, session, request = await polling()
    socket = request.accept()
    assert await socket.receive() == "2probe"
    for _ in range(3):
        session.send("2")
        await session.expect("3")
    assert (await script.state())["transport"] == "polling"
    socket.send("3probe")
    await socket.processed()
    session.send("6")
    assert await socket.receive() == "5"
    await script.expect("upgrade")


async def test_a046_a_large_burst_around_the_upgrade(sio, server):
    """A server that upgrades as fast as it can, while the client emits from its connect handler on."""
    script = await sio(server.url)
    await script.when("connect", *({"do": "emit", "event": "x", "args": [number]} for number in range(500)))
    session = await server.accept(**OFFERED)
    await session.join()
    request = await session.upgrade()
    socket = await switch(session, request)
    over_websocket = []
    while len(over_websocket) + session.received.qsize() < 500:
        over_websocket.append(await socket.receive())
    over_polling = [session.received.get_nowait() for _ in range(session.received.qsize())]
    assert over_polling + over_websocket == [f'42["x",{number}]' for number in range(500)]


async def test_a048_a_slow_upgrade_does_not_hold_up_events(polling):
    script, session, request = await polling()
    script.emit("x", ack=True, tag=1)
    await session.expect('420["x"]')
    session.send('430["y"]')
    await script.expect("ack", tag=1, args=["y"])
    assert not request.is_answered.is_set()

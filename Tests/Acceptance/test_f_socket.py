"""Section F: connecting, leaving, credentials, recovery."""

import asyncio

import pytest


async def again(script, server, namespace="/", **join):
    """The next session, with its namespace joined."""
    session = await server.accept()
    auth = await session.join(namespace, **join)
    await script.expect("connect")
    return session, auth


async def test_a171_disconnecting(connect, transport):
    script, session = await connect(transport)
    script.do("disconnect")
    # Immediately, before anything has happened.
    state = await script.state()
    assert (state["connected"], state["active"], state["id"]) == (False, False, None)
    await script.expect("disconnect", reason="io client disconnect", active=False)
    await session.closed()
    assert not script.managers("error", "reconnect_attempt")


async def test_a171_disconnecting_twice(connect):
    script, session = await connect()
    script.do("disconnect")
    script.do("disconnect")
    await script.expect("disconnect")
    assert await session.receive() == "41"
    await session.closed()
    await script.state()
    assert len(script.all("disconnect")) == 1


async def test_a172_disconnecting_before_connecting(sio, server, transport):
    script = await sio(server.url, transports=[transport])
    request = await server.request()
    script.do("disconnect")
    state = await script.state()
    assert (state["connected"], state["active"]) == (False, False)
    await script.manager("close", "forced close")
    if not request.gone.is_set():
        await server.accept('40{"sid":"x"}', request=request)
    await asyncio.sleep(0.05)
    assert not [line for line in script.lines if line["on"] in ("connect", "disconnect", "connect_error")]
    assert not script.managers("error")


async def test_a172_disconnecting_before_joining(sio, server, transport):
    script = await sio(server.url, transports=[transport])
    session = await server.accept()
    await session.expect("40")
    script.do("disconnect")
    await session.closed()
    await script.manager("close", "forced close")
    assert script.summary() == ["manager open", "manager close"]


async def test_a173_disconnected_by_the_server(connect, server, transport):
    script, session = await connect(transport)
    session.send("41")
    await script.expect("disconnect", reason="io server disconnect", active=False)
    await session.closed()
    await asyncio.sleep(0.05)
    assert server.incoming.empty() and not script.managers("reconnect_attempt")
    script.do("connect")
    await again(script, server)


async def test_a173_one_of_two_is_disconnected_by_the_server(connect, server):
    script, session = await connect()
    script.do("io", socket="other", url=f"{server.url}/other")
    await session.join("/other", sid="o")
    await script.expect("connect", socket="other")
    session.send("41/other,", '42["x"]', '42/other,["y"]')
    await script.expect("disconnect", socket="other", reason="io server disconnect", active=False)
    await script.expect("event", name="x", socket="main")
    script.do("connect", socket="other")
    await session.join("/other", sid="p")
    await script.expect("connect", socket="other", id="p")
    assert not script.managers("close") and not script.all("event", socket="other")


async def test_a174_refusal(sio, server):
    script = await sio(server.url, reconnectionDelay=10)
    session = await server.accept()
    await session.connect_packet()
    session.send('44{"message":"not authorized","data":["d"]}')
    await script.expect("connect_error", message="not authorized", data=["d"], active=False)
    await session.closed()
    await asyncio.sleep(0.05)
    assert server.incoming.empty()
    assert len(script.all("connect_error")) == 1


async def test_a174_a_refused_namespace_leaves_others_alone(connect, server):
    script, session = await connect()
    script.do("io", socket="other", url=f"{server.url}/other")
    await session.connect_packet("/other")
    session.send('44/other,{"message":"Invalid namespace"}', '42["x"]')
    await script.expect("connect_error", socket="other", message="Invalid namespace", active=False)
    await script.expect("event", name="x")
    assert not script.managers("close")


async def test_a175_new_credentials_after_refusal(sio, server):
    script = await sio(server.url, auth={"token": "old"})
    await script.when("connect_error", {"do": "auth", "value": {"token": "new"}}, "connect")
    session = await server.accept()
    assert await session.connect_packet() == {"token": "old"}
    session.send('44{"message":"no"}')
    session = await server.accept()
    assert await session.join() == {"token": "new"}
    await script.expect("connect")


async def test_a176_new_credentials_with_a_new_connection(connect, server):
    script, session = await connect(auth={"token": "old"})
    script.do("auth", value={"token": "new"})
    script.do("disconnect")
    script.do("connect")
    session, auth = await again(script, server)
    assert auth == {"token": "new"}
    # And no credentials at all.
    script.do("auth", value=None)
    session.lose()
    session = await server.accept()
    await session.expect("40")


async def test_a178_credentials_and_query_are_apart(sio, server):
    await sio(server.url, auth={"a": 1}, query={"q": "1"})
    session = await server.accept()
    assert await session.join() == {"a": 1}
    assert all("a" not in request.query for request in server.requests)


async def test_a179_credentials_belong_to_a_socket(sio, server):
    script = await sio(f"{server.url}/a", auth={"who": "a"})
    script.do("io", socket="b", url=f"{server.url}/b", options={"auth": {"who": "b"}})
    script.do("io", socket="c", url=f"{server.url}/c")
    session = await server.accept()
    assert await session.join("/a") == {"who": "a"}
    assert await session.join("/b", sid="b") == {"who": "b"}
    assert await session.join("/c", sid="c") is None
    assert [line["manager"] for line in await script.count(3, "created")] == [1, 1, 1]


async def test_a180_a_loss_is_not_a_connect_error(connect, server, transport):
    script, session = await connect(transport)
    if transport == "polling":
        (await session.held_poll()).answer(500)
    else:
        session.socket.reset()
    await script.expect("disconnect")
    await again(script, server)
    assert not script.all("connect_error")


async def test_a181_ids(connect, server):
    script, session = await connect()
    first = (await script.state())["id"]
    session.lose()
    await script.expect("disconnect")
    request = await server.request()
    state = await script.state()
    assert (state["id"], state["connected"], state["active"], state["transport"]) == (None, False, True, None)
    session = await server.accept(request=request)
    await session.join()
    line = await script.expect("connect")
    state = await script.state()
    assert state["id"] == line["id"] != first


async def test_a182_a183_recovery(sio, server):
    script = await sio(server.url, transports=["websocket"], auth={"token": "t"}, reconnectionDelay=10)
    session = await server.accept()
    assert await session.join(sid="s", pid="p") == {"token": "t"}
    assert (await script.expect("connect", id="s"))["recovered"] is False
    # The server adds an offset to events that it may have to repeat, but not to those that request an acknowledgement.
    session.send('42["a",1,"o1"]', '427["b","o2"]', '42["c",2]')
    await script.expect("event", name="c")
    session.lose()
    await script.expect("disconnect")
    session = await server.accept()
    assert await session.connect_packet() == {"pid": "p", "offset": "o1", "token": "t"}
    # Missed events arrive before the answer; they are delivered after it, before the connect event.
    session.send('42["missed","o3"]', '40{"sid":"s","pid":"p"}', '42["new","o4"]')
    await script.expect("event", name="missed", args=["o3"])
    await script.expect("connect", id="s", recovered=True)
    await script.expect("event", name="new", args=["o4"])
    assert (await script.state())["recovered"] is True
    session.lose()
    session = await server.accept()
    assert await session.connect_packet() == {"pid": "p", "offset": "o4", "token": "t"}
    session.send('40{"sid":"t","pid":"q"}')
    await script.expect("connect", id="t", recovered=False)
    session.lose()
    session = await server.accept()
    assert (await session.connect_packet())["pid"] == "q"
    session.send('40{"sid":"u"}')
    await script.expect("connect", id="u", recovered=False)
    session.lose()
    session = await server.accept()
    assert await session.connect_packet() == {"token": "t"}


async def test_a183_credentials_win_over_recovery(sio, server):
    script = await sio(server.url, transports=["websocket"], auth={"pid": "mine"}, reconnectionDelay=10)
    session = await server.accept()
    await session.join(sid="s", pid="p")
    await script.expect("connect")
    session.lose()
    session = await server.accept()
    assert await session.connect_packet() == {"pid": "mine"}


async def test_a188_one_of_two_leaves(connect, server):
    script, session = await connect()
    script.do("io", socket="other", url=f"{server.url}/other")
    await session.join("/other", sid="o")
    await script.expect("connect", socket="other")
    script.do("disconnect", socket="main")
    await script.expect("disconnect", socket="main")
    await session.expect("41")
    session.send('42/other,["x"]', '42["y"]')
    await script.expect("event", socket="other", name="x")
    assert not script.managers("close") and not script.all("event", name="y")
    script.do("disconnect", socket="other")
    await session.expect("41/other,")
    await script.manager("close", "forced close")
    await session.closed()


async def test_a188_coming_back_to_the_same_connection(connect, server):
    script, session = await connect()
    script.do("io", socket="other", url=f"{server.url}/other")
    await session.join("/other", sid="o")
    script.do("disconnect", socket="main")
    script.do("connect", socket="main")
    await session.expect("41")
    await session.join(sid="back")
    await script.expect("connect", socket="main", id="back")
    assert len(server.requests) == 1 and len(script.all("disconnect")) == 1


async def test_a190_disconnecting_and_connecting_in_the_handler(connect, sio, server):
    script = await sio(server.url, transports=["websocket"])
    await script.when("connect", "disconnect", "connect", times=1)
    session = await server.accept()
    await session.join(sid="one")
    await script.expect("connect", id="one")
    await script.expect("disconnect", reason="io client disconnect", active=False)
    await session.expect("41")
    await session.closed()
    await again(script, server, sid="two")
    await script.state()
    assert len(script.all("disconnect")) == 1 and not script.all("connect_error")


async def test_connecting_again_asks_once(sio, server):
    """While the answer is pending, another connect() sends nothing: servers close a connection that joins twice."""
    script = await sio(server.url, transports=["websocket"])
    session = await server.accept()
    await session.expect("40")
    script.do("connect")
    script.do("connect")
    await script.state()
    session.send("2")
    await session.expect("3")
    session.welcome()
    await script.expect("connect")
    script.do("connect")
    script.emit("x")
    await session.expect('42["x"]')


async def test_leaving_while_the_answer_is_awaited(connect, server):
    """The namespace is left when the answer arrives, and joined again after that."""
    script, session = await connect()
    script.do("io", socket="other", url=f"{server.url}/other")
    await session.connect_packet("/other")
    script.do("disconnect", socket="other")
    script.do("connect", socket="other")
    await script.state()
    session.send("2")
    await session.expect("3")
    session.welcome("/other", "late")
    await session.expect("41/other,", "40/other,")
    session.welcome("/other", "right")
    await script.expect("connect", socket="other", id="right")
    assert len(script.all("connect", socket="other")) == 1


async def test_connecting_in_a_disconnect_handler(connect, server):
    """It happens anyway, and must not end automatic reconnection."""
    script, session = await connect()
    await script.when("disconnect", "connect")
    for _ in range(3):
        session.lose()
        await script.expect("disconnect")
        session, _ = await again(script, server)


@pytest.mark.parametrize("reason", ["transport close", "parse error", "transport error"])
async def test_disconnecting_in_a_disconnect_handler(connect, server, reason):
    script, session = await connect()
    await script.when("disconnect", "disconnect")
    match reason:
        case "transport close":
            session.lose()
        case "parse error":
            session.send("4x")
        case "transport error":
            session.send("x")
    await script.expect("disconnect", reason=reason)
    await script.state()
    await asyncio.sleep(0.1)
    assert server.incoming.empty() and len(script.all("disconnect")) == 1
    assert not script.managers("reconnect_attempt")

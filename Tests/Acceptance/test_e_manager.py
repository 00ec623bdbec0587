"""Section E: opening, closing, and what the Manager reports."""

import asyncio
import json

from sessions import PollingSession


async def test_a117_a118_no_auto_connect(sio, server):
    script = await sio(server.url, autoConnect=False)
    state = await script.state()
    assert (state["connected"], state["active"], state["id"], state["transport"]) == (False, False, None, None)
    await asyncio.sleep(0.1)
    assert not server.connections and len(script.lines) == 2
    script.do("connect")
    assert (await script.state())["active"]
    session = await server.accept()
    await session.join()
    await script.expect("connect")


async def test_a119_opening_connects_too(sio, server):
    """As documented on the options page; the JavaScript client only opens the connection."""
    script = await sio(server.url, autoConnect=False)
    script.do("io", socket="other", url=f"{server.url}/other", options={"autoConnect": False})
    script.do("io", socket="left", url=f"{server.url}/left", options={"autoConnect": False})
    script.do("disconnect", socket="left")
    script.do("open", tag={"a": 1})
    session = await server.accept()
    await script.expect("opened", tag={"a": 1}, error=None, socket="main")
    await session.join()
    await session.join("/other", sid="o")
    await script.count(2, "connect")
    assert not (await script.state("left"))["active"]


async def test_a122_opening_fails(sio, server):
    script = await sio(server.url, autoConnect=False, reconnectionDelay=10)
    script.do("open", tag=1)
    (await server.request()).answer(500)
    line = await script.expect("opened", tag=1)
    assert "500" in line["error"]
    # A program that waits for the outcome decides what happens next.
    await asyncio.sleep(0.1)
    assert server.incoming.empty() and not script.managers("reconnect_attempt")
    assert script.managers("error") == ["error"]


async def test_a147_pings_are_reported(connect, transport):
    script, session = await connect(transport)
    session.send("2")
    await script.manager("ping")
    await session.expect("3")
    assert script.all("manager", name="ping")[0]["args"] == []


async def test_a150_opening_twice(connect, sio, server):
    script, session = await connect()
    script.do("open", tag="while open")
    script.do("connect")
    await script.expect("opened", tag="while open", error=None)
    session.send("2")
    await session.expect("3")
    assert len(server.requests) == 1
    other = await sio(server.url)
    request = await server.request()
    other.do("open", tag="while opening")
    other.do("connect")
    await other.state()
    session = await server.accept(request=request)
    await other.expect("opened", tag="while opening", error=None)
    await session.join()
    await other.expect("connect")
    session.send("2")
    await session.expect("3")
    assert len(other.all("manager", name="open")) == 1 and server.incoming.empty()


async def test_a150_an_attempt_that_others_began_still_reconnects(sio, server):
    script = await sio(server.url, reconnectionDelay=10)
    request = await server.request()
    script.do("open", tag=1)
    await script.state()
    request.answer(500)
    await script.expect("opened", tag=1)
    await script.manager("reconnect_attempt", 1)


async def test_order_of_a_loss(connect, server):
    script, session = await connect()
    session.lose()
    session = await server.accept()
    await session.join()
    await script.count(2, "connect")
    assert script.summary() == [
        "manager open", "connect",
        "disconnect transport close", "manager close", "manager reconnect_attempt", "manager open", "manager reconnect", "connect",
    ]  # fmt: skip


async def test_order_of_a_transport_error(connect, server):
    script, session = await connect(reconnection=False)
    session.send("zz")
    await script.manager("close", "transport error")
    assert script.summary() == ["manager open", "connect", "manager error", "disconnect transport error", "manager close"]


async def test_order_for_a_namespace_that_is_not_joined(sio, server):
    """A namespace that has not been joined gets the error, but no disconnect: it was never connected."""
    script = await sio(server.url, transports=["websocket"], reconnection=False)
    script.do("io", socket="slow", url=f"{server.url}/slow")
    session = await server.accept()
    await session.join()
    await session.connect_packet("/slow")
    await script.expect("connect", socket="main")
    session.send("zz")
    await script.expect("connect_error", socket="slow", active=True)
    await script.manager("error")
    await script.expect("disconnect", socket="main")
    await script.manager("close", "transport error")
    await script.state()
    assert not script.all("disconnect", socket="slow") and not script.all("connect_error", socket="main")


async def test_a188_order_when_the_last_socket_leaves(connect):
    script, session = await connect()
    script.do("disconnect")
    await script.expect("disconnect", reason="io client disconnect")
    assert script.summary()[-2:] == ["manager close", "disconnect io client disconnect"]


async def test_a173_order_when_the_server_disconnects(connect):
    script, session = await connect()
    session.send("41")
    await script.expect("disconnect", reason="io server disconnect", active=False)
    assert script.summary()[-2:] == ["manager close", "disconnect io server disconnect"]
    assert script.all("manager", name="close")[0]["args"] == ["forced close"]


async def test_a174_order_of_a_refusal(sio, server):
    script = await sio(server.url)
    session = await server.accept()
    await session.connect_packet()
    session.send('44{"message":"no"}')
    await script.expect("connect_error", message="no", active=False)
    assert script.summary() == ["manager open", "manager close", "connect_error"]
    await session.closed()
    await asyncio.sleep(0.05)
    assert server.incoming.empty() and not script.managers("reconnect_attempt")


async def test_managers_report_once_and_under_the_first_name(sio, server):
    script = await sio(f"{server.url}/a", autoConnect=False, transports=["websocket"])
    script.do("io", socket="b", url=f"{server.url}/b")
    script.do("connect", socket="b")
    session = await server.accept()
    await session.join("/b")
    await script.expect("connect", socket="b")
    session.send("2")
    await script.manager("ping", socket="main")
    await session.expect("3")
    script.do("connect", socket="main")
    await session.join("/a", sid="a")
    await script.expect("connect", socket="main", id="a")
    assert {line["socket"] for line in script.all("manager")} == {"main"}
    assert len(script.all("manager")) == 2


async def test_a196_nothing_after_the_end(connect, server):
    """What a server sends right before the session ends is delivered before the end, or not at all."""
    script, session = await connect("polling", reconnection=False)
    session.send('42["a"]', '42["b"]', "1")
    await script.manager("close", "transport close")
    await script.state()
    assert script.summary()[2:] == ["event a", "event b", "disconnect transport close", "manager close"]


async def test_a196_a_reply_and_a_bad_packet_at_once(sio, server):
    script = await sio(server.url, transports=["polling"], reconnectionDelay=10)
    session = await server.accept()
    await session.connect_packet()
    session.send('40{"sid":"x"}', "4zz")
    await script.expect("disconnect", reason="parse error")
    assert script.summary()[:3] == ["manager open", "connect", "disconnect parse error"]
    session = await server.accept()
    await session.join(sid="y")
    await script.expect("connect", id="y")
    assert len(script.all("connect")) == 2


async def test_a196_a_reply_that_comes_too_late(sio, server):
    script = await sio(server.url, transports=["polling"])
    session = await server.accept()
    await session.connect_packet()
    script.do("disconnect")
    await script.manager("close", "forced close")
    session.send('40{"sid":"x"}', '42["a"]')
    await session.closed()
    await script.state()
    assert script.summary() == ["manager open", "manager close"]


async def test_a195_one_connect_for_each_reply(connect):
    script, session = await connect()
    session.send('40{"sid":"other"}', '42["x"]')
    await script.expect("event", name="x")
    assert len(script.all("connect")) == 1
    assert (await script.state())["id"] == "socket-of-engine-1"


async def test_malformed_handshakes_are_transport_errors(sio, server):
    script = await sio(server.url, transports=["polling"], reconnectionDelay=10)
    (await server.request()).answer(200, '0{"sid":')
    await script.expect("connect_error")
    await (await server.accept()).join()
    await script.expect("connect")


async def test_handshakes_without_a_limit(sio, server):
    script = await sio(server.url, transports=["polling"])
    request = await server.request()
    handshake = server.handshake()
    del handshake["maxPayload"]
    session = PollingSession(server, request, handshake)
    request.answer(200, "0" + json.dumps(handshake | {"unknown": [1]}))
    await session.join()
    await script.expect("connect")

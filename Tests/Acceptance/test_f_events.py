"""Section F: emits, acknowledgements, retries."""

import asyncio

import pytest


async def again(script, server, **join):
    session = await server.accept()
    await session.join(**join)
    await script.expect("connect")
    return session


async def test_a153_emits_before_the_connection(sio, server, transport):
    script = await sio(server.url, transports=[transport])
    await script.when("connect", {"do": "emit", "event": "in handler"})
    script.emit("first", 1)
    script.emit("second", {"$binary": "AQ=="}, ack=True)
    await script.state()
    session = await server.accept()
    await session.join()
    binary = "bAQ==" if transport == "polling" else b"\x01"
    await session.expect('42["first",1]', '451-0["second",{"_placeholder":true,"num":0}]', binary, '42["in handler"]')


async def test_a154_emits_during_a_loss(connect, server, transport):
    script, session = await connect(transport)
    session.lose()
    await script.expect("disconnect")
    for number in range(3):
        script.emit("x", number)
    session = await again(script, server)
    await session.expect(*(f'42["x",{number}]' for number in range(3)))


async def test_a154_what_was_sent_is_not_sent_again(connect, server):
    script, session = await connect()
    script.emit("sent")
    await session.expect('42["sent"]')
    session.lose()
    await script.expect("disconnect")
    script.emit("new")
    session = await again(script, server)
    await session.expect('42["new"]')


async def test_a155_emits_after_disconnect(connect, server):
    script, session = await connect()
    script.do("disconnect")
    await script.expect("disconnect")
    script.emit("x", ack=True, tag="t")
    script.do("connect")
    session = await again(script, server)
    await session.expect('420["x"]')
    session.send('430["y"]')
    await script.expect("ack", tag="t", args=["y"])


async def test_a156_events_before_the_answer(sio, server, transport):
    script = await sio(server.url, transports=[transport])
    await script.when("event:a", {"do": "reply", "args": [1]})
    script.emit("mine")
    session = await server.accept()
    await session.connect_packet()
    session.send('425["a"]', '42["b"]')
    session.welcome()
    await script.expect("connect")
    assert script.summary() == ["manager open", "event a", "event b", "connect"]
    assert sorted(await session.receive_all(2)) == ['42["mine"]', "435[1]"]


async def test_a157_volatile_while_not_connected(sio, server):
    script = await sio(server.url, transports=["websocket"])
    script.emit("lost", volatile=True)
    script.emit("lost", volatile=True, ack=True, tag=1)
    await script.state()
    session = await server.accept()
    await session.connect_packet()
    script.emit("lost", volatile=True, ack=True, tag=2)
    # The event was handled with the connection in its current state.
    await script.expect("ack", tag=2)
    session.welcome()
    await script.expect("connect")
    script.emit("kept")
    assert (await session.receive()) == '42["kept"]'
    # Every acknowledgement completes; that of a dropped event with an error.
    assert "args" not in (await script.count(1, "ack", tag=1))[0]


async def test_a158_volatile_while_the_transport_is_busy(connect):
    script, session = await connect("polling")
    session.hold_posts()
    script.emit("a")
    post = await session.next_post()
    script.emit("lost", volatile=True)
    script.emit("b")
    await script.state()
    post.answer(200, "ok")
    post = await session.next_post()
    assert post.body == '42["b"]'
    post.answer(200, "ok")
    # Acknowledgements arrive before what the server sends after them.
    session.send("2")
    post = await session.next_post()
    assert post.body == "3"
    session.holds_posts = False
    post.answer(200, "ok")
    session.send('42["idle"]')
    await script.expect("event", name="idle")


async def test_a158_volatile_while_idle(connect):
    script, session = await connect()
    script.emit("x", 1, volatile=True)
    await session.expect('42["x",1]')
    script.emit("y", volatile=True, ack=True, tag=1)
    await session.expect('420["y"]')
    session.send("430[2]")
    await script.expect("ack", tag=1, args=[2])


RESERVED = ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"]


@pytest.mark.parametrize("name", RESERVED)
async def test_a159_reserved_names(connect, name):
    script, session = await connect()
    script.emit(name, tag=1)
    await script.expect("error", message=f'"{name}" is a reserved event name', tag=1)
    script.emit("fine")
    await session.expect('42["fine"]')


async def test_a160_acknowledgements(connect, transport):
    script, session = await connect(transport)
    script.emit("q", ack=True, tag=["any", {"tag": None}])
    await session.expect('420["q"]')
    session.send('430[1,"2",{"three":[]}]', '430["again"]', '42["end"]')
    await script.expect("ack", tag=["any", {"tag": None}], args=[1, "2", {"three": []}])
    await script.expect("event", name="end")
    assert len(script.all("ack")) == 1


async def test_a160_acks_without_tag(connect):
    script, session = await connect()
    script.emit("q", ack=True)
    await session.expect('420["q"]')
    session.send("430[]")
    assert "tag" not in await script.expect("ack", args=[])


async def test_a161_timeouts_of_what_is_buffered(sio, server):
    script = await sio(server.url, transports=["websocket"])
    script.emit("lost", ack=True, timeout=50, tag=1)
    script.emit("kept", ack=True, tag=2)
    line = await script.expect("ack", tag=1, error="timeout")
    assert "args" not in line
    session = await server.accept()
    await session.join()
    await session.expect('421["kept"]')


async def test_a161_timeouts_of_what_was_sent(connect):
    script, session = await connect()
    before = (await script.state())["ms"]
    script.emit("q", ack=True, timeout=100, tag=1)
    line = await script.expect("ack", tag=1, error="timeout")
    assert 100 <= line["ms"] - before < 2000
    await session.expect('420["q"]')


async def test_a162_a163_answers_in_time_and_late(connect):
    script, session = await connect()
    script.emit("a", ack=True, timeout=10000, tag="a")
    await session.expect('420["a"]')
    session.send('430["in time"]')
    await script.expect("ack", tag="a", args=["in time"])
    script.emit("b", ack=True, timeout=50, tag="b")
    await session.expect('421["b"]')
    await script.expect("ack", tag="b", error="timeout")
    session.send('431["late"]', '42["end"]')
    await script.expect("event", name="end")
    assert len(script.all("ack")) == 2


async def test_a164_ack_timeout(connect):
    script, session = await connect(ackTimeout=50)
    script.emit("a", ack=True, tag="default")
    script.emit("b", ack=True, timeout=20000, tag="own")
    await session.expect('420["a"]', '421["b"]')
    await script.expect("ack", tag="default", error="timeout")
    session.send("431[1]")
    await script.expect("ack", tag="own", args=[1])


async def test_a161_a_timeout_of_nothing(connect):
    script, session = await connect()
    script.emit("a", ack=True, timeout=0, tag=1)
    await script.expect("ack", tag=1, error="timeout")


@pytest.mark.parametrize("how", ["lost", "disconnect", "thrown out"])
@pytest.mark.parametrize("modifier", [{}, {"timeout": 20000}])
async def test_a165_a166_acks_of_a_lost_connection(connect, server, how, modifier):
    """Each completes, after the disconnect event."""
    script, session = await connect()
    script.emit("q", ack=True, tag=1, **modifier)
    await session.expect('420["q"]')
    match how:
        case "lost":
            session.lose()
        case "disconnect":
            script.do("disconnect")
        case "thrown out":
            session.send("41")
    await script.expect("disconnect")
    await script.expect("ack", tag=1, error="disconnected")


async def test_a166_buffered_acks_survive(connect, server):
    script, session = await connect()
    session.lose()
    await script.expect("disconnect")
    script.emit("q", ack=True, tag=1)
    await script.state()
    request = await server.request()
    request.answer(500)
    await script.expect("connect_error")
    session = await again(script, server)
    await session.expect('420["q"]')
    session.send("430[1]")
    await script.expect("ack", tag=1, args=[1])


async def test_replies_of_an_old_session_are_dropped(connect, server):
    script, session = await connect()
    session.send('423["q"]')
    call = (await script.expect("event", name="q"))["call"]
    session.lose()
    session = await again(script, server)
    script.do("reply", call=call, args=["late"])
    script.emit("new")
    await session.expect('42["new"]')


async def test_a167_retries_are_one_at_a_time(connect):
    script, session = await connect(retries=1, ackTimeout=20000)
    for number in (1, 2, 3):
        script.emit("echo", number, ack=True, tag=number)
    for number in (1, 2, 3):
        await session.expect(f'42{number - 1}["echo",{number}]')
        session.send("2")
        await session.expect("3")
        session.send(f"43{number - 1}[{number}0]")
        await script.expect("ack", tag=number, args=[number * 10])


async def test_a167_no_callback_wanted(connect):
    script, session = await connect(retries=1, ackTimeout=20000)
    for number in (1, 2):
        script.emit("echo", number)
    await session.expect('420["echo",1]')
    session.send("430[]")
    await session.expect('421["echo",2]')
    assert not script.all("ack")


async def test_a168_retries_run_out(connect):
    script, session = await connect(retries=3, ackTimeout=50)
    script.emit("x", ack=True, tag=1)
    script.emit("y")
    await session.expect(*(f'42{number}["x"]' for number in range(4)), '424["y"]')
    await script.expect("ack", tag=1, error="timeout")


async def test_a168_success_on_a_later_try(connect):
    # The answer has to come within this time.
    script, session = await connect(retries=3, ackTimeout=1000)
    script.emit("x", ack=True, tag=1)
    await session.expect('420["x"]', '421["x"]')
    session.send('431["fine",null]')
    await script.expect("ack", tag=1, args=["fine", None])
    script.emit("y", volatile=True)
    await session.expect('42["y"]')


async def test_a169_retries_in_the_connect_handler(sio, server):
    script = await sio(server.url, transports=["websocket"], retries=2, ackTimeout=20000)
    await script.when("connect", {"do": "emit", "event": "x"})
    session = await server.accept()
    await session.join()
    await session.expect('420["x"]')
    session.send("2")
    await session.expect("3")
    session.send("430[]", "2")
    await session.expect("3")


async def test_a170_retries_wait_for_the_connection(connect, server):
    script, session = await connect(retries=10, ackTimeout=1000, reconnectionDelay=300)
    session.lose()
    await script.expect("disconnect")
    script.emit("x", ack=True, tag=1)
    # Longer than one attempt takes.
    request = await server.request()
    await asyncio.sleep(1.2)
    session = await server.accept(request=request)
    await session.join()
    await session.expect('420["x"]')
    session.send("430[1]")
    await script.expect("ack", tag=1, args=[1])


async def test_a170_a_loss_counts_as_a_try(connect, server):
    script, session = await connect(retries=1, ackTimeout=20000)
    script.emit("x", ack=True, tag=1)
    await session.expect('420["x"]')
    session.lose()
    session = await again(script, server)
    await session.expect('421["x"]')
    session.lose()
    await script.expect("ack", tag=1, error="disconnected")


async def test_events_keep_their_order(connect, transport):
    script, session = await connect(transport)
    for number in range(1000):
        script.emit("x", number)
    for number in range(1000):
        session.send(f'42["y",{number}]')
        assert await session.receive() == f'42["x",{number}]'
    await script.expect("event", name="y", args=[999])
    assert [line["args"][0] for line in script.all("event")] == list(range(1000))


async def test_a191_message_is_an_event_like_any_other(connect):
    script, session = await connect()
    script.emit("message", "x")
    await session.expect('42["message","x"]')

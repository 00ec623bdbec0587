"""Section E: the Manager's attempts and delays."""

import asyncio
import time

import pytest

NOBODY = "http://127.0.0.1:1"  # a port that nobody listens on
FAST = {"reconnectionDelay": 10, "randomizationFactor": 0}


async def gaps(server, count):
    """Refuses attempt after attempt; returns how long after each refusal the next attempt came, in milliseconds.

    The client's delay starts after the refusal, so none of these is shorter than the delay."""
    result, answered = [], None
    for _ in range(count + 1):
        request = await server.request()
        if answered is not None:
            result.append((request.time - answered) * 1000)
        request.answer(500)
        answered = request.time_answered
    return result


async def test_a120_a148_reconnecting(connect, server, transport):
    script, session = await connect(transport)
    session.lose()
    await script.expect("disconnect", reason="transport close", active=True)
    await script.manager("close", "transport close")
    await script.manager("reconnect_attempt", 1)
    session = await server.accept()
    await script.manager("open")
    await script.manager("reconnect", 1)
    await session.join(sid="again")
    await script.expect("connect", id="again")
    assert not script.managers("error", "reconnect_error", "reconnect_failed")


async def test_a121_no_reconnection(connect, server, sio):
    script, session = await connect(reconnection=False)
    session.lose()
    await script.expect("disconnect", active=True)
    await script.manager("close")
    other = await sio(NOBODY, reconnection=False, reconnectionDelay=0)
    await other.manager("error")
    # Anything that followed immediately would arrive before this.
    await asyncio.sleep(0.1)
    assert server.incoming.empty() and not script.managers("reconnect_attempt") and not other.managers("reconnect_attempt")
    assert (await other.state())["active"]


async def test_a122_opening_by_hand(connect, server):
    script, session = await connect(reconnection=False)
    await script.when("manager:close", {"do": "open", "tag": "first"})
    session.lose()
    (await server.request()).answer(503)
    line = await script.expect("opened", tag="first")
    assert "503" in line["error"]
    script.do("open", tag="second")
    session = await server.accept()
    await script.expect("opened", tag="second", error=None)
    await session.join()
    await script.expect("connect")
    assert not script.managers("reconnect_attempt", "reconnect")


async def test_a123_a124_a145_a146_attempts(sio):
    script = await sio(NOBODY, reconnectionAttempts=2, **FAST)
    await script.manager("reconnect_failed")
    await script.manager("reconnect_error")
    assert script.summary() == [
        "connect_error", "manager error",
        "manager reconnect_attempt", "connect_error", "manager error", "manager reconnect_error",
        "manager reconnect_attempt", "connect_error", "manager error", "manager reconnect_failed", "manager reconnect_error",
    ]  # fmt: skip
    assert [line["args"] for line in script.all("manager", name="reconnect_attempt")] == [[1], [2]]
    messages = {line["message"] for line in script.all("connect_error", active=True)}
    assert len(messages) == 1 and {line["args"][0] for line in script.all("manager", name="error")} == messages
    assert (await script.state())["active"]
    # Nothing else follows.
    await asyncio.sleep(0.1)
    assert script.summary()[-1] == "manager reconnect_error"


@pytest.mark.parametrize("attempts", [0, 1, 5])
async def test_a123_other_limits(sio, attempts):
    """0 means no attempts, unlike in the JavaScript client."""
    script = await sio(NOBODY, reconnectionAttempts=attempts, reconnectionDelay=0)
    await script.manager("reconnect_failed")
    names = script.managers("reconnect_attempt", "reconnect_failed")
    assert names == ["reconnect_attempt"] * attempts + ["reconnect_failed"]


async def test_a125_no_limit(sio):
    script = await sio(NOBODY, reconnectionDelay=0)
    await script.manager("reconnect_attempt", 60)
    assert not script.managers("reconnect_failed")


@pytest.mark.slow
async def test_a126_a131_delays(sio, server):
    await sio(server.url, reconnectionDelay=200, reconnectionDelayMax=1000, randomizationFactor=0)
    for gap, delay in zip(await gaps(server, 5), (200, 400, 800, 1000, 1000), strict=True):
        assert delay <= gap + 1 and gap < delay + 700


@pytest.mark.slow
async def test_a127_a128_a129_a130_default_delays(sio, server):
    await sio(server.url)
    for gap, least, most in zip(await gaps(server, 4), (500, 1000, 2000, 4000), (1500, 3000, 5000, 5000), strict=True):
        assert least <= gap + 1 and gap < most + 700


@pytest.mark.parametrize("factor", [0.5, 1])
async def test_a131_a132_jitter(connect, server, factor):
    script, session = await connect(reconnectionDelay=40, reconnectionDelayMax=80, randomizationFactor=factor)
    gaps = []
    for _ in range(24):
        lost = time.monotonic()
        session.lose()
        request = await server.request()
        gaps.append((request.time - lost) * 1000)
        session = await server.accept(request=request)
        await session.join()
        await script.expect("connect")
    # Only the jitter makes a delay shorter than 40 ms, in one case out of two.
    assert 40 * (1 - factor) <= min(gaps) < 40


async def test_a133_success_starts_over(connect, server):
    script, session = await connect(reconnectionDelay=100, reconnectionDelayMax=100000)
    for _ in range(2):
        session.lose()
        for attempt, delay in ((1, 100), (2, 200), (3, 400)):
            lost = script.all("manager")[-1]["ms"] if attempt == 1 else None
            line = await script.manager("reconnect_attempt", attempt)
            if lost is not None:
                assert line["ms"] - lost < 1500
            request = await server.request()
            if attempt < 3:
                request.answer(500)
        session = await server.accept(request=request)
        await script.manager("reconnect", 3)
        await session.join()
        await script.expect("connect")


async def test_a134_a145_timeouts(sio, server, transport):
    script = await sio(server.url, transports=[transport], timeout=100, reconnectionAttempts=1, **FAST)
    line = await script.expect("connect_error", message="timeout", active=True)
    assert 95 <= line["ms"] < 1500 and "status" not in line
    await script.manager("error", "timeout")
    await script.manager("reconnect_attempt", 1)
    second = await script.expect("connect_error", message="timeout")
    assert 95 <= second["ms"] - line["ms"] < 1500
    await script.manager("reconnect_failed")
    await script.manager("reconnect_error", "timeout")


async def test_a134_a_server_that_accepts_and_stays_silent(sio, server):
    script = await sio(server.url, transports=["websocket"], timeout=100, reconnection=False)
    socket = (await server.request()).accept()
    await script.expect("connect_error", message="timeout")
    assert await socket.closed() in (None, 1000, 1005, 1006)


@pytest.mark.slow
async def test_a135_the_default_timeout(sio, server):
    script = await sio(server.url, reconnection=False)
    await server.request()
    await asyncio.sleep(10)
    line = await script.expect("connect_error", message="timeout")
    assert 20000 <= line["ms"] + 1 < 22000


async def test_a136_no_timeout(sio, server):
    script = await sio(server.url, timeout=100)
    never = await sio(server.url, timeout=False)
    requests = [await server.request() for _ in range(2)]
    await script.expect("connect_error", message="timeout")
    await never.state()
    assert never.summary() == [] and len(requests) == 2


async def test_a137_the_namespace_has_no_timeout(sio, server, transport):
    script = await sio(server.url, transports=[transport], timeout=1500)
    session = await server.accept()
    await session.connect_packet()
    await asyncio.sleep(2)
    session.welcome()
    await script.expect("connect")
    assert script.summary() == ["manager open", "connect"]


async def test_a138_late_success(sio, server):
    script = await sio(server.url, autoConnect=False, transports=["polling"], timeout=100, **FAST)
    # The next attempt gets all the time that a busy machine may need.
    await script.when("connect_error", {"do": "opts", "set": {"timeout": 20000}}, times=1)
    script.do("connect")
    late = await server.request()
    await script.expect("connect_error", message="timeout")
    again = await server.request()
    if not late.gone.is_set():
        session = await server.accept('40{"sid":"late"}', request=late)
        # The server does not keep a session that nobody uses.
        await session.expect("1")
    assert not script.all("connect") and not script.managers("open")
    session = await server.accept(request=again)
    await session.join(sid="right")
    await script.expect("connect", id="right")


async def test_a139_disconnecting_while_waiting(sio, server):
    script = await sio(server.url, reconnectionDelay=1500, randomizationFactor=0)
    (await server.request()).answer(500)
    await script.manager("error")
    script.do("disconnect")
    await script.manager("close", "forced close")
    state = await script.state()
    assert (state["active"], state["connected"]) == (False, False)
    await asyncio.sleep(2)
    assert server.incoming.empty()
    assert not script.managers("reconnect_attempt") and not script.all("disconnect")


async def test_a140_disconnecting_in_reconnect_attempt(connect, server):
    script, session = await connect()
    await script.when("manager:reconnect_attempt", "disconnect")
    session.lose()
    await script.manager("reconnect_attempt", 1)
    await script.manager("close", "forced close")
    await asyncio.sleep(0.1)
    assert server.incoming.empty() and len(script.all("manager", name="reconnect_attempt")) == 1
    assert not (await script.state())["active"]
    # Nothing prevents another attempt.
    script.do("connect")
    session = await server.accept()
    await session.join()
    await script.expect("connect")


async def test_a141_disconnecting_and_connecting_in_reconnect_attempt(sio, server):
    script = await sio(server.url, reconnectionAttempts=3, autoConnect=False, **FAST)
    await script.when("manager:reconnect_attempt", "disconnect", "connect", times=1)
    script.do("connect")
    for _ in range(5):
        (await server.request()).answer(500)
    await script.manager("reconnect_failed")
    attempts = [line["args"][0] for line in script.all("manager", name="reconnect_attempt")]
    assert attempts == [1, 1, 2, 3]
    assert not script.all("disconnect")


async def test_a142_one_of_two_leaves(connect, server):
    script, session = await connect(reconnectionDelay=100)
    script.do("io", socket="other", url=f"{server.url}/other")
    await session.join("/other", sid="o")
    await script.expect("connect", socket="other")
    session.lose()
    await script.expect("disconnect", socket="other")
    script.do("disconnect", socket="main")
    session = await server.accept()
    await session.join("/other", sid="p")
    await script.expect("connect", socket="other", id="p")
    session.send('42["x"]', '42/other,["y"]')
    await script.expect("event", socket="other", name="y")
    assert len(script.all("connect", socket="main")) == 1 and not script.all("event", socket="main")
    assert not (await script.state())["active"]


async def test_a143_closing_the_engine(connect, server, transport):
    script, session = await connect(transport)
    script.emit("last")
    script.do("close")
    await script.expect("disconnect", reason="forced close", active=True)
    await script.manager("close", "forced close")
    await session.expect('42["last"]')
    await session.closed()
    await (await server.accept()).join()
    await script.expect("connect")


async def test_a144_connecting_after_reconnect_failed(sio):
    script = await sio(NOBODY, reconnectionAttempts=2, **FAST)
    await script.manager("reconnect_failed")
    script.do("connect")
    await script.manager("reconnect_attempt", 1)
    await script.manager("reconnect_attempt", 2)
    await script.manager("reconnect_failed")
    assert len(script.all("connect_error")) == 6


async def test_a149_changing_the_delay(sio, server):
    script = await sio(server.url, reconnectionDelay=10, reconnectionDelayMax=10, randomizationFactor=0)
    assert max((await gaps(server, 3))[:2]) < 700
    script.do("opts", set={"reconnectionDelay": 800, "reconnectionDelayMax": 800, "randomizationFactor": 0})
    await script.state()
    request = await server.request()
    request.answer(500)
    later = await server.request()
    assert (later.time - request.time_answered) * 1000 >= 799
    script.do("opts", set={"reconnectionAttempts": 3})
    await script.state()
    later.answer(500)
    await script.manager("reconnect_failed")


async def test_a149_no_delay_at_all(sio, server):
    script = await sio(server.url, reconnectionDelay=0, reconnectionDelayMax=0)
    assert max(await gaps(server, 5)) < 700
    assert not script.managers("reconnect_failed")


async def test_a149_reconnection_switched_off_and_on(sio, server):
    script = await sio(server.url, reconnectionDelay=1500, randomizationFactor=0)
    (await server.request()).answer(500)
    await script.manager("error")
    script.do("opts", set={"reconnection": False})
    await script.state()
    await asyncio.sleep(2)
    assert server.incoming.empty() and not script.managers("reconnect_attempt")
    script.do("opts", set={"reconnection": True})
    script.do("connect")
    (await server.request()).answer(500)
    await script.manager("reconnect_attempt", 1)
    await (await server.accept()).join()
    await script.expect("connect")


@pytest.mark.slow
async def test_a151_many_attempts(sio, server):
    script = await sio(server.url, reconnectionDelay=5, reconnectionDelayMax=5, randomizationFactor=0)
    # Timers count whole milliseconds, from the loop's last look at the clock.
    assert min(await gaps(server, 1300)) >= 3
    assert len(script.all("manager", name="reconnect_attempt")) >= 1299


async def test_a152_opening_while_waiting(sio, server):
    script = await sio(server.url, reconnectionDelay=60000, randomizationFactor=0)
    (await server.request()).answer(500)
    await script.manager("error")
    script.do("open", tag=1)
    script.do("opts", set={"reconnectionDelay": 10})
    session = await server.accept()
    await script.expect("opened", tag=1, error=None)
    await session.join()
    await script.expect("connect")
    session.lose()
    await script.manager("reconnect_attempt", 1)
    await (await server.accept()).join()
    await script.expect("connect")
    assert len(script.all("manager", name="reconnect_attempt")) == 1

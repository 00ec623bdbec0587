"""A server of several processes: what a client keeps when one of them dies, and who receives whose messages."""

import asyncio
import json

import pytest
from cluster import Cluster
from script import PATIENCE, Script

ROUTES = {"polling": ["polling"], "websocket": ["websocket"], "upgrade": ["polling", "websocket"]}
LOAD = 300


@pytest.fixture
async def cluster(tmp_path):
    cluster = Cluster(tmp_path)
    try:
        await cluster.start()
        yield cluster
    finally:
        await cluster.stop()


@pytest.fixture
async def connect(cluster):
    scripts = []

    async def connect(route):
        options = {
            "transports": ROUTES[route],
            # The balancer recognises a client by its cookie.
            "withCredentials": True,
            "reconnectionDelay": 50,
            "reconnectionDelayMax": 500,
            "retries": 1_000_000,
            "ackTimeout": 10_000,
        }
        script = await Script.start(cluster.url, "--options", json.dumps(options))
        scripts.append(script)
        await script.expect("connect")
        if route == "upgrade":
            await script.count(1, "upgrade")
        return script

    yield connect
    for script in scripts:
        await script.stop()


async def whereabouts(script):
    script.emit("where", ack=True, tag="where")
    return (await script.expect("ack", tag="where"))["args"][0]


@pytest.mark.parametrize("route", ROUTES)
async def test_events_survive_the_process_that_is_killed_under_load(cluster, connect, route):
    script = await connect(route)
    killed = await whereabouts(script)

    def add(numbers):
        for number in numbers:
            script.emit("add", "numbers", number, ack=True, tag=number)

    add(range(LOAD // 2))
    await script.count(1 + LOAD // 4, "ack")
    # In the middle of it, or after it if this test is delayed; what follows goes to the other process in any case.
    await cluster.kill(killed)
    add(range(LOAD // 2, LOAD))
    acks = (await script.count(1 + LOAD, "ack"))[1:]

    assert [ack["tag"] for ack in acks] == list(range(LOAD))
    assert all("error" not in ack for ack in acks)
    assert len(script.all("disconnect")) >= 1
    served_by = [ack["args"][0] for ack in acks]
    (other,) = set(cluster.names) - {killed}
    assert served_by == sorted(served_by, key=[killed, other].index) and served_by[-1] == other
    # Each at least once, and each in order of its first arrival.
    arrived = [int(number) for number in await cluster.database.lrange("numbers", 0, -1)]
    assert list(dict.fromkeys(arrived)) == list(range(LOAD))


@pytest.mark.parametrize("route", ROUTES)
async def test_clients_of_different_processes_receive_each_others_messages(cluster, connect, route):
    one = await connect(route)
    here = await whereabouts(one)
    # The balancer takes turns, but not per client.
    for _ in range(10):
        other = await connect(route)
        if await whereabouts(other) != here:
            break
    else:
        raise AssertionError("all clients are on one process")
    # A process learns of the others a moment after its first client came.
    async with asyncio.timeout(PATIENCE):
        while not (one.all("event", name="said") and other.all("event", name="said")):
            one.emit("say", "hello")
            await asyncio.sleep(0.1)
    for script in (one, other):
        assert script.all("event", name="said")[0]["args"] == ["hello"]

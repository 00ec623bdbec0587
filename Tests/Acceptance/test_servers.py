"""Whole scenarios against real servers: the project's own, and one that is not from this project."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

PYTHON_SERVER = Path(__file__).parent.parent / "InteropTests/Servers/python_server.py"


class Process:
    """A server process on a free port."""

    async def start(self, *command):
        self.process = await asyncio.create_subprocess_exec(*map(str, command), stdout=asyncio.subprocess.PIPE)
        line = (await self.process.stdout.readline()).decode()
        assert line.startswith("listening on "), line
        self.url = line.split()[-1]
        return self

    async def stop(self):
        if self.process.returncode is None:
            self.process.terminate()
        await self.process.wait()


@pytest.fixture
def start(stack):
    async def start(kind, *flags):
        command = [os.environ["SOCKETIO_TEST_SERVER"], "--port", "0"] if kind == "own" else [sys.executable, PYTHON_SERVER]
        server = await Process().start(*command, *flags)
        stack.append(server)
        return server

    return start


@pytest.fixture(params=["own", "python"])
async def real(request, start):
    return await start(request.param)


@pytest.mark.parametrize("transports", [["polling"], ["websocket"], ["polling", "websocket"]])
async def test_a_story(sio, real, transports):
    script = await sio(real.url, transports=transports)
    await script.when("event:question", {"do": "reply", "args": ["an answer", {"$binary": "/w=="}]})
    script.emit("echo", 1, "€", {"$binary": "AQI="}, ack=True, tag="echo")
    await script.expect("connect")
    await script.expect("ack", tag="echo", args=[1, "€", {"$binary": "AQI="}])
    script.emit("ask", {"$binary": "AA=="})
    await script.expect("event", name="question", args=[{"$binary": "AA=="}])
    await script.expect("event", name="answer")
    script.emit("burst", 500)
    await script.expect("event", name="burst", args=[499])
    assert [line["args"][0] for line in script.all("event", name="burst")] == list(range(500))
    if len(transports) == 2:
        await script.count(1, "upgrade", transport="websocket")
    script.emit("echo", 2, ack=True, tag="end")
    await script.expect("ack", tag="end", args=[2])
    script.do("quit")
    assert (await script.ended(), script.errors) == (0, "")


@pytest.mark.parametrize("transports", [["polling"], ["websocket"], ["polling", "websocket"]])
async def test_coming_and_going(sio, real, transports):
    """Twenty times in a row without waiting, while another namespace stays."""
    script = await sio(real.url, transports=transports)
    script.do("io", socket="echo", url=f"{real.url}/echo")
    for _ in range(20):
        script.do("disconnect")
        script.do("connect")
    await script.expect("connect", socket="main")
    for name in ("main", "echo"):
        script.emit("echo", name, ack=True, tag=name, socket=name)
    await script.count(1, "ack", tag="main", args=["main"])
    await script.count(1, "ack", tag="echo", args=["echo"])
    assert not script.managers("close") and not script.all("disconnect", socket="echo")


@pytest.mark.parametrize("transports", [["polling"], ["websocket"], ["polling", "websocket"]])
async def test_coming_and_going_alone(sio, real, transports):
    """Each time on a new connection."""
    script = await sio(real.url, transports=transports)
    for _ in range(20):
        script.do("disconnect")
        script.do("connect")
    script.emit("echo", 1, ack=True, tag="end")
    await script.expect("ack", tag="end", args=[1])
    state = await script.state()
    assert state["connected"] and state["active"]
    connects, disconnects = script.all("connect"), script.all("disconnect")
    assert len(connects) == len(disconnects) + 1 and not script.all("connect_error")


async def test_a182_recovery(sio, start):
    server = await start("own", "--recovery", "60")
    script = await sio(server.url, transports=["websocket"], reconnectionDelay=10)
    first = await script.expect("connect", recovered=False)
    script.emit("message", "x")
    await script.expect("event", name="message-back")
    script.emit("drop-me")
    await script.expect("disconnect")
    assert (await script.expect("connect", id=first["id"]))["recovered"] is True


@pytest.mark.parametrize("event, reason", [("close-me", "transport close"), ("disconnect-me", "io server disconnect")])
async def test_ends_by_the_server(sio, start, transport, event, reason):
    server = await start("own")
    script = await sio(server.url, transports=[transport], reconnectionDelay=10)
    await script.expect("connect")
    script.emit(event)
    line = await script.expect("disconnect", reason=reason)
    if line["active"]:
        await script.expect("connect")


async def test_ping_timeout(sio, start, transport):
    server = await start("own", "--ping-interval", "100", "--ping-timeout", "100")
    script = await sio(server.url, transports=[transport])
    await script.manager("ping")
    await script.manager("ping")
    script.emit("silence")
    await script.expect("disconnect", reason="ping timeout", active=True)


async def test_a174_refused_credentials(sio, real):
    script = await sio(f"{real.url}/admin", auth={"token": "wrong"}, autoConnect=False)
    await script.when("connect_error", {"do": "auth", "value": {"token": "abcd"}}, "connect")
    script.do("connect")
    await script.expect("connect_error", message="invalid credentials", active=False)
    await script.expect("connect")


async def test_unknown_namespaces(sio, start):
    server = await start("own")
    script = await sio(f"{server.url}/nowhere")
    await script.expect("connect_error", message="Invalid namespace", active=False)

"""Failures that other clients pass over silently are reported, and what a server said is shown."""

import asyncio
import base64
import json
import os

import pytest

from script import PATIENCE

HANDSHAKE = {"upgrades": [], "pingInterval": 25000, "pingTimeout": 20000, "maxPayload": 1000000}


def end_by_code(session):
    session.socket.close(1008, "auth failed")


def end_without_code(session):
    session.socket.close()


def end_by_fin(session):
    session.socket.connection.close()


def end_by_reset(session):
    session.socket.reset()


def end_by_packet(session):
    session.send("1")


def send_garbage(session):
    session.send("4garbage")


def send_no_engine_packet(session):
    session.send("x")


def send_too_early_attachment(session):
    session.send("bAQ==" if session.transport == "polling" else b"\x01")


ENDINGS = [
    ("websocket", end_by_code, "1008, auth failed"),
    ("websocket", end_without_code, "transport close"),
    ("websocket", end_by_fin, "1006"),
    ("websocket", end_by_reset, ""),
    ("polling", end_by_packet, "closed by the server"),
    ("websocket", send_garbage, "parse error"),
    ("polling", send_garbage, "parse error"),
    ("websocket", send_no_engine_packet, "not an Engine.IO packet"),
    ("polling", send_no_engine_packet, "not an Engine.IO payload"),
    ("websocket", send_too_early_attachment, "parse error"),
    ("polling", send_too_early_attachment, "parse error"),
]


@pytest.mark.parametrize(("transport", "end", "text"), ENDINGS)
async def test_a_session_that_ends_before_the_namespace_is_joined(sio, server, transport, end, text):
    script = await sio(server.url, transports=[transport], reconnectionDelay=20, randomizationFactor=0)
    for attempt in range(2):
        session = await server.accept()
        await session.connect_packet()
        end(session)
        error = await script.expect("connect_error")
        assert text in error["message"] and error["active"]
    session = await server.accept()
    await session.join()
    await script.expect("connect")
    assert len(script.all("connect_error")) == 2 and script.all("disconnect") == []


@pytest.mark.parametrize(("transport", "end", "text"), ENDINGS)
async def test_the_same_without_reconnection(sio, server, transport, end, text):
    script = await sio(server.url, transports=[transport], reconnection=False)
    session = await server.accept()
    await session.connect_packet()
    end(session)
    assert text in (await script.expect("connect_error"))["message"]
    assert not (await script.state())["connected"]
    assert len(script.all("connect_error")) == 1


async def test_ping_timeouts_before_the_namespace_is_joined(sio, server, transport):
    script = await sio(server.url, transports=[transport], reconnection=False)
    session = await server.accept(pingInterval=100, pingTimeout=100)
    await session.connect_packet()
    assert "ping timeout" in (await script.expect("connect_error"))["message"]


async def test_opening_has_an_answer(sio, server):
    script = await sio(server.url, transports=["websocket"], reconnection=False, autoConnect=False)
    script.do("open", tag="o")
    session = await server.accept()
    await session.connect_packet()
    session.socket.close(1008, "auth failed")
    await script.expect("opened", tag="o", error=None)
    assert "auth failed" in (await script.expect("connect_error"))["message"]


async def run(*arguments):
    return await asyncio.create_subprocess_exec(
        os.environ.get("SIO", "sio"), *arguments, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip


@pytest.mark.parametrize("arguments", [["connect"], ["listen"], ["connect", "--verbose"]])
async def test_commands_say_why(server, arguments):
    process = await run(
        arguments[0], server.url, *arguments[1:], "--options", '{"reconnection":false}', "--transports", "websocket"
    )
    session = await server.accept()
    await session.connect_packet()
    session.socket.close(1008, "auth failed")
    async with asyncio.timeout(PATIENCE):
        output, errors = await process.communicate()
    assert process.returncode == 1
    lines = [line for line in errors.decode().splitlines() if "1008, auth failed" in line]
    assert lines[-1].startswith("sio: ")
    assert (len(lines) > 1) == ("--verbose" in arguments)


@pytest.mark.parametrize("command", ["connect", "listen"])
async def test_commands_complete_when_reconnecting_is_given_up(server, command):
    options = {"reconnectionAttempts": 1, "reconnectionDelay": 0}
    process = await run(command, server.url, "--options", json.dumps(options), "--transports", "polling")
    for _ in range(2):
        (await server.request()).answer(503)
    async with asyncio.timeout(PATIENCE):
        await process.wait()
    assert process.returncode == 1
    process.stdin.close()


async def test_acknowledgements_wait_on_where_a_handler_connects_again(sio, server):
    script = await sio(server.url, transports=["websocket"], autoConnect=False)
    await script.when("connect_error", {"do": "auth", "value": {"token": "new"}}, "connect", times=1)
    script.emit("asked", ack=True, tag=1)
    script.do("connect")
    session = await server.accept()
    await session.connect_packet()
    session.send('44{"message":"no"}')
    session = await server.accept()
    assert await session.join() == {"token": "new"}
    await session.expect('420["asked"]')
    session.send('430["yes"]')
    await script.expect("ack", tag=1, args=["yes"])


async def test_acknowledgements_that_wait_during_a_refusal(sio, server):
    script = await sio(server.url, transports=["websocket"])
    session = await server.accept()
    await session.connect_packet()
    script.emit("plain")
    script.emit("asked", ack=True, tag=1)
    script.emit("timed", ack=True, timeout=60000, tag=2)
    await script.state()
    session.send('44{"message":"no"}')
    await script.expect("connect_error", message="no", active=False)
    await script.expect("ack", tag=1, error="no")
    await script.expect("ack", tag=2, error="no")
    script.do("connect")
    session = await server.accept()
    await session.join()
    await session.expect('42["plain"]')
    script.emit("last")
    await session.expect('42["last"]')


@pytest.mark.parametrize("kind", ["GET", "POST", "websocket"])
async def test_what_the_server_said(sio, server, kind):
    script = await sio(
        server.url, transports=["websocket" if kind == "websocket" else "polling"], reconnection=False)
    answer = {"status": 400, "body": '{"code":1,"message":"Session ID \\u001b[31munknown"}', "type": "application/json"}
    if kind != "POST":
        (await server.request()).answer(**answer)
    else:
        session = await server.accept()
        session.hold_posts()
        (await session.next_post()).answer(**answer)
    error = await script.expect("connect_error", status=400)
    assert error["message"].endswith("HTTP status 400: Session ID \\u{1b}[31munknown")


async def test_pages_of_html_are_shortened(sio, server):
    script = await sio(server.url, transports=["polling"], reconnection=False)
    (await server.request()).answer(502, "<html>\r\n" + "x" * 100_000)
    message = (await script.expect("connect_error", status=502))["message"]
    assert "HTTP status 502: <html> xxx" in message and message.endswith("…") and len(message) < 300


async def test_queries_and_passwords_are_not_repeated(sio, server):
    script = await sio(server.url + "/?token=SECRET", transports=["polling"], reconnection=False)
    request = await server.request()
    assert "token=SECRET" in request.target
    request.answer(404, f"Cannot GET {request.target}")
    error = await script.expect("connect_error", status=404)
    assert "Cannot GET /socket.io/?…" in error["message"] and "SECRET" not in error["message"]
    script.do("io", socket="bad", url="http://user:SECRET@[bad/?token=SECRET")
    error = await script.expect("error", socket="bad")
    assert "[bad" in error["message"] and "SECRET" not in error["message"]


async def test_a_reason_with_terminal_control_characters(sio, server):
    script = await sio(server.url, transports=["websocket"], reconnection=False)
    session = await server.accept()
    session.socket.close(1008, "\x1b[31m\u009bno")
    error = await script.expect("connect_error")
    assert "(code 1008, \\u{1b}[31m\\u{9b}no)" in error["message"]


@pytest.mark.parametrize("transport", ["polling", "websocket"])
@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_where_a_redirect_leads(sio, server, status, transport):
    script = await sio(server.url, transports=[transport], reconnection=False)
    (await server.request()).answer(status, headers=["Location: https://elsewhere.example/socket.io/"])
    error = await script.expect("connect_error", status=status)
    assert "a redirect to https://elsewhere.example/socket.io/, which is not followed" in error["message"]
    assert len(server.requests) == 1


@pytest.mark.parametrize("is_binary", [False, True])
async def test_servers_of_engine_io_3(sio, server, is_binary):
    script = await sio(server.url, transports=["polling", "websocket"], tryAllTransports=True, reconnectionDelay=1)
    packet = "0" + json.dumps({"sid": "S"} | HANDSHAKE)
    if is_binary:
        length = bytes(int(digit) for digit in str(len(packet)))
        body = b"\x00" + length + b"\xff" + packet.encode() + b"\x00\x02\xff40"
    else:
        body = f"{len(packet)}:{packet}2:40"
    (await server.request()).answer(200, body)
    assert "v2.x" in (await script.expect("connect_error", active=True))["message"]
    await script.expect("manager", name="error")
    # No automatic retry: the next request is the one made by hand.
    script.do("sleep", ms=50)
    await script.state()
    assert len(server.requests) == 1 and len(script.all("connect_error")) == 1
    script.do("connect")
    await (await server.accept()).join()
    await script.expect("connect")


async def test_recovery_is_given_up_after_a_packet_that_cannot_be_read(sio, server, transport):
    script = await sio(server.url, transports=[transport], reconnectionDelay=1)
    session = await server.accept()
    await session.connect_packet()
    session.welcome(pid="P")
    session.send('42["x","offset"]')
    await script.expect("event", name="x")
    session.send('4511-["files"]')
    await script.expect("disconnect", reason="parse error")
    session = await server.accept()
    assert await session.connect_packet() is None


async def test_recovery_is_given_up_after_a_message_that_is_too_large(sio, server, transport):
    script = await sio(server.url, transports=[transport], reconnectionDelay=1, maxMessageSize=1000)
    session = await server.accept()
    await session.connect_packet()
    session.welcome(pid="P")
    session.send('42["x","offset"]')
    await script.expect("event", name="x")
    session.send("42" + json.dumps(["large", "x" * 2000]))
    await script.expect("disconnect", reason="transport error")
    session = await server.accept()
    assert await session.connect_packet() is None


async def test_events_of_a_session_that_was_left(connect, server):
    script, session = await connect("websocket")
    script.do("io", socket="a", url=f"{server.url}/a", options={"transports": ["websocket"]})
    await session.join("/a")
    await script.expect("connect", socket="a")
    await script.when("event:x", {"do": "reply", "args": ["answer"]}, socket="a")
    script.do("disconnect", socket="a")
    script.do("connect", socket="a")
    await session.expect("41/a,")
    await session.connect_packet("/a")
    session.send('42/a,7["x"]')
    session.welcome("/a", "next")
    await script.expect("connect", socket="a", id="next")
    session.send('42/a,8["x"]')
    await session.expect('43/a,8["answer"]')
    await script.expect("event", name="x")
    assert len(script.all("event")) == 1


async def test_a_handshake_from_a_cache(sio, server):
    script = await sio(server.url, transports=["polling"], reconnection=False)
    handshake = "0" + json.dumps({"sid": "S"} | HANDSHAKE)
    (await server.request()).answer(200, handshake)
    while True:
        request = await server.request()
        if request.method == "GET":
            break
        request.answer(200, "ok")
    request.answer(200, handshake)
    error = await script.expect("connect_error")
    assert "second time" in error["message"]
    await script.expect("manager", name="close", args=["transport error"])
    assert len([request for request in server.requests if request.method == "GET"]) == 2


@pytest.mark.parametrize("name", ["sid", "EIO", "transport", "j", "b64"])
@pytest.mark.parametrize("place", ["option", "url", "transportOptions"])
async def test_reserved_parameters(sio, server, name, place):
    script = await sio()
    url, options = server.url, {}
    if place == "option":
        options = {"query": {name: "abc"}}
    elif place == "url":
        url += f"/?{name}=abc"
    else:
        options = {"transportOptions": {"polling": {"query": {name: "abc"}}}}
    script.do("io", url=url, options=options, tag=1)
    assert f'"{name}"' in (await script.expect("error", tag=1))["message"]
    assert server.requests == []


@pytest.mark.parametrize("text", ["+/8=", "-_8=", "-_8", "+/8"])
async def test_base64_without_padding_and_for_urls(connect, transport, text):
    script, session = await connect(transport)
    session.send('451-["x",{"_placeholder":true,"num":0}]', f"b{text}")
    expected = base64.b64encode(b"\xfb\xff").decode()
    await script.expect("event", name="x", args=[{"$binary": expected}])

"""What a server can demand with pings and empty answers is bounded, and pongs are not late."""

import asyncio
import json
import os
import re
import socket
import sys

import pytest

linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def peak_memory(script):
    """In bytes."""
    with open(f"/proc/{script.process.pid}/status") as status:
        return int(re.search(r"VmHWM:\s+(\d+) kB", status.read())[1]) << 10


async def test_one_pong_waits_ahead_of_the_queue(connect):
    script, session = await connect("websocket")
    session.socket.connection.hold_reading()
    large = "x" * (4 << 20)
    script.emit("large", large)
    script.emit("behind")
    await script.state()  # from here on the large message is being sent
    session.send(*["2"] * 1000, '42["all"]')
    await script.expect("event", name="all")
    session.socket.connection.go_on_reading()
    await session.expect(f'42["large","{large}"]', "3", '42["behind"]')


async def packets_of_a_slow_way(connect, count, text):
    """What a server that has stopped reading finds when it resumes, after a ping behind that many events."""
    script, session = await connect("websocket")
    session.socket.connection.hold_reading()
    for _ in range(count):
        script.emit("large", text)
    await script.state()
    session.send("2", '42["pinged"]')
    await script.expect("event", name="pinged")
    session.socket.connection.go_on_reading()
    return await session.receive_all(count + 1)


async def test_a_pong_is_in_time_on_a_slow_uplink(connect):
    text = "x" * 50_000
    packets = await packets_of_a_slow_way(connect, 100, text)
    assert packets.index("3") < 20
    packets.remove("3")
    assert packets == [f'42["large","{text}"]'] * 100


@linux
async def test_little_is_ahead_of_a_pong_where_network_buffers_are_small(connect, server):
    server.server.sockets[0].setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 << 10)
    packets = await packets_of_a_slow_way(connect, 300, "x" * 5_000)
    # The kernel doubles the 16 KiB. At the client it holds 32 KiB more, and a batch of 64 KiB that was written then.
    assert packets.index("3") <= (32 + 32 + 64) * 1024 / 5_000 + 1


async def test_on_polling_the_pong_goes_with_the_next_post(connect):
    script, session = await connect("polling")
    session.hold_posts()
    for index in range(200):
        script.emit("large", index, "x" * 50_000)
    post = await session.next_post()
    await script.state()
    session.send(*["2"] * 1000, '42["pinged"]')
    await script.expect("event", name="pinged")
    post.answer(200, "ok")
    post = await session.next_post()
    assert post.packets[0] == "3" and "3" not in post.packets[1:] and len(post.packets) > 1
    post.answer(200, "ok")
    post = await session.next_post()
    assert "3" not in post.packets
    session.holds_posts = False
    post.answer(200, "ok")


@linux
@pytest.mark.parametrize("packet", ["2", "6"])
async def test_a_million_packets_in_an_answer(connect, packet):
    script, session = await connect("polling")
    posts = session.posts.qsize()
    before = peak_memory(script)
    session.send(*[packet] * 1_000_000, '42["all"]')
    await script.expect("event", name="all")
    script.emit("x")
    await session.expect(*["3"] * (packet == "2"), '42["x"]')
    assert session.posts.qsize() - posts <= 2
    # The body, which libcurl and the core both hold for a moment, and little else.
    assert peak_memory(script) - before < 24 << 20
    assert len(script.all("manager", name="ping")) == (packet == "2")


@linux
@pytest.mark.parametrize("frame", [b"\x81\x012", b"\x89\x04ping"])
async def test_a_flood_of_pings_to_a_client_that_cannot_answer(connect, frame):
    script, session = await connect("websocket")
    connection = session.socket.connection
    connection.hold_reading()
    before = peak_memory(script)
    for _ in range(300):
        connection.write(frame * 1000)
        await connection.writer.drain()
    session.send('42["all"]')
    await script.expect("event", name="all")
    assert peak_memory(script) - before < 8 << 20
    connection.go_on_reading()


@pytest.mark.parametrize("body", ["6", "2", "3\x1e5\x1e6"])
async def test_answers_at_once_without_a_message(connect, body):
    script, session = await connect("polling")
    (await session.held_poll()).answer(200, body)
    loop = asyncio.get_running_loop()
    count, end = 0, loop.time() + 1
    while loop.time() < end:
        (await session.held_poll()).answer(200, body)
        count += 1
    assert count < 20
    session.send('42["still here"]')
    await script.expect("event", name="still here")
    assert not script.all("disconnect")


async def test_messages_at_once_are_asked_for_at_once(connect):
    script, session = await connect("polling")
    for index in range(50):
        (await session.held_poll()).answer(200, f'42["x",{index}]')
    lines = await script.count(50, "event", name="x")
    assert [line["args"] for line in lines] == [[index] for index in range(50)]


async def test_an_answer_without_a_packet_ends_the_session(connect):
    script, session = await connect("polling")
    (await session.held_poll()).answer(200, "")
    await script.expect("disconnect", reason="transport error", active=True)


@pytest.mark.parametrize("name", ["sid", "EIO", "transport", "j", "b64"])
async def test_the_command_refuses_reserved_parameters(server, name):
    process = await asyncio.create_subprocess_exec(
        os.environ.get("SIO", "sio"), "connect", server.url, "--query", f"{name}=abc",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    _, errors = await process.communicate()
    assert process.returncode not in (0, None) and f'"{name}"' in errors.decode()
    assert server.requests == []


async def test_reserved_parameters_set_later(connect):
    script, session = await connect("polling", reconnectionDelay=10)
    script.do("opts", set={"query": {"sid": "abc"}}, tag=1)
    assert '"sid"' in (await script.expect("error", tag=1))["message"]


async def test_names_that_only_look_reserved(sio, server):
    await sio(f"{server.url}/?Sid=a&eio=b", transports=["polling"], query={"SID": "c", "J": "d", "t": "mine"})
    query = (await server.request()).query
    assert {name: query[name] for name in ["Sid", "eio", "SID", "J"]} == {"Sid": "a", "eio": "b", "SID": "c", "J": "d"}
    assert query["t"] != "mine" and query["EIO"] == "4"

"""Section A: requests, and HTTP long-polling."""

import asyncio
import json

import pytest


async def test_a001_the_first_request(sio, server):
    await sio(server.url)
    request = await server.request()
    assert (request.method, request.path) == ("GET", "/socket.io/")
    assert (request.query["EIO"], request.query["transport"]) == ("4", "polling")
    assert "sid" not in request.query and "b64" not in request.query and "j" not in request.query
    assert request.headers["accept"] == "*/*" and request.headers["host"] == server.authority


async def test_a002_a_custom_path(sio, server, transport):
    script = await sio(f"{server.url}/order", path="/my-custom-path/", transports=[transport])
    assert (await script.expect("created"))["namespace"] == "/order"
    session = await server.accept()
    await session.join("/order")
    await script.expect("connect")
    assert {request.path for request in server.requests} == {"/my-custom-path/"}


@pytest.mark.parametrize(
    "options, path",
    [
        ({"path": "/x"}, "/x/"),
        ({"path": "/x/"}, "/x/"),
        ({"path": "/x", "addTrailingSlash": False}, "/x"),
        ({"path": "/x/", "addTrailingSlash": False}, "/x"),
        ({"addTrailingSlash": False}, "/socket.io"),
        ({"path": "/a/b.c"}, "/a/b.c/"),
        ({"path": ""}, "/socket.io/"),
        ({"path": "/"}, "/"),
        ({"path": "x"}, "/x/"),
    ],
)
async def test_a003_a004_the_slash_of_the_path(sio, server, transport, options, path):
    await sio(server.url, transports=[transport], **options)
    assert (await server.request()).path == path


async def test_a005_timestamps_differ(connect, server):
    script, session = await connect("polling")
    for number in range(5):
        script.emit("x", number)
        await session.receive()
        session.send("6")
    stamps = [request.query["t"] for request in server.requests]
    assert len(stamps) >= 8 and len(set(stamps)) == len(stamps)


async def test_a006_no_timestamps(connect, server, transport):
    script, session = await connect(transport, timestampRequests=False)
    script.emit("x")
    await session.receive()
    assert server.requests and all("t" not in request.query for request in server.requests)


async def test_a007_the_name_of_timestamps(connect, server, transport):
    await connect(transport, timestampParam="ts")
    assert all("ts" in request.query and "t" not in request.query for request in server.requests)


@pytest.mark.parametrize("options", [{}, {"timestampRequests": True}])
async def test_a008_a009_timestamps_on_websockets(sio, server, options):
    """As documented on the options page; the JavaScript client omits it by default."""
    await sio(server.url, transports=["websocket"], **options)
    assert (await server.request()).query["t"]


async def test_a010_the_session_id(connect, server):
    script, session = await connect(
        "polling", handshake={"sid": "S-1 &", "upgrades": ["websocket"]}, transports=["polling", "websocket"]
    )
    script.emit("x")
    await session.receive()
    upgrade = await session.upgrade()
    first, *later = server.requests
    assert "sid" not in first.query and upgrade in later
    assert {request.query["sid"] for request in later} == {"S-1 &"}
    assert {request.method for request in later} == {"GET", "POST"}


async def test_a015_packets_of_one_response(connect):
    script, session = await connect("polling")
    session.send('42["a"]', '42["b"]', '42["c"]')
    for name in "abc":
        await script.expect("event", name=name, args=[])


async def test_a016_binary_in_posts(connect):
    script, session = await connect("polling")
    script.emit("x", {"$binary": "AQIDBA=="})
    post = await session.next_post()
    while post.body.startswith("40"):
        post = await session.next_post()
    assert post.body == '451-["x",{"_placeholder":true,"num":0}]\x1ebAQIDBA=='


async def test_a019_binary_in_polls(connect):
    script, session = await connect("polling")
    session.send('451-["x",{"_placeholder":true,"num":0}]', "bAQIDBA==")
    session.send('452-["y",{"_placeholder":true,"num":1},{"_placeholder":true,"num":0}]', "b", "b/w==")
    await script.expect("event", name="x", args=[{"$binary": "AQIDBA=="}])
    await script.expect("event", name="y", args=[{"$binary": "/w=="}, {"$binary": ""}])


async def hold_a_post(script, session):
    """Drains earlier requests, and leaves a POST of one event unanswered."""
    session.hold_posts()
    script.emit("first")
    post = await session.next_post()
    assert post.body == '42["first"]'
    return post


async def test_a020_emits_during_a_post_share_the_next(connect):
    script, session = await connect("polling")
    post = await hold_a_post(script, session)
    script.emit("a")
    script.emit("b")
    await script.state()
    post.answer(200, "ok")
    assert (await session.next_post()).body == '42["a"]\x1e42["b"]'


async def test_a021_one_request_of_each_kind(connect, server):
    """The session allows only one at a time."""
    script, session = await connect("polling")
    for number in range(300):
        script.emit("x", number)
    for number in range(300):
        session.send(f'42["y",{number}]')
        assert await session.receive() == f'42["x",{number}]'
    await script.expect("event", name="y", args=[299])
    assert [line["args"] for line in script.all("event", name="y")] == [[number] for number in range(300)]
    assert not server.errors


async def test_at_most_16_packets_in_a_post(connect):
    """python-engineio refuses more."""
    script, session = await connect("polling")
    post = await hold_a_post(script, session)
    for number in range(40):
        script.emit("x", number)
    await script.state()
    counts = []
    while sum(counts) < 40:
        post.answer(200, "ok")
        post = await session.next_post()
        counts.append(len(post.packets))
    assert counts == [16, 16, 8]


def event_of(size, character="x"):
    """The string to emit for an Engine.IO payload of that size: `2["e","…"]`."""
    length, rest = divmod(size - len('2["e",""]'), len(character.encode()))
    assert rest == 0
    return character * length


async def posts_of(script, session, emits):
    """The packets of each POST after the one for the first emit."""
    session.hold_posts()
    script.emit("e", *emits[0])
    post = await session.next_post()
    posts = [post]
    for arguments in emits[1:]:
        script.emit("e", *arguments)
    script.emit("end")
    await script.state()
    while '42["end"]' not in posts[-1].packets:
        posts[-1].answer(200, "ok")
        posts.append(await session.next_post())
    return posts


async def test_a022_payload_limit(connect):
    script, session = await connect("polling", handshake={"maxPayload": 100})
    texts = [event_of(size) for size in (99, 30, 30, 35, 99)]
    posts = await posts_of(script, session, [[text] for text in texts])
    assert [len(post.packets) for post in posts] == [1, 3, 1, 1]
    assert [len(post.body) for post in posts] == [100, 100, 100, len('42["end"]')]


async def test_a023_one_packet_beyond_the_limit(connect):
    script, session = await connect("polling", handshake={"maxPayload": 100})
    texts = [event_of(size) for size in (10, 150, 10)]
    posts = await posts_of(script, session, [[text] for text in texts])
    assert [len(post.body) for post in posts] == [11, 151, len('42["e","x"]\x1e42["end"]')]


async def test_a024_binary_counts_as_base64(connect):
    script, session = await connect("polling", handshake={"maxPayload": 200})
    header = '451-["e",{"_placeholder":true,"num":0}]'
    binaries = ["A" * 132] * 4  # 99 bytes each: with header and separators that is 173 bytes
    posts = await posts_of(script, session, [[{"$binary": binary}] for binary in binaries])
    packets = [packet for post in posts for packet in post.packets]
    assert packets == [header, "b" + binaries[0]] * 4 + ['42["end"]']
    assert [len(post.packets) for post in posts] == [2, 2, 2, 3]
    assert max(len(post.body) for post in posts) <= 200


async def test_a025_bytes_count_not_characters(connect):
    script, session = await connect("polling", handshake={"maxPayload": 100})
    texts = [event_of(99), event_of(30, "€"), event_of(30, "€"), event_of(33, "Ж"), event_of(99, "€")]
    posts = await posts_of(script, session, [[text] for text in texts])
    assert [len(post.packets) for post in posts[:3]] == [1, 3, 1]
    assert len(posts[1].body_bytes) <= 100


async def test_a025_text_beyond_ascii(connect, transport):
    script, session = await connect(transport)
    text = "€ 😀 👩‍👩‍👧 Привет \u0000 \u2028 \" \\ \x1f ü"
    script.emit("x", text)
    packet = await session.receive()
    assert "€ 😀 👩‍👩‍👧 Привет" in packet and "ü" in packet
    session.send(packet)
    await script.expect("event", name="x", args=[text])


@pytest.mark.parametrize("status", [500, 204, 206, 400, 403, 404, 301, 503])
async def test_a026_a027_statuses_before_the_session(sio, server, status):
    script = await sio(server.url, transports=["polling"])
    (await server.request()).answer(status, "" if status == 204 else "0{}")
    line = await script.expect("connect_error", status=status, active=True)
    assert line["message"].startswith("xhr poll error") and str(status) in line["message"]
    await script.manager("error", line["message"])
    assert not script.all("disconnect") and not script.all("manager", name="close")


@pytest.mark.parametrize("status", [500, 204, 206, 400])
async def test_a026_a027_statuses_in_the_session(connect, server, status):
    script, session = await connect("polling")
    (await session.held_poll()).answer(status, "" if status == 204 else "42[1]")
    await script.expect("disconnect", reason="transport error", active=True)
    error = script.all("manager", name="error")[0]["args"][0]
    assert error.startswith("xhr poll error") and str(status) in error
    await (await server.accept()).join()
    await script.expect("connect")
    assert not script.all("connect_error")


@pytest.mark.parametrize("body", ["<html>no</html>", "", "9", "6\x1e\x1e", "b?", b"4\xff\xfe"])
async def test_a028_bodies_that_are_not_payloads(connect, server, body):
    script, session = await connect("polling")
    (await session.held_poll()).answer(200, body, type="text/html")
    await script.expect("disconnect", reason="transport error")
    assert "server error" in script.all("manager", name="error")[0]["args"][0]
    await (await server.accept()).join()
    await script.expect("connect")


@pytest.mark.parametrize(
    "body", ["<html>", "", "6", "0", "0{", "0[]", "0{}", '0{"sid":1}', '40{"sid":"x"}', "1", '0null', '0{"sid":"x"}']
)
async def test_a028_invalid_handshakes(sio, server, body):
    script = await sio(server.url, transports=["polling"], reconnectionDelay=10)
    (await server.request()).answer(200, body)
    await script.expect("connect_error", active=True)
    await script.manager("reconnect_attempt", 1)
    assert not script.all("manager", name="open") and not script.all("disconnect")


async def test_a028_packets_before_a_bad_one_count(connect):
    script, session = await connect("polling")
    session.send('42["a"]', "9", '42["b"]')
    await script.expect("event", name="a")
    await script.expect("disconnect", reason="transport error")
    assert not script.all("event", name="b")


async def test_a029_a_close_packet_in_a_poll(connect):
    script, session = await connect("polling")
    session.send('42["a"]', "1")
    await script.expect("event", name="a")
    await script.expect("disconnect", reason="transport close", active=True)
    await script.manager("close", "transport close")
    assert not script.all("manager", name="error")


async def test_a033_a_refused_post(connect):
    script, session = await connect("polling")
    (await hold_a_post(script, session)).answer(413)
    await script.expect("disconnect", reason="transport error")
    error = script.all("manager", name="error")[0]["args"][0]
    assert error.startswith("xhr post error") and "413" in error


@pytest.mark.parametrize("status", [204, 302, 500])
async def test_a033_posts_require_status_200(connect, status):
    script, session = await connect("polling")
    (await hold_a_post(script, session)).answer(status)
    await script.expect("disconnect", reason="transport error")


async def test_a033_the_body_of_the_answer_does_not_matter(connect):
    script, session = await connect("polling")
    (await hold_a_post(script, session)).answer(200, "<html>", type="text/html")
    script.emit("second")
    assert (await session.next_post()).body == '42["second"]'


async def test_a034_an_unknown_session(sio, server):
    script = await sio(server.url, transports=["polling"])
    request = await server.request()
    request.answer(400, '{"code":1,"message":"Session ID unknown"}', type="application/json")
    await script.expect("connect_error", status=400, active=True)


async def test_a035_closing_by_a_post(connect):
    script, session = await connect("polling")
    script.do("disconnect")
    await script.expect("disconnect", reason="io client disconnect")
    await session.expect("41", "1")


async def test_a035_emitted_events_are_sent_first(connect):
    script, session = await connect("polling")
    post = await hold_a_post(script, session)
    script.emit("a")
    script.do("disconnect")
    await script.expect("disconnect")
    post.answer(200, "ok")
    await session.expect('42["first"]', '42["a"]')
    # If the server read it together with the event before it, the event's handlers would not run.
    (await session.next_post()).answer(200, "ok")
    await session.expect("41")
    (await session.next_post()).answer(200, "ok")
    await session.expect("1")


async def test_closing_while_opening_leaves_no_session_behind(sio, server):
    script = await sio(server.url, transports=["polling"])
    request = await server.request()
    script.do("disconnect")
    await script.manager("close", "forced close")
    session = await server.accept(request=request)
    await session.expect("1")
    assert not script.all("connect") and not script.all("disconnect")


async def test_a037_the_type_of_posts(connect, server):
    script, session = await connect("polling")
    script.emit("x", "é", {"$binary": "AQI="})
    await session.next_post()
    posts = server.of("POST")
    assert {post.headers["content-type"] for post in posts} == {"text/plain;charset=UTF-8"}
    assert {post.headers["accept"] for post in posts} == {"*/*"}
    assert all("content-type" not in request.headers for request in server.of("GET"))


async def test_a038_ipv6(sio, make_server, transport):
    server = await make_server(host="::1")
    script = await sio(f"{server.url}/x", transports=[transport])
    session = await server.accept()
    await session.join("/x")
    await script.expect("connect")
    assert {request.headers["host"] for request in server.requests} == {f"[::1]:{server.port}"}


@pytest.mark.parametrize("how", ["reset", "hang up"])
async def test_a026_connections_that_break(connect, server, how):
    """A poll is not repeated silently: the server's answer may have been lost with the connection."""
    script, session = await connect("polling")
    for number in range(3):
        session.send(f'42["x",{number}]')
        await script.expect("event", args=[number])
    poll = await session.held_poll()
    poll.reset() if how == "reset" else poll.hang_up()
    await script.expect("disconnect", reason="transport error", active=True)
    await (await server.accept()).join()
    await script.expect("connect")


async def test_a_post_is_not_sent_twice(connect, server):
    """A kept connection may die just when it is used again; the server may have received the POST all the same."""
    script, session = await connect("polling")
    post = await hold_a_post(script, session)
    post.reset()
    await script.expect("disconnect", reason="transport error")
    assert [request.body for request in server.of("POST")].count('42["first"]') == 1


async def test_answers_in_pieces(connect):
    script, session = await connect("polling")
    poll = await session.held_poll()
    poll.connection.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n42[\"a\r\n")
    await asyncio.sleep(0)
    poll.connection.write(b"2\r\n\"]\r\n0\r\n\r\n")
    poll.is_answered.set()
    await script.expect("event", name="a")


@pytest.mark.parametrize("how", ["Connection: close", "hang up", "no length"])
async def test_servers_that_hang_up_after_each_answer(sio, server, how):
    """Whether or not it was announced, the answer counts and the next request uses another connection."""
    script = await sio(server.url, transports=["polling"])
    handshake = json.dumps(server.handshake(sid="s"))

    def answer(request, body):
        headers = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
        headers += "Connection: close\r\n" if how != "hang up" else ""
        headers += f"Content-Length: {len(body)}\r\n" if how != "no length" else ""
        request.raw(f"{headers}\r\n{body}".encode())

    answer(await server.request(), "0" + handshake)
    posts, number = [], 0
    while number < 30:
        request = await server.request()
        if request.method == "POST":
            posts += request.packets
            answer(request, "ok")
            if "40" in request.packets:
                polls = [await server.request()] if not server.incoming.empty() else []
                assert all(poll.method == "GET" for poll in polls)
                for poll in polls:
                    answer(poll, '40{"sid":"x"}')
                if not polls:
                    answer(await server.request(), '40{"sid":"x"}')
        else:
            number += 1
            answer(request, f'42["x",{number}]' if "40" in posts else "6")
    await script.expect("event", name="x", args=[29])
    assert not script.all("disconnect")


async def test_large_posts_wait_for_nothing(connect):
    """With a server that does not know `Expect`, the client would wait for a second."""
    script, session = await connect("polling", handshake={"maxPayload": 10000000})
    script.emit("x", "y" * 3000000)
    while len((post := await session.next_post()).body) < 100:
        pass
    assert "expect" not in post.headers and len(post.body) == 3000010
    session.send('42["y","' + "z" * 3000000 + '"]')
    assert len((await script.expect("event", name="y"))["args"][0]) == 3000000

"""Valid and invalid requests, down to the status, the body and the connection."""

import asyncio
import json

import pytest

from support import Client, RawConnection, Server

CODES = ["Transport unknown", "Session ID unknown", "Bad handshake method", "Bad request", None, "Unsupported protocol version"]


def error(code):
    return 400, f'{{"code":{code},"message":"{CODES[code]}"}}'


@pytest.fixture
async def raw(default_url):
    connection = await RawConnection.open(default_url)
    yield connection
    connection.close()


@pytest.mark.parametrize(
    "method, query, code",
    [
        ("GET", "EIO=4", 0),
        ("GET", "EIO=4&transport=", 0),
        ("GET", "EIO=4&transport=webtransport", 0),
        ("GET", "EIO=4&transport=polling&sid=nope", 1),
        ("POST", "EIO=4&transport=polling&sid=nope", 1),
        ("POST", "EIO=4&transport=polling", 2),
        ("PUT", "EIO=4&transport=polling", 2),
        ("GET", "EIO=4&transport=websocket", 3),
        ("GET", "EIO=3&transport=polling", 5),
        ("GET", "transport=polling", 5),
    ],
)
async def test_refused_requests(raw, method, query, code):
    await raw.request(method, f"/socket.io/?{query}", body="x" if method != "GET" else None)
    response = await raw.response()
    assert (response.status, response.text) == error(code)
    assert response.headers["content-type"] == "application/json"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "HEAD"])
async def test_unsupported_methods(client, raw, method):
    sid = await client.open_polling()
    await raw.request(method, f"/socket.io/?EIO=4&transport=polling&sid={sid}")
    assert (await raw.head()).startswith("HTTP/1.1 400 ")


async def test_refused_websockets(client):
    sid = await client.open_polling()
    assert await client.refused_or_closed("nope") == 400
    assert await client.refused_or_closed(params={"EIO": "3", "transport": "websocket"}) == 400
    assert await client.refused_or_closed(params=client.params("polling")) == 400
    assert await client.refused_or_closed(params=client.params("polling", sid)) == 400
    async with client.session() as socket:
        await socket.send("40")
        await socket.receive()


async def test_other_paths(client):
    assert (await client.request(path="/")).status == 404
    assert (await client.request(path="/engine.io/", params=client.params("polling"))).status == 404
    assert (await client.request(path="/socket.iox/", params=client.params("polling"))).status == 404
    assert (await client.request(path="/socket.io", params=client.params("polling"))).status == 200


async def test_own_path():
    with Server("--path", "/a/b") as server:
        async with Client(server.url, "/a/b/") as client:
            await client.handshake()
        async with Client(server.url) as client:
            assert (await client.request(params=client.params("polling"))).status == 404


async def test_transports_can_be_left_out():
    with Server("--transports", "polling") as server:
        async with Client(server.url) as client:
            assert (await client.handshake())["upgrades"] == []
            assert await client.refused_or_closed() == 400
    with Server("--transports", "websocket") as server:
        async with Client(server.url) as client:
            assert (await client.request(params=client.params("polling"))).status == 400
            async with client.joined():
                pass


async def test_parameters_come_from_the_flags():
    flags = ["--ping-interval", "111", "--ping-timeout", "222", "--max-payload", "333"]
    with Server(*flags) as server:
        async with Client(server.url) as client:
            handshake = await client.handshake()
    assert [handshake[key] for key in ("pingInterval", "pingTimeout", "maxPayload")] == [111, 222, 333]


async def test_one_connection_carries_many_requests(raw):
    sid = await raw.open_session("/socket.io/")
    target = f"/socket.io/?EIO=4&transport=polling&sid={sid}"
    for i in range(20):
        await raw.request("POST", target, '40\x1e42["echo",0]' if i == 0 else f'42["echo",{i}]')
        assert (await raw.response()).text == "ok"
        await raw.request("GET", target)
        assert (await raw.response()).packets[-1] == f'42["echo",{i}]'


async def test_requests_may_come_before_the_last_was_answered(raw):
    sid = await raw.open_session("/socket.io/")
    target = f"/socket.io/?EIO=4&transport=polling&sid={sid}"
    head = f" {target} HTTP/1.1\r\nHost: x\r\n"
    await raw.send(f"POST{head}Content-Length: 2\r\n\r\n40GET{head}\r\nPOST{head}Content-Length: 1\r\n\r\n1")
    assert (await raw.response()).text == "ok"
    assert (await raw.response()).text.startswith('40{"sid":"')
    assert (await raw.response()).text == "ok"


async def test_a_request_may_come_byte_by_byte(raw):
    sid = await raw.open_session("/socket.io/")
    request = f"POST /socket.io/?EIO=4&transport=polling&sid={sid} HTTP/1.1\r\nContent-Length: 2\r\n\r\n40"
    for byte in request:
        await raw.send(byte)
    assert (await raw.response()).text == "ok"


async def test_a_connection_is_closed_on_request(raw):
    await raw.request("GET", "/socket.io/?EIO=4&transport=polling", headers="Connection: close\r\n")
    assert (await raw.response()).headers["connection"] == "close"
    assert await raw.ended() == b""


async def test_http_1_0(raw):
    await raw.send("GET /socket.io/?EIO=4&transport=polling HTTP/1.0\r\n\r\n")
    assert (await raw.response()).status == 200
    assert await raw.ended() == b""


@pytest.mark.parametrize(
    "request_text, status",
    [
        ("nonsense\r\n\r\n", 400),
        ("GET / HTTP/2.0\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nbad header\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nbad\x01: x\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 411),
        ("GET / HTTP/1.1\r\nX: " + "x" * 70000 + "\r\n\r\n", 431),
        ("GET / HTTP/1.1\r\n" + "X: y\r\n" * 200 + "\r\n", 431),
    ],
)
async def test_malformed_requests_end_the_connection(raw, request_text, status):
    await raw.send(request_text)
    assert (await raw.response()).status == status
    assert await raw.ended() == b""


async def test_too_large_a_body(client, raw):
    sid = await client.open_polling()
    target = f"/socket.io/?EIO=4&transport=polling&sid={sid}"
    await raw.request("POST", target, "4" + "x" * 1000000)
    assert (await raw.response()).status == 413
    await raw.request("POST", target, "40")  # neither the connection nor the session is affected
    assert (await raw.response()).text == "ok"
    assert (await client.poll(sid)).text.startswith('40{"sid":"')


async def test_the_largest_body(conformance_url):
    async with Client(conformance_url, "/engine.io/") as client:
        sid = await client.open_polling()
        payload = "4" + "é" * 499999 + "x"
        assert len(payload.encode()) == 1000000
        assert (await client.post(sid, payload)).text == "ok"
        assert (await client.poll(sid)).text == payload


async def test_a_client_may_ask_before_it_sends(client, raw):
    sid = await client.open_polling()
    target = f"/socket.io/?EIO=4&transport=polling&sid={sid}"
    await raw.send(f"POST {target} HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
    assert await raw.head() == "HTTP/1.1 100 Continue\r\n\r\n"
    await raw.send("40")
    assert (await raw.response()).text == "ok"
    await raw.send(f"POST {target} HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 1000001\r\n\r\n")
    assert (await raw.response()).status == 413
    assert await raw.ended() == b""


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"9", id="unknown type"),
        pytest.param(b"b*", id="no base64"),
        pytest.param(b"bAQI", id="base64 cut short"),
        pytest.param(b"bAR==", id="base64 with bits too many"),
        pytest.param(b"4\xff", id="no UTF-8"),
        pytest.param(b"440\x1e", id="an empty packet at the end"),
        pytest.param(b"2", id="a ping"),
    ],
)
async def test_payloads_that_close_the_session(engine, body):
    sid = await engine.open_polling()
    response = await engine.post(sid, body)
    assert (response.status, response.text) == error(3)
    response = await engine.poll(sid)
    assert (response.status, response.text) == error(1)


async def test_a_binary_content_type_closes_the_session(client):
    sid = await client.open_polling()
    response = await client.post(sid, "40", headers={"Content-Type": "application/octet-stream"})
    assert response.status == 400
    assert (await client.poll(sid)).status == 400


async def test_two_posts_at_once_close_the_session(client, raw):
    sid = await raw.open_session("/socket.io/")
    target = f"/socket.io/?EIO=4&transport=polling&sid={sid}"
    await raw.send(f"POST {target} HTTP/1.1\r\nContent-Length: 3\r\n\r\n4")
    assert (await client.post(sid, "40")).status == 400
    assert (await raw.response()).status == 400
    await raw.send("0!")  # the rest of a body that the server discards, followed by a valid request
    await raw.request("GET", target)
    response = await raw.response()
    assert (response.status, response.text) == error(1)


async def test_an_aborted_post_closes_the_session(client, raw):
    sid = await raw.open_session("/socket.io/")
    await raw.send(f"POST /socket.io/?EIO=4&transport=polling&sid={sid} HTTP/1.1\r\nContent-Length: 3\r\n\r\n4")
    raw.close()
    # The server may look at either connection first: the poll may still find the session, and its end.
    response = await client.poll(sid)
    assert response.status == 400 or response.text == "1"
    assert (await client.poll(sid)).status == 400


async def test_a_poll_after_the_session_was_closed_by_an_event(client):
    sid = await client.open_polling()
    assert (await client.post(sid, '40\x1e42["close-me"]\x1e42["echo"]')).text == "ok"
    [connected, close] = (await client.poll(sid)).packets
    assert connected.startswith("40{") and close == "1"
    assert (await client.poll(sid)).status == 400


async def test_drop_me_cuts_poll_and_post(client, raw):
    poll = await RawConnection.open(client.url)
    sid = await poll.open_session("/socket.io/")
    await poll.request("GET", f"/socket.io/?EIO=4&transport=polling&sid={sid}")
    await raw.request("POST", f"/socket.io/?EIO=4&transport=polling&sid={sid}", '40\x1e42["drop-me"]')
    assert await raw.ended() == b""
    assert b"HTTP" not in await poll.ended()
    poll.close()


async def test_pages_of_other_origins_may_read(client):
    response = await client.request(params=client.params("polling"))
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    origin = {"Origin": "http://example.com"}
    response = await client.request(params=client.params("polling"), headers=origin)
    assert response.headers["Access-Control-Allow-Origin"] == "http://example.com"
    assert response.headers["Access-Control-Allow-Credentials"] == "true"
    asked = origin | {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-own"}
    response = await client.request("OPTIONS", client.params("polling"), headers=asked)
    assert response.status == 204
    assert response.headers["Access-Control-Allow-Origin"] == "http://example.com"
    assert "POST" in response.headers["Access-Control-Allow-Methods"]
    assert response.headers["Access-Control-Allow-Headers"] == "x-own"


async def test_a_held_poll_is_answered_at_once(client):
    sid = await client.open_polling()
    poll = asyncio.create_task(client.poll(sid))
    await client.post(sid, "40")
    assert (await poll).text.startswith('40{"sid":"')


async def test_cookies_are_set_by_the_first_answer_only():
    with Server("--set-cookie", "a=1; Path=/", "--set-cookie", "b=2; Max-Age=0") as server:
        async with Client(server.url) as client:
            response = await client.request(params=client.params("polling"))
            assert response.headers.getall("Set-Cookie") == ["a=1; Path=/", "b=2; Max-Age=0"]
            sid = json.loads(response.text[1:])["sid"]
            await client.post(sid, "40")
            assert "Set-Cookie" not in (await client.poll(sid)).headers
            async with client.websocket(sid) as socket:
                assert "Set-Cookie" not in socket.socket._response.headers
            async with client.session() as socket:
                assert len(socket.socket._response.headers.getall("Set-Cookie")) == 2

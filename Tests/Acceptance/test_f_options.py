"""Section F: cookies and compression."""

import pytest

COOKIES = [
    "Set-Cookie: 1=1; Path=/; HttpOnly; SameSite=Strict",
    "Set-Cookie: 2=2",
    "Set-Cookie: 3=3; Max-Age=0",
    "Set-Cookie: 4=4; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
    "Set-Cookie: 5=a=b; Max-Age=1000",
]


@pytest.mark.parametrize("options, cookies", [({"withCredentials": True}, "1=1; 2=2; 5=a=b"), ({}, None)])
async def test_a193_cookies(sio, server, options, cookies):
    script = await sio(server.url, **options)
    session = await server.accept(headers=COOKIES, upgrades=["websocket"])
    await session.join()
    await script.expect("connect")
    await session.upgrade()
    await session.held_poll()
    first, *later = server.requests
    assert "cookie" not in first.headers
    assert {request.method for request in later} == {"GET", "POST"} and "websocket" in {request.transport for request in later}
    for request in later:
        value = request.headers.get("cookie")
        assert (value and "; ".join(sorted(value.split("; ")))) == cookies


async def test_a193_cookies_change_and_go(sio, server):
    script = await sio(server.url, transports=["polling"], withCredentials=True)
    session = await server.accept(headers=["Set-Cookie: a=1", "Set-Cookie: b=2"])
    await session.join()
    await script.expect("connect")
    (await session.held_poll()).answer(200, "6", ["Set-Cookie: a=3", "Set-Cookie: b=; Max-Age=0"])
    assert (await session.held_poll()).headers["cookie"] == "a=3"


@pytest.mark.parametrize("options", [{}, {"perMessageDeflate": False}])
async def test_a192_no_compression(sio, server, options):
    """It is off by default, unlike in the JavaScript client."""
    await sio(server.url, transports=["websocket"], **options)
    assert "sec-websocket-extensions" not in (await server.request()).headers


@pytest.mark.parametrize("options, threshold", [({"perMessageDeflate": {}}, 1024), ({"perMessageDeflate": {"threshold": 100}}, 100)])
async def test_a192_compression(sio, server, options, threshold):
    script = await sio(server.url, transports=["websocket"], **options)
    request = await server.request()
    assert "permessage-deflate" in request.headers["sec-websocket-extensions"]
    agreed = "permessage-deflate; client_no_context_takeover; server_no_context_takeover"
    session = await server.accept(request=request, extensions=agreed)
    await session.join()
    await script.expect("connect")
    for size, is_compressed in ((threshold - 1, False), (threshold, True), (threshold + 1, True), (100000, True), (10, False)):
        text = "x" * (size - len('42["e",""]'))
        script.emit("e", text)
        assert await session.receive() == f'42["e","{text}"]'
        assert session.socket.is_compressed == is_compressed


async def test_a194_another_parser(sio, server):
    """MessagePack, in both directions: each packet is one binary message."""
    script = await sio(server.url, transports=["websocket"], parser="msgpack", auth={"t": 1})
    session = await server.accept()
    packet = await session.receive()
    for part in (b"\xa4type\x00", b"\xa3nsp\xa1/", b"\xa4data\x81\xa1t\x01"):
        assert part in packet
    session.send(b"\x83\xa4type\x00\xa3nsp\xa1/\xa4data\x81\xa3sid\xa1x")
    await script.expect("connect", id="x")
    session.send(b"\x83\xa4type\x02\xa3nsp\xa1/\xa4data\x93\xa1a\xc4\x01\x07\xc0")
    await script.expect("event", name="a", args=[{"$binary": "Bw=="}, None])
    script.emit("b", {"$binary": "AQI="}, ack=True, tag=1)
    packet = await session.receive()
    for part in (b"\xa4type\x02", b"\x92\xa1b\xc4\x02\x01\x02", b"\xa2id\x00"):
        assert part in packet
    session.send(b"\x84\xa4type\x03\xa3nsp\xa1/\xa2id\x00\xa4data\x91\xc3")
    await script.expect("ack", tag=1, args=[True])
    session.send(b"\xc1")
    await script.expect("disconnect", reason="parse error")

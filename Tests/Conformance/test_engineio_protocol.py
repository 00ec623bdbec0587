"""The 25 cases of the public test suite of the Engine.IO protocol, under the same names."""

import json

import pytest

from support import RawConnection, WebSocket

TERMS = {"pingInterval": 300, "pingTimeout": 200, "maxPayload": 1000000}


def target(sid):
    return f"/engine.io/?EIO=4&transport=polling&sid={sid}"


class TestHandshake:
    class TestHttpLongPolling:
        async def test_successfully_opens_a_session(self, engine):
            handshake = await engine.handshake()
            assert isinstance(handshake.pop("sid"), str)
            assert handshake == {"upgrades": ["websocket"], **TERMS}

        async def test_fails_with_an_invalid_eio_query_parameter(self, engine):
            assert (await engine.request(params={"transport": "polling"})).status == 400
            assert (await engine.request(params={"EIO": "abc", "transport": "polling"})).status == 400

        async def test_fails_with_an_invalid_transport_query_parameter(self, engine):
            assert (await engine.request(params={"EIO": "4"})).status == 400
            assert (await engine.request(params={"EIO": "4", "transport": "abc"})).status == 400

        async def test_fails_with_an_invalid_request_method(self, engine):
            assert (await engine.request("POST", engine.params("polling"))).status == 400
            assert (await engine.request("PUT", engine.params("polling"))).status == 400

    class TestWebSocket:
        async def test_successfully_opens_a_session(self, engine):
            async with engine.websocket() as socket:
                packet = await socket.receive()
                assert packet.startswith("0")
                handshake = json.loads(packet[1:])
                assert isinstance(handshake.pop("sid"), str)
                assert handshake == {"upgrades": [], **TERMS}

        async def test_fails_with_an_invalid_eio_query_parameter(self, engine):
            await engine.refused_or_closed(params={"transport": "websocket"})
            await engine.refused_or_closed(params={"EIO": "abc", "transport": "websocket"})

        async def test_fails_with_an_invalid_transport_query_parameter(self, engine):
            await engine.refused_or_closed(params={"EIO": "4"})
            await engine.refused_or_closed(params={"EIO": "4", "transport": "abc"})


class TestMessage:
    class TestHttpLongPolling:
        @pytest.mark.parametrize(
            "payload",
            [
                pytest.param("4hello", id="one plain text packet"),
                pytest.param("4test1\x1e4test2\x1e4test3", id="several plain text packets"),
                pytest.param("4hello\x1ebAQIDBA==", id="plain text and binary packets"),
            ],
        )
        async def test_sends_and_receives_a_payload_containing(self, engine, payload):
            sid = await engine.open_polling()
            response = await engine.post(sid, payload)
            assert (response.status, response.text) == (200, "ok")
            response = await engine.poll(sid)
            assert (response.status, response.text) == (200, payload)

        async def test_closes_the_session_upon_invalid_packet_format(self, engine):
            sid = await engine.open_polling()
            assert (await engine.post(sid, "abc")).status == 400
            assert (await engine.poll(sid)).status == 400

        async def test_closes_the_session_upon_duplicate_poll_requests(self, engine):
            first = await RawConnection.open(engine.url)
            sid = await first.open_session(engine.path)
            await first.request("GET", target(sid))
            assert (await engine.poll(sid, t="burst")).status == 400
            response = await first.response()
            assert (response.status, response.text) == (200, "1")
            first.close()
            assert (await engine.poll(sid)).status == 400

        async def test_closes_the_session_upon_cancelled_polling_request(self, engine):
            cancelled = await RawConnection.open(engine.url)
            sid = await cancelled.open_session(engine.path)
            await cancelled.request("GET", target(sid))
            cancelled.close()
            assert (await engine.poll(sid)).status == 400

    class TestWebSocket:
        async def test_sends_and_receives_a_plain_text_packet(self, engine):
            async with engine.session() as socket:
                await socket.send("4hello")
                assert await socket.receive() == "4hello"

        async def test_sends_and_receives_a_binary_packet(self, engine):
            async with engine.session() as socket:
                await socket.send(bytes([1, 2, 3, 4]))
                assert await socket.receive() == bytes([1, 2, 3, 4])

        async def test_closes_the_session_upon_invalid_packet_format(self, engine):
            async with engine.session() as socket:
                await socket.send("abc")
                await socket.closed()


class TestHeartbeat:
    class TestHttpLongPolling:
        async def test_sends_ping_pong_packets(self, engine):
            sid = await engine.open_polling()
            for _ in range(3):
                response = await engine.poll(sid)
                assert (response.status, response.text) == (200, "2")
                assert (await engine.post(sid, "3")).status == 200

        async def test_closes_the_session_upon_ping_timeout(self, engine):
            sid = await engine.open_polling()
            await engine.session_ended(sid)
            assert (await engine.poll(sid)).status == 400

    class TestWebSocket:
        async def test_sends_ping_pong_packets(self, engine):
            async with engine.session() as socket:
                for _ in range(3):
                    assert await socket.receive() == "2"
                    await socket.send("3")

        async def test_closes_the_session_upon_ping_timeout(self, engine):
            async with engine.websocket() as socket:
                await socket.closed()


class TestClose:
    class TestHttpLongPolling:
        async def test_forcefully_closes_the_session(self, engine):
            poll = await RawConnection.open(engine.url)
            sid = await poll.open_session(engine.path)
            await poll.request("GET", target(sid))
            response = await engine.post(sid, "1")
            assert (response.status, response.text) == (200, "ok")
            response = await poll.response()
            assert (response.status, response.text) == (200, "6")
            poll.close()
            assert (await engine.poll(sid)).status == 400

    class TestWebSocket:
        async def test_forcefully_closes_the_session(self, engine):
            async with engine.session() as socket:
                await socket.send("1")
                with pytest.raises(WebSocket.Closed):
                    await socket.receive()


class TestUpgrade:
    async def test_successfully_upgrades_from_http_long_polling_to_websocket(self, engine):
        sid = await engine.open_polling()
        async with engine.websocket(sid) as socket:
            await socket.send("2probe")
            assert await socket.receive() == "3probe"
            response = await engine.poll(sid)
            assert (response.status, response.text) == (200, "6")
            await socket.send("5", "4hello")
            assert await socket.receive() == "4hello"

    async def test_ignores_http_requests_with_same_sid_after_upgrade(self, engine):
        sid = await engine.open_polling()
        async with engine.websocket(sid) as socket:
            await socket.send("2probe")
            assert await socket.receive() == "3probe"
            await socket.send("5")
            assert (await engine.poll(sid)).status == 400
            await socket.send("4hello")
            assert await socket.receive() == "4hello"

    async def test_ignores_websocket_connection_with_same_sid_after_upgrade(self, engine):
        sid = await engine.open_polling()
        async with engine.websocket(sid) as socket:
            await socket.send("2probe")
            assert await socket.receive() == "3probe"
            await socket.send("5")
            assert await engine.closed_at_once(sid) == 1005
            await socket.send("4hello")
            assert await socket.receive() == "4hello"

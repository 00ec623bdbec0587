"""The 32 cases of the public test suite of the Socket.IO protocol, under the same names."""

import json
from contextlib import asynccontextmanager

import pytest

from support import RawConnection, WebSocket

TERMS = {"pingInterval": 300, "pingTimeout": 200, "maxPayload": 1000000}


@asynccontextmanager
async def connection(client):
    """A WebSocket that has joined the main namespace and received its greeting."""
    async with client.joined() as socket:
        assert await socket.receive() == '42["auth",{}]'
        yield socket


class TestEngineIO:
    class TestHandshake:
        class TestHttpLongPolling:
            async def test_should_successfully_open_a_session(self, conformance):
                handshake = await conformance.handshake()
                assert isinstance(handshake.pop("sid"), str)
                assert handshake == {"upgrades": ["websocket"], **TERMS}

            async def test_should_fail_with_an_invalid_eio_query_parameter(self, conformance):
                assert (await conformance.request(params={"transport": "polling"})).status == 400
                assert (await conformance.request(params={"EIO": "abc", "transport": "polling"})).status == 400

            async def test_should_fail_with_an_invalid_transport_query_parameter(self, conformance):
                assert (await conformance.request(params={"EIO": "4"})).status == 400
                assert (await conformance.request(params={"EIO": "4", "transport": "abc"})).status == 400

            async def test_should_fail_with_an_invalid_request_method(self, conformance):
                assert (await conformance.request("POST", conformance.params("polling"))).status == 400
                assert (await conformance.request("PUT", conformance.params("polling"))).status == 400

        class TestWebSocket:
            async def test_should_successfully_open_a_session(self, conformance):
                async with conformance.websocket() as socket:
                    packet = await socket.receive()
                    assert packet.startswith("0")
                    handshake = json.loads(packet[1:])
                    assert isinstance(handshake.pop("sid"), str)
                    assert handshake == {"upgrades": [], **TERMS}

            async def test_should_fail_with_an_invalid_eio_query_parameter(self, conformance):
                await conformance.refused_or_closed(params={"transport": "websocket"})
                await conformance.refused_or_closed(params={"EIO": "abc", "transport": "websocket"})

            async def test_should_fail_with_an_invalid_transport_query_parameter(self, conformance):
                await conformance.refused_or_closed(params={"EIO": "4"})
                await conformance.refused_or_closed(params={"EIO": "4", "transport": "abc"})

    class TestHeartbeat:
        class TestHttpLongPolling:
            async def test_should_send_ping_pong_packets(self, conformance):
                sid = await conformance.open_polling()
                for _ in range(3):
                    response = await conformance.poll(sid)
                    assert (response.status, response.text) == (200, "2")
                    assert (await conformance.post(sid, "3")).status == 200

            async def test_should_close_the_session_upon_ping_timeout(self, conformance):
                sid = await conformance.open_polling()
                await conformance.session_ended(sid)
                assert (await conformance.poll(sid)).status == 400

        class TestWebSocket:
            async def test_should_send_ping_pong_packets(self, conformance):
                async with conformance.session() as socket:
                    for _ in range(3):
                        assert await socket.receive() == "2"
                        await socket.send("3")

            async def test_should_close_the_session_upon_ping_timeout(self, conformance):
                async with conformance.websocket() as socket:
                    await socket.closed()

    class TestClose:
        class TestHttpLongPolling:
            async def test_should_forcefully_close_the_session(self, conformance):
                poll = await RawConnection.open(conformance.url)
                sid = await poll.open_session(conformance.path)
                await poll.request("GET", f"/socket.io/?EIO=4&transport=polling&sid={sid}")
                assert (await conformance.post(sid, "1")).status == 200
                response = await poll.response()
                assert (response.status, response.text) == (200, "6")
                poll.close()
                assert (await conformance.poll(sid)).status == 400

        class TestWebSocket:
            async def test_should_forcefully_close_the_session(self, conformance):
                async with conformance.session() as socket:
                    await socket.send("1")
                    with pytest.raises(WebSocket.Closed):
                        await socket.receive()

    class TestUpgrade:
        async def test_should_successfully_upgrade_from_http_long_polling_to_websocket(self, conformance):
            sid = await conformance.open_polling()
            async with conformance.websocket(sid) as socket:
                await socket.send("2probe")
                assert await socket.receive() == "3probe"
                await socket.send("5")

        async def test_should_ignore_http_requests_with_same_sid_after_upgrade(self, conformance):
            sid = await conformance.open_polling()
            async with conformance.websocket(sid) as socket:
                await socket.send("2probe", "5")
                assert (await conformance.poll(sid)).status == 400

        async def test_should_ignore_websocket_connection_with_same_sid_after_upgrade(self, conformance):
            sid = await conformance.open_polling()
            async with conformance.websocket(sid) as socket:
                await socket.send("2probe", "5")
                assert await conformance.closed_at_once(sid) == 1005


class TestConnect:
    @pytest.mark.parametrize(
        "prefix, payload",
        [
            pytest.param("", "", id="the main namespace"),
            pytest.param("", '{"token":"123"}', id="the main namespace with a payload"),
            pytest.param("/custom,", "", id="a custom namespace"),
            pytest.param("/custom,", '{"token":"abc"}', id="a custom namespace with a payload"),
        ],
    )
    async def test_should_allow_connection_to(self, conformance, prefix, payload):
        async with conformance.session() as socket:
            await socket.send("40" + prefix + payload)
            packet = await socket.receive()
            assert packet.startswith("40" + prefix)
            handshake = json.loads(packet[2 + len(prefix) :])
            assert list(handshake) == ["sid"]
            assert isinstance(handshake["sid"], str)
            assert await socket.receive() == f'42{prefix}["auth",{payload or "{}"}]'

    async def test_should_disallow_connection_to_an_unknown_namespace(self, conformance):
        async with conformance.session() as socket:
            await socket.send("40/random")
            assert await socket.receive() == '44/random,{"message":"Invalid namespace"}'

    async def test_should_disallow_connection_with_an_invalid_handshake(self, conformance):
        async with conformance.session() as socket:
            await socket.send("4abc")
            with pytest.raises(WebSocket.Closed):
                await socket.receive()

    async def test_should_close_the_connection_if_no_handshake_is_received(self, conformance):
        async with conformance.websocket() as socket:
            await socket.closed()


class TestDisconnect:
    async def test_should_disconnect_from_the_main_namespace(self, conformance):
        async with connection(conformance) as socket:
            await socket.send("41")
            assert await socket.receive() == "2"

    async def test_should_connect_then_disconnect_from_a_custom_namespace(self, conformance):
        async with connection(conformance) as socket:
            assert await socket.receive() == "2"
            await socket.send("40/custom")
            assert (await socket.receive()).startswith('40/custom,{"sid":"')
            assert await socket.receive() == '42/custom,["auth",{}]'
            await socket.send("41/custom", '42["message","message to main namespace"]')
            assert await socket.receive() == '42["message-back","message to main namespace"]'


class TestMessage:
    PLACEHOLDERS = '{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}'
    ATTACHMENTS = [bytes([1, 2, 3]), bytes([4, 5, 6])]

    async def test_should_send_a_plain_text_packet(self, conformance):
        async with connection(conformance) as socket:
            await socket.send('42["message",1,"2",{"3":[true]}]')
            assert await socket.receive() == '42["message-back",1,"2",{"3":[true]}]'

    async def test_should_send_a_packet_with_binary_attachments(self, conformance):
        async with connection(conformance) as socket:
            await socket.send(f'452-["message",{self.PLACEHOLDERS}]', *self.ATTACHMENTS)
            assert await socket.receive_all(3) == [f'452-["message-back",{self.PLACEHOLDERS}]', *self.ATTACHMENTS]

    async def test_should_send_a_plain_text_packet_with_an_ack(self, conformance):
        async with connection(conformance) as socket:
            await socket.send('42456["message-with-ack",1,"2",{"3":[false]}]')
            assert await socket.receive() == '43456[1,"2",{"3":[false]}]'

    async def test_should_send_a_packet_with_binary_attachments_and_an_ack(self, conformance):
        async with connection(conformance) as socket:
            await socket.send(f'452-789["message-with-ack",{self.PLACEHOLDERS}]', *self.ATTACHMENTS)
            assert await socket.receive_all(3) == [f"462-789[{self.PLACEHOLDERS}]", *self.ATTACHMENTS]

    @pytest.mark.parametrize(
        "packet",
        [
            pytest.param("4abc", id="unknown packet type"),
            pytest.param("42{}", id="invalid payload format"),
            pytest.param('42abc["message-with-ack",1,"2",{"3":[false]}]', id="invalid ack id"),
        ],
    )
    async def test_should_close_the_connection_upon_invalid_format(self, conformance, packet):
        async with connection(conformance) as socket:
            await socket.send(packet)
            with pytest.raises(WebSocket.Closed):
                await socket.receive()

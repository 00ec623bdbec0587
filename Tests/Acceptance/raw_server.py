"""An HTTP and WebSocket server whose every answer is scripted, and which records every request."""

import asyncio
import base64
import hashlib
import json
import socket
import struct
import time
import zlib
from urllib.parse import parse_qsl, urlsplit

from script import PATIENCE
from sessions import PollingSession, WebSocketSession


class Gone(Exception):
    """The client closed the connection."""


class Request:
    """A request, which is pending until it is answered, accepted, reset or hung up."""

    def __init__(self, head, connection):
        line, *headers = head.decode("latin-1").split("\r\n")[:-2]
        self.method, self.target, _ = line.split(" ")
        self.header_lines = headers
        self.headers = {name.lower(): value for name, value in (header.split(": ", 1) for header in headers)}
        parts = urlsplit(self.target)
        self.path, self.query_string = parts.path, parts.query
        self.query = dict(parse_qsl(parts.query, keep_blank_values=True))
        self.body = ""
        self.time = time.monotonic()
        self.connection = connection
        self.gone = asyncio.Event()
        self.is_answered = asyncio.Event()

    @property
    def transport(self):
        return self.query.get("transport")

    @property
    def is_upgrade(self):
        return self.headers.get("upgrade", "").lower() == "websocket"

    @property
    def packets(self):
        return self.body.split("\x1e")

    def answer(self, status=200, body="", headers=(), type="text/plain; charset=UTF-8"):
        assert not self.is_answered.is_set()
        body = body if isinstance(body, bytes) else body.encode()
        length = [] if status in (204, 304) else [f"Content-Length: {len(body)}"]
        lines = [f"HTTP/1.1 {status} Scripted", f"Content-Type: {type}", *length, *headers]
        self.time_answered = time.monotonic()
        self.connection.write("".join(f"{line}\r\n" for line in lines).encode() + b"\r\n" + body)
        self.is_answered.set()

    def raw(self, data):
        """Sends these bytes and closes the connection."""
        self.connection.write(data)
        self.hang_up()

    def hang_up(self):
        self.connection.close()
        self.is_answered.set()

    def reset(self):
        self.connection.reset()
        self.is_answered.set()

    def accept(self, protocol=None, extensions=None):
        """Accepts the WebSocket that the client asks for."""
        self.connection.stop_reading_heads()
        key = self.headers["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        digest = base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()
        chosen = f"Sec-WebSocket-Protocol: {protocol}\r\n" if protocol else ""
        chosen += f"Sec-WebSocket-Extensions: {extensions}\r\n" if extensions else ""
        self.connection.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + f"Sec-WebSocket-Accept: {digest}\r\n{chosen}\r\n".encode()
        )
        self.connection.is_websocket = True
        self.is_answered.set()
        return WebSocket(self)


class WebSocket:
    """The server's end of a WebSocket. Messages are str and bytes; its end raises an exception."""

    class Closed(Exception):
        """Its argument is the close code, 1005 if the frame had none, None without a close frame."""

    def __init__(self, request):
        self.request, self.connection = request, request.connection
        self.reader = self.connection.reader
        self.waiting = []

    async def processed(self):
        """Waits until the client has handled what was sent: it answers a WebSocket ping after that."""
        self.frame(9, b"?")
        async with asyncio.timeout(PATIENCE):
            while (message := await self._message()) != (10, b"?"):
                self.waiting.append(message)

    async def receive(self):
        async with asyncio.timeout(PATIENCE):
            opcode, payload = self.waiting.pop(0) if self.waiting else await self._message()
        if opcode == 8:
            if not self.connection.is_closed:
                self.frame(8, payload)
            self.connection.close()
            raise WebSocket.Closed(struct.unpack("!H", payload[:2])[0] if payload else 1005)
        return payload.decode() if opcode == 1 else payload

    def _inflated(self, message):
        if not self.is_compressed:
            return message
        return zlib.decompressobj(wbits=-15).decompress(message + b"\x00\x00\xff\xff")

    async def _message(self):
        message, kind = b"", None
        try:
            while True:
                first, second = await self.reader.readexactly(2)
                if first & 0x0F:
                    self.is_compressed = bool(first & 0x40)
                length = second & 0x7F
                if length == 126:
                    (length,) = struct.unpack("!H", await self.reader.readexactly(2))
                elif length == 127:
                    (length,) = struct.unpack("!Q", await self.reader.readexactly(8))
                assert second & 0x80, "clients mask their frames"
                mask = await self.reader.readexactly(4)
                payload = await self.reader.readexactly(length)
                opcode = first & 0x0F
                payload = bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))
                if opcode == 10:
                    return opcode, payload
                if opcode == 9:
                    self.frame(10, payload)
                else:
                    kind = opcode or kind
                    message += payload
                    if first & 0x80:
                        return kind, self._inflated(message)
        except (asyncio.IncompleteReadError, ConnectionError):
            raise WebSocket.Closed(None) from None

    def send(self, *messages):
        for message in messages:
            self.frame(1 if isinstance(message, str) else 2, message.encode() if isinstance(message, str) else message)

    def frame(self, opcode, payload=b"", is_final=True):
        length = len(payload)
        head = bytes([opcode | (0x80 if is_final else 0)])
        if length < 126:
            head += bytes([length])
        elif length < 65536:
            head += struct.pack("!BH", 126, length)
        else:
            head += struct.pack("!BQ", 127, length)
        self.connection.write(head + payload)

    def close(self, code=None, reason=""):
        """Starts the closing handshake."""
        self.frame(8, b"" if code is None else struct.pack("!H", code) + reason.encode())

    def reset(self):
        self.connection.reset()

    async def closed(self):
        """Waits for the end, skipping messages, and returns the close code."""
        try:
            while True:
                await self.receive()
        except WebSocket.Closed as end:
            return end.args[0]


class Connection:
    """One TCP connection: requests one after the other, or a WebSocket."""

    def __init__(self, server, number, reader, writer):
        self.server, self.number, self.reader, self.writer = server, number, reader, writer
        self.is_websocket = self.is_closed = False
        self.head = None

    def write(self, data):
        self.writer.write(data)

    def close(self):
        self.is_closed = True
        self.writer.close()

    def reset(self):
        self.is_closed = True
        if self.writer.transport.is_closing():
            return
        raw = self.writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    def hold_reading(self):
        """From now on, what the client sends fills the system's buffers, and then has to wait at the client."""
        self.writer.transport.pause_reading()

    def go_on_reading(self):
        self.writer.transport.resume_reading()

    def stop_reading_heads(self):
        if self.head:
            self.head.cancel()

    async def serve(self):
        self.head = asyncio.create_task(self._read_head())
        while (request := await self.head) is not None:
            # Reading on reveals when the client stops waiting.
            self.head = None if request.is_upgrade else asyncio.create_task(self._read_head())
            self.server.route(request)
            answered = asyncio.create_task(request.is_answered.wait())
            if self.head:
                await asyncio.wait({answered, self.head}, return_when=asyncio.FIRST_COMPLETED)
                if self.head.done() and not answered.done():
                    assert self.head.result() is None, "a second request came before the first was answered"
                    answered.cancel()
                    request.gone.set()
                    self.close()
                    return
            await answered
            if self.is_websocket or self.is_closed:
                return
            self.head = self.head or asyncio.create_task(self._read_head())

    async def _read_head(self):
        try:
            head = await self.reader.readuntil(b"\r\n\r\n")
            request = Request(head, self)
            length = int(request.headers.get("content-length", 0))
            request.body_bytes = await self.reader.readexactly(length)
            request.body = request.body_bytes.decode()
            return request
        except (asyncio.IncompleteReadError, ConnectionError):
            return None


class RawServer:
    """Requests of known sessions go to them, all others to `request()`."""

    def __init__(self):
        self.requests, self.sessions, self.connections = [], {}, []
        self.incoming = asyncio.Queue()
        self.port = 0
        self.session_count = 0
        self.errors = []

    async def start(self, host="127.0.0.1", tls=None, port=None):
        self.host, self.tls = host, tls
        bracketed = f"[{host}]" if ":" in host else host
        self.server = await asyncio.start_server(
            self._connected, host, self.port if port is None else port, ssl=tls, limit=1 << 26
        )
        self.port = self.server.sockets[0].getsockname()[1]
        self.authority = f"{bracketed}:{self.port}"
        self.url = f"{'https' if tls else 'http'}://{self.authority}"
        return self

    async def _connected(self, reader, writer):
        connection = Connection(self, len(self.connections), reader, writer)
        self.connections.append(connection)
        try:
            await connection.serve()
        except asyncio.CancelledError:
            pass
        except Exception as error:
            self.errors.append(error)
            raise

    def route(self, request):
        self.requests.append(request)
        session = self.sessions.get(request.query.get("sid"))
        if session:
            session.route(request)
        else:
            self.incoming.put_nowait(request)

    async def request(self):
        """Waits for the next request that belongs to no session."""
        async with asyncio.timeout(PATIENCE):
            return await self.incoming.get()

    def handshake(self, **changes):
        self.session_count += 1
        handshake = {
            "sid": f"engine-{self.session_count}", "upgrades": [], "pingInterval": 25000, "pingTimeout": 20000,
            "maxPayload": 1000000,
        }  # fmt: skip
        return handshake | changes

    async def accept(self, *packets, request=None, headers=(), extensions=None, **handshake):
        """Opens a session for the next request, over the transport that it asks for.

        `packets` are sent together with the handshake; `handshake` overrides its members."""
        request = request or await self.request()
        handshake = self.handshake(**handshake)
        if request.is_upgrade:
            session = WebSocketSession(request.accept(extensions=extensions), handshake)
            session.send("0" + json.dumps(handshake), *packets)
        else:
            session = PollingSession(self, request, handshake)
            request.answer(200, "\x1e".join(["0" + json.dumps(handshake), *packets]), headers)
        return session

    def of(self, method=None, transport=None):
        """The requests so far."""
        return [
            request
            for request in self.requests
            if method in (None, request.method) and transport in (None, request.transport)
        ]

    async def stop(self):
        """Refuses new connections and resets the existing ones."""
        self.server.close()
        for connection in self.connections:
            if not connection.is_closed:
                connection.reset()
        # Lets connections accepted meanwhile start, and resets them too.
        await asyncio.sleep(0)
        for connection in self.connections:
            if not connection.is_closed:
                connection.reset()

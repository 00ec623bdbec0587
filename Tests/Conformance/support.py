"""Shared by the tests: a server to run them against, and clients that expose every byte."""

import asyncio
import json
import os
import signal
import subprocess
from contextlib import asynccontextmanager

import aiohttp
import pytest

PATIENCE = 10  # seconds, far more than anything here takes; only a failing test waits for so long


class Process:
    """A process that listens on a free port. Leaving the context checks that it exits cleanly."""

    def __init__(self, *command):
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)
        line = self.process.stdout.readline()
        if not line.startswith("listening on "):
            raise RuntimeError(f"it did not start: {line}{self.process.stderr.read()}")
        self.url = line.split()[-1]

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        out, err = self.process.communicate(timeout=PATIENCE)
        assert (self.process.returncode, out, err) == (0, "", "")

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind:
            self.process.kill()
            self.process.communicate()
        else:
            self.stop()


class Server(Process):
    """The server under test."""

    def __init__(self, *flags):
        super().__init__(os.environ.get("SOCKETIO_TEST_SERVER", "socketio-test-server"), "--port", "0", *flags)


class Record:
    """The file that a process writes with --record."""

    def __init__(self, file):
        self.file = file

    def lines(self, **wanted):
        """The lines recorded so far that have these members."""
        lines = [json.loads(line) for line in self.file.read_text().split("\n")[:-1]]
        return [line for line in lines if wanted.items() <= line.items()]

    async def line(self, **wanted):
        """Waits for the first line that has these members."""
        async with asyncio.timeout(PATIENCE):
            while not (lines := self.lines(**wanted)):
                await asyncio.sleep(0.01)
        return lines[0]


class Response:
    def __init__(self, status, headers, text):
        self.status, self.headers, self.text = status, headers, text

    @property
    def packets(self):
        return self.text.split("\x1e")


class WebSocket:
    """A WebSocket whose messages are str and bytes, and whose end raises an exception."""

    class Closed(Exception):
        """Its argument is the close code, 1005 if the close frame had none, None without a close frame."""

    def __init__(self, socket):
        self.socket = socket

    async def send(self, *messages):
        for message in messages:
            if isinstance(message, str):
                await self.socket.send_str(message)
            else:
                await self.socket.send_bytes(message)

    async def receive(self):
        async with asyncio.timeout(PATIENCE):
            message = await self.socket.receive()
        if message.type in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
            return message.data
        raise WebSocket.Closed(message.data or 1005 if message.type == aiohttp.WSMsgType.CLOSE else None)

    async def receive_all(self, count):
        """Receives the next messages, skipping pings."""
        messages = []
        while len(messages) < count:
            message = await self.receive()
            if message != "2":
                messages.append(message)
        return messages

    async def closed(self):
        """Waits for the end, skipping messages, and returns the close code."""
        try:
            while True:
                await self.receive()
        except WebSocket.Closed as end:
            return end.args[0]

    async def close(self):
        await self.socket.close()


class Client:
    """HTTP requests and WebSockets to one endpoint of a server."""

    def __init__(self, url, path="/socket.io/", ssl=True):
        self.url, self.path, self.ssl = url, path, ssl

    async def __aenter__(self):
        timeout = aiohttp.ClientTimeout(total=PATIENCE)
        self.http = aiohttp.ClientSession(timeout=timeout, connector=aiohttp.TCPConnector(limit=0))
        return self

    async def __aexit__(self, *_):
        await self.http.close()

    def params(self, transport, sid=None, **extra):
        params = {"EIO": "4", "transport": transport} | ({"sid": sid} if sid else {}) | extra
        return {key: value for key, value in params.items() if value is not None}

    async def request(self, method="GET", params=None, data=None, **options):
        url = self.url + options.pop("path", self.path)
        async with self.http.request(method, url, params=params, data=data, ssl=self.ssl, **options) as response:
            return Response(response.status, response.headers, await response.text())

    async def poll(self, sid, **extra):
        return await self.request(params=self.params("polling", sid, **extra))

    async def post(self, sid, data, **options):
        return await self.request("POST", self.params("polling", sid), data, **options)

    async def handshake(self, **options):
        """Opens a polling session and returns what the server says about it."""
        response = await self.request(params=self.params("polling"), **options)
        assert response.status == 200
        assert response.text.startswith("0")
        return json.loads(response.text[1:])

    async def open_polling(self):
        return (await self.handshake())["sid"]

    async def session_ended(self, sid):
        """Waits until the server no longer knows a session."""
        async with asyncio.timeout(PATIENCE):
            while "Session ID unknown" not in (await self.poll(sid)).text:
                pass

    @asynccontextmanager
    async def websocket(self, sid=None, params=None, **options):
        """A WebSocket from which nothing has been received yet. Raises aiohttp.WSServerHandshakeError if it is refused."""
        params = params if params is not None else self.params("websocket", sid)
        socket = await self.http.ws_connect(
            self.url + self.path, params=params, max_msg_size=0, ssl=self.ssl, **options
        )
        try:
            yield WebSocket(socket)
        finally:
            await socket.close()

    async def refused_or_closed(self, sid=None, params=None):
        """Tries to open a WebSocket and returns once that has failed, during the handshake or right after it."""
        try:
            async with self.websocket(sid, params) as socket:
                await socket.closed()
                return None
        except aiohttp.WSServerHandshakeError as refusal:
            return refusal.status

    async def closed_at_once(self, sid):
        """Opens a WebSocket for a session that the server accepts and then closes; returns the close code."""
        async with self.websocket(sid) as socket:
            with pytest.raises(WebSocket.Closed) as end:
                await socket.receive()
            return end.value.args[0]

    @asynccontextmanager
    async def session(self, **options):
        """A WebSocket whose handshake packet has been received."""
        async with self.websocket(**options) as socket:
            assert (await socket.receive()).startswith("0")
            yield socket

    @asynccontextmanager
    async def joined(self, namespace="/", auth=None, **options):
        """A WebSocket session that has joined a namespace."""
        prefix = "" if namespace == "/" else namespace + ","
        async with self.session(**options) as socket:
            await socket.send("40" + prefix + (json.dumps(auth) if auth is not None else ""))
            assert (await socket.receive()).startswith("40" + prefix + '{"sid":"')
            yield socket


class RawConnection:
    """A TCP connection, for tests that control the order of requests and the moment of closing."""

    @classmethod
    async def open(cls, url, ssl=None):
        self = cls()
        host, port = url.split("//")[1].split(":")
        self.host = f"{host}:{port}"
        self.reader, self.writer = await asyncio.open_connection(host, int(port), ssl=ssl)
        return self

    async def send(self, data):
        self.writer.write(data if isinstance(data, bytes) else data.encode())
        await self.writer.drain()

    async def request(self, method, target, body=None, headers=""):
        length = f"Content-Length: {len(body)}\r\n" if body is not None else ""
        await self.send(f"{method} {target} HTTP/1.1\r\nHost: {self.host}\r\n{headers}{length}\r\n{body or ''}")

    async def head(self):
        async with asyncio.timeout(PATIENCE):
            return (await self.reader.readuntil(b"\r\n\r\n")).decode()

    async def response(self):
        head = await self.head()
        status, *lines = head.split("\r\n")[:-2]
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        async with asyncio.timeout(PATIENCE):
            body = await self.reader.readexactly(int(headers.get("content-length", 0)))
        return Response(int(status.split()[1]), headers, body.decode())

    async def open_session(self, path):
        """Opens a polling session on this connection, so that the server has certainly accepted it, and returns the
        sid."""
        await self.request("GET", f"{path}?EIO=4&transport=polling")
        return json.loads((await self.response()).text[1:])["sid"]

    async def ended(self):
        """Waits until the server closes the connection, and returns what it sent before."""
        async with asyncio.timeout(PATIENCE):
            try:
                return await self.reader.read()
            except ConnectionResetError:
                return b""

    def close(self):
        self.writer.close()

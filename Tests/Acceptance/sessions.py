"""Engine.IO sessions from the side of a scripted server, over either transport."""

import asyncio
import json

from script import PATIENCE


class Session:
    """Common to both transports: `send` sends packets, and `receive` receives them."""

    sid = None

    async def expect(self, *packets):
        """Expects these packets next, pongs included."""
        for packet in packets:
            assert await self.receive() == packet

    async def receive_all(self, count):
        return [await self.receive() for _ in range(count)]

    async def join(self, namespace="/", sid=None, **reply):
        """Accepts the client in a namespace, and returns its credentials."""
        auth = await self.connect_packet(namespace)
        self.welcome(namespace, sid, **reply)
        return auth

    async def connect_packet(self, namespace="/"):
        """Waits for CONNECT and returns its payload."""
        prefix = "40" + ("" if namespace == "/" else f"{namespace},")
        packet = await self.receive()
        assert packet.startswith(prefix) and packet[len(prefix) : len(prefix) + 1] in ("", "{"), packet
        return json.loads(packet[len(prefix) :]) if len(packet) > len(prefix) else None

    def welcome(self, namespace="/", sid=None, **reply):
        prefix = "" if namespace == "/" else f"{namespace},"
        self.send(f"40{prefix}" + json.dumps({"sid": sid or f"socket-of-{self.sid}"} | reply))


class WebSocketSession(Session):
    transport = "websocket"

    def __init__(self, socket, handshake):
        self.socket, self.handshake, self.sid = socket, handshake, handshake["sid"]

    def send(self, *packets):
        self.socket.send(*packets)

    async def receive(self):
        return await self.socket.receive()

    async def closed(self):
        """Waits until the client ends the session."""
        return await self.socket.closed()

    def lose(self):
        """Ends the session like a server that shuts down."""
        self.socket.close(1001)


class PollingSession(Session):
    transport = "polling"

    def __init__(self, server, request, handshake):
        self.server, self.handshake, self.sid = server, handshake, handshake["sid"]
        server.sessions[self.sid] = self
        self.outbox = []
        self.received = asyncio.Queue()
        self.poll = None  # the held GET
        self.poll_is_held = asyncio.Event()
        self.holds_posts = False
        self.post = None  # the held POST
        self.posts = asyncio.Queue()
        self.upgrades = asyncio.Queue()
        self.is_done = asyncio.Event()

    def route(self, request):
        if request.is_upgrade:
            self.upgrades.put_nowait(request)
        elif request.method == "GET":
            assert self.poll is None or self.poll.is_answered.is_set(), "two GETs at a time"
            self.poll = request
            self._flush()
        else:
            assert request.method == "POST", request.method
            assert self.post is None or self.post.is_answered.is_set(), "two POSTs at a time"
            self.post = request
            self.posts.put_nowait(request)
            for packet in request.packets:
                self.received.put_nowait(packet)
            if not self.holds_posts:
                request.answer(200, "ok")
            if "1" in request.packets:
                self.is_done.set()
                self.send("6")

    def _flush(self):
        if self.poll and not self.poll.is_answered.is_set() and self.outbox:
            body, self.outbox = "\x1e".join(self.outbox), []
            self.poll.answer(200, body)
        held = self.poll and not self.poll.is_answered.is_set()
        self.poll_is_held.set() if held else self.poll_is_held.clear()

    def send(self, *packets):
        """Sends the packets with the held GET, or with the next one."""
        self.outbox += packets
        self._flush()

    async def receive(self):
        async with asyncio.timeout(PATIENCE):
            return await self.received.get()

    def hold_posts(self):
        """From now on POSTs are held until the test answers them."""
        self.holds_posts = True
        while not self.posts.empty():
            self.posts.get_nowait()

    async def next_post(self):
        """The next POST. After `hold_posts` the test has to answer it."""
        async with asyncio.timeout(PATIENCE):
            return await self.posts.get()

    async def held_poll(self):
        """The client's current GET, which the session no longer answers."""
        async with asyncio.timeout(PATIENCE):
            await self.poll_is_held.wait()
        poll, self.poll = self.poll, None
        self.poll_is_held.clear()
        return poll

    async def upgrade(self):
        """The WebSocket request of this session."""
        async with asyncio.timeout(PATIENCE):
            return await self.upgrades.get()

    async def closed(self):
        """Waits until the client ends the session."""
        async with asyncio.timeout(PATIENCE):
            await self.is_done.wait()

    def lose(self):
        """Ends the session like a server that shuts down."""
        self.send("1")

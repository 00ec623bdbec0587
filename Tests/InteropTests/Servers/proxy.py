"""A proxy that stands between a client and a server, and can be told to do it badly.

Prints "listening on http://127.0.0.1:PORT" and serves until it is told to stop. It is an HTTP proxy, for requests with
a whole URL and for CONNECT, unless --socks5 or --forward makes it something else. While it runs it takes commands from
standard input, one a line, and answers each with "ok" and the command once it has taken effect:

    pause     lets nothing through any more, on connections to come neither
    resume    takes that back; nothing was lost
    slow N    lets N bytes a second through, each way of each connection; 0: as many as there are
    reset     ends all connections with RST, both ways
    cut       ends them with FIN, both ways
    drop      lets nothing through them any more, without a word: only connections to come will work

--record FILE appends a line of JSON for each request to the proxy: {"type":"http","connection":N,"method","target",
"headers","allowed"} with header names in lower case, {"type":"socks5","connection":N,"host","port","user","allowed"} or
{"type":"forward","connection":N,"allowed"}. A URL of http is answered with `Connection: close`, so that one connection
carries one request.
"""

import argparse
import asyncio
import base64
import ipaddress
import json
import signal
import socket
import ssl
import struct
import sys
import threading
from contextlib import suppress

CHUNK = 65536
TICK = 0.02  # seconds between two pieces when it is to be slow


class Refused(Exception):
    """The client has been told so."""


class Traffic:
    """How bytes pass, on all connections."""

    def __init__(self, options):
        self.options = options
        self.running = asyncio.Event()
        self.running.set()
        self.rate = 0

    def piece_length(self):
        if self.options.drip:
            return 1
        return max(1, int(self.rate * TICK)) if self.rate else CHUNK

    async def pass_piece(self, writer, piece):
        await asyncio.sleep(self.options.delay / 1000)
        if self.rate:
            await asyncio.sleep(len(piece) / self.rate)
        await self.running.wait()
        writer.write(piece)
        await writer.drain()


class Link:
    """A client's connection and the one that it asked for."""

    def __init__(self, traffic, client, server):
        self.traffic, self.client, self.server = traffic, client, server
        self.left = traffic.options.drop_after
        self.end = None

    async def run(self):
        """Lets bytes pass until both sides have ended, or for as long as it is told to."""
        self.pumps = [
            asyncio.create_task(self.pump(self.client[0], self.server[1])),
            asyncio.create_task(self.pump(self.server[0], self.client[1])),
        ]
        done, _ = await asyncio.wait(self.pumps, return_when=asyncio.FIRST_EXCEPTION)
        failed = any(not pump.cancelled() and pump.exception() for pump in done)
        if self.end == "drop":
            await asyncio.Event().wait()
        elif self.end == "cut":
            # To close while a peer still sends would make it a RST.
            await asyncio.gather(self.client[0].read(), self.server[0].read(), return_exceptions=True)
        elif failed:
            self.reset()
        for _, writer in (self.client, self.server):
            writer.close()

    async def pump(self, reader, writer):
        while data := await reader.read(CHUNK):
            while data:
                length = self.traffic.piece_length()
                if writer is self.client[1] and self.left is not None:
                    length = min(length, self.left)
                    self.left -= min(length, len(data))
                await self.traffic.pass_piece(writer, data[:length])
                data = data[length:]
                if self.left == 0:
                    self.cut()
        writer.write_eof()

    def stop(self, end):
        self.end = end
        for pump in self.pumps:
            pump.cancel()

    def reset(self):
        self.stop("reset")
        reset(self.client[1])
        reset(self.server[1])

    def cut(self):
        self.stop("cut")
        for _, writer in (self.client, self.server):
            writer.write_eof()

    def drop(self):
        self.stop("drop")


def reset(writer):
    connection = writer.get_extra_info("socket")
    if connection is None:  # it is closed already
        return
    with suppress(OSError):  # or closed by the other side
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


class Proxy:
    def __init__(self, options):
        self.options = options
        self.traffic = Traffic(options)
        self.links = set()
        self.tasks = set()  # the event loop alone would not keep them
        self.connections = 0
        self.speak = self.speak_socks5 if options.socks5 else self.speak_forward if options.forward else self.speak_http

    def record(self, kind, number, **members):
        if self.options.record:
            line = json.dumps({"type": kind, "connection": number} | members, ensure_ascii=False)
            print(line, file=self.options.record, flush=True)

    def accept(self, reader, writer):
        task = asyncio.create_task(self.handle(reader, writer))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def handle(self, reader, writer):
        self.connections += 1
        number = self.connections
        await self.traffic.running.wait()
        try:
            server, first = await self.speak(number, reader, writer)
            link = Link(self.traffic, (reader, writer), server)
            self.links.add(link)
            if first:
                server[1].write(first)
            await link.run()
            self.links.discard(link)
        except (Refused, OSError, EOFError, ValueError, asyncio.LimitOverrunError):
            writer.close()

    # Each of the following finds out where a connection is to go, and returns the other one and what to send there
    # first.

    async def speak_forward(self, number, reader, writer):
        allowed = not self.options.refuse
        self.record("forward", number, allowed=allowed)
        host, port = self.options.forward.rsplit(":", 1)
        try:
            if allowed:
                return await asyncio.open_connection(host, int(port)), b""
        except OSError:
            pass
        reset(writer)
        raise Refused

    async def speak_http(self, number, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        request_line, *lines = head.split("\r\n")[:-2]
        method, target, version = request_line.split(" ")
        headers = [line.split(":", 1) for line in lines]
        by_name = {name.lower(): value.strip() for name, value in headers}
        allowed = self.may_pass(by_name.get("proxy-authorization"))
        self.record("http", number, method=method, target=target, headers=by_name, allowed=allowed)
        if not allowed:
            await self.answer(writer, '407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="tests"')
        if self.options.refuse:
            await self.answer(writer, "403 Forbidden")
        scheme, _, rest = target.partition("://")
        if method != "CONNECT" and scheme != "http":
            await self.answer(writer, "400 Bad Request")
        authority, slash, path = (target, "", "") if method == "CONNECT" else rest.partition("/")
        host, port = split_authority(authority)
        try:
            server = await asyncio.open_connection(host, port)
        except OSError:
            await self.answer(writer, "502 Bad Gateway")
        if method == "CONNECT":
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            return server, b""
        kept = [f"{name}:{value}" for name, value in headers if not name.lower().startswith("proxy-")]
        if "upgrade" not in by_name:
            kept = [line for line in kept if not line.lower().startswith("connection:")] + ["Connection: close"]
        return server, "\r\n".join([f"{method} /{path} {version}", *kept, "", ""]).encode("latin-1")

    def may_pass(self, authorization):
        if not self.options.auth:
            return True
        return authorization == "Basic " + base64.b64encode(self.options.auth.encode()).decode()

    async def answer(self, writer, status):
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode("latin-1"))
        await writer.drain()
        raise Refused

    async def speak_socks5(self, number, reader, writer):
        version, count = await reader.readexactly(2)
        methods = await reader.readexactly(count)
        method = 2 if self.options.auth else 0
        if version != 5 or method not in methods:
            writer.write(b"\x05\xff")
            raise Refused
        writer.write(bytes([5, method]))
        user, authorized = await self.read_credentials(reader, writer) if method else (None, True)
        if not authorized:
            self.record("socks5", number, host=None, port=None, user=user, allowed=False)
            raise Refused
        _, command, _, kind = await reader.readexactly(4)
        host = await self.read_host(reader, kind)
        port = int.from_bytes(await reader.readexactly(2), "big")
        allowed = command == 1 and not self.options.refuse
        self.record("socks5", number, host=host, port=port, user=user, allowed=allowed)
        reply, server = 2, None
        try:
            if allowed:
                server, reply = await asyncio.open_connection(host, port), 0
        except OSError:
            reply = 5
        writer.write(bytes([5, reply, 0, 1, 0, 0, 0, 0, 0, 0]))
        if not server:
            raise Refused
        return server, b""

    async def read_credentials(self, reader, writer):
        await reader.readexactly(1)
        user = (await reader.readexactly((await reader.readexactly(1))[0])).decode()
        password = (await reader.readexactly((await reader.readexactly(1))[0])).decode()
        authorized = f"{user}:{password}" == self.options.auth
        writer.write(bytes([1, 0 if authorized else 1]))
        return user, authorized

    async def read_host(self, reader, kind):
        if kind == 3:
            return (await reader.readexactly((await reader.readexactly(1))[0])).decode()
        return str(ipaddress.ip_address(await reader.readexactly(4 if kind == 1 else 16)))

    def obey(self, command):
        word, _, value = command.partition(" ")
        if word == "pause":
            self.traffic.running.clear()
        elif word == "resume":
            self.traffic.running.set()
        elif word == "slow" and value.isdecimal():
            self.traffic.rate = int(value)
        elif word in ("reset", "cut", "drop"):
            for link in self.links:
                getattr(link, word)()
            self.links.clear()
        else:
            print(f"unknown command: {command}", flush=True)
            return
        print(f"ok {command}", flush=True)


def split_authority(authority):
    host, colon, port = authority.rpartition(":")
    if not colon or "]" in port:
        host, port = authority, "80"
    return host.strip("[]"), int(port)


def read_commands(loop, proxy):
    """Runs in a thread: standard input may be anything, also what an event loop cannot wait for."""
    # Without a buffer, whose lock the interpreter would want when it ends.
    with open(sys.stdin.fileno(), "rb", buffering=0, closefd=False) as commands:
        for line in commands:
            loop.call_soon_threadsafe(proxy.obey, line.decode().strip())


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0)
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--socks5", action="store_true", help="speak SOCKS 5")
    mode.add_argument("--forward", metavar="HOST:PORT", help="speak nothing, connect everybody to this address")
    parser.add_argument("--tls", nargs=2, metavar=("CERT", "KEY"), help="be spoken to by TLS")
    parser.add_argument("--auth", metavar="USER:PASSWORD", help="let only this user through")
    parser.add_argument("--record", metavar="FILE", type=argparse.FileType("a", encoding="utf-8"))
    parser.add_argument("--refuse", action="store_true", help="let nobody through: status 403, SOCKS reply 2, or RST")
    parser.add_argument("--delay", metavar="MS", type=int, default=0, help="hold back each piece for so long")
    parser.add_argument("--drip", action="store_true", help="let one byte through at a time")
    parser.add_argument(
        "--drop-after", metavar="BYTES", type=int, help="cut a connection once so much has reached its client"
    )
    return parser.parse_args()


async def main():
    options = parse_options()
    proxy = Proxy(options)
    tls = None
    if options.tls:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(*options.tls)
    server = await asyncio.start_server(proxy.accept, "127.0.0.1", options.port, ssl=tls)
    loop = asyncio.get_running_loop()
    threading.Thread(target=read_commands, args=(loop, proxy), daemon=True).start()
    print(f"listening on http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    await stopped.wait()


asyncio.run(main())

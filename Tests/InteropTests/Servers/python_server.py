"""A Socket.IO server that nobody of this project wrote (python-socketio), with the events of socketio-test-server.

Prints "listening on http://127.0.0.1:PORT" and serves until it is told to stop.
"""

import argparse
import asyncio
import signal

import socketio
from aiohttp import web


def make_server(options):
    server = socketio.AsyncServer(
        async_mode="aiohttp",
        serializer="msgpack" if options.msgpack else "default",
        ping_interval=options.ping_interval / 1000,
        ping_timeout=options.ping_timeout / 1000,
        max_http_buffer_size=options.max_payload,
        namespaces="*" if options.any_namespace else ["/", "/admin", "/echo"],
    )

    for namespace in ["/", "/admin", "/echo"]:
        register(server, namespace)

    @server.on("connect", namespace="/admin")
    async def connect_admin(sid, environ, auth):
        if not auth or auth.get("token") != "abcd":
            raise socketio.exceptions.ConnectionRefusedError("invalid credentials", {"content": "try again"})

    return server


def register(server, namespace):
    def on(event):
        return server.on(event, namespace=namespace)

    @on("echo")
    async def echo(sid, *args):
        return args

    @on("message")
    async def message(sid, *args):
        await server.emit("message-back", args, to=sid, namespace=namespace)

    @on("broadcast")
    async def broadcast(sid, *args):
        await server.emit("broadcast", args, namespace=namespace)

    @on("ask")
    async def ask(sid, *args):
        async def answered(*answer):
            await server.emit("answer", answer, to=sid, namespace=namespace)

        await server.emit("question", args, to=sid, namespace=namespace, callback=answered)

    @on("burst")
    async def burst(sid, count):
        for number in range(count):
            await server.emit("burst", number, to=sid, namespace=namespace)

    @on("binary")
    async def binary(sid, size):
        await server.emit("binary", bytes(i % 256 for i in range(size)), to=sid, namespace=namespace)

    @on("disconnect-me")
    async def disconnect_me(sid):
        await server.disconnect(sid, namespace=namespace)

    @on("close-me")
    async def close_me(sid):
        await server.eio.disconnect(server.manager.eio_sid_from_sid(sid, namespace))

    @on("never-ack")
    async def never_ack(sid, *args):
        await asyncio.Event().wait()


async def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--ping-interval", type=int, default=25000)
    parser.add_argument("--ping-timeout", type=int, default=20000)
    parser.add_argument("--max-payload", type=int, default=100_000_000)
    parser.add_argument("--any-namespace", action="store_true")
    parser.add_argument("--msgpack", action="store_true")
    options = parser.parse_args()

    app = web.Application()
    make_server(options).attach(app)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", options.port)
    await site.start()
    port = site._server.sockets[0].getsockname()[1]
    print(f"listening on http://127.0.0.1:{port}", flush=True)

    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    await stopped.wait()
    await runner.cleanup()


asyncio.run(main())

"""One process of a cluster: python-socketio with its Redis manager.

Prints "listening on http://127.0.0.1:PORT" and serves until it is killed.
"""

import argparse
import asyncio

import redis.asyncio
import socketio
from aiohttp import web


def make_server(options):
    server = socketio.AsyncServer(async_mode="aiohttp", client_manager=socketio.AsyncRedisManager(options.redis))
    database = redis.asyncio.Redis.from_url(options.redis)

    @server.on("where")
    async def where(sid):
        return options.name

    @server.on("add")
    async def add(sid, name, number):
        await database.rpush(name, number)
        return options.name, number

    @server.on("say")
    async def say(sid, text):
        await server.emit("said", text)

    return server


async def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--name", required=True)
    parser.add_argument("--redis", metavar="URL", required=True)
    options = parser.parse_args()

    app = web.Application()
    make_server(options).attach(app)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(f"listening on http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}", flush=True)
    await asyncio.Event().wait()


asyncio.run(main())

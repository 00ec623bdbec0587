"""A server for the robot, and the operator's console.

Prints what the robot sends, and sends it what is typed: "forward 2", "turn 90", "stop", "status" and "shutdown".

    pip install python-socketio aiohttp
    python3 console.py [PORT]
"""

import asyncio
import struct
import sys

import socketio
from aiohttp import web

server = socketio.AsyncServer(async_mode="aiohttp")
places = {}  # of each robot


@server.event
async def connect(sid, environ):
    places[sid] = None
    print("a robot has connected", flush=True)


@server.event
async def disconnect(sid, reason=None):
    places.pop(sid, None)
    print("a robot has left", flush=True)


@server.on("position")
async def position(sid, x, y):
    place = f"{x:.2f}, {y:.2f}"
    if place != places[sid]:
        places[sid] = place
        print("at", place, flush=True)


@server.on("telemetry")
async def telemetry(sid, header, batch):
    samples = list(struct.iter_unpack("<Qff", batch))
    print(f"batch {header['number']}: {len(samples)} samples until {samples[-1][0]} ms", flush=True)


async def operate(line):
    action, *amount = line.split() or [""]
    if action == "status":
        for robot in list(places):
            print(await server.call("status", to=robot), flush=True)
    elif action:
        command = {"action": action} | ({"amount": float(amount[0])} if amount else {})
        await server.emit("command", command)


async def start(app):
    loop = asyncio.get_running_loop()
    # Unbuffered, so that the loop sees whether there is another line.
    lines = open(0, closefd=False, mode="rb", buffering=0)

    def read():
        if line := lines.readline():
            server.start_background_task(operate, line.decode())
        else:
            loop.remove_reader(lines)

    loop.add_reader(lines, read)


app = web.Application()
app.on_startup.append(start)
server.attach(app)
port = int(sys.argv[1]) if len(sys.argv) > 1 else 3000
web.run_app(app, host="127.0.0.1", port=port, shutdown_timeout=1)

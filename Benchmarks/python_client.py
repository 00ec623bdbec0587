"""One workload of `sio bench` with python-socketio. Prints the same line of JSON.

    python_client.py URL latency|throughput|binary|receive-text|receive-binary|connections COUNT [polling]
"""

import asyncio
import json
import resource
import sys
import time

import socketio

MESSAGE = {"user": "alice", "text": "hello world, this is a message", "n": 42, "tags": ["a", "b", "c"]}
IN_FLIGHT = {"latency": 1, "throughput": 1024, "binary": 16, "connections": 100}


def usage():
    with open("/proc/self/statm") as statm:
        memory = int(statm.read().split()[1]) * resource.getpagesize()
    return time.monotonic(), time.process_time(), memory


async def connect(url, transport):
    client = socketio.AsyncClient(reconnection=False)
    await client.connect(url, transports=[transport])
    return client


async def round_trips(client, payload, count, in_flight):
    left = iter(range(count))

    async def worker():
        for _ in left:
            await client.call("echo", payload)

    await asyncio.gather(*(worker() for _ in range(in_flight)))


async def connections(url, transport, count):
    clients = [await connect(url, transport)]
    left = iter(range(count))

    async def worker():
        for _ in left:
            clients.append(await connect(url, transport))

    start = usage()
    await asyncio.gather(*(worker() for _ in range(IN_FLIGHT["connections"])))
    end = usage()
    await asyncio.gather(*(client.disconnect() for client in clients))
    return start, end


async def receive(url, transport, workload, count):
    client = await connect(url, transport)
    received = asyncio.Semaphore(0)
    client.on("push", lambda _: received.release())

    async def push(number):
        await client.emit("push", (workload.removeprefix("receive-"), number))
        for _ in range(number):
            await received.acquire()

    await push(max(count // 10, 1))
    start = usage()
    await push(count)
    end = usage()
    await client.disconnect()
    return start, end


async def trips(url, transport, workload, count):
    client = await connect(url, transport)
    payload = bytes(range(250)) * 400 if workload == "binary" else MESSAGE
    in_flight = IN_FLIGHT[workload]
    await round_trips(client, payload, max(count // 10, 1), in_flight)
    start = usage()
    await round_trips(client, payload, count, in_flight)
    end = usage()
    await client.disconnect()
    return start, end


async def main(url, workload, count, transport="websocket"):
    count = int(count)
    if workload == "connections":
        start, end = await connections(url, transport, count)
    elif workload.startswith("receive"):
        start, end = await receive(url, transport, workload, count)
    else:
        start, end = await trips(url, transport, workload, count)
    wall, cpu, memory = (after - before for before, after in zip(start, end))
    line = {
        "client": "python", "workload": workload, "n": count, "wall_s": round(wall, 4), "per_s": round(count / wall, 1),
        "us_each": round(wall * 1e6 / count, 2), "cpu_us_each": round(cpu * 1e6 / count, 2),
        "rss_mb": round(end[2] / 1e6, 2),
    }
    if workload == "connections":
        line["kb_each"] = round(memory / 1024 / count, 2)
    if workload == "receive-binary":
        line["cpu_ns_per_byte"] = round(cpu * 1e9 / count / 100000, 3)
    print(json.dumps(line, separators=(",", ":")))


asyncio.run(main(*sys.argv[1:]))

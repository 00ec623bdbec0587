"""Two python-socketio processes behind HAProxy, which routes each client to the same process by a cookie, with Redis
between them."""

import asyncio
import socket
import sys
from pathlib import Path

import redis.asyncio

BALANCER = """
defaults
    mode http
    option redispatch
    timeout connect 2s
    timeout client 60s
    timeout server 60s
    timeout tunnel 60s

listen cluster
    bind fd@{descriptor}
    balance roundrobin
    cookie server insert indirect nocache
    default-server check inter 100ms fall 1 rise 1
{servers}
"""


class Cluster:
    names = ["a", "b"]

    def __init__(self, folder):
        self.folder = Path(folder)
        self.database = redis.asyncio.Redis(unix_socket_path=str(self.folder / "redis"))
        self.processes = {}

    async def start(self):
        await self._spawn("redis", "redis-server", "--port", "0", "--save", "", "--unixsocket", self.folder / "redis")
        await self._until(self.database.ping, "Redis")
        ports = await asyncio.gather(*(self._serve(name) for name in self.names))
        await self._balance(dict(zip(self.names, ports)))

    async def _serve(self, name):
        process = await self._spawn(
            name, sys.executable, Path(__file__).parent / "server.py", "--name", name,
            "--redis", f"unix://{self.folder}/redis", stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        line = (await process.stdout.readline()).decode()
        assert line.startswith("listening on "), f"server {name} did not start"
        return int(line.rsplit(":", 1)[1])

    async def _balance(self, ports):
        # The balancer gets a port that is already open, so that nobody else can take it.
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            servers = "\n".join(f"    server {name} 127.0.0.1:{port} cookie {name}" for name, port in ports.items())
            path = self.folder / "haproxy.cfg"
            path.write_text(BALANCER.format(descriptor=listener.fileno(), servers=servers))
            await self._spawn("haproxy", "haproxy", "-q", "-db", "-f", path, pass_fds=[listener.fileno()])
            await self._until(self._answers, "HAProxy")

    async def _answers(self):
        reader, writer = await asyncio.open_connection(*self.url.removeprefix("http://").split(":"))
        writer.write(b"GET / HTTP/1.0\r\n\r\n")
        answer = await reader.read()
        writer.close()
        # A server serves only Socket.IO; without one the balancer would answer 503.
        if b" 404 " not in answer:
            raise ConnectionError(answer)

    async def _spawn(self, name, *command, stdout=asyncio.subprocess.DEVNULL, **options):
        process = await asyncio.create_subprocess_exec(*map(str, command), stdout=stdout, **options)
        self.processes[name] = process
        return process

    @staticmethod
    async def _until(attempt, what):
        for _ in range(200):
            try:
                return await attempt()
            except (OSError, redis.exceptions.ConnectionError):
                await asyncio.sleep(0.05)
        raise AssertionError(f"{what} does not answer")

    async def kill(self, name):
        """Kills a process, so that it cannot close its connections properly."""
        process = self.processes.pop(name)
        process.kill()
        await process.wait()

    async def stop(self):
        await self.database.aclose()
        for name in list(self.processes):
            await self.kill(name)

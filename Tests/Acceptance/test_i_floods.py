"""What a server sends faster than it is handled waits at the server."""

import asyncio
import os

import pytest

from script import PATIENCE

TEXT = "x" * 10_000


@pytest.mark.parametrize("command", ["listen", "connect"])
async def test_unread_output_holds_the_server_back(server, command):
    process = await asyncio.create_subprocess_exec(
        os.environ.get("SIO", "sio"), command, server.url, "--transports", "websocket", "--options",
        '{"inboundBuffer":100000}', stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=1 << 16,
    )  # fmt: skip
    session = await server.accept()
    await session.join()
    writer, sent = session.socket.connection.writer, 0
    with pytest.raises(TimeoutError):
        while sent < 5_000:  # 50 MB, many times what the buffers on the way hold
            session.send(f'42["news",{sent},"{TEXT}"]')
            sent += 1
            async with asyncio.timeout(1):
                await writer.drain()
    session.send('42["last"]')
    expected = ["news"] * sent + ["last"]
    async with asyncio.timeout(PATIENCE):
        while expected:
            line = (await process.stdout.readline()).decode()
            if line.startswith("*"):
                continue
            assert expected.pop(0) in line[:30], line[:60]
    process.kill()
    await process.wait()

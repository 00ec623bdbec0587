import json
import os

import pytest

from raw_server import RawServer
from script import Script


def pytest_report_header():
    return f"sio: {os.environ.get('SIO')}"


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.fixture
async def stack():
    """What a test started, to be stopped when it ends: servers first, so that no script has to wait for one."""

    class Stack(list):
        pass

    stack = Stack()
    yield stack
    errors = []
    for thing in sorted(stack, key=lambda thing: isinstance(thing, Script)):
        try:
            await thing.stop()
        except Exception as error:
            errors.append(error)
    for thing in stack:
        errors += getattr(thing, "errors", []) if isinstance(thing, RawServer) else []
    if errors:
        raise errors[0]


@pytest.fixture
def make_server(stack):
    async def make(**options):
        server = await RawServer().start(**options)
        stack.append(server)
        return server

    return make


@pytest.fixture
async def server(make_server):
    return await make_server()


@pytest.fixture
def sio(stack):
    """Starts `sio script`: `await sio(url, transports=["polling"])`."""

    async def start(url=None, **options):
        arguments = ([url] if url else []) + (["--options", json.dumps(options)] if options else [])
        script = await Script.start(*arguments)
        stack.append(script)
        return script

    return start


@pytest.fixture
def connect(sio, server):
    """A client that is connected to a scripted server over one transport; returns the script and the session."""

    async def connect(transport="websocket", namespace="/", handshake={}, **options):
        options = {"transports": [transport], "reconnectionDelay": 10, "randomizationFactor": 0} | options
        script = await sio(server.url + ("" if namespace == "/" else namespace), **options)
        session = await server.accept(**handshake)
        await session.join(namespace)
        await script.expect("connect")
        return script, session

    return connect


@pytest.fixture(params=["polling", "websocket"])
def transport(request):
    return request.param

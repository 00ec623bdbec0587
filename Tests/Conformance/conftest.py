import os

import pytest

from support import Client, Record, Server


def pytest_report_header():
    return f"server: {os.environ.get('SOCKETIO_TEST_SERVER_URL') or os.environ.get('SOCKETIO_TEST_SERVER')}"


@pytest.fixture(scope="session")
def conformance_url():
    """A server in conformance mode: the running one at SOCKETIO_TEST_SERVER_URL, or else one started here."""
    url = os.environ.get("SOCKETIO_TEST_SERVER_URL")
    if url:
        yield url.rstrip("/")
        return
    with Server("--conformance") as server:
        yield server.url


@pytest.fixture(scope="session")
def default_url():
    with Server() as server:
        yield server.url


@pytest.fixture
async def engine(conformance_url):
    """The plain Engine.IO server of the conformance mode."""
    async with Client(conformance_url, "/engine.io/") as client:
        yield client


@pytest.fixture
async def conformance(conformance_url):
    async with Client(conformance_url) as client:
        yield client


@pytest.fixture
async def client(default_url):
    async with Client(default_url) as client:
        yield client


@pytest.fixture
def record(tmp_path):
    return Record(tmp_path / "record.jsonl")

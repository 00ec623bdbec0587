"""Both transports over TLS."""

import ssl
import subprocess

import aiohttp
import pytest

from support import Client, Server


def make_certificate(directory, name):
    """A self-signed certificate and its key, generated for each run so that it never expires."""
    cert, key = directory / f"{name}.pem", directory / f"{name}-key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"]
        + ["-keyout", key, "-out", cert, "-subj", f"/O=Tests/CN={name}"]
        + ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
        check=True,
        capture_output=True,
    )
    return str(cert), str(key)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return make_certificate(tmp_path_factory.mktemp("tls"), "localhost")


@pytest.fixture(scope="module")
def client_certificate(tmp_path_factory):
    return make_certificate(tmp_path_factory.mktemp("tls"), "client")


@pytest.fixture(scope="module")
def server(certificate):
    with Server("--tls-cert", certificate[0], "--tls-key", certificate[1]) as server:
        assert server.url.startswith("https://127.0.0.1:")
        yield server


@pytest.fixture
async def client(server, certificate):
    async with Client(server.url, ssl=ssl.create_default_context(cafile=certificate[0])) as client:
        yield client


async def test_polling(client):
    sid = await client.open_polling()
    for i in range(3):
        await client.post(sid, "40" if i == 0 else f'42["echo",{i}]')
        assert (await client.poll(sid)).text.startswith("4")


async def test_websocket(client):
    async with client.joined() as socket:
        await socket.send('42["binary",1000000]')
        assert await socket.receive() == '451-["binary",{"_placeholder":true,"num":0}]'
        assert len(await socket.receive()) == 1000000
        await socket.send('42["close-me"]')
        assert await socket.closed() == 1005


async def test_upgrade(client):
    sid = await client.open_polling()
    async with client.websocket(sid) as socket:
        await socket.send("2probe")
        assert await socket.receive() == "3probe"
        await socket.send("5", "40")
        assert (await socket.receive()).startswith("40{")


async def test_drop_me(client):
    async with client.joined() as socket:
        await socket.send('42["drop-me"]')
        assert await socket.closed() is None


async def test_an_unknown_certificate_is_not_trusted(server):
    async with Client(server.url) as client:
        with pytest.raises(aiohttp.ClientConnectorCertificateError):
            await client.open_polling()


async def test_plain_http_is_cut_off(server):
    async with Client(server.url.replace("https", "http")) as client:
        with pytest.raises(aiohttp.ClientError):
            await client.open_polling()


def trust(certificate, own=None):
    context = ssl.create_default_context(cafile=certificate[0])
    if own:
        context.load_cert_chain(*own)
    return context


async def test_negotiated_parameters_are_recorded(certificate, record):
    flags = ["--tls-max", "1.2", "--tls-ciphers", "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384"]
    with Server("--tls-cert", certificate[0], "--tls-key", certificate[1], "--record", str(record.file), *flags) as server:
        context = trust(certificate)
        context.set_ciphers("ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305")
        async with Client(server.url.replace("127.0.0.1", "localhost"), ssl=context) as client:
            await client.open_polling()
        context.set_ciphers("ECDHE-ECDSA-CHACHA20-POLY1305")
        async with Client(server.url, ssl=context) as client:
            with pytest.raises(aiohttp.ClientConnectorSSLError):
                await client.open_polling()
    tls, request = record.lines()
    assert (tls["type"], tls["version"], tls["cipher"]) == ("tls", "TLSv1.2", "ECDHE-ECDSA-AES256-GCM-SHA384")
    assert (tls["sni"], tls["client_subject"]) == ("localhost", None)
    assert request["tls"] is True
    assert request["connection"] == tls["connection"]


@pytest.mark.parametrize("version", ["1.2", "1.3"])
async def test_certificates_of_clients(certificate, client_certificate, record, version):
    flags = ["--client-ca", client_certificate[0], "--tls-max", version, "--record", str(record.file)]
    with Server("--tls-cert", certificate[0], "--tls-key", certificate[1], *flags) as server:
        async with Client(server.url, ssl=trust(certificate, client_certificate)) as client:
            async with client.joined():
                [tls] = record.lines(type="tls")
        assert (tls["version"], tls["client_subject"]) == (f"TLSv{version}", "CN=client,O=Tests")
        for own in (None, certificate):
            async with Client(server.url, ssl=trust(certificate, own)) as client:
                with pytest.raises(aiohttp.ClientError):
                    await client.open_polling()
    assert len(record.lines(type="tls")) == 1

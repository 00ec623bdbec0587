"""Section D: TLS, the same over both transports."""

import ssl
import subprocess

import pytest


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


@pytest.fixture(scope="session")
def pki(tmp_path_factory):
    """Certificates generated for each run, so that they never expire: a self-signed one for the server, and one for the
    client with its authority."""
    directory = tmp_path_factory.mktemp("tls")
    new = ("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1")
    for name, subject in (("server", "localhost"), ("client", "a client")):
        openssl(
            *new, "-keyout", directory / f"{name}.key", "-out", directory / f"{name}.pem", "-subj", f"/CN={subject}",
            "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost",
        )  # fmt: skip
    openssl("ec", "-in", directory / "client.key", "-out", directory / "secret.key", "-aes128", "-passout", "pass:secret")
    openssl(
        "pkcs12", "-export", "-in", directory / "client.pem", "-inkey", directory / "client.key",
        "-out", directory / "client.p12", "-passout", "pass:secret",
    )  # fmt: skip
    return directory


def text(path):
    return path.read_text()


def file(path):
    return {"$file": str(path)}


@pytest.fixture
def make_tls_server(pki, make_server):
    async def make(wants_client=False, ciphers=None):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pki / "server.pem", pki / "server.key")
        if ciphers:
            context.maximum_version = ssl.TLSVersion.TLSv1_2
            context.set_ciphers(ciphers)
        if wants_client:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(pki / "client.pem")
        return await make_server(tls=context)

    return make


async def connects(sio, server, transport, **options):
    script = await sio(server.url, transports=[transport], **options)
    session = await server.accept()
    await session.join()
    await script.expect("connect", transport=transport)
    return session


async def fails(sio, server, transport, **options):
    script = await sio(server.url, transports=[transport], reconnection=False, **options)
    line = await script.expect("connect_error", active=True)
    assert "status" not in line and not server.requests
    return line["message"]


async def test_a113_self_signed_servers(sio, make_tls_server, pki, transport):
    server = await make_tls_server()
    assert "certificate" in (await fails(sio, server, transport)).lower()
    await fails(sio, server, transport, ca=text(pki / "client.pem"))
    await connects(sio, server, transport, ca=text(pki / "server.pem"))
    await connects(sio, server, transport, ca=file(pki / "server.pem"))
    await connects(sio, server, transport, ca=[file(pki / "client.pem"), text(pki / "server.pem")])
    await connects(sio, server, transport, rejectUnauthorized=False)


async def test_a040_wss_and_upgrades(sio, make_tls_server, pki):
    server = await make_tls_server()
    script = await sio(server.url.replace("https", "wss"), ca=file(pki / "server.pem"))
    session = await server.accept(upgrades=["websocket"])
    assert session.transport == "polling"
    await session.join()
    socket = (await session.upgrade()).accept()
    assert await socket.receive() == "2probe"
    socket.send("3probe")
    await socket.processed()
    session.send("6")
    assert await socket.receive() == "5"
    await script.expect("upgrade", transport="websocket")


async def test_a114_client_certificates(sio, make_tls_server, pki, transport):
    server = await make_tls_server(wants_client=True)
    options = {"ca": file(pki / "server.pem")}
    await fails(sio, server, transport, **options)
    for cert, key in (
        (text(pki / "client.pem"), text(pki / "client.key")), (file(pki / "client.pem"), file(pki / "client.key"))
    ):  # fmt: skip
        session = await connects(sio, server, transport, cert=cert, key=key, **options)
    assert server.connections[-1].writer.get_extra_info("peercert")["subject"] == ((("commonName", "a client"),),)
    await connects(
        sio, server, transport, cert=file(pki / "client.pem"), key=text(pki / "secret.key"), passphrase="secret", **options
    )
    assert session


async def test_a115_pfx(sio, make_tls_server, pki, transport):
    server = await make_tls_server(wants_client=True)
    options = {"ca": file(pki / "server.pem"), "passphrase": "secret"}
    await connects(sio, server, transport, pfx=file(pki / "client.p12"), **options)


async def test_a116_ciphers(sio, make_tls_server, pki, transport):
    server = await make_tls_server(ciphers="ECDHE-ECDSA-AES128-GCM-SHA256")
    options = {"ca": file(pki / "server.pem")}
    await fails(sio, server, transport, ciphers="ECDHE-ECDSA-AES256-GCM-SHA384", **options)
    await connects(sio, server, transport, ciphers="ECDHE-ECDSA-AES128-GCM-SHA256", **options)


async def test_few_connections_and_handshakes(sio, make_tls_server, pki):
    """Polling needs two connections, and a WebSocket one more; all but the first resume its TLS session."""
    server = await make_tls_server()
    script = await sio(server.url, ca=file(pki / "server.pem"))
    session = await server.accept(upgrades=["websocket"])
    await session.join()
    await script.expect("connect")
    await session.upgrade()
    assert len({request.connection.number for request in server.of(transport="polling")}) == 2
    resumed = [connection.writer.get_extra_info("ssl_object").session_reused for connection in server.connections]
    assert resumed == [False, True, True]


@pytest.mark.parametrize(
    "options",
    [
        {"ca": "no certificate"},
        {"ca": {"$file": "/no/such/file"}},
        {"cert": "x"},
        {"pfx": {"$binary": "AQID"}},
        {"pfx": "text"},
        {"ciphers": "NO-SUCH-CIPHER"},
        {"rejectUnauthorized": "no"},
    ],
)
async def test_bad_tls_options(sio, options):
    script = await sio()
    script.do("io", url="https://localhost", options=options | {"autoConnect": False}, tag=1)
    line = await script.expect("error", tag=1)
    assert next(iter(options)) in line["message"]


async def test_wrong_passphrases(sio, pki):
    script = await sio()
    for options in (
        {"cert": file(pki / "client.pem"), "key": file(pki / "secret.key"), "passphrase": "wrong"},
        {"cert": file(pki / "client.pem"), "key": file(pki / "secret.key")},
        {"pfx": file(pki / "client.p12"), "passphrase": "wrong"},
        {"cert": file(pki / "client.pem"), "key": file(pki / "server.key")},
        {"cert": file(pki / "client.pem")},
    ):
        script.do("io", url="https://localhost", options=options | {"autoConnect": False}, tag=1)
        await script.expect("error", tag=1)
    assert not script.all("created")


@pytest.mark.parametrize("scheme, port", [("http", 80), ("https", 443)])
async def test_a039_default_ports(sio, make_server, pki, transport, scheme, port, request):
    """They are omitted from requests. Only the superuser may listen on them, and only if nobody else does."""
    context = None
    if scheme == "https":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pki / "server.pem", pki / "server.key")
    # Separate addresses, for tests that run at the same time.
    host = f"127.0.{port % 256}.{1 + (transport == 'polling')}"
    try:
        server = await make_server(host=host, port=port, tls=context)
    except OSError as error:
        pytest.skip(str(error))
    await sio(f"{scheme}://{host}:{port}", transports=[transport], rejectUnauthorized=False)
    assert (await server.request()).headers["host"] == host

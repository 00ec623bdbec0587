"""Section D: the factory, URLs, queries and headers."""

import pytest

LAZY = {"autoConnect": False}


@pytest.fixture
def managers(sio):
    """The numbers of the Managers that these calls of io() return."""

    async def managers(*calls):
        script = await sio()
        numbers = []
        for index, (url, options) in enumerate(calls):
            script.do("io", socket=f"s{index}", url=url, options=LAZY | options)
            numbers.append((await script.expect("created", socket=f"s{index}"))["manager"])
        return numbers

    return managers


async def test_a093_namespaces_share_a_connection(sio, server, transport):
    script = await sio(server.url, transports=[transport])
    for name in ("product", "order"):
        script.do("io", socket=name, url=f"{server.url}/{name}", options={"transports": [transport]})
    assert [line["manager"] for line in await script.count(3, "created")] == [1, 1, 1]
    session = await server.accept()
    for namespace in ("/", "/product", "/order"):
        await session.join(namespace, sid=namespace)
    await script.count(3, "connect")
    assert [line["socket"] for line in script.all("connect")] == ["main", "product", "order"]
    assert server.incoming.empty()


async def test_a094_a095_a_manager_of_its_own(managers):
    a, b = "http://h/a", "http://h/b"
    assert await managers((a, {}), (b, {"forceNew": True}), (b, {}), ("http://h/c", {"multiplex": False})) == [1, 2, 1, 3]


async def test_a095_no_multiplexing_from_the_first(managers):
    assert await managers(("http://h/a", {"multiplex": False}), ("http://h/b", {}), ("http://h/c", {})) == [1, 2, 2]


async def test_a096_a097_the_same_namespace_again(managers):
    calls = [("http://h", {}), ("http://h", {}), ("http://h/admin", {}), ("http://h/admin", {}), ("http://h/", {})]
    assert await managers(*calls) == [1, 2, 1, 3, 4]


async def test_a098_also_after_disconnecting(connect, server):
    script, session = await connect()
    script.do("disconnect")
    await script.expect("disconnect")
    script.do("io", socket="again", url=server.url, options={"autoConnect": False})
    await script.expect("created", manager=2)


async def test_a099_paths(managers):
    calls = [
        ("http://h/a", {}), ("http://h/b", {"path": "/x"}), ("http://h/c", {"path": "/x/"}), ("http://h/d", {"path": "/y"}),
        ("http://h/e", {"path": "/socket.io"}),
    ]  # fmt: skip
    # "/x" and "/x/" are the same path.
    assert await managers(*calls) == [1, 2, 2, 3, 1]


async def test_a100_ports_and_schemes(managers):
    calls = [
        ("http://h/a", {}), ("http://h:80/b", {}), ("https://h/c", {}), ("https://h:443/d", {}), ("http://h:81/e", {}),
        ("ws://h/f", {}), ("wss://h/g", {}), ("http://h:/i", {}), ("http://other/j", {}), ("http://h:443/k", {}),
    ]  # fmt: skip
    assert await managers(*calls) == [1, 1, 2, 2, 3, 1, 2, 1, 4, 5]


async def test_a102_the_query_of_the_url(connect, server, sio, transport):
    await sio(f"{server.url}/x?c=d&e=%20f%26&g=h%3Di", transports=[transport])
    request = await server.request()
    assert (request.query["c"], request.query["e"], request.query["g"]) == ("d", " f&", "h=i")
    session = await server.accept(request=request)
    await session.connect_packet("/x")
    assert all(request.query["c"] == "d" for request in server.requests)


async def test_a102_queries_with_gaps(sio, server):
    await sio(f"{server.url}?bare&empty=&plus=a+b&twice=a=b")
    query = (await server.request()).query_string
    assert all(part in query.split("&") for part in ("bare=", "empty=", "plus=a%2Bb", "twice=a%3Db"))


async def test_a103_a104_a105_the_query_option(sio, server, transport):
    query = {"e": "f", "x": 42, "&a": "&=?a", "plus": "a+b c", "ü": "€", "no": False, "half": 0.5}
    await sio(server.url, transports=[transport], query=query)
    request = await server.request()
    for name, value in query.items():
        assert request.query[name] == {"42": "42", "False": "false", "0.5": "0.5"}.get(str(value), value)
    assert request.query["EIO"] == "4" and request.query["transport"] == transport
    assert "%26a=%26%3D%3Fa" in request.query_string and "a%2Bb%20c" in request.query_string
    session = await server.accept(request=request)
    await session.connect_packet()
    assert all(request.query["e"] == "f" for request in server.requests)


@pytest.mark.parametrize(("query", "options"), [("", {"query": {"EIO": "3"}}), ("?transport=no", {})])
async def test_a106_reserved_parameters(sio, server, transport, query, options):
    """They cannot be changed; trying is an error. test_g_silence.py covers all of them."""
    script = await sio(f"{server.url}{query}", transports=[transport], **options)
    await script.expect("error")
    assert server.requests == []


async def test_a107_both_queries(sio, server):
    """They are merged; the URL's values take precedence."""
    await sio(f"{server.url}?a=url&b=url", query={"b": "option", "c": "option"})
    query = (await server.request()).query
    assert (query["a"], query["b"], query["c"]) == ("url", "url", "option")


async def test_a108_changing_the_query(connect, server):
    script, session = await connect("polling", query={"x": "old"})
    await script.when("manager:reconnect_attempt", {"do": "opts", "set": {"query": {"x": "new"}}})
    script.emit("x")
    await session.receive()
    session.lose()
    session = await server.accept()
    await session.join()
    await script.count(2, "connect")
    sids = {"engine-1": "old", "engine-2": "new"}
    assert all(request.query["x"] == sids[request.query["sid"]] for request in server.requests if "sid" in request.query)


async def test_a108_a_change_leaves_the_session_alone(connect, server):
    script, session = await connect("polling", query={"x": "old"})
    script.do("opts", set={"query": {"x": "new"}})
    script.emit("x")
    await session.receive()
    session.send("6")
    await session.held_poll()
    assert {request.query["x"] for request in server.requests} == {"old"}


async def test_a109_extra_headers(sio, server):
    script = await sio(server.url, extraHeaders={"X-Test": "a b", "Cookie": "c=1", "Origin": "http://o", "x-number": 5})
    session = await server.accept(upgrades=["websocket"])
    await session.join()
    await script.expect("connect")
    await session.upgrade()
    assert len({request.transport for request in server.requests}) == 2
    for request in server.requests:
        headers = request.headers
        assert (headers["x-test"], headers["cookie"], headers["origin"]) == ("a b", "c=1", "http://o")
        assert headers["x-number"] == "5"


async def test_a110_changing_headers(connect, server):
    script, session = await connect("polling", extraHeaders={"x-test": "old"})
    await session.held_poll()
    script.do("opts", set={"extraHeaders": {"x-test": "new"}})
    script.emit("x")
    await session.receive()
    values = [request.headers["x-test"] for request in server.requests]
    assert values[-1] == "new" and set(values[:-1]) == {"old"}


@pytest.mark.parametrize(
    "suffix, namespace",
    [("", "/"), ("/", "/"), ("/a", "/a"), ("/a/b/", "/a/b/"), ("/a?x=1", "/a"), ("/a#f", "/a"), ("?x=1", "/"), ("/%41", "/%41")],
)
async def test_a111_namespaces(sio, suffix, namespace):
    script = await sio("http://h" + suffix, autoConnect=False)
    assert (await script.expect("created", socket="main"))["namespace"] == namespace


@pytest.mark.parametrize("url", ["localhost:3000", "h", "/admin", "//h/x", "", "ftp://h", "http://", "http://h:99999", "http://h:x", "http://h/" + "x" * 8000])
async def test_a112_invalid_urls(sio, url):
    script = await sio()
    script.do("io", url=url, tag=1)
    line = await script.expect("error", tag=1)
    assert line["message"] and not script.all("created")
    script.do("io", url="http://h", options={"autoConnect": False})
    await script.expect("created")


async def test_a112_no_url(sio):
    script = await sio()
    script.do("io", tag=1)
    assert "location" in (await script.expect("error", tag=1))["message"]


async def test_a112_location(sio, server):
    script = await sio()
    script.do("location", url=f"{server.url}/page?x=1")
    script.do("io")
    assert (await script.expect("created"))["namespace"] == "/"
    script.do("io", socket="admin", url="/admin?y=2")
    assert (await script.expect("created", socket="admin"))["namespace"] == "/admin"
    request = await server.request()
    assert "x" not in request.query
    session = await server.accept(request=request)
    await session.join()
    await session.join("/admin", sid="y")
    await script.count(2, "connect")
    script.do("io", socket="bare", url=f"{server.authority}/bare")
    await session.join("/bare", sid="z")
    assert [line["manager"] for line in script.all("created")] == [1, 1, 1]


async def test_userinfo_is_no_credential(sio, server):
    await sio(server.url.replace("//", "//user:secret@"))
    request = await server.request()
    assert "authorization" not in request.headers

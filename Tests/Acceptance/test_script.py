"""`sio script` itself, row by row: its arguments, its commands and its lines."""

import json

import pytest

from script import Script

COMMON = {"on", "socket", "ms"}


@pytest.fixture
async def run(stack):
    """Starts the program with these arguments."""

    async def run(*arguments):
        script = await Script.start(*arguments)
        stack.append(script)
        return script

    return run


# Arguments and the end


@pytest.mark.parametrize(
    "arguments",
    [
        ["--options", "{}"],
        ["--nonsense"],
        ["http://h", "http://i"],
        ["http://h", "--options", "[]"],
        ["http://h", "--options", "{"],
        ["http://h", "--options", "null"],
        ["http://h", "--options", ""],
        ["http://h", "--options"],
    ],
)
async def test_unusable_arguments(stack, arguments):
    script = await Script.start(*arguments)
    assert await script.ended() == 2
    assert script.errors and not [line for line in script.lines if line]


async def test_the_url_is_answered_first(run, server):
    script = await run(f"{server.url}/admin?x=1", "--options", '{"transports":["websocket"]}')
    script.do("state")
    line = await script.expect("created")
    assert script.lines[0] is line
    assert line == {"on": "created", "socket": "main", "ms": line["ms"], "manager": 1, "namespace": "/admin"}
    request = await server.request()
    assert (request.query["x"], request.transport) == ("1", "websocket")


@pytest.mark.parametrize(
    "arguments", [["h:1"], ["/admin"], ["ftp://h"], ["http://h", "--options", '{"nonsense":1}'], ["http://h", "--options", '{"timeout":"x"}']]
)
async def test_urls_and_options_that_are_rejected(run, arguments):
    script = await run(*arguments)
    line = await script.expect("error", socket="main")
    assert script.lines[0] is line and set(line) == COMMON | {"message"}
    # The name is still free, and the program goes on.
    script.do("io", url="http://h", options={"autoConnect": False})
    await script.expect("created", socket="main", manager=1)


async def test_nothing_at_all(run):
    script = await run()
    assert await script.end() == 0
    assert script.lines == [None]


@pytest.mark.parametrize("how", ["quit", "end of input", "quit in a handler"])
async def test_the_last_packets_leave(connect, transport, how):
    script, session = await connect(transport)
    if how == "quit in a handler":
        last = {"do": "emit", "event": "last", "args": [{"$binary": "AQ=="}]}
        await script.when("event:go", last, "quit", {"do": "state", "tag": "too late"})
        session.send('42["go"]')
    else:
        script.emit("last", {"$binary": "AQ=="})
        if how == "quit":
            script.do("quit")
    status = await (script.end() if how == "end of input" else script.ended())
    assert (status, script.errors) == (0, "")
    binary = "bAQ==" if transport == "polling" else b"\x01"
    await session.expect('451-["last",{"_placeholder":true,"num":0}]', binary, "41")
    await session.closed()
    assert script.summary()[-2:] == ["manager close", "disconnect io client disconnect"]
    assert not script.all("state", tag="too late")


async def test_quitting_takes_a_second_at_most(connect):
    script, session = await connect("polling")
    session.hold_posts()
    script.emit("x")
    await session.next_post()
    script.do("quit")
    assert await script.ended() == 0


async def test_quitting_disconnects_every_socket(connect, server):
    script, session = await connect()
    script.do("io", socket="b", url=f"{server.url}/b")
    await session.join("/b", sid="b")
    await script.expect("connect", socket="b")
    script.do("quit")
    assert await script.ended() == 0
    assert sorted(await session.receive_all(2)) == ["41", "41/b,"]
    assert {line["socket"] for line in script.all("disconnect", reason="io client disconnect")} == {"main", "b"}


async def test_quitting_while_it_reconnects(run):
    script = await run("http://127.0.0.1:1")
    await script.manager("error")
    script.do("quit")
    assert await script.ended() == 0


async def test_commands_after_quit_are_not_read(run):
    script = await run()
    script.do("quit")
    script.do("state", tag=1)
    assert await script.ended() == 0
    assert not script.all("error")


async def test_the_last_line_needs_no_newline(run):
    script = await run()
    script.process.stdin.write(b'{"do":"state","tag":1}')
    assert await script.end() == 0
    assert script.all("error", tag=1)


# Lines


async def test_lines_that_are_not_commands(run):
    script = await run()
    script.write("nonsense", "", "   ", "{}", '{"do":"dance"}', "[]", '{"do":1}', "{", "\ufeff", '"do"', '{"do":"dance","tag":[1],"socket":"s"}')
    lines = await script.count(9, "error")
    assert [line["line"] for line in lines] == [1, 4, 5, 6, 7, 8, 9, 10, 11]
    assert all(line["message"] for line in lines)
    assert (lines[-1]["tag"], lines[-1]["socket"]) == ([1], "s")
    assert all("tag" not in line for line in lines[:-1])


async def test_windows_line_ends(run):
    script = await run()
    script.write('{"do":"io","url":"http://h","options":{"autoConnect":false}}\r', "\r")
    await script.expect("created")
    await script.state()
    assert not script.all("error")


async def test_every_line_has_a_time(connect):
    script, session = await connect()
    session.send('42["x"]')
    await script.expect("event")
    times = [line["ms"] for line in script.lines]
    assert times == sorted(times) and times[-1] < 20000


@pytest.mark.parametrize(
    "command",
    [
        {"do": "connect"}, {"do": "disconnect"}, {"do": "emit", "event": "x"}, {"do": "open"}, {"do": "close"},
        {"do": "opts", "set": {}}, {"do": "auth", "value": {}}, {"do": "state"},
        {"do": "when", "on": "connect", "then": []},
    ],
)  # fmt: skip
async def test_sockets_that_do_not_exist(run, command):
    script = await run()
    script.write(json.dumps(command | {"socket": "nobody", "tag": "t"}))
    await script.expect("error", socket="nobody", tag="t")


@pytest.mark.parametrize(
    "command",
    [
        {"do": "io", "url": 5}, {"do": "io", "url": "http://h", "options": []}, {"do": "io", "url": "http://h", "extra": 1},
        {"do": "location"}, {"do": "emit"}, {"do": "emit", "event": 5}, {"do": "emit", "event": "x", "args": "y"},
        {"do": "emit", "event": "x", "ack": "yes"}, {"do": "emit", "event": "x", "timeout": "1"},
        {"do": "emit", "event": "x", "timeout": -1}, {"do": "emit", "event": "x", "volatile": 1},
        {"do": "emit", "event": "x", "args": [{"$binary": "?"}]}, {"do": "emit", "event": "x", "args": [[{"$binary": 1}]]},
        {"do": "reply"}, {"do": "reply", "call": 1}, {"do": "reply", "call": "1"}, {"do": "opts"}, {"do": "opts", "set": 1},
        {"do": "auth"}, {"do": "auth", "value": "x"}, {"do": "sleep"}, {"do": "sleep", "ms": "1"}, {"do": "sleep", "ms": -1},
        {"do": "when", "on": "connect"}, {"do": "when", "on": "nothing", "then": []}, {"do": "when", "then": []},
        {"do": "when", "on": "connect", "then": [{"do": "sleep", "ms": 1}]},
        {"do": "when", "on": "connect", "then": [{"do": "dance"}]}, {"do": "when", "on": "connect", "then": ["state"]},
        {"do": "when", "on": "connect", "then": [], "times": 0}, {"do": "when", "on": "connect", "then": [], "times": -1},
        {"do": "when", "on": "manager:nothing", "then": []}, {"do": "state", "socket": 5},
    ],
)  # fmt: skip
async def test_commands_that_cannot_be_carried_out(run, command):
    script = await run("http://h", "--options", '{"autoConnect":false}')
    script.write(json.dumps(command | {"tag": "t"}))
    line = await script.expect("error", tag="t")
    assert line["message"] and set(line) <= COMMON | {"message", "tag", "line"}
    await script.state()
    assert len(script.lines) == 3


BAD_OPTIONS = {
    "forceNew": 1, "multiplex": "no", "transports": "polling", "upgrade": None, "rememberUpgrade": 0, "path": 5, "query": "a=b",
    "extraHeaders": [], "forceBase64": "x", "timestampRequests": 1, "timestampParam": True, "rejectUnauthorized": 0,
    "reconnection": "x", "reconnectionAttempts": "x", "reconnectionDelay": "1", "reconnectionDelayMax": -1,
    "randomizationFactor": "x", "timeout": True, "autoConnect": 1, "parser": "xml", "auth": "x", "retries": "1",
    "ackTimeout": "x", "tryAllTransports": 1, "addTrailingSlash": 1, "transportOptions": [], "requestTimeout": "x",
    "protocols": 5, "withcredentials": True, "": 1, "socket": 1,
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_OPTIONS)
async def test_bad_options(run, name):
    script = await run("http://h", "--options", '{"autoConnect":false}')
    options = {"autoConnect": False, name: BAD_OPTIONS[name]}
    script.do("io", socket="bad", url="http://h", options=options, tag=1)
    assert name in (await script.expect("error", tag=1, socket="bad"))["message"]
    script.do("opts", set={name: BAD_OPTIONS[name]}, tag=2)
    assert name in (await script.expect("error", tag=2))["message"]
    assert len(script.all("created")) == 1


@pytest.mark.parametrize("transports", [["polling", "smoke"], [1], ["websocket", None]])
async def test_bad_transports(run, transports):
    script = await run()
    script.do("io", url="http://h", options={"transports": transports, "autoConnect": False})
    await script.expect("error")


async def test_a_rejected_change_changes_nothing(connect, server):
    script, session = await connect("polling", query={"x": "old"})
    script.do("opts", set={"query": {"x": "new"}, "timeout": "bad"}, tag=1)
    await script.expect("error", tag=1)
    session.lose()
    assert (await server.request()).query["x"] == "old"


# Commands


async def test_io_and_names(run, server):
    script = await run()
    script.do("io", socket="s2", url=f"{server.url}/admin", options={"autoConnect": False}, tag={"t": 1})
    line = await script.expect("created")
    assert set(line) == COMMON | {"manager", "namespace", "tag"}
    assert (line["socket"], line["tag"], line["manager"], line["namespace"]) == ("s2", {"t": 1}, 1, "/admin")
    script.do("io", socket="s2", url="http://other", tag=2)
    assert "s2" in (await script.expect("error", tag=2, socket="s2"))["message"]
    script.do("io", socket="s3", url="http://other", options={"autoConnect": False})
    await script.expect("created", manager=2, socket="s3")
    script.do("state")
    await script.expect("error", socket="main")


async def test_state(run, server):
    script = await run(server.url, "--options", '{"autoConnect":false}')
    script.do("state", tag=None)
    line = await script.expect("state")
    fields = {"connected": False, "active": False, "id": None, "recovered": False, "transport": None}
    assert line == {"on": "state", "socket": "main", "ms": line["ms"], "tag": None} | fields
    script.do("connect")
    session = await server.accept()
    await session.join(sid="x")
    await script.expect("connect")
    script.do("state")
    line = await script.expect("state")
    fields = {"connected": True, "active": True, "id": "x", "recovered": False, "transport": "polling"}
    assert line == {"on": "state", "socket": "main", "ms": line["ms"]} | fields


async def test_fields_of_the_lines(connect):
    script, session = await connect()
    line = script.all("connect")[0]
    assert set(line) == COMMON | {"id", "recovered", "transport"}
    session.send('42["x",1]', '421["y"]', "2")
    assert set(await script.expect("event", name="x", args=[1])) == COMMON | {"name", "args"}
    assert set(await script.expect("event", name="y", args=[])) == COMMON | {"name", "args", "call"}
    assert set(await script.manager("ping")) == COMMON | {"name", "args"}
    script.emit("q", ack=True, tag="t")
    script.emit("r", ack=True)
    await session.expect("3", '420["q"]', '421["r"]')
    session.send("430[1]")
    assert set(await script.expect("ack")) == COMMON | {"tag", "args"}
    session.lose()
    line = await script.expect("disconnect")
    assert set(line) == COMMON | {"reason", "active"} and line["active"] is True
    assert set(await script.expect("ack")) == COMMON | {"error"}
    assert set(script.all("manager", name="open")[0]) == COMMON | {"name", "args"}


async def test_call_numbers(connect, server):
    script, session = await connect()
    script.do("io", socket="b", url=f"{server.url}/b")
    await session.join("/b", sid="b")
    session.send('420["q"]', '42/b,0["q"]', '421["q"]')
    calls = {line["call"]: line["socket"] for line in await script.count(3, "event")}
    assert sorted(calls.values()) == ["b", "main", "main"]
    first, second = (call for call, socket in calls.items() if socket == "main")
    script.do("reply", call=second, args=[{"$binary": "AQ=="}, 2])
    script.do("reply", call=first)
    await session.expect('461-1[{"_placeholder":true,"num":0},2]', b"\x01", "430[]")
    script.do("reply", call=first, args=[], tag=1)
    assert str(first) in (await script.expect("error", tag=1))["message"]
    script.do("reply", call=99, tag=2)
    assert "99" in (await script.expect("error", tag=2))["message"]
    script.do("reply", call=next(call for call, socket in calls.items() if socket == "b"), args=["b"])
    await session.expect('43/b,0["b"]')


async def test_when_and_times(connect):
    script, session = await connect()
    await script.when("event:x", {"do": "emit", "event": "always"})
    await script.when("event:x", {"do": "emit", "event": "twice"}, {"do": "state", "tag": "in handler"}, times=2)
    session.send('42["x"]', '42["x"]', '42["x"]', '42["y"]')
    names = ["always", "twice", "always", "twice", "always"]
    await session.expect(*(f'42["{name}"]' for name in names))
    await script.expect("event", name="y")
    # The commands run after their line and before the next.
    kinds = [line["on"] for line in script.lines if line.get("tag") == "in handler" or line["on"] == "event"]
    assert kinds == ["event", "state", "event", "state", "event", "event"]


async def test_when_for_other_sockets(connect, server):
    script, session = await connect()
    script.do("io", socket="b", url=f"{server.url}/b")
    await session.join("/b", sid="b")
    await script.expect("connect", socket="b")
    await script.when("event:x", {"do": "emit", "event": "from b"}, {"do": "emit", "event": "from main", "socket": "main"}, socket="b")
    session.send('42["x"]', '42/b,["x"]')
    await session.expect('42/b,["from b"]', '42["from main"]')


async def test_when_inside_when(connect):
    script, session = await connect()
    inner = {"do": "when", "on": "event:y", "then": [{"do": "emit", "event": "deep"}], "times": 1}
    await script.when("event:x", inner, times=1)
    session.send('42["y"]', '42["x"]', '42["y"]', '42["y"]', '42["z"]')
    await script.expect("event", name="z")
    script.emit("end")
    await session.expect('42["deep"]', '42["end"]')


async def test_when_of_every_kind(sio, server):
    script = await sio(server.url, autoConnect=False, transports=["websocket"], reconnectionDelay=10, reconnectionAttempts=2)
    kinds = ["connect", "disconnect", "connect_error", "event:x y", "manager:open", "manager:error", "manager:close"]
    kinds += ["manager:ping", "manager:reconnect_attempt", "manager:reconnect", "manager:reconnect_error"]
    kinds += ["manager:reconnect_failed"]
    for kind in kinds:
        await script.when(kind, {"do": "state", "tag": kind}, times=1)
    script.do("connect")
    session = await server.accept()
    await session.join()
    session.send('42["x y"]', "2")
    await session.expect("3")
    session.lose()
    (await server.request()).answer(500)
    session = await server.accept()
    await session.join()
    session.send("zz")
    for _ in range(2):
        (await server.request()).answer(500)
    await script.manager("reconnect_failed")
    for kind in kinds:
        await script.count(1, "state", tag=kind)
    # Each runs right after the line that it waits for.
    for index, line in enumerate(script.lines):
        kind = line.get("tag")
        if line["on"] == "state" and kind in kinds:
            before = script.lines[index - 1]
            name = before.get("name")
            assert kind == {"event": f"event:{name}", "manager": f"manager:{name}"}.get(before["on"], before["on"])


async def test_when_of_the_state_inside_handlers(connect, server):
    script, session = await connect()
    await script.when("disconnect", {"do": "state", "tag": "gone"})
    await script.when("connect", {"do": "state", "tag": "back"})
    session.lose()
    line = (await script.count(1, "state", tag="gone"))[0]
    assert (line["connected"], line["active"], line["id"]) == (False, True, None)
    session = await server.accept()
    await session.join(sid="new")
    line = (await script.count(1, "state", tag="back"))[0]
    assert (line["connected"], line["id"], line["transport"]) == (True, "new", "websocket")


async def test_errors_in_handlers(connect):
    script, session = await connect()
    await script.when("event:x", {"do": "reply", "tag": 1}, {"do": "emit", "event": "connect", "tag": 2}, {"do": "emit", "event": "fine"})
    session.send('42["x"]')
    await script.expect("error", tag=1)
    await script.expect("error", tag=2)
    await session.expect('42["fine"]')


async def test_sleeping(connect):
    script, session = await connect()
    before = await script.state()
    script.do("sleep", ms=300)
    after_sleep = script.state()
    # Events are still reported while the script sleeps.
    session.send('42["x"]')
    event = await script.expect("event")
    after = await after_sleep
    assert after["ms"] - before["ms"] >= 299 and event["ms"] < after["ms"]


async def test_a_script_in_one_piece(run, server):
    """Commands that were all available before the program started to read."""
    script = await run(server.url, "--options", '{"autoConnect":false}')
    commands = [
        {"do": "when", "on": "connect", "then": [{"do": "emit", "event": "hello", "args": ["x"], "ack": True, "tag": 1}]},
        {"do": "when", "on": "event:bye", "then": [{"do": "quit"}]},
        {"do": "connect"},
        {"do": "sleep", "ms": 20000},
    ]
    script.write(*map(json.dumps, commands))
    session = await server.accept()
    await session.join()
    await session.expect('420["hello","x"]')
    session.send('430["y"]', '42["bye"]')
    assert await script.ended() == 0
    assert script.summary() == ["manager open", "connect", "ack", "event bye", "manager close", "disconnect io client disconnect"]


async def test_long_lines(connect):
    script, session = await connect()
    text = "x" * 1_000_000
    script.emit("x", text)
    assert len(await session.receive()) == 1_000_010
    session.send(f'42["y","{text}"]')
    line = await script.expect("event", name="y")
    assert line["args"] == [text]


async def test_opts_check_transport_options(sio, server):
    await sio(
        server.url, transportOptions={"polling": {"extraHeaders": {"x": "p"}, "query": {"q": "p"}}, "websocket": {"path": "/w"}},
        transports=["websocket", "polling"], tryAllTransports=True, extraHeaders={"x": "both"},
    )  # fmt: skip
    request = await server.request()
    assert (request.transport, request.path, request.headers["x"]) == ("websocket", "/w/", "both")
    request.answer(400)
    request = await server.request()
    assert (request.path, request.headers["x"], request.query["q"]) == ("/socket.io/", "p", "p")


async def test_request_timeouts(connect, server):
    script, session = await connect("polling", requestTimeout=200)
    await session.held_poll()
    await script.expect("disconnect", reason="transport error")

"""Section C: Socket.IO packets."""

import json

import pytest


@pytest.mark.parametrize(
    "namespace, auth, packet",
    [
        ("/", None, "40"),
        ("/admin", None, "40/admin,"),
        ("/", {"token": "123"}, '40{"token":"123"}'),
        ("/admin", {"token": "123"}, '40/admin,{"token":"123"}'),
        ("/a/b.c", None, "40/a/b.c,"),
        ("/admin/", None, "40/admin/,"),
        ("/", {}, "40{}"),
    ],
)
async def test_a062_a063_a064_joining(sio, server, transport, namespace, auth, packet):
    options = {"transports": [transport]} | ({"auth": auth} if auth is not None else {})
    await sio(server.url + ("" if namespace == "/" else namespace), **options)
    session = await server.accept()
    await session.expect(packet)


async def test_a065_emitting(connect, transport):
    script, session = await connect(transport, namespace="/admin")
    script.emit("foo")
    script.emit("bar", 1, "2", {"three": [None, True, 4.5, {}]})
    script.emit("baz", {"$binary": "AQ=="}, ack=True)
    await session.expect('42/admin,["foo"]', '42/admin,["bar",1,"2",{"three":[null,true,4.5,{}]}]')
    await session.expect('451-/admin,0["baz",{"_placeholder":true,"num":0}]')


async def test_a066_ack_ids(connect):
    script, session = await connect()
    script.emit("a", ack=True)
    script.emit("b")
    script.emit("c", 1, ack=True)
    await session.expect('420["a"]', '42["b"]', '421["c",1]')


async def test_a067_ack_ids_grow_over_connections(connect, server):
    script, session = await connect()
    script.emit("a", ack=True)
    await session.expect('420["a"]')
    session.lose()
    await script.expect("disconnect")
    session = await server.accept()
    await session.join()
    script.emit("b", ack=True)
    await session.expect('421["b"]')
    # An answer to a question of an earlier session is ignored.
    session.send('430["late"]', '431["right"]')
    await script.expect("ack", args=["right"])
    assert script.all("ack") == [line for line in script.all("ack") if line.get("args") != ["late"]]


@pytest.mark.parametrize("namespace, prefix", [("/", ""), ("/admin", "/admin,")])
async def test_a068_replying(connect, transport, namespace, prefix):
    script, session = await connect(transport, namespace=namespace)
    await script.when("event:q", {"do": "reply", "args": ["bar"]})
    session.send(f'42{prefix}13["q"]')
    line = await script.expect("event", name="q", args=[])
    assert isinstance(line["call"], int)
    await session.expect(f'43{prefix}13["bar"]')
    # Not every event requests an acknowledgement; id 0 is an ordinary id.
    session.send(f'42{prefix}["p"]', f'42{prefix}0["r"]')
    assert "call" not in await script.expect("event", name="p")
    call = (await script.expect("event", name="r"))["call"]
    script.do("reply", call=call)
    await session.expect(f"43{prefix}0[]")


async def test_a069_replying_with_binary(connect):
    script, session = await connect()
    await script.when("event:q", {"do": "reply", "args": [{"x": {"$binary": "AQI="}}]})
    session.send('4215["q"]')
    await session.expect('461-15[{"x":{"_placeholder":true,"num":0}}]', b"\x01\x02")


async def test_a069_binary_acknowledgements(connect):
    script, session = await connect()
    script.emit("q", ack=True, tag="t")
    await session.expect('420["q"]')
    session.send('462-0[{"_placeholder":true,"num":1},[{"_placeholder":true,"num":0}]]', b"\x01", b"\x02")
    await script.expect("ack", tag="t", args=[{"$binary": "Ag=="}, [{"$binary": "AQ=="}]])


async def test_a070_attachments_are_numbered_in_order(connect):
    script, session = await connect()
    a, b, c = ({"$binary": text} for text in ("AQ==", "Ag==", "Aw=="))
    script.emit("x", {"z": a, "list": [[b], "s"], "a": {"deep": c}}, 1)
    holes = [f'{{"_placeholder":true,"num":{number}}}' for number in range(3)]
    await session.expect(f'453-["x",{{"z":{holes[0]},"list":[[{holes[1]}],"s"],"a":{{"deep":{holes[2]}}}}},1]')
    await session.expect(b"\x01", b"\x02", b"\x03")


async def test_a070_packets_are_not_mixed(connect):
    script, session = await connect()
    for number in range(50):
        script.emit("x", number, {"$binary": "AQ=="}, {"$binary": "Ag=="})
    for number in range(50):
        holes = ",".join(f'{{"_placeholder":true,"num":{hole}}}' for hole in range(2))
        await session.expect(f'452-["x",{number},{holes}]', b"\x01", b"\x02")


@pytest.mark.parametrize("namespace, packet", [("/", "41"), ("/admin", "41/admin,")])
async def test_a071_leaving(connect, transport, namespace, packet):
    script, session = await connect(transport, namespace=namespace)
    script.do("disconnect")
    await session.expect(packet)


async def test_a072_the_id(sio, server):
    script = await sio(server.url)
    session = await server.accept(sid="engine")
    await session.join(sid="x")
    await script.expect("connect", id="x", recovered=False, transport="polling")
    assert (await script.state())["id"] == "x"


async def test_a073_connect_error(sio, server, transport):
    script = await sio(server.url, transports=[transport])
    session = await server.accept()
    await session.expect("40")
    session.send('44{"message":"m","data":{"a":1}}')
    line = await script.expect("connect_error", message="m", data={"a": 1}, active=False)
    assert "status" not in line


@pytest.mark.parametrize("payload, message", [('{"message":"m"}', "m"), ('{"message":"m","data":null}', "m"), ('"text"', "text")])
async def test_a073_connect_errors_without_data(sio, server, payload, message):
    script = await sio(server.url + "/n")
    session = await server.accept()
    await session.connect_packet("/n")
    session.send(f"44/n,{payload}")
    line = await script.expect("connect_error", message=message, active=False)
    assert "data" not in line and "status" not in line


MALFORMED = {
    "a074": [f'42["{name}"]' for name in ("connect", "connect_error", "disconnect", "disconnecting")]
    + ['42["newListener"]', '42["removeListener"]'],
    "a075": ["42{}", '42"a"', "42null", "42[true]", "42[null]", "42[{}]"],
    "a076": ["42[]"],
    "a077": ["47", "48", "49"],
    "a078": ["4abc", "4", "4[]"],
    "a082": ["45", "451", "45a-", "451.23-", "45-", '45-["a"]', '45-1-["a"]', '451["a"]', "46", "461", '451-', "461-0"],
    "a083": ['4511-["a"]', '4599999999999999999999-["a"]'],
    "a086": ["42", "420", "42/,", "43", "430", '430{}', '43[]x', '42["a"', '42["a"]]', '42["a"]x', "42[01]"],
    "more": ["41{}", "44", "40[]", '40"x"', "40{", "44[]", "441"],
}


@pytest.mark.parametrize("packet", [packet for packets in MALFORMED.values() for packet in packets])
async def test_a074_to_a078_a082_a083_a086_a092_malformed_packets(connect, server, packet):
    script, session = await connect()
    session.send(packet)
    await script.expect("disconnect", reason="parse error", active=True)
    await script.manager("close", "parse error")
    await script.manager("reconnect_attempt", 1)
    assert not script.all("manager", name="error")
    await session.closed()
    session = await server.accept()
    await session.join()
    await script.expect("connect")
    session.send('42["fine"]')
    await script.expect("event", name="fine")


BROKEN_BINARY = {
    "a079": ['451-["a",{"_placeholder":true,"num":1}]', b"\x01"],
    "a079 negative": ['451-["a",{"_placeholder":true,"num":-1}]', b"\x01"],
    "a079 text": ['451-["a",{"_placeholder":true,"num":"0"}]', b"\x01"],
    "a079 fraction": ['451-["a",{"_placeholder":true,"num":0.5}]', b"\x01"],
    "a079 missing": ['451-["a",{"_placeholder":true}]', b"\x01"],
    "a080": [b"\x01"],
    "a080 after": ['451-["a",{"_placeholder":true,"num":0}]', b"\x01", b"\x02"],
    "a081": ['452-["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]', b"\x01", '42["b"]'],
}


@pytest.mark.parametrize("case", BROKEN_BINARY)
async def test_a079_a080_a081_broken_binary(connect, server, case):
    script, session = await connect()
    session.send(*BROKEN_BINARY[case])
    await script.expect("disconnect", reason="parse error", active=True)
    assert len(script.all("event")) == (case == "a080 after")
    await (await server.accept()).join()
    await script.expect("connect")


async def test_a081_broken_binary_on_polling(connect, server):
    script, session = await connect("polling")
    session.send('452-["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]', "bAQ==", '42["b"]')
    await script.expect("disconnect", reason="parse error")
    await session.expect("1")
    await (await server.accept()).join()
    await script.expect("connect")


async def test_a083_ten_attachments(connect):
    script, session = await connect()
    holes = ",".join(f'{{"_placeholder":true,"num":{number}}}' for number in range(10))
    session.send(f'4510-["x",{holes}]', *(bytes([number]) for number in range(10)))
    assert len((await script.expect("event", name="x"))["args"]) == 10


@pytest.mark.parametrize(
    "packet",
    ['42/other,["x"]', "41/other,", '40/other,{"sid":"y"}', '44/other,{"message":"m"}', '43/other,0["x"]', "40/other"],
)
async def test_a084_unknown_namespaces(connect, packet):
    script, session = await connect()
    session.send(packet, '42["after"]')
    await script.expect("event", name="after")
    assert len(script.all("event")) == 1 and not script.all("disconnect") and not script.all("connect_error")


async def test_a084_binary_of_an_unknown_namespace(connect):
    script, session = await connect()
    session.send('451-/other,["x",{"_placeholder":true,"num":0}]', b"\x01", '42["after"]')
    await script.expect("event", name="after")
    assert len(script.all("event")) == 1


async def test_a085_unknown_acks(connect):
    script, session = await connect()
    session.send('437["x"]', "43[]", '430["x"]', '42["after"]')
    await script.expect("event", name="after")
    script.emit("q", ack=True, tag=1)
    await session.expect('420["q"]')
    session.send('430["x"]', '430["y"]')
    await script.expect("ack", tag=1, args=["x"])
    session.send('42["end"]')
    await script.expect("event", name="end")
    assert len(script.all("ack")) == 1 and not script.all("disconnect")


@pytest.mark.parametrize("packet", ["40", "40{}", '40{"sid":null}', '40{"sid":5}'])
async def test_a087_connect_without_sid(sio, server, packet):
    script = await sio(server.url, transports=["websocket"])
    session = await server.accept()
    await session.expect("40")
    session.send(packet)
    line = await script.expect("connect_error", active=True)
    assert "2" in line["message"] and "data" not in line
    state = await script.state()
    assert (state["connected"], state["active"], state["id"]) == (False, True, None)
    session.send("2")
    await session.expect("3")
    assert not script.all("connect") and not script.managers("close", "reconnect_attempt")


async def test_a088_no_attachments(connect):
    script, session = await connect()
    session.send('450-["a"]', '42["b"]', '451-["c",{"_placeholder":true,"num":0}]', b"\x01")
    for name, args in (("a", []), ("b", []), ("c", [{"$binary": "AQ=="}])):
        await script.expect("event", name=name, args=args)


@pytest.mark.parametrize("end", ["parse error", "transport close", "transport error"])
async def test_a089_half_a_packet_is_forgotten(connect, server, end):
    script, session = await connect()
    session.send('452-["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]', b"\x01")
    match end:
        case "parse error":
            session.send("42")
        case "transport close":
            session.socket.close()
        case "transport error":
            session.send("zz")
    await script.expect("disconnect", reason=end)
    session = await server.accept()
    await session.join()
    await script.expect("connect")
    session.send('42["b"]')
    await script.expect("event", name="b")
    session.send(b"\x02")
    await script.expect("disconnect", reason="parse error")
    assert not script.all("event", name="a")


async def test_a090_numeric_events(connect):
    script, session = await connect()
    await script.when("event:1", {"do": "emit", "event": "seen"})
    session.send('42[1,"x"]')
    await script.expect("event", name="1", args=["x"])
    await session.expect('42["seen"]')


async def test_a091_values_arrive_unchanged(connect, transport):
    script, session = await connect(transport)
    values = [
        None, False, True, 0, -1, 1.5, 1e300, 2**53, 9007199254740993, "", "a\"\\\n\u0000€😀", [], {}, [[], [None]],
        {"": 1, "z": {"y": {"x": [1, {"w": "2026-06-25T10:00:00.000Z"}]}}, "a": None}, "2026-06-25T10:00:00.000Z",
    ]  # fmt: skip
    text = json.dumps(["v", *values], ensure_ascii=False, separators=(",", ":"))
    session.send("42" + text)
    line = await script.expect("event", name="v")
    assert line["args"] == values
    assert [type(value) for value in line["args"]] == [type(value) for value in values]
    assert list(line["args"][14]) == ["", "z", "a"]
    script.emit("v", *values)
    packet = await session.receive()
    assert json.loads(packet.removeprefix("42")) == ["v", *values]


async def test_a091_white_space_and_escapes(connect):
    script, session = await connect()
    session.send('42[ "x" , { "a" : [ 1 , 2 ] } ,\t"\\u20ac\\ud83d\\ude00\\/" ]')
    await script.expect("event", name="x", args=[{"a": [1, 2]}, "€😀/"])


async def test_namespaces_without_comma(sio, server):
    script = await sio(server.url + "/admin")
    session = await server.accept()
    await session.connect_packet("/admin")
    session.welcome("/admin")
    await script.expect("connect")
    session.send("41/admin")
    await script.expect("disconnect", reason="io server disconnect")

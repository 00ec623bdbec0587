"""`sio connect` and the other commands as a person sees them, on a terminal."""

import asyncio
import json
import os
import re
import signal
import stat
import subprocess

import pytest

from terminal import BACKSPACE, DOWN, ENTER, LEFT, RIGHT, TAB, UP, Terminal, control


HINT = "* connecting; type /help for help"


@pytest.fixture
def terminal(stack, tmp_path):
    """Starts the tool on a terminal, with folders of its own: `await terminal("connect", url)`."""

    async def start(*arguments, environment={}, **options):
        folders = {"XDG_STATE_HOME": str(tmp_path / "state"), "XDG_CONFIG_HOME": str(tmp_path / "config")}
        terminal = await Terminal.start(*arguments, environment=folders | environment, **options)
        stack.append(terminal)
        return terminal

    return start


@pytest.fixture
def connected(terminal, server):
    """`sio connect`, connected over WebSocket; returns the terminal and the session of the server."""

    async def connect(*flags, **options):
        screen = await terminal("connect", server.url, "--transports", "websocket", *flags, **options)
        session = await server.accept()
        await session.join(sid="s1")
        # On a narrow terminal it takes two rows.
        end = "connected to / as s1 over websocket >"
        await screen.until(lambda: " ".join(screen.lines).endswith(end), "connection")
        return screen, session

    return connect


def written(tmp_path):
    return (tmp_path / "state/sio/history").read_text()


# The line


async def test_a_line_is_edited_and_emitted(connected):
    screen, session = await connected()
    screen.press("sai x", LEFT, LEFT, LEFT, BACKSPACE, "a", RIGHT, BACKSPACE, "y")
    await screen.shows("> say x")
    assert screen.cursor == (2, 5)
    screen.press(ENTER)
    assert await session.receive() == '42["say","x"]'
    await screen.shows("> say x", ">")


async def test_what_arrives_leaves_the_line_whole(connected):
    screen, session = await connected()
    screen.press("hello wor", LEFT, LEFT)
    await screen.shows("> hello wor")
    session.send('42["news",1]', '42["news",2]')
    await screen.shows("* connected to / as s1 over websocket", "< news 1", "< news 2", "> hello wor")
    assert screen.cursor == (4, 9)
    screen.press("w", ENTER)
    assert await session.receive() == '42["hello","wwor"]'


# With the prompt they fill a row but for the last column, a row, and more than two.
@pytest.mark.parametrize("length", [17, 18, 19, 38, 45])
@pytest.mark.parametrize("back", [0, 1, 17, 18, 19])
async def test_what_arrives_leaves_a_long_line_whole(connected, length, back):
    screen, session = await connected(columns=20)
    text = "".join(chr(ord("a") + index % 26) for index in range(length))
    back = min(back, length)
    screen.press(text, LEFT * back)
    rows = [("> " + text)[start : start + 20] for start in range(0, length + 2, 20)]
    state = [HINT[start : start + 20].strip() for start in range(0, len(HINT), 20)]
    state += ["* connected to / as", "s1 over websocket"]
    place = length + 2 - back

    def is_shown(*above):
        cursor = (len(above) + place // 20, place % 20)
        return lambda: screen.lines == [*above, *rows] and screen.cursor == cursor

    await screen.until(is_shown(*state), "line")
    session.send('42["news",1]')
    await screen.until(is_shown(*state, "< news 1"), "line below the event")
    screen.press(ENTER)
    assert await session.receive() == f'42["{text}"]'
    await screen.shows(*state, "< news 1", *rows, ">")


async def test_wide_characters_keep_their_columns(connected):
    screen, session = await connected(columns=40)
    screen.press("say 日本 é", LEFT, LEFT)
    session.send('42["news"]')
    await screen.until(lambda: screen.lines[2:3] == ["< news"] and screen.cursor == (3, 10), "line")
    screen.press("語", ENTER)
    assert await session.receive() == '42["say","日本語","é"]'


async def test_events_and_keys_at_the_same_time(connected):
    screen, session = await connected(rows=400)
    text = "say abcdefghijklmnopqrstuvwxyz"
    for index in range(300):
        session.send(f'42["news",{index}]')
        if index % 10 == 0:
            screen.press(text[index // 10])
            await asyncio.sleep(0)
    await screen.shows(*[f"< news {index}" for index in range(300)], f"> {text}")
    screen.press(ENTER)
    assert await session.receive() == '42["say","abcdefghijklmnopqrstuvwxyz"]'


async def test_a_pasted_text_is_one_line(connected):
    screen, session = await connected()
    assert b"\x1b[?2004h" in screen.written
    screen.press("say ", '\x1b[200~{\n  "a": 1\n}\n\x1b[201~')
    await screen.shows('> say {   "a": 1 }')
    screen.press(ENTER)
    assert await session.receive() == '42["say",{"a":1}]'


async def test_the_size_of_the_terminal_changes(connected):
    screen, session = await connected(columns=80)
    screen.press("hello")
    await screen.shows("> hello")
    screen.resize(20)
    screen.signal(signal.SIGWINCH)
    screen.press(" abcdefghijklmnopqrstuvwxyz")
    await screen.shows("> hello abcdefghijkl", "mnopqrstuvwxyz")
    session.send('42["news",1]')
    await screen.shows("< news 1", "> hello abcdefghijkl", "mnopqrstuvwxyz")


async def test_the_screen_is_cleared(connected):
    screen, session = await connected()
    screen.press("hello", control("L"))
    await screen.until(lambda: screen.lines == ["> hello"], "cleared screen")


# What was typed before


async def test_the_history_is_kept_across_runs(connected, tmp_path):
    screen, session = await connected()
    screen.press("say one", ENTER, "say two", ENTER, control("D"))
    assert await session.receive_all(2) == ['42["say","one"]', '42["say","two"]']
    assert await screen.exit() == 0
    assert written(tmp_path) == "say one\nsay two\n"
    assert stat.S_IMODE(os.stat(tmp_path / "state/sio/history").st_mode) == 0o600
    screen, session = await connected()
    screen.press("new", UP, UP)
    await screen.shows("> say one")
    screen.press(DOWN, DOWN)
    await screen.shows("> new")
    screen.press(control("R"), "one")
    await screen.shows("search 'one': say one")
    screen.press(ENTER)
    assert await session.receive() == '42["say","one"]'
    await screen.shows("> say one", ">")


async def test_secrets_are_only_recalled_in_the_same_run(connected, tmp_path):
    screen, session = await connected()
    lines = ["login a b", 'say {"password":"x"}', " say hidden", "say shown"]
    for line in lines:
        screen.press(line, ENTER)
        await session.receive()
    assert written(tmp_path) == "say shown\n"
    screen.press(UP, UP)
    await screen.shows(">  say hidden")


async def test_a_history_that_cannot_be_kept_is_no_obstacle(connected, tmp_path):
    (tmp_path / "state").write_text("a file, not a folder")
    screen, session = await connected()
    assert screen.lines[0].startswith(f"! what you type is not kept in {tmp_path}"[:80])
    screen.press("say one", ENTER)
    assert await session.receive() == '42["say","one"]'


async def test_names_of_events_are_completed(connected):
    screen, session = await connected()
    session.send('42["message",1]', '42["message-back",1]', '42["two words"]', '42["e\\u001b[31m"]')
    await screen.shows("< message 1", "< message-back 1", "< two words", "< e\\u001b[31m", ">")
    screen.press("news 1", ENTER)
    assert await session.receive() == '42["news",1]'
    screen.press("n", TAB, "2", ENTER)
    assert await session.receive() == '42["news",2]'
    screen.press("me", TAB)
    await screen.shows("> message")
    screen.press(TAB)
    await screen.shows("message  message-back", "> message")
    screen.press(control("U"), '"t', TAB, "3", ENTER)
    assert await session.receive() == '42["two words",3]'
    screen.press('"e', TAB)
    await screen.shows('> "e\\u001b[31m"')


# The session


async def test_commands(connected):
    screen, session = await connected(rows=30)
    screen.press("/h", TAB, ENTER)
    await screen.until(lambda: any("#3 yes" in line for line in screen.lines), "help")
    screen.press("/dance", ENTER, "'/help' 1", ENTER)
    assert await session.receive() == '42["/help",1]'
    await screen.until(lambda: any(line.startswith("! there is no command /dance") for line in screen.lines), "error")
    screen.press("/quit", ENTER)
    assert await screen.exit() == 0
    assert screen.is_restored


async def test_the_end_of_the_input_waits_for_acknowledgements(connected):
    screen, session = await connected()
    screen.press("add 1 2 ?", ENTER)
    assert await session.receive() == '420["add",1,2]'
    screen.press(control("D"))
    await screen.until(lambda: screen.lines[-1] == "> add 1 2 ?", "end of the prompt")
    await screen.until(lambda: screen.is_restored, "restored settings")
    session.send("430[3]")
    assert await screen.exit() == 0
    await screen.until(lambda: screen.lines[-1].startswith("= add 3  "), "acknowledgement")
    assert screen.lines[-1].endswith((" ms", " µs", " s"))
    assert screen.written.count(b"\x1b[?2004l") == 1


async def test_interruptions(connected):
    screen, session = await connected()
    screen.press("hello", control("C"))
    await screen.shows("* connected to / as s1 over websocket", ">")
    screen.press(control("C"))
    assert await screen.exit() == 0
    assert screen.is_restored
    assert screen.lines[-1] == "* connected to / as s1 over websocket"


async def test_a_signal_restores_the_terminal(connected):
    screen, session = await connected()
    screen.signal(signal.SIGTERM)
    assert await screen.exit() == 0
    assert screen.is_restored


async def test_the_end_of_the_session_restores_the_terminal(connected):
    screen, session = await connected()
    screen.press("hel")
    await screen.shows("> hel")
    session.send("41")
    assert await screen.exit() == 1
    assert screen.is_restored
    await screen.shows("* disconnected: io server disconnect")


async def test_questions_are_answered(connected):
    screen, session = await connected()
    session.send('427["ask","q"]')
    await screen.shows('< ask "q"  #1', ">")
    screen.press("#1 yes", ENTER)
    assert await session.receive() == '437["yes"]'


# What it looks like


async def test_colours(connected):
    screen, session = await connected()
    session.send('42["news","text",1,{"a":null}]')
    await screen.shows('< news "text" 1 {"a":null}', ">")
    row = screen.screen.buffer[2]
    assert [row[column].fg for column in (0, 7, 14, 17)] == ["cyan", "green", "brown", "blue"]
    assert row[2].bold and not row[7].bold


async def test_no_colours_where_the_user_wants_none(connected):
    screen, session = await connected(environment={"NO_COLOR": "1"})
    session.send('42["news","text"]')
    await screen.shows('< news "text"', ">")
    assert b"m" not in screen.written.replace(b"* connected to / as s1 over websocket", b"")


async def test_a_terminal_without_a_cursor_gets_plain_lines(terminal, server):
    screen = await terminal("connect", server.url, "--transports", "websocket", environment={"TERM": "dumb"})
    session = await server.accept()
    await session.join(sid="s1")
    await screen.shows("* connected to / as s1 over websocket")
    screen.press("say x\n")
    assert await session.receive() == '42["say","x"]'
    session.send('42["news","text"]')
    await screen.shows("say x", '< news "text"')
    assert b"\x1b" not in screen.written


async def test_a_server_cannot_control_the_terminal(connected):
    screen, session = await connected()
    screen.press("hello")
    await screen.shows("> hello")
    session.send('42["\\u001b[2J\\n\\u009b1A",{"\\u001b[H":"\\u202e\\r"}]')
    await screen.shows(
        "* connected to / as s1 over websocket",
        r'< \u001b[2J\u000a\u009b1A {"\u001b[H":"\u202e\r"}',
        "> hello",
    )


async def test_times_and_json_on_several_lines(connected, tmp_path):
    screen, session = await connected("--timestamps", "--pretty")
    session.send('42["news",{"a":[1]},2]')
    await screen.shows("  ]", "} 2", ">")
    assert [line[line.find("<") :] if "<" in line else line for line in screen.lines[2:]] == [
        "< news {", '  "a": [', "    1", "  ]", "} 2", ">",
    ]  # fmt: skip
    assert re.fullmatch(r"\d\d:\d\d:\d\d\.\d{3} < news \{", screen.lines[2])


async def test_a_log_on_the_same_terminal_means_plain_lines(terminal, server):
    screen = await terminal("connect", server.url, "--transports", "websocket", "--verbose")
    session = await server.accept()
    await session.join(sid="s1")
    await screen.until(lambda: any("connected to / as s1" in line for line in screen.lines), "connection")
    assert b"\x1b[?2004h" not in screen.written
    screen.press("say x\n")
    assert await session.receive() == '42["say","x"]'


async def test_a_server_that_does_not_answer_is_waited_for_visibly(terminal, server):
    screen = await terminal("connect", server.url)
    await screen.shows(HINT, ">")


async def test_a_pipe_on_one_side_means_plain_lines(terminal, server):
    screen = await terminal("connect", server.url, "--transports", "websocket", stdin=subprocess.DEVNULL)
    session = await server.accept()
    await session.join(sid="s1")
    assert await screen.exit() == 0
    await screen.shows("* connected to / as s1 over websocket")
    assert b"\x1b[?2004h" not in screen.written


# Long work


async def test_bench_shows_its_progress(terminal, server):
    arguments = ("--workload", "latency", "--count", "10")
    screen = await terminal("bench", server.url, *arguments, stdout=subprocess.PIPE)
    session = await server.accept()
    await session.join()

    async def answer(count):
        for _ in range(count):
            packet = await session.receive()
            number = packet[2 : packet.index("[")]
            session.send(f"43{number}[1]")

    await screen.until(lambda: screen.lines == ["latency, warming up: 0 of 1 (0 %), 0 per second"], "warm-up")
    await answer(4)
    pattern = r"latency: 3 of 10 \(30 %\), [\d,]+ per second"
    await screen.until(lambda: len(screen.lines) == 1 and re.fullmatch(pattern, screen.lines[0]), "progress")
    await answer(7)
    output = json.loads(await screen.process.stdout.read())
    assert output["n"] == 10
    assert await screen.exit() == 0
    pattern = r"latency: 10 in [\d.]+ m?s, [\d.]+ (ms|µs) each, [\d,]+ per second"
    await screen.until(lambda: len(screen.lines) == 1 and re.fullmatch(pattern, screen.lines[0]), "summary")


@pytest.fixture
def large_file(tmp_path):
    """An argument of 64 MB for the command line."""
    file = tmp_path / "large"
    with file.open("wb") as handle:
        handle.truncate(64_000_000)
    return json.dumps({"$file": str(file)})


@pytest.mark.parametrize("flags", [(), ("--transports", "websocket")])
async def test_emit_shows_how_much_of_a_large_file_was_sent(terminal, server, large_file, flags):
    screen = await terminal("emit", server.url, "upload", large_file, *flags, stdout=subprocess.PIPE)
    session = await server.accept()
    await session.join()
    # What is not read here stays with the client.
    pattern = r"sent [\d.]+ [kM]B of 64\.0 MB \(\d+ %\)"
    await screen.until(lambda: len(screen.lines) == 1 and re.fullmatch(pattern, screen.lines[0]), "progress")


async def test_a_large_file_is_polled_where_there_is_no_websocket(terminal, server, tmp_path):
    file = tmp_path / "large"
    file.write_bytes(bytes(2_000_000))
    argument = json.dumps({"$file": str(file)})
    screen = await terminal("emit", server.url, "upload", argument, "--no-ack", stdout=subprocess.PIPE)
    request = await server.request()
    assert request.is_upgrade
    request.answer(400)
    session = await server.accept(maxPayload=4_000_000)
    assert session.transport == "polling"
    await session.join()
    assert await session.receive() == '451-["upload",{"_placeholder":true,"num":0}]'
    assert len(await session.receive()) > 2_000_000
    assert await screen.exit() == 0


async def test_a_session_tells_how_much_of_a_large_file_was_sent(connected, large_file):
    screen, session = await connected()
    session.socket.connection.hold_reading()
    screen.press("upload ", large_file, ENTER)
    pattern = r"\* sent [\d.]+ (bytes|kB|MB) of 64\.0 MB \(\d+ %\)"
    await screen.until(lambda: any(re.fullmatch(pattern, line) for line in screen.lines), "progress")
    session.socket.connection.go_on_reading()
    await screen.until(lambda: "* sent 64.0 MB of 64.0 MB (100 %)" in screen.lines, "end")


async def test_no_progress_where_nobody_sees_it(terminal, server):
    screen = await terminal("bench", server.url, "--workload", "latency", "--count", "1", stderr=subprocess.PIPE)
    session = await server.accept()
    await session.join()
    for _ in range(2):
        packet = await session.receive()
        session.send(f"43{packet[2 : packet.index('[')]}[1]")
    assert await screen.process.stderr.read() == b""
    assert await screen.exit() == 0

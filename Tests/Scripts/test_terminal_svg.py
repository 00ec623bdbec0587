"""scripts/terminal-svg, which draws the README's picture of a terminal."""

import os
import pty
import xml.etree.ElementTree

import pytest
from support import load

terminal = load("terminal-svg")


@pytest.fixture
def pseudo_terminal():
    try:
        ends = pty.openpty()
    except OSError as error:  # as in a container without /dev/pts
        pytest.skip(f"no pseudo-terminal: {error}")
    for end in ends:
        os.close(end)


@pytest.mark.parametrize("line, shown", [
    ("plain\r", "plain"),
    ("\x1b[1;31mred\x1b[0m", "red"),
    ("\x1b]0;a title\x07text", "text"),
    ("half\rwhole", "whole"),
    ("bell\x07", "bell"),
    ("a\tb", "a       b"),
    ("x" * 200, "x" * terminal.COLUMNS),
])
def test_only_what_is_seen_is_drawn(line, shown):
    assert terminal.plain(line) == shown


def test_a_command_is_recorded_in_a_terminal(pseudo_terminal):
    lines = terminal.record(["sh", "-c", "test -t 1 && echo to a terminal; printf end"])
    assert [line for _, line in lines] == ["to a terminal", "end"]


@pytest.mark.parametrize("command, reason", [
    (["sh", "-c", "echo why; exit 3"], "why\nsh ended with status 3"),
    (["sh", "-c", "kill -TERM $$"], "sh ended with signal SIGTERM"),
])
def test_a_command_that_fails_is_not_drawn(pseudo_terminal, command, reason):
    with pytest.raises(SystemExit, match=reason):
        terminal.record(command)


def test_long_pauses_are_cut_and_short_ones_kept():
    assert list(terminal.paced([(0.5, "a"), (0.75, "b"), (30.75, "c"), (31.0, "d")])) == [
        (0.5, "a"), (0.75, "b"), (1.75, "c"), (2.0, "d")]


def test_the_picture_is_xml_with_the_lines_in_order_and_dark_colours():
    picture = terminal.draw("sio <x>", [(0.5, "a < b & c"), (0.6, "last")])
    texts = [text.text for text in xml.etree.ElementTree.fromstring(picture).iter("{http://www.w3.org/2000/svg}text")]
    assert texts == ["$ sio <x>", "a < b & c", "last"]
    assert "prefers-color-scheme: dark" in picture


def test_the_newest_lines_are_kept():
    picture = terminal.draw("x", [(0.0, f"line {i}.") for i in range(terminal.ROWS + 1)])
    assert "line 0." not in picture and "line 1." in picture and f"line {terminal.ROWS}." in picture

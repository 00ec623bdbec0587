"""A program in a pseudo-terminal, whose screen a terminal emulator shows."""

import asyncio
import contextlib
import fcntl
import os
import pty
import signal
import struct
import termios

import pyte
import pytest

from script import PATIENCE

UP, DOWN, RIGHT, LEFT = "\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D"
BACKSPACE, ENTER, TAB, ESCAPE = "\x7f", "\r", "\t", "\x1b"


def control(letter):
    return chr(ord(letter) & 0x1F)


class Terminal:
    """What the program writes goes to `screen`, and what `press` gets goes to the program."""

    @classmethod
    async def start(cls, *arguments, columns=80, rows=24, environment={}, stdin=None, stdout=None, stderr=None):
        self = cls()
        self.screen = pyte.Screen(columns, rows)
        self.stream = pyte.ByteStream(self.screen)
        self.written = b""
        self.changed = asyncio.Event()
        try:
            self.master, slave = pty.openpty()
        except OSError as error:  # as in a container without /dev/pts
            pytest.skip(f"no pseudo-terminal: {error}")
        self.resize(columns, rows)
        self.settings = termios.tcgetattr(slave)
        self.slave = slave
        self.process = await asyncio.create_subprocess_exec(
            os.environ.get("SIO", "sio"), *arguments,
            stdin=slave if stdin is None else stdin,
            stdout=slave if stdout is None else stdout,
            stderr=slave if stderr is None else stderr,
            env=os.environ | {"TERM": "xterm-256color", "NO_COLOR": ""} | environment,
            start_new_session=True,
        )  # fmt: skip
        asyncio.get_running_loop().add_reader(self.master, self._read)
        return self

    def resize(self, columns, rows=24):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.screen.resize(rows, columns)

    def signal(self, number):
        self.process.send_signal(number)

    def _read(self):
        data = os.read(self.master, 65536)
        self.written += data
        self.stream.feed(data)
        self.changed.set()

    def press(self, *keys):
        os.write(self.master, "".join(keys).encode())

    @property
    def lines(self):
        """The rows of the screen without the blank ones below, and without spaces at their ends."""
        rows = [row.rstrip() for row in self.screen.display]
        while rows and not rows[-1]:
            rows.pop()
        return rows

    @property
    def is_restored(self):
        """Whether the settings are those that the program has found."""
        return termios.tcgetattr(self.slave) == self.settings

    async def until(self, condition, what):
        """Waits until the condition holds for the screen. The settings change without output, so it also looks again
        from time to time."""
        try:
            async with asyncio.timeout(PATIENCE):
                while not condition():
                    self.changed.clear()
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self.changed.wait(), 0.1)
        except TimeoutError:
            screen = "\n".join(self.lines)
            raise AssertionError(f"no {what} on the screen:\n{screen}\ncursor {self.cursor}") from None

    @property
    def cursor(self):
        return (self.screen.cursor.y, self.screen.cursor.x)

    async def shows(self, *lines):
        """Waits until these are the last lines; spaces at their ends do not count."""
        lines = [line.rstrip() for line in lines]
        await self.until(lambda: self.lines[-len(lines) :] == lines, f"{lines}")

    async def exit(self):
        """Waits for the end of the program, and returns its status."""
        async with asyncio.timeout(PATIENCE):
            return await self.process.wait()

    async def stop(self):
        asyncio.get_running_loop().remove_reader(self.master)
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGKILL)
        await self.process.wait()
        for descriptor in (self.master, self.slave):
            os.close(descriptor)

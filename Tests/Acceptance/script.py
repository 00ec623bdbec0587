"""`sio script` as a process: commands go in, lines come out."""

import asyncio
import json
import os

PATIENCE = 20  # seconds, far more than anything here takes; only a failing test waits for so long


class Line(dict):
    """One line of output."""

    def has(self, kind, fields):
        return self.get("on") == kind and all(name in self and self[name] == value for name, value in fields.items())


class Script:
    """Lines are consumed in order: each expectation searches after the line that met the last one."""

    @classmethod
    async def start(cls, *arguments):
        self = cls()
        self.lines, self.position, self.tags = [], 0, 0
        self.changed = asyncio.Condition()
        self.process = await asyncio.create_subprocess_exec(
            os.environ.get("SIO", "sio"), "script", *arguments,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            limit=1 << 26,
        )  # fmt: skip
        self.reading = asyncio.create_task(self._read())
        return self

    async def _read(self):
        async for text in self.process.stdout:
            line = Line(json.loads(text))
            assert isinstance(line["ms"], int) and isinstance(line["socket"], str)
            async with self.changed:
                self.lines.append(line)
                self.changed.notify_all()
        async with self.changed:
            self.lines.append(None)
            self.changed.notify_all()

    # Commands

    def write(self, *lines):
        """Sends lines unchanged."""
        self.process.stdin.write("".join(line + "\n" for line in lines).encode())

    def do(self, name, **fields):
        self.write(json.dumps({"do": name} | fields))

    def emit(self, event, *args, **fields):
        self.do("emit", event=event, args=list(args), **fields)

    async def when(self, occasion, *commands, **fields):
        """`commands` are names or objects. They are registered when this returns."""
        then = [{"do": command} if isinstance(command, str) else command for command in commands]
        self.do("when", on=occasion, then=then, **fields)
        await self.state(fields.get("socket", "main"))

    # Lines

    async def _wait(self, found, what):
        try:
            async with asyncio.timeout(PATIENCE), self.changed:
                while True:
                    result = found()
                    if result is not None:
                        return result
                    if self.lines and self.lines[-1] is None:
                        raise AssertionError(f"the output ended without {what}")
                    await self.changed.wait()
        except TimeoutError:
            raise AssertionError(f"no {what} in\n" + "\n".join(map(json.dumps, self.lines))) from None

    async def expect(self, kind, **fields):
        """Waits for the next matching line."""

        def found():
            for index in range(self.position, len(self.lines)):
                line = self.lines[index]
                if line and line.has(kind, fields):
                    self.position = index + 1
                    return line

        return await self._wait(found, f"{kind} {fields}")

    async def manager(self, name, *args, **fields):
        return await self.expect("manager", name=name, **({"args": list(args)} if args else {}), **fields)

    async def count(self, number, kind, **fields):
        """Waits for that many matching lines, and returns them all."""
        await self._wait(lambda: len(self.all(kind, **fields)) >= number or None, f"{number} of {kind} {fields}")
        return self.all(kind, **fields)

    def all(self, kind, **fields):
        """All matching lines so far."""
        return [line for line in self.lines if line and line.has(kind, fields)]

    def managers(self, *names):
        """The Manager events with these names so far."""
        return [line["name"] for line in self.all("manager") if line["name"] in names]

    def summary(self, *leave_out):
        """What all lines so far are about, in order."""
        texts = []
        for line in self.lines:
            if line and line["on"] not in ("created", "state", "error", *leave_out):
                detail = line.get("name") or line.get("reason")
                texts.append(f"{line['on']} {detail}" if detail else line["on"])
        return texts

    async def state(self, socket="main"):
        """Asks for the state; by the answer, all earlier commands have been carried out on the session's side."""
        self.tags += 1
        tag = f"state-{self.tags}"
        self.do("state", socket=socket, tag=tag)

        def found():
            return next((line for line in self.lines if line and line.has("state", {"tag": tag})), None)

        return await self._wait(found, "state")

    # The end

    async def ended(self):
        """Waits until the program exits by itself, and returns its status."""
        async with asyncio.timeout(PATIENCE):
            await self.reading
            errors = (await self.process.stderr.read()).decode()
            status = await self.process.wait()
        self.errors = errors
        return status

    async def end(self):
        """Ends the input and waits for the exit."""
        self.process.stdin.close()
        return await self.ended()

    async def stop(self):
        """Runs at the end of every test: whatever happened, the program exits cleanly."""
        if self.process.returncode is None:
            try:
                status = await self.end()
                assert (status, self.errors) == (0, "")
            finally:
                if self.process.returncode is None:
                    self.process.kill()
                    await self.process.wait()

"""The commands of Examples/README.md for the examples in C and Python, as they are printed."""

import os
import pathlib
import re
import shlex
import subprocess

import pytest
from support import ROOT

PRINTED = "http://127.0.0.1:3000"


def commands(example):
    [row] = re.findall(rf"^\| \[{example}\].*\|$", (ROOT / "Examples/README.md").read_text(), re.MULTILINE)
    return re.findall(r"`([^`]+)`", row.split("|")[3])


def run(command, **environment):
    done = subprocess.run(
        command, shell=True, cwd=ROOT, env=os.environ | environment, text=True, timeout=120,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert done.returncode == 0, f"{command}: {done.stdout}"
    return done.stdout


@pytest.fixture(scope="module")
def server():
    with subprocess.Popen(
        [os.environ["SOCKETIO_TEST_SERVER"], "--port", "0"], stdout=subprocess.PIPE, text=True
    ) as process:
        yield process.stdout.readline().split()[-1]
        process.terminate()


@pytest.fixture(scope="module")
def installed():
    """The folder where libcsio is installed, as a static library."""
    return pathlib.Path(run("pkg-config --variable=libdir csio").strip())


@pytest.fixture(scope="module")
def shared_library(installed, tmp_path_factory):
    """A folder with a shared libcsio."""
    folder = tmp_path_factory.mktemp("lib")
    run(f"""cc -shared -o {shlex.quote(str(folder / "libcsio.so.0"))} -Wl,-soname,libcsio.so.0 -Wl,--whole-archive \
        {shlex.quote(str(installed / "libcsio.a"))} -Wl,--no-whole-archive $(pkg-config --libs csio) -pthread""")
    return folder


def expect_sessions(output):
    assert re.search(r"^HTTP: status 200, \d+ bytes", output, re.MULTILINE), output
    assert re.search(r"""^WebSocket: text of \d+ bytes: (b')?0\{"sid":""", output, re.MULTILINE), output
    assert "WebSocket: closed with code 1000" in output, output


def test_c(server, installed, tmp_path):
    build, start = (command.replace("build/example", str(tmp_path)) for command in commands("c"))
    assert PRINTED in start
    run(build, CMAKE_PREFIX_PATH=str(installed.parent))
    expect_sessions(run(start.replace(PRINTED, server)))


def test_python(server, shared_library):
    [command] = commands("python")
    assert PRINTED in command
    expect_sessions(run(command.replace(PRINTED, server), LD_LIBRARY_PATH=str(shared_library)))

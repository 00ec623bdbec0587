"""Flags, messages and exit statuses."""

import os
import re
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from support import Client, Server


def run(*flags, stdin=None):
    binary = os.environ.get("SOCKETIO_TEST_SERVER", "socketio-test-server")
    return subprocess.run([binary, *flags], stdin=stdin, capture_output=True, text=True, timeout=10)


def test_help_and_version():
    result = run("--help")
    assert (result.returncode, result.stderr) == (0, "")
    for word in ("--max-payload BYTES", "(default 1000000)", "/admin", "get-handshake", "--conformance"):
        assert word in result.stdout
    # What the manual page on 80 columns leaves.
    assert max(map(len, result.stdout.splitlines())) <= 73
    result = run("--version")
    assert result.returncode == 0
    assert re.fullmatch(r"socketio-test-server \d+\.\d+\.\d+\n", result.stdout)


def test_help_and_manual_agree():
    manual = (Path(__file__).parent.parent.parent / "docs" / "test-server.md").read_text()
    usage = run("--help").stdout
    rows = re.findall(r"^\| (`--.*?) \|", manual, re.MULTILINE)
    assert set(re.findall(r"--[a-z-]+", usage)) == set(re.findall(r"--[a-z-]+", " ".join(rows)))
    events = manual.split("## Events")[1].split("##")[0]
    names = re.findall(r"^\| `(.*?)`", events, re.MULTILINE)
    assert "drop-me" in names
    assert all(f"\n  {name} " in usage for name in names)


@pytest.mark.parametrize(
    "flags",
    [
        ["--nonsense"],
        ["stray"],
        ["--port"],
        ["--port", "x"],
        ["--port", "65536"],
        ["--port", "-1"],
        ["--port", " 1"],
        ["--host", "nowhere"],
        ["--path", "no-slash"],
        ["--path", "/a?b"],
        ["--path", "/" + "x" * 300],
        ["--transports", ""],
        ["--transports", "polling,"],
        ["--transports", "webtransport"],
        ["--ping-interval", "0"],
        ["--ping-timeout", "1e3"],
        ["--max-payload", "99999999999999999999"],
        ["--tls-cert", "cert.pem"],
        ["--tls-ciphers", "nonsense"],
        ["--tls-max", "1.1"],
        ["--fail-handshakes", ":500"],
        ["--fail-handshakes", "1:199"],
        ["--drop-upgrade", ""],
        ["--recovery", "0"],
        ["--garbage", "post"],
        ["--sticky", "a=b"],
        ["--client-ca", os.devnull],
        ["--set-cookie", "a=1\nb=2"],
    ],
)
def test_wrong_flags(flags):
    result = run(*flags)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith(f"socketio-test-server: {flags[0]}: ")
    assert result.stderr.count("\n") == 1


def test_a_port_in_use():
    with socket.create_server(("127.0.0.1", 0)) as other:
        result = run("--port", str(other.getsockname()[1]))
    assert (result.returncode, result.stdout) == (1, "")
    assert "cannot listen on 127.0.0.1" in result.stderr


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1"])
def test_an_address_of_another_machine(host):
    result = run("--port", "0", "--host", host)
    assert (result.returncode, result.stdout) == (1, "")
    [line] = result.stderr.splitlines()
    assert line.startswith(f"socketio-test-server: cannot listen on {host} port 0: ")


def test_a_certificate_that_cannot_be_used():
    result = run("--port", "0", "--tls-cert", os.devnull, "--tls-key", os.devnull)
    assert (result.returncode, result.stdout) == (1, "")
    [line] = result.stderr.splitlines()
    assert "with that certificate and key" in line


def test_only_the_given_address_is_listened_on():
    with Server() as server:
        port = int(server.url.rsplit(":", 1)[1])
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.2", port), timeout=5)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_signals_stop_it_cleanly(how):
    Server().stop(how)


def test_the_end_of_input_stops_it_cleanly():
    server = Server("--stop-with-input")
    server.process.stdin.write("ignored\n")
    server.process.stdin.flush()
    with socket.create_connection(("127.0.0.1", int(server.url.rsplit(":", 1)[1]))):
        out, err = server.process.communicate(timeout=10)  # closes its input
    assert (server.process.returncode, out, err) == (0, "", "")


def test_only_a_pipe_can_stop_it():
    result = run("--port", "0", "--stop-with-input", stdin=subprocess.DEVNULL)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == "socketio-test-server: --stop-with-input: standard input is not a pipe\n"


async def test_verbose_logs_sessions():
    server = Server("--verbose")
    async with Client(server.url) as client:
        sid = await client.open_polling()
    server.process.terminate()
    _, log = server.process.communicate(timeout=10)
    assert f"{sid}: opened by polling" in log
    assert server.process.returncode == 0

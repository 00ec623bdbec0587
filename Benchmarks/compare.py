"""Runs the workloads with each client in turn, several rounds, and prints medians and ratios. Started by scripts/bench.

A ratio compares medians of one run only, because results of different machines, or of different hours, are not
comparable. Rounds are interleaved, so that a slow minute affects all clients alike.
"""

import argparse
import json
import os
import platform
import re
import statistics
import subprocess
import sys

# workload: the number of round trips, messages or connections for the C clients and `sio bench`; for JavaScript; for Python. The
# latter two are too slow for as many.
COUNTS = {
    "latency": (20000, 20000, 4000),
    "throughput": (200000, 100000, 10000),
    "binary": (2000, 2000, 400),
    "receive-text": (1000000, 200000, 50000),
    "receive-binary": (5000, 2000, 1000),
    "connections": (1000, 1000, 300),
}
# The workloads that run by default; `-tls` runs any of them over TLS.
USUAL = [*COUNTS, "latency-tls", "throughput-tls", "connections-tls"]
ALL = [*COUNTS, *(f"{workload}-tls" for workload in COUNTS)]

# The targets, where both clients were run: (title, workload, client, field, compared with, higher is better, bar)
BARS = [
    ("throughput, on the loop", "throughput", "loop", "per_s", "raw-c", True, 0.8),
    ("throughput", "throughput", "default", "per_s", "raw-c", True, 1.0),
    ("latency, on the loop", "latency", "loop", "us_each", "raw-c", False, 1.15),
    ("latency", "latency", "default", "us_each", "raw-c", False, 1.7),
    ("binary, beside Python", "binary", "default", "per_s", "python", True, 2),
    ("CPU of 1,000 connections", "connections", "default", "cpu_us_each", "raw-c", False, 1.5),
    ("KB of an idle connection", "connections", "default", "kb_each", None, False, 9),
    ("KB of one over TLS", "connections-tls", "default", "kb_each", None, False, 26),
    ("core: ns of CPU a byte received", "receive-binary", "core", "cpu_ns_per_byte", None, False, 0.5),
    ("core: µs of CPU a text received", "receive-text", "core", "cpu_us_each", None, False, 0.1),
]


class Server:
    def __init__(self, *command):
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().split()[-1]
        self.port = self.url.rsplit(":", 1)[1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def run(*command):
    process = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=600)
    if process.returncode:
        sys.exit(f"{' '.join(command)} failed")
    return [json.loads(line) for line in process.stdout.splitlines()]


def commands(options, server, name, factor=1):
    """The clients of a workload, as pairs of name and command. JavaScript and Python only without a factor."""
    workload = name.removesuffix("-tls")
    count, javascript_count, python_count = (str(max(1, int(number * options.scale)) * factor) for number in COUNTS[workload])
    websocket = server.url.replace("http", "ws")
    certificate = [options.certificate] if name != workload else []
    yield "raw-c", [options.raw, "127.0.0.1", server.port, workload, count, *certificate]
    if options.before:
        yield "before", [options.before, websocket, workload, count]
    yield "core", [options.core, websocket, workload, count]
    if options.sio and not workload.startswith("receive"):
        sio = [options.sio, "bench", server.url, "--workload", workload, "--count", count]
        yield "loop", [*sio, "--delivery", "loop"]
        yield "default", sio
    if options.javascript and factor == 1:
        yield "javascript", ["node", "--expose-gc", "Benchmarks/javascript_client.js", options.javascript, server.url, workload,
                             javascript_count]
    if options.python and factor == 1:
        yield "python", [options.python, "Benchmarks/python_client.py", server.url, workload, python_count]


def median(runs):
    """The median of each figure over several runs."""
    return {key: statistics.median(run[key] for run in runs) if isinstance(value, (int, float)) else value
            for key, value in runs[0].items()}


def measure(options, plain, tls):
    results = {}
    for round in range(options.rounds):
        for workload in options.workload or USUAL:
            server = tls if workload.endswith("-tls") else plain
            for client, command in commands(options, server, workload):
                print(f"round {round + 1}: {workload}, {client}", file=sys.stderr)
                results.setdefault(workload, {}).setdefault(client, []).extend(run(*command))
    return {workload: {client: median(runs) for client, runs in clients.items()} for workload, clients in results.items()}


def measure_many(options, server):
    """Ten times as many connections."""
    return {client: run(*command)[0] for client, command in commands(options, server, "connections", factor=10)}


def measure_polling(options):
    count = max(1, int(2000 * options.scale))
    with Server(options.test_server, "--port", "0") as server:
        sio = [options.sio, "bench", server.url, "--workload", "latency", "--transports", "polling", "--count", str(count)]
        python = [options.python, "Benchmarks/python_client.py", server.url, "latency", str(count), "polling"]
        clients = {"loop": [*sio, "--delivery", "loop"], "default": sio, "python": python}
        runs = {name: [] for name in clients}
        for _ in range(options.rounds):
            for name, command in clients.items():
                runs[name].extend(run(*command))
    return {name: median(lines) for name, lines in runs.items()}


def print_table(title, clients):
    """The columns on the right are ratios to the raw client, and to the earlier core if that was run."""
    print(f"\n{title}")
    others = [other for other in ("raw-c", "before") if other in clients]
    heads = "".join(f"  {'per s':>6} {'CPU':>6} of {other}" for other in others)
    print(f"  {'client':10} {'per s':>10} {'µs each':>10} {'CPU µs each':>12} {'KB each':>8}{heads}")
    for client, line in clients.items():
        size = f"{line['kb_each']:.1f}" if "kb_each" in line else ""
        text = f"  {client:10} {line['per_s']:10.0f} {line['us_each']:10.2f} {line['cpu_us_each']:12.2f} {size:>8}"
        for other in others:
            per_s, cpu = (line[field] / (clients[other][field] or 1) for field in ("per_s", "cpu_us_each"))
            text += f"  {per_s:6.2f} {cpu:6.2f}" + " " * len(f" of {other}")
        if "cpu_ns_per_byte" in line:
            text += f"  {line['cpu_ns_per_byte']:.2f} ns of CPU a byte"
        print(text.rstrip())


def judge(results):
    """The bars whose clients were run, as (title, figure, higher is better, bar, met)."""
    workloads = results["workloads"]
    for title, workload, client, field, other, higher, bar in BARS:
        clients = workloads.get(workload, {})
        if client not in clients or other and other not in clients:
            continue
        figure = clients[client][field] / (clients[other][field] if other else 1)
        yield title, figure, higher, bar, figure >= bar if higher else figure <= bar
    if "default" in results.get("many", {}) and "connections" in workloads:
        growth = results["many"]["default"]["cpu_us_each"] / workloads["connections"]["default"]["cpu_us_each"]
        yield "CPU each of ten times as many", growth, False, 1.2, growth <= 1.2


def conditions(options):
    """The machine and the versions, on which the figures depend."""
    def text(*command):
        return subprocess.run(command, stdout=subprocess.PIPE, text=True).stdout.strip()

    with open("/etc/os-release") as release:
        system = dict(line.rstrip().split("=", 1) for line in release if "=" in line)["PRETTY_NAME"].strip('"')
    with open("/proc/cpuinfo") as processors:
        models = [line.split(":", 1)[1].strip() for line in processors if line.startswith("model name")]
    versions = {"libwebsockets": text("pkg-config", "--modversion", "libwebsockets").rstrip("-")}
    if options.sio:
        versions["Swift"] = re.search(r"Swift version ([\w.]+)", text("swift", "--version"))[1]
    if options.python:
        versions["python-socketio"] = text(
            options.python, "-c", "import importlib.metadata as m; print(m.version('python-socketio'))")
    if options.javascript:
        with open(options.javascript) as bundle:
            versions["socket.io-client"] = re.search(r"Socket\.IO v([\w.-]+)", bundle.read(200))[1]
        versions["ws"] = text("node", "-p", "require('ws/package.json').version")
        versions["Node"] = text("node", "-p", "process.versions.node")
    return {"system": system, "processor": models[0] if models else platform.machine(), "cores": os.cpu_count(),
            "load before": round(os.getloadavg()[0], 1), "rounds": options.rounds, "scale": options.scale, "versions": versions}


def parse_options():
    parser = argparse.ArgumentParser()
    for name in ["raw", "core", "echo-server", "certificate", "key"]:
        parser.add_argument(f"--{name}", required=True)
    for name in ["sio", "micro", "test-server", "python", "javascript", "json"]:
        parser.add_argument(f"--{name}")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--scale", type=float, default=1)
    parser.add_argument("--before", help="another build of core-client")
    parser.add_argument("--workload", action="append", choices=ALL)
    return parser.parse_args()


def run_all(options):
    # All clients but the raw one trust the system's authorities, which OpenSSL and Node read from here.
    os.environ["SSL_CERT_FILE"] = os.environ["NODE_EXTRA_CA_CERTS"] = options.certificate
    server = options.echo_server.split()
    with Server(*server) as plain, Server(*server, options.certificate, options.key) as tls:
        results = {"conditions": conditions(options), "workloads": measure(options, plain, tls)}
        if not options.workload:
            results["many"] = measure_many(options, plain)
        if options.micro and not options.workload:
            results["receiving"] = run(options.micro, "receiving", plain.url)[0]
    if options.sio and not options.workload:
        results["polling"] = measure_polling(options)
        results["codec"] = run(options.micro, "codec")
        with Server(options.test_server, "--port", "0") as server:
            results["allocations"] = run(options.micro, "allocations", server.url)[0]
    results["bars"] = [
        {"title": title, "figure": round(figure, 3), "higher": higher, "bar": bar, "met": met}
        for title, figure, higher, bar, met in judge(results)
    ]
    return results


def show(results):
    for workload, clients in results["workloads"].items():
        print_table(f"{workload}: {clients['raw-c']['n']:.0f}", clients)
    if "many" in results:
        print_table(f"connections: {results['many']['raw-c']['n']}", results["many"])
    if "polling" in results:
        print_table("round trips over polling", results["polling"])
        print("\ncodec, one message of 100 bytes")
        for line in results["codec"]:
            print(f"  {line['operation']:16} {line['by']:18} {line['per_s']:10} per s {line['ns_each']:7} ns")
        print("\nallocations: " + ", ".join(f"{name} {each}" for name, each in results["allocations"].items()))
        print("receiving: " + ", ".join(f"{name} {each}" for name, each in results["receiving"].items()))
    print("\nwhat is aimed at")
    for bar in results["bars"]:
        print(f"  {bar['title']:32} {bar['figure']:6.2f}  bar {bar['bar']:5.2f}  {'met' if bar['met'] else 'MISSED'}")


def main():
    options = parse_options()
    results = run_all(options)
    show(results)
    if options.json:
        with open(options.json, "w") as file:
            json.dump(results, file, indent=1)
            file.write("\n")


main()

"""Runs the workloads with each client in turn, several rounds, and prints medians and ratios. Started by scripts/bench.

A ratio compares medians of one run only: what one machine does in a second says little about another, or about itself an hour
later. Rounds are interleaved, so that a slow minute slows all clients.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys

# workload: round trips, messages or connections for the C clients, and for Python, which would take too long
COUNTS = {
    "latency": (20000, 4000),
    "throughput": (200000, 10000),
    "binary": (2000, 400),
    "receive-text": (1000000, 50000),
    "receive-binary": (5000, 1000),
    "connections": (1000, 300),
}
# Those that are run unless others are asked for; `-tls` runs any of them over TLS.
USUAL = [*COUNTS, "latency-tls", "throughput-tls", "connections-tls"]
ALL = [*COUNTS, *(f"{workload}-tls" for workload in COUNTS)]

# What is aimed at, where both clients were run: (title, workload, client, field, compared with, higher is better, bar)
BARS = [
    ("throughput, on the loop", "throughput", "loop", "per_s", "raw-c", True, 0.7),
    ("throughput", "throughput", "default", "per_s", "raw-c", True, 0.7),
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
    """The clients of a workload, as pairs of name and command. Python is spared what is multiplied."""
    workload = name.removesuffix("-tls")
    count, python_count = (max(1, int(number * options.scale)) for number in COUNTS[workload])
    count = str(count * factor)
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
    if options.python and factor == 1:
        yield "python", [options.python, options.python_client, server.url, workload, str(python_count)]


def median(runs):
    """Of each figure of several runs."""
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
        python = [options.python, options.python_client, server.url, "latency", str(count), "polling"]
        clients = {"loop": [*sio, "--delivery", "loop"], "default": sio, "python": python}
        runs = {name: [] for name in clients}
        for _ in range(options.rounds):
            for name, command in clients.items():
                runs[name].extend(run(*command))
    return {name: median(lines) for name, lines in runs.items()}


def print_table(title, clients):
    """The columns on the right are ratios to the raw client, and to the core before where that was run."""
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
    """The bars whose clients were run, as (title, figure, bar, met)."""
    workloads = results["workloads"]
    for title, workload, client, field, other, higher, bar in BARS:
        clients = workloads.get(workload, {})
        if client not in clients or other and other not in clients:
            continue
        figure = clients[client][field] / (clients[other][field] if other else 1)
        yield title, figure, bar, figure >= bar if higher else figure <= bar
    if "default" in results.get("many", {}) and "connections" in workloads:
        growth = results["many"]["default"]["cpu_us_each"] / workloads["connections"]["default"]["cpu_us_each"]
        yield "CPU each of ten times as many", growth, 1.2, growth <= 1.2


def parse_options():
    parser = argparse.ArgumentParser()
    for name in ["raw", "core", "echo-server", "certificate", "key"]:
        parser.add_argument(f"--{name}", required=True)
    for name in ["sio", "micro", "test-server", "python", "python-client", "json"]:
        parser.add_argument(f"--{name}")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--scale", type=float, default=1)
    parser.add_argument("--before", help="another build of core-client")
    parser.add_argument("--workload", action="append", choices=ALL)
    return parser.parse_args()


def run_all(options):
    # Every client but the raw one trusts the system's authorities, and OpenSSL takes these from here.
    os.environ["SSL_CERT_FILE"] = options.certificate
    server = options.echo_server.split()
    with Server(*server) as plain, Server(*server, options.certificate, options.key) as tls:
        results = {"workloads": measure(options, plain, tls)}
        if not options.workload:
            results["many"] = measure_many(options, plain)
    if options.sio and not options.workload:
        results["polling"] = measure_polling(options)
        results["codec"] = run(options.micro, "codec")
        with Server(options.test_server, "--port", "0") as server:
            results["allocations"] = run(options.micro, "allocations", server.url)[0]
    results["bars"] = [
        {"title": title, "figure": round(figure, 3), "bar": bar, "met": met} for title, figure, bar, met in judge(results)
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


main()

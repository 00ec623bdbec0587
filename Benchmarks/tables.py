"""The tables of docs/performance.md, from the results of one run."""

import textwrap

# The clients, in the order of tables and figures.
NAMES = {
    "raw-c": "libwebsockets alone",
    "core": "C core alone",
    "loop": "this client, on the loop",
    "default": "this client, by default",
    "javascript": "socket.io-client (JavaScript)",
    "python": "python-socketio",
}

TIMES = {
    "latency": "round trip, one at a time",
    "latency-tls": "the same over TLS",
    "throughput": "round trip, 1,024 in flight",
    "throughput-tls": "the same over TLS",
    "binary": "100 KB of binary, 16 in flight",
    "receive-text": "receiving 110 bytes of text",
    "receive-binary": "receiving 100 KB of binary",
    "connections": "opening one of 1,000 connections",
    "connections-tls": "the same over TLS",
    "many": "opening one of 10,000 connections",
    "polling": "round trip over polling",
}
MEMORY = {"connections": "plain", "connections-tls": "over TLS"}


def number(value):
    """About three digits."""
    digits = 0 if value >= 100 else 1 if value >= 10 else 2
    return f"{value:,.{digits}f}"


def table(heads, rows):
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def measured(results):
    """What each client measured, by the name of the row."""
    return {**results["workloads"], **{name: results[name] for name in ("many", "polling") if name in results}}


def compared(results, field, rows, title):
    """A row for each workload, a column for each client, in brackets the ratio to the raw client."""
    clients = [name for name in NAMES if any(name in line for line in measured(results).values())]
    lines = []
    for row, label in rows.items():
        line = measured(results).get(row)
        if not line:
            continue
        cells = [label]
        for client in clients:
            cell = "–"
            if client in line:
                cell = number(line[client][field])
                if "raw-c" in line and client != "raw-c":
                    cell += f" ({number(line[client][field] / (line['raw-c'][field] or 1))})"
            cells.append(f"**{cell}**" if client in ("loop", "default") and cell != "–" else cell)
        lines.append(cells)
    return table([title, *(NAMES[name] for name in clients)], lines)


def aims(results):
    lines = []
    for bar in results["bars"]:
        found = number(bar["figure"])
        lines.append([bar["title"], f"{'at least' if bar['higher'] else 'at most'} {bar['bar']:g}",
                      found if bar["met"] else f"**missed: {found}**"])
    return table(["", "aim", "found"], lines)


def codec(results):
    lines = {}
    for line in results["codec"]:
        lines.setdefault(line["operation"], {})[line["by"]] = line["ns_each"]
    others = sorted({by for line in lines.values() for by in line} - {"SocketIO"})
    rows = []
    for operation, line in lines.items():
        beside = [f"{line[by]:,} (`{by}`)" for by in others if by in line]
        rows.append([operation, f"{line['SocketIO']:,}" if "SocketIO" in line else "–", ", ".join(beside) or "–"])
    return table(["ns for one message of 100 bytes", "this library", "beside it"], rows)


def allocations(results):
    names = {"emit": "an emit", "emit_arguments": "an emit, arguments one by one", "receive": "an event received", "round_trip": "`emitWithAck` and its answer"}
    found = results["allocations"]
    return table(["allocations, release build", "whole process"], [
        [names.get(name, name), "–" if each is None else f"{each:g}"] for name, each in found.items()])


def receiving(results):
    names = {
        "unread_ns": "ns of CPU for one whose arguments are not read", "read_ns": "the same if they are read",
        "long_unread_ns": "ns of CPU for one of ten times as many bytes, not read", "long_read_ns": "the same if they are read",
        "waiting_bytes": "bytes of one that waits for a handler, besides its text"}
    found = results["receiving"]
    return table(["a received event of 110 bytes", "whole process"], [
        [names.get(name, name), "–" if each is None else f"{each:,g}"] for name, each in found.items()])


def conditions(results):
    where = results["conditions"]
    versions = ", ".join(f"{name} {version}" for name, version in where["versions"].items())
    scale = "" if where["scale"] == 1 else f" at {where['scale']:g} times the usual numbers"
    busy = " **The machine was busy with other work, so these figures are rough.**" if where["load before"] > where["cores"] / 4 else ""
    return textwrap.fill(
        f"Medians of {where['rounds']} interleaved rounds{scale}: {where['system']}, {where['processor']}, {where['cores']} cores, "
        f"a load of {where['load before']:g} before it began; {versions}.{busy}", 120, break_on_hyphens=False) + "\n"


def section(results):
    """Everything that the page shows of one run."""
    parts = [
        conditions(results),
        compared(results, "us_each", TIMES, "µs of time each"),
        compared(results, "cpu_us_each", TIMES, "µs of CPU each, all threads"),
        compared(results, "kb_each", MEMORY, "KB of an idle connection"),
        "The aims. Throughput, latency and CPU to open are ratios to libwebsockets alone:\n",
        aims(results),
    ]
    if "codec" in results:
        parts.append(codec(results))
    if "allocations" in results:
        parts.append(allocations(results))
    if "receiving" in results:
        parts.append(receiving(results))
    return "\n".join(parts)

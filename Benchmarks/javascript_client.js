// One workload of `sio bench` with socket.io-client. Prints the same line of JSON.
//
//   node --expose-gc javascript_client.js BUNDLE URL WORKLOAD COUNT
//
// WORKLOAD is latency, throughput, binary, receive-text, receive-binary or connections. BUNDLE is socket.io-client's standalone
// build (socket.io.min.js). It expects a browser's WebSocket, which here is the package `ws`, as in npm's build for Node.
"use strict";
globalThis.WebSocket = require("ws");
const { io } = require(require("path").resolve(process.argv[2]));

const MESSAGE = { user: "alice", text: "hello world, this is a message", n: 42, tags: ["a", "b", "c"] };
const IN_FLIGHT = { latency: 1, throughput: 1024, binary: 16, connections: 100 };

// Memory is read after garbage collection, the time of which is not counted.
function memory() {
  gc();
  return process.memoryUsage().rss;
}
function clocks() {
  const cpu = process.cpuUsage();
  return { wall: performance.now() * 1e3, cpu: cpu.user + cpu.system };
}
async function measure(work) {
  const before = { memory: memory(), ...clocks() };
  await work();
  const after = { ...clocks(), memory: memory() };
  return { wall: after.wall - before.wall, cpu: after.cpu - before.cpu, memory: after.memory - before.memory, rss: after.memory };
}

function connect(url) {
  return new Promise((resolve, reject) => {
    const socket = io(url, { transports: ["websocket"], reconnection: false, forceNew: true });
    socket.on("connect", () => resolve(socket));
    socket.on("connect_error", reject);
  });
}

function roundTrips(socket, payload, count, inFlight) {
  return new Promise((resolve) => {
    let sent = 0;
    let answered = 0;
    const next = () => {
      if (sent === count) return;
      sent += 1;
      socket.emit("echo", payload, () => {
        answered += 1;
        if (answered === count) resolve();
        else next();
      });
    };
    for (let i = 0; i < inFlight; i += 1) next();
  });
}

async function trips(url, workload, count) {
  const socket = await connect(url);
  const payload = workload === "binary" ? Buffer.from(Uint8Array.from({ length: 100000 }, (_, i) => i % 250)) : MESSAGE;
  await roundTrips(socket, payload, Math.max(Math.floor(count / 10), 1), IN_FLIGHT[workload]);
  return measure(() => roundTrips(socket, payload, count, IN_FLIGHT[workload]));
}

async function receive(url, workload, count) {
  const socket = await connect(url);
  const push = (number) =>
    new Promise((resolve) => {
      let received = 0;
      socket.off("push");
      socket.on("push", () => {
        received += 1;
        if (received === number) resolve();
      });
      socket.emit("push", workload.slice("receive-".length), number);
    });
  await push(Math.max(Math.floor(count / 10), 1));
  return measure(() => push(count));
}

async function connections(url, count) {
  const sockets = [await connect(url)];
  let left = count;
  const worker = async () => {
    while (left > 0) {
      left -= 1;
      sockets.push(await connect(url));
    }
  };
  return measure(() => Promise.all(Array.from({ length: IN_FLIGHT.connections }, worker)));
}

async function main(url, workload, count) {
  const run = workload === "connections" ? connections(url, count)
    : workload.startsWith("receive") ? receive(url, workload, count)
    : trips(url, workload, count);
  const { wall, cpu, memory, rss } = await run;
  const round = (number, digits) => Number(number.toFixed(digits));
  const line = {
    client: "javascript", workload, n: count, wall_s: round(wall / 1e6, 4), per_s: round((count * 1e6) / wall, 1),
    us_each: round(wall / count, 2), cpu_us_each: round(cpu / count, 2), rss_mb: round(rss / 1e6, 2),
  };
  if (workload === "connections") line.kb_each = round(memory / 1024 / count, 2);
  if (workload === "receive-binary") line.cpu_ns_per_byte = round((cpu * 1e3) / count / 100000, 3);
  console.log(JSON.stringify(line));
  process.exit(0);
}

main(process.argv[3], process.argv[4], Number(process.argv[5]));

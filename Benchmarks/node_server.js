// A server that uses nothing of this project: Node's own http or https, and a hand-written WebSocket, since the usual
// packages take longer than what is measured. Like echo_server.c it acknowledges every event with its arguments without
// parsing it, answers everything from one read in one write, and pushes messages on request.
//
//   node node_server.js [CERTIFICATE KEY]
"use strict";
const crypto = require("crypto");
const fs = require("fs");
const TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10;
const BLOB = Buffer.from(Uint8Array.from({ length: 100000 }, (_, i) => i));
const PUSHED_TEXT =
  '42["push",{"user":"alice","text":"hello world, this is a message for everybody!","n":42,"tags":["a","b","c"]}]';
const HANDSHAKE = { upgrades: [], pingInterval: 300000, pingTimeout: 60000, maxPayload: 4 << 20 };
const OPEN_BRACKET = 0x5b, COMMA = 0x2c;
let sessions = 0;

// What is sent in one write, to the client whose turn it is.
let output = Buffer.allocUnsafe(1 << 20);
let size = 0;

function reserve(more) {
  if (output.length - size >= more) return;
  const larger = Buffer.allocUnsafe(Math.max(output.length * 2, size + more));
  output.copy(larger, 0, 0, size);
  output = larger;
}

function writeHead(opcode, length) {
  reserve(10);
  output[size++] = 0x80 | opcode;
  if (length < 126) {
    output[size++] = length;
  } else if (length < 65536) {
    output[size++] = 126;
    size = output.writeUInt16BE(length, size);
  } else {
    output[size++] = 127;
    size = output.writeBigUInt64BE(BigInt(length), size);
  }
}

function write(bytes, from, to) {
  reserve(to - from);
  if (to - from > 256) size += bytes.copy(output, size, from, to);
  else while (from < to) output[size++] = bytes[from++];
}

function answer(opcode, bytes) {
  writeHead(opcode, bytes.length);
  write(bytes, 0, bytes.length);
}

// `42ID["echo",ARGS]` becomes `43ID[ARGS]`, and `45N-ID[…` becomes `46N-ID[…`.
function acknowledge(text) {
  const open = text.indexOf(OPEN_BRACKET);
  if (open < 3) return; // no id, so no acknowledgement
  const comma = text.indexOf(COMMA, open);
  const rest = comma < 0 ? text.length - 1 : comma + 1;
  writeHead(TEXT, open + 1 + text.length - rest);
  const start = size;
  write(text, 0, open + 1);
  output[start + 1]++;
  write(text, rest, text.length);
}

// Sends as long as the socket accepts data, and continues when it drains.
function push(socket, kind, count) {
  const each = kind === "binary" ? 1 : 512;
  size = 0;
  for (let i = 0; i < each; i++) {
    answer(TEXT, Buffer.from(kind === "binary" ? '451-["push",{"_placeholder":true,"num":0}]' : PUSHED_TEXT));
    if (kind === "binary") answer(BINARY, BLOB);
  }
  const batch = Buffer.from(output.subarray(0, size)), message = size / each;
  size = 0;
  (function more() {
    while (count > 0 && !socket.destroyed) {
      const now = Math.min(each, count);
      count -= now;
      if (!socket.write(batch.subarray(0, now * message))) return void socket.once("drain", more);
    }
  })();
}

function takeText(socket, text) {
  if (text[1] === 0x30) return answer(TEXT, Buffer.from(`40{"sid":"socket${sessions}"}`));
  const wanted = text.length < 64 && /^42\["push","(text|binary)",(\d+)\]$/.exec(text.toString("latin1"));
  if (wanted) setImmediate(push, socket, wanted[1], Number(wanted[2]));
  else if (text[1] === 0x32 || text[1] === 0x35) acknowledge(text);
}

// Eight at a time, which takes a third of the time.
function unmaskWords(words, key) {
  const whole = words.length & ~7;
  let n = 0;
  for (; n < whole; n += 8) {
    words[n] ^= key, words[n + 1] ^= key, words[n + 2] ^= key, words[n + 3] ^= key;
    words[n + 4] ^= key, words[n + 5] ^= key, words[n + 6] ^= key, words[n + 7] ^= key;
  }
  for (; n < words.length; n++) words[n] ^= key;
}

// Unmasks in place with the key of a frame of which `done` bytes came before.
function unmask(bytes, key, done) {
  let i = 0;
  if (bytes.length > 64) {
    // Whole words, starting at the first aligned one.
    for (; (bytes.byteOffset + i) & 3; i++) bytes[i] ^= key[(done + i) & 3];
    const word = [3, 2, 1, 0].reduce((word, n) => (word << 8) | key[(done + i + n) & 3], 0);
    const words = new Int32Array(bytes.buffer, bytes.byteOffset + i, (bytes.length - i) >> 2);
    unmaskWords(words, word);
    i += words.length * 4;
  }
  for (; i < bytes.length; i++) bytes[i] ^= key[(done + i) & 3];
}

class Client {
  unread = Buffer.alloc(0);
  blob = null; // a large message being echoed piece by piece: its length, its key, how much of it has arrived

  constructor(socket) {
    this.socket = socket;
  }

  flush() {
    if (size) this.socket.write(Buffer.from(output.subarray(0, size)));
    size = 0;
  }

  // Each takes what it can from the offset on and returns where it stopped; NaN if more data is needed.
  takeBlob(bytes, offset) {
    const { blob } = this;
    const piece = bytes.subarray(offset, offset + blob.length - blob.done);
    unmask(piece, blob.key, blob.done);
    this.flush();
    this.socket.write(piece);
    blob.done += piece.length;
    if (blob.done === blob.length) this.blob = null;
    return offset + piece.length;
  }

  takeFrame(bytes, offset) {
    if (bytes.length - offset < 2) return NaN;
    const opcode = bytes[offset] & 15, short = bytes[offset + 1] & 127;
    const extra = short === 126 ? 2 : short === 127 ? 8 : 0;
    const from = offset + 2 + extra + 4;
    if (bytes.length < from) return NaN;
    const length = extra === 2 ? bytes.readUInt16BE(offset + 2) : extra ? Number(bytes.readBigUInt64BE(offset + 2)) : short;
    const key = bytes.subarray(from - 4, from);
    if (opcode === BINARY && extra === 8) {
      writeHead(BINARY, length);
      this.blob = { length, key: Buffer.from(key), done: 0 };
      return from;
    }
    if (bytes.length < from + length) return NaN;
    const payload = bytes.subarray(from, from + length);
    unmask(payload, key, 0);
    if (opcode === TEXT) takeText(this.socket, payload);
    else if (opcode === BINARY) answer(BINARY, payload);
    else if (opcode === PING) answer(PONG, payload);
    else if (opcode === CLOSE) answer(CLOSE, payload.subarray(0, 2));
    if (opcode === CLOSE) setImmediate(() => this.socket.end());
    return from + length;
  }

  take(chunk) {
    const bytes = this.unread.length ? Buffer.concat([this.unread, chunk]) : chunk;
    let offset = 0;
    this.socket.cork();
    while (offset < bytes.length) {
      const next = this.blob ? this.takeBlob(bytes, offset) : this.takeFrame(bytes, offset);
      if (Number.isNaN(next)) break;
      offset = next;
    }
    this.unread = bytes.subarray(offset);
    this.flush();
    this.socket.uncork();
  }
}

const [certificate, key] = process.argv.slice(2);
const server = certificate
  ? require("https").createServer({ cert: fs.readFileSync(certificate), key: fs.readFileSync(key) })
  : require("http").createServer();
server.on("upgrade", (request, socket, head) => {
  socket.setNoDelay(true);
  socket.on("error", () => socket.destroy());
  const guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  const accept = crypto.createHash("sha1").update(request.headers["sec-websocket-key"] + guid).digest("base64");
  socket.write(
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
      `Sec-WebSocket-Accept: ${accept}\r\n\r\n`
  );
  const client = new Client(socket);
  answer(TEXT, Buffer.from("0" + JSON.stringify({ sid: `session${++sessions}`, ...HANDSHAKE })));
  client.take(head);
  socket.on("data", (chunk) => client.take(chunk));
});
server.listen(0, "127.0.0.1", () => {
  console.log(`listening on ${certificate ? "https" : "http"}://127.0.0.1:${server.address().port}`);
});

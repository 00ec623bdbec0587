"""Makes an HTTP request to a Socket.IO server and opens a WebSocket there, with libcsio:

    python3 example.py http://localhost:3000

Either begins a session, since this is what such servers answer. Over the WebSocket, it asks to join the main namespace
and closes the connection after the first message.

Needs only the installed shared library, through ctypes. The callbacks run on the loop's thread; the main thread
waits for them. Every callback object is kept as long as C may call it.
"""

import ctypes
import ctypes.util
import sys
import threading
from ctypes import CFUNCTYPE, POINTER, c_char_p, c_int, c_size_t, c_uint8, c_uint16, c_uint64, c_void_p

TEXT = 1


class Error(ctypes.Structure):
    _fields_ = [("code", c_int), ("http_status", c_int), ("message", c_char_p)]


LoopFunction = CFUNCTYPE(None, c_void_p)
HTTPDone = CFUNCTYPE(None, c_void_p, POINTER(Error), c_void_p)
WSOpen = CFUNCTYPE(None, c_void_p, c_void_p)
WSMessage = CFUNCTYPE(None, c_void_p, c_int, POINTER(c_uint8), c_size_t, c_void_p)
WSClose = CFUNCTYPE(None, c_void_p, c_uint16, POINTER(c_uint8), c_size_t, c_void_p)
WSError = CFUNCTYPE(None, c_void_p, POINTER(Error), c_void_p)

SIGNATURES = {
    "csio_version_details": (c_char_p, []),
    "csio_err_message": (c_char_p, [c_int]),
    "csio_loop_create": (c_int, [POINTER(c_void_p)]),
    "csio_loop_post": (c_int, [c_void_p, LoopFunction, c_void_p]),
    "csio_loop_close": (None, [c_void_p]),
    "csio_http_create": (c_int, [c_void_p, c_char_p, c_char_p, POINTER(c_void_p)]),
    "csio_http_set_timeout": (c_int, [c_void_p, c_uint64]),
    "csio_http_start": (c_int, [c_void_p, HTTPDone]),
    "csio_http_status": (c_int, [c_void_p]),
    "csio_http_body": (POINTER(c_uint8), [c_void_p, POINTER(c_size_t)]),
    "csio_http_close": (None, [c_void_p, c_void_p]),
    "csio_ws_create": (c_int, [c_void_p, c_char_p, POINTER(c_void_p)]),
    "csio_ws_on_open": (None, [c_void_p, WSOpen]),
    "csio_ws_on_message": (None, [c_void_p, WSMessage]),
    "csio_ws_on_close": (None, [c_void_p, WSClose]),
    "csio_ws_on_error": (None, [c_void_p, WSError]),
    "csio_ws_set_timeout": (c_int, [c_void_p, c_uint64]),
    "csio_ws_connect": (c_int, [c_void_p]),
    "csio_ws_send": (c_int, [c_void_p, c_int, c_char_p, c_size_t]),
    "csio_ws_shutdown": (c_int, [c_void_p, c_uint16, c_char_p]),
    "csio_ws_close": (None, [c_void_p, c_void_p]),
}


def load():
    library = ctypes.CDLL(ctypes.util.find_library("csio") or "libcsio.so.0")
    for name, (result, arguments) in SIGNATURES.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


class Example:
    def __init__(self, server):
        self.csio = load()
        session = f"{server}/socket.io/?EIO=4&transport="
        self.http_url = f"{session}polling".encode()
        self.ws_url = f"ws{session.removeprefix('http')}websocket".encode()
        self.loop = c_void_p()
        self.left = threading.Semaphore(0)
        self.failures = 0
        self.start = LoopFunction(self.on_start)
        self.done = HTTPDone(self.on_done)
        self.open = WSOpen(self.on_open)
        self.message = WSMessage(self.on_message)
        self.closed = WSClose(self.on_close)
        self.error = WSError(self.on_error)

    def check(self, code):
        if code:
            raise RuntimeError(self.csio.csio_err_message(code).decode())

    def ended(self, failure=None):
        if failure:
            print(failure, file=sys.stderr)
            self.failures += 1
        self.left.release()

    # Runs on the loop's thread, where handles are created.
    def on_start(self, _):
        try:
            self.start_request()
        except RuntimeError as error:
            self.ended(f"HTTP: {error}")
        try:
            self.start_websocket()
        except RuntimeError as error:
            self.ended(f"WebSocket: {error}")

    def start_request(self):
        http = c_void_p()
        self.check(self.csio.csio_http_create(self.loop, b"GET", self.http_url, ctypes.byref(http)))
        self.csio.csio_http_set_timeout(http, 10000)
        self.check(self.csio.csio_http_start(http, self.done))

    def on_done(self, http, error, _):
        if error:
            self.ended(f"HTTP: {error.contents.message.decode()}")
        else:
            size = c_size_t()
            self.csio.csio_http_body(http, ctypes.byref(size))
            print(f"HTTP: status {self.csio.csio_http_status(http)}, {size.value} bytes")
            self.ended()
        self.csio.csio_http_close(http, None)

    def start_websocket(self):
        ws = c_void_p()
        self.check(self.csio.csio_ws_create(self.loop, self.ws_url, ctypes.byref(ws)))
        self.csio.csio_ws_on_open(ws, self.open)
        self.csio.csio_ws_on_message(ws, self.message)
        self.csio.csio_ws_on_close(ws, self.closed)
        self.csio.csio_ws_on_error(ws, self.error)
        self.csio.csio_ws_set_timeout(ws, 10000)
        self.check(self.csio.csio_ws_connect(ws))

    def on_open(self, ws, _):
        print("WebSocket: open")
        self.csio.csio_ws_send(ws, TEXT, b"40", 2)

    def on_message(self, ws, kind, data, size, _):
        text = ctypes.string_at(data, size)
        print(f"WebSocket: {'text' if kind == TEXT else 'binary'} of {size} bytes: {text!r}")
        self.csio.csio_ws_shutdown(ws, 1000, b"done")

    def on_close(self, ws, code, reason, size, _):
        print(f"WebSocket: closed with code {code} {ctypes.string_at(reason, size).decode()!r}")
        self.csio.csio_ws_close(ws, None)
        self.ended()

    def on_error(self, ws, error, _):
        self.ended(f"WebSocket: {error.contents.message.decode()}")
        self.csio.csio_ws_close(ws, None)

    def run(self):
        print(self.csio.csio_version_details().decode())
        self.check(self.csio.csio_loop_create(ctypes.byref(self.loop)))
        self.check(self.csio.csio_loop_post(self.loop, self.start, None))
        for _ in range(2):
            self.left.acquire()
        self.csio.csio_loop_close(self.loop)
        return self.failures


if __name__ == "__main__":
    if len(sys.argv) != 2 or not sys.argv[1].startswith("http"):
        sys.exit("usage: example.py http://HOST[:PORT]")
    sys.exit(min(Example(sys.argv[1]).run(), 1))

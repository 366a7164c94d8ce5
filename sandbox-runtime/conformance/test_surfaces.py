"""Previews, DevTools and editors: what carries bytes to programs inside."""

import base64
import hashlib
import json
import os
import re
import socket
import ssl
import struct
import time
from urllib.parse import urlsplit

import pytest
from support import wait_for

SERVER = r'''
import base64, hashlib, http.server, json, struct, sys, time

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def answer(self, status, body, headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def handle_any(self):
        path = self.path.split("?")[0]
        if path.endswith("/ws"):
            return self.websocket()
        if path.endswith("/redirect"):
            return self.answer(302, b"", [("Location", "/landed?x=1")])
        if path.endswith("/absolute"):
            return self.answer(302, b"", [("Location", "http://localhost:%d/landed" % self.server.server_port)])
        if path.endswith("/cookies"):
            return self.answer(200, b"", [("Set-Cookie", "a=1; Path=/; HttpOnly"), ("Set-Cookie", "b=2"), ("Set-Cookie", "sandfleet_x=3")])
        if path.endswith("/status"):
            return self.answer(418, b"teapot", [("X-Own", "kept")])
        if path.endswith("/drip"):
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for number in range(3):
                data = b"data: %d\n\n" % number
                self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
                self.wfile.flush()
                time.sleep(0.5)
            self.wfile.write(b"0\r\n\r\n")
            return None
        if path.endswith("/big"):
            block = b"0123456789abcdef" * 65536
            self.send_response(200)
            self.send_header("Content-Length", str(64 * len(block)))
            self.end_headers()
            for _ in range(64):
                self.wfile.write(block)
            return None
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        seen = {"method": self.command, "path": self.path, "size": len(body), "digest": hashlib.sha256(body).hexdigest(),
                "headers": {name.lower(): value for name, value in self.headers.items()}}
        return self.answer(200, json.dumps(seen).encode(), [("Content-Type", "application/json")])

    def websocket(self):
        key = self.headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", base64.b64encode(hashlib.sha1(key.encode()).digest()).decode())
        self.end_headers()
        self.close_connection = True
        while True:
            head = self.rfile.read(2)
            if len(head) < 2 or head[0] & 15 == 8:
                return
            size = head[1] & 127
            if size == 126:
                size = struct.unpack(">H", self.rfile.read(2))[0]
            elif size == 127:
                size = struct.unpack(">Q", self.rfile.read(8))[0]
            mask = self.rfile.read(4)
            data = bytes(byte ^ mask[at % 4] for at, byte in enumerate(self.rfile.read(size)))
            length = bytes([size]) if size < 126 else bytes([126]) + struct.pack(">H", size)
            self.wfile.write(bytes([129]) + length + data)
            self.wfile.flush()

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = handle_any

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
with open(sys.argv[1] + ".tmp", "w") as file:
    file.write(str(server.server_port))
import os
os.rename(sys.argv[1] + ".tmp", sys.argv[1])
server.serve_forever()
'''


@pytest.fixture(scope="module")
def port(client):
    """A program in the sandbox that answers HTTP and WebSockets."""
    folder = f"/tmp/surfaces-{os.urandom(6).hex()}"
    client.file.write_file(file=f"{folder}/server.py", content=SERVER)
    session = client.shell.create_session().data.session_id
    client.shell.exec_command(id=session, command=f"python3 {folder}/server.py {folder}/port", async_mode=True)
    read = lambda: client.shell.exec_command(command=f"cat {folder}/port 2>/dev/null || true").data.output.strip()
    yield int(wait_for(read))
    client.shell.kill_process(id=session)
    client.shell.cleanup_session(session)


class Socket:
    """As much of a WebSocket as these checks need."""

    def __init__(self, url, headers):
        parts = urlsplit(url)
        secure = parts.scheme in ("https", "wss")
        bare = socket.create_connection((parts.hostname, parts.port or (443 if secure else 80)), timeout=60)
        self.stream = ssl.create_default_context().wrap_socket(bare, server_hostname=parts.hostname) if secure else bare
        lines = [f"GET {parts.path}{'?' + parts.query if parts.query else ''} HTTP/1.1", f"Host: {parts.netloc}"]
        lines += ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"]
        lines += [f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self.stream.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        self.buffer = b""
        while b"\r\n\r\n" not in self.buffer:
            more = self.stream.recv(65536)
            assert more, "closed before an answer"
            self.buffer += more
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        self.head = head.decode("latin1")
        self.status = int(self.head.split(" ")[1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stream.close()

    def read(self, size):
        while len(self.buffer) < size:
            more = self.stream.recv(1 << 20)
            assert more, "the connection ended"
            self.buffer += more
        data, self.buffer = self.buffer[:size], self.buffer[size:]
        return data

    def send(self, text):
        data = text.encode()
        mask = os.urandom(4)
        size = bytes([128 | len(data)]) if len(data) < 126 else bytes([254]) + struct.pack(">H", len(data))
        self.stream.sendall(bytes([129]) + size + mask + bytes(byte ^ mask[at % 4] for at, byte in enumerate(data)))

    def receive(self):
        whole = b""
        while True:
            first, size = self.read(2)
            if size == 126:
                size = struct.unpack(">H", self.read(2))[0]
            elif size == 127:
                size = struct.unpack(">Q", self.read(8))[0]
            data = self.read(size)
            if first & 15 in (0, 1, 2):
                whole += data
                if first & 128:
                    return whole.decode()


def ask_cdp(connection, number, method, **params):
    connection.send(json.dumps({"id": number, "method": method, "params": params}))
    while True:
        answer = json.loads(connection.receive())
        if answer.get("id") == number:
            assert "error" not in answer, answer
            return answer["result"]


def test_a_preview_takes_its_prefix_off(http, port):
    seen = http.get(f"/proxy/{port}/a/b?x=1&y=%20").json()
    assert seen["path"] == "/a/b?x=1&y=%20"
    assert seen["headers"]["x-forwarded-prefix"].endswith(f"/proxy/{port}")


def test_an_absolute_preview_keeps_it(http, port):
    assert http.get(f"/absproxy/{port}/a?x=1").json()["path"].endswith(f"/absproxy/{port}/a?x=1")


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_every_method_and_body_arrives(http, port, method):
    body = b"" if method == "GET" else os.urandom(300_000)
    seen = http.request(method, f"/proxy/{port}/x", content=body, headers={"content-type": "application/json"}).json()
    assert (seen["method"], seen["size"]) == (method, len(body))
    assert seen["digest"] == hashlib.sha256(body).hexdigest()


def test_nothing_that_lets_one_in_reaches_a_program(http, headers, port):
    sent = {"X-AIO-API-Key": "none-of-yours", "Cookie": "sandfleet_page=secret; own=1"} if not headers else {}
    seen = http.get(f"/proxy/{port}/x", headers=sent).json()["headers"]
    for secret in ["none-of-yours", "secret", *headers.values()]:
        assert secret not in json.dumps(seen)
    assert not [name for name in seen if name.startswith(("x-aio", "x-sandfleet")) or (headers and name == "authorization")]


def test_the_status_and_headers_of_a_program_are_kept(http, port):
    answer = http.get(f"/proxy/{port}/status")
    assert (answer.status_code, answer.text, answer.headers["x-own"]) == (418, "teapot", "kept")


@pytest.mark.parametrize("path", ["redirect", "absolute"])
def test_a_redirect_stays_in_the_preview(http, port, path):
    location = http.get(f"/proxy/{port}/{path}").headers["location"]
    assert urlsplit(location).path.endswith(f"/proxy/{port}/landed")


def test_a_folder_without_its_slash_gets_it(http, port):
    answer = http.get(f"/proxy/{port}?a=b")
    assert answer.status_code in (307, 308)
    assert answer.headers["location"].endswith(f"/proxy/{port}/?a=b")


def test_cookies_are_held_to_the_preview(http, port):
    cookies = http.get(f"/proxy/{port}/cookies").headers.get_list("set-cookie")
    assert re.search(rf"^a=1; Path=\S*/proxy/{port}/; HttpOnly$", cookies[0]), cookies
    assert [cookie.split("=")[0] for cookie in cookies if not cookie.startswith("__")] == ["a", "b"]


def test_an_answer_streams(http, port):
    times = []
    with http.stream("GET", f"/proxy/{port}/drip") as answer:
        for piece in answer.iter_raw():
            if piece:
                times.append(time.monotonic())
    assert times[-1] - times[0] > 0.4


def test_a_large_answer_is_whole(http, port):
    digest = hashlib.sha256()
    with http.stream("GET", f"/proxy/{port}/big") as answer:
        for piece in answer.iter_raw():
            digest.update(piece)
    assert digest.hexdigest() == hashlib.sha256(b"0123456789abcdef" * 65536 * 64).hexdigest()


def test_a_preview_carries_websockets(base_url, headers, port):
    with Socket(f"{base_url}/proxy/{port}/ws", headers) as connection:
        assert connection.status == 101
        for text in ["hello", "ü € 😀", "x" * 60_000]:
            connection.send(text)
            assert connection.receive() == text


def test_a_foreign_page_opens_no_websocket(base_url, headers, port):
    with Socket(f"{base_url}/proxy/{port}/ws", {**headers, "Origin": "https://evil.example"}) as connection:
        assert connection.status == 403


@pytest.mark.parametrize("path", ["/proxy/8080/v1/ping", "/proxy/9222/json", "/absproxy/8888/jupyter/api", "/proxy/9222/devtools/browser/x"])
def test_ports_of_the_sandbox_itself_have_no_preview(http, path):
    answer = http.get(path)
    assert answer.status_code in (400, 403, 404)
    assert "webSocketDebuggerUrl" not in answer.text


@pytest.mark.parametrize("port", ["0", "65536", "08080", "x", "-1", "%38080"])
def test_what_is_no_port_is_refused(http, port):
    assert http.get(f"/proxy/{port}/").status_code in (400, 403, 404, 422)


def test_a_port_without_a_program_says_so(http):
    answer = http.get("/proxy/24499/", headers={"accept": "text/html"})
    assert answer.status_code == 502
    assert "24499" in answer.text and 'http-equiv="refresh"' in answer.text
    assert http.get("/proxy/24499/").json()["success"] is False


def test_open_ports_are_listed(http, port):
    ports = http.get("/v1/preview/ports").json()["data"]["ports"]
    found = [one for one in ports if one["port"] == port]
    assert found and found[0]["process"].startswith("python") and found[0]["path"] == f"/proxy/{port}/"
    assert not {8080, 9222, 8888} & {one["port"] for one in ports}


@pytest.mark.parametrize("path", ["/json/version", "/json/version/", "/cdp/json/version"])
def test_devtools_are_named_as_the_caller_reaches_them(http, base_url, path):
    version = http.get(path).json()
    url = urlsplit(version["webSocketDebuggerUrl"])
    base = urlsplit(base_url)
    assert version["Browser"].startswith("Chrome/")
    assert (url.scheme, url.netloc) == ("wss" if base.scheme == "https" else "ws", base.netloc)
    assert url.path.startswith(base.path + ("/cdp" if path.startswith("/cdp") else "") + "/devtools/browser/")


def test_devtools_make_list_and_close_tabs(http):
    made = http.put("/json/new?about:blank").json()
    assert made["id"] in [tab["id"] for tab in http.get("/json/list").json()]
    assert made["id"] in [tab["id"] for tab in http.get("/cdp/json").json()]
    assert http.get(f"/json/activate/{made['id']}").status_code == 200
    assert http.get(f"/json/close/{made['id']}").status_code == 200
    wait_for(lambda: made["id"] not in [tab["id"] for tab in http.get("/json").json()])
    assert "domains" in http.get("/json/protocol").json()


@pytest.mark.parametrize("where", ["/cdp", "version", "cdp version"])
def test_devtools_by_socket(http, base_url, headers, where):
    if where == "/cdp":
        url = f"{base_url}/cdp"
    else:
        url = http.get("/json/version" if where == "version" else "/cdp/json/version").json()["webSocketDebuggerUrl"]
    with Socket(url, headers) as connection:
        assert connection.status == 101
        assert ask_cdp(connection, 1, "Browser.getVersion")["product"].startswith("Chrome/")


def test_a_message_of_devtools_may_be_huge(http, headers):
    tab = http.put("/json/new?about:blank").json()
    with Socket(tab["webSocketDebuggerUrl"], headers) as connection:
        result = ask_cdp(connection, 1, "Runtime.evaluate", expression="'x'.repeat(50 * 1024 * 1024)", returnByValue=True)
        assert len(result["result"]["value"]) == 50 * 1024 * 1024
    http.get(f"/json/close/{tab['id']}")


def test_an_old_browser_is_no_other(base_url, headers):
    with Socket(f"{base_url}/devtools/browser/00000000-0000-0000-0000-000000000000", headers) as connection:
        assert connection.status == 404


def test_a_foreign_page_opens_no_devtools(base_url, headers):
    with Socket(f"{base_url}/cdp", {**headers, "Origin": "https://evil.example"}) as connection:
        assert connection.status == 403


def test_devtools_without_a_websocket_say_what_is_missing(http):
    answer = http.get("/cdp")
    assert answer.status_code == 400 and "WebSocket" in answer.text


def page_of(http, path):
    """An editor's page, once the editor has started."""

    def look():
        answer = http.get(path, headers={"accept": "text/html"}, follow_redirects=True)
        return answer if answer.status_code != 503 or "starting" not in answer.text else None

    return wait_for(look, 180)


def test_code_server_is_there(http):
    page = page_of(http, "/code-server/")
    assert page.status_code == 200
    assert "vscode-workbench-web-configuration" in page.text or "code-server" in page.text


def test_code_server_opens_its_socket(base_url, headers, http):
    page_of(http, "/code-server/")
    query = "reconnectionToken=00000000-0000-0000-0000-000000000000&reconnection=false&skipWebSocketFrames=false"
    with Socket(f"{base_url}/code-server/?{query}", headers) as connection:
        assert connection.status == 101


def test_code_servers_own_proxy_leads_to_the_preview(http):
    answer = http.get("/code-server/proxy/9222/json")
    assert answer.status_code in (307, 403, 404)
    assert http.get("/code-server/proxy/9222/json", follow_redirects=True).status_code in (403, 404)


def test_jupyterlab_is_there_under_the_callers_path(http, base_url):
    page = page_of(http, "/jupyter")
    assert page.status_code == 200
    base = re.search(r'"baseUrl": "([^"]*)"', page.text)
    assert base and base[1] == urlsplit(base_url).path + "/jupyter/"
    assert re.search(r'"token": ""', page.text)
    script = re.search(r'src="([^"]*/static/lab/main[^"]*)"', page.text)
    assert script and http.get(script[1][len(urlsplit(base_url).path):]).status_code == 200


def test_jupyterlab_shares_the_files(client, http):
    page_of(http, "/jupyter")
    name = f"surfaces-{os.urandom(6).hex()}.txt"
    home = client.sandbox.get_context()
    folder = home.workspace or home.home_dir
    client.file.write_file(file=f"{folder}/{name}", content="seen by all")
    assert http.get(f"/jupyter/api/contents/{name}").json()["content"] == "seen by all"
    client.shell.exec_command(command=f"rm {folder}/{name}")


def test_jupyterlab_runs_code(http, base_url, headers):
    page_of(http, "/jupyter")
    kernel = http.post("/jupyter/api/kernels", json={"name": "python3"}).json()["id"]
    with Socket(f"{base_url}/jupyter/api/kernels/{kernel}/channels", headers) as connection:
        assert connection.status == 101
        header = {"msg_id": "m1", "msg_type": "execute_request", "username": "", "session": "s1", "version": "5.3", "date": ""}
        content = {"code": "6 * 7", "silent": False, "store_history": False, "user_expressions": {}, "allow_stdin": False}
        message = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell", "buffers": []}
        connection.send(json.dumps(message))
        while True:
            answer = json.loads(connection.receive())
            if answer["msg_type"] == "execute_result":
                break
    assert answer["content"]["data"]["text/plain"] == "42"
    assert http.delete(f"/jupyter/api/kernels/{kernel}").status_code == 204

"""The screen as one who sits at it has it: actions, pictures, size, films, and the socket of its viewers."""

import base64
import os
import re
import socket
import ssl
import struct
import time
import uuid
import zlib
from urllib.parse import urlsplit

import pytest
from agent_sandbox.browser import (
    Action_Click,
    Action_DoubleClick,
    Action_DragRel,
    Action_DragTo,
    Action_Hotkey,
    Action_KeyDown,
    Action_KeyUp,
    Action_MouseDown,
    Action_MouseUp,
    Action_MoveRel,
    Action_MoveTo,
    Action_Press,
    Action_RightClick,
    Action_Scroll,
    Action_Typing,
    Action_Wait,
)
from agent_sandbox.core.api_error import ApiError

PAGE = """<!doctype html><meta charset=utf-8><title>display</title>
<body style="margin:0;height:20000px;background:#fff">
<textarea id=a style="position:fixed;left:0;top:0;width:500px;height:150px"></textarea>
<div style="position:fixed;left:0;top:200px;width:200px;height:200px;background:#12a456"></div>
<script>
const log = [];
let count = 0;
for (const type of ['mousedown', 'mouseup', 'click', 'dblclick', 'contextmenu', 'keydown'])
  addEventListener(type, (e) => { log.push([type, e.clientX ?? 0, e.clientY ?? 0, e.key ?? e.button]);
    if (type === 'contextmenu') e.preventDefault(); tell(); }, true);
addEventListener('input', tell); addEventListener('scroll', tell);
let isPainted = false;
// Chromium drops what is clicked before it has painted a page for the first time.
requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => { isPainted = true; tell(); }, 100)));
function tell() {
  const state = { id: location.search, count: ++count, log, text: document.querySelector('#a').value, y: Math.round(scrollY), top: screenY + outerHeight - innerHeight,
    size: [outerWidth, outerHeight], isPainted };
  fetch('/state', { method: 'POST', body: JSON.stringify(state) });
}
addEventListener('resize', tell); tell();
</script>"""

SERVER = """
import http.server, json
PAGE = open('page.html', 'rb').read()
state = b'{}'
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = state if self.path == '/state' else PAGE
        self.send_response(200); self.send_header('content-type', 'text/html; charset=utf-8')
        self.send_header('content-length', str(len(body))); self.end_headers(); self.wfile.write(body)
    def do_POST(self):
        global state
        told = self.rfile.read(int(self.headers['content-length']))
        old, new = json.loads(state), json.loads(told)
        # Requests overtake one another.
        if old.get('id') != new['id'] or old['count'] < new['count']: state = told
        self.send_response(204); self.end_headers()
    def log_message(self, *_): pass
server = http.server.HTTPServer(('127.0.0.1', 0), Handler)
open('port', 'w').write(str(server.server_port))
server.serve_forever()
"""


def eventually(look, what="the state", seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"{what() if callable(what) else what} did not come")


class Site:
    """A page that tells what happened to it, served inside the sandbox."""

    def __init__(self, client, http, folder, session):
        self.client, self.http, self.folder = client, http, folder
        client.file.write_file(file=f"{folder}/page.html", content=PAGE)
        client.file.write_file(file=f"{folder}/server.py", content=SERVER)
        started = client.bash.exec(
            session_id=session, command="exec python3 server.py", exec_dir=folder, async_mode=True
        )
        assert started.data.status == "running"
        self.port = eventually(lambda: self.shell(f"cat {folder}/port 2>/dev/null"), "the port")

    def shell(self, command):
        return self.client.shell.exec_command(command=command).data.output

    def open(self):
        query = f"?{uuid.uuid4().hex}"
        body = self.http.post("/v1/browser/page/navigate", json={"url": f"http://127.0.0.1:{self.port}/{query}"}).json()
        assert body["success"], body
        eventually(lambda: self.state().get("id") == query and self.state()["isPainted"], "the page")

    def state(self):
        return self.http.get(f"/proxy/{self.port}/state").json()


@pytest.fixture(scope="module")
def site(client, http):
    name = f"display-{uuid.uuid4().hex[:8]}"
    folder = f"/tmp/{name}"
    client.shell.exec_command(command=f"mkdir -p {folder}")
    client.bash.create_session(session_id=name)
    page = Site(client, http, folder, name)
    client.browser.set_config(resolution={"width": 1280, "height": 1024})
    yield page
    client.bash.close_session(name)
    client.shell.exec_command(command=f"rm -rf {folder}")


@pytest.fixture
def page(site):
    site.open()
    return site


def act(client, action):
    return client.browser.execute_action(request=action)


def events(page, kind, count=1):
    def found():
        log = [entry for entry in page.state().get("log", []) if entry[0] == kind]
        return len(log) >= count and log

    return eventually(found, kind)


def focus(client, page):
    """Clicks into the field. A busy browser comes to keys before it comes to a click."""
    act(client, Action_Click(x=50, y=page.state()["top"] + 50))
    events(page, "click")


# Pictures


def picture(client, **options):
    return b"".join(client.browser.screenshot(**options))


def decode(png):
    """Rows of red, green, blue."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    at, data, width, height = 8, b"", 0, 0
    while at < len(png):
        (length,) = struct.unpack_from(">I", png, at)
        kind, body = png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        if kind == b"IHDR":
            width, height = struct.unpack_from(">II", body)
        if kind == b"IDAT":
            data += body
        at += 12 + length
    plain, rows, above = zlib.decompress(data), [], bytes(width * 3)
    for y in range(height):
        start = y * (width * 3 + 1)
        line = plain[start + 1 : start + 1 + width * 3]
        above = bytes((a + b) & 255 for a, b in zip(line, above)) if plain[start] == 2 else line
        rows.append(above)
    return width, height, rows


def test_a_screenshot_has_the_pixels_of_the_page(client, page):
    top = page.state()["top"]

    def shows():
        width, height, rows = decode(picture(client))
        assert (width, height) == (1280, 1024)
        return rows[top + 300][300:303].hex() == "12a456"

    eventually(shows, "the colour")


def test_a_screenshot_tells_its_size(http):
    answer = http.get("/v1/browser/screenshot")
    assert answer.headers["content-type"] == "image/png"
    names = ["x-screen-width", "x-screen-height", "x-image-width", "x-image-height"]
    assert [answer.headers[name] for name in names] == ["1280", "1024", "1280", "1024"]


@pytest.mark.parametrize("name", ["jpeg", "jpg"])
def test_a_screenshot_comes_as_jpeg(http, name):
    good = http.get("/v1/browser/screenshot", params={"format": name, "quality": 95})
    poor = http.get("/v1/browser/screenshot", params={"format": name, "quality": 5})
    assert good.headers["content-type"] == poor.headers["content-type"] == "image/jpeg"
    assert good.content[:2] == poor.content[:2] == b"\xff\xd8"
    assert len(good.content) > len(poor.content)


@pytest.mark.parametrize("query", ["format=gif", "quality=101", "quality=-1", "quality=best"])
def test_a_screenshot_of_a_form_that_is_not_there_is_refused(http, query):
    answer = http.get(f"/v1/browser/screenshot?{query}")
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"][0] == "query"


# Actions


def test_an_action_answers_in_both_published_forms(client):
    answer = act(client, Action_MoveTo(x=600, y=600))
    assert (answer.success, answer.status, answer.action_performed) == (True, "success", "MOVE_TO")
    assert (answer.data.status, answer.data.action_performed) == ("success", "MOVE_TO")


def test_a_click_is_where_it_was_told_to_be(client, page):
    top = page.state()["top"]
    act(client, Action_Click(x=50, y=top + 250))
    assert events(page, "click")[0] == ["click", 50, 250, 0]


def test_a_click_without_a_place_is_where_the_pointer_is(client, page):
    top = page.state()["top"]
    act(client, Action_MoveTo(x=60, y=top + 300))
    act(client, Action_MoveRel(x_offset=10, y_offset=-20))
    act(client, Action_Click())
    act(client, Action_RightClick())
    assert events(page, "click")[0][1:3] == [70, 280]
    assert events(page, "contextmenu")[0][1:3] == [70, 280]


def test_double_and_multiple_clicks(client, page):
    top = page.state()["top"]
    act(client, Action_DoubleClick(x=150, y=top + 350))
    assert events(page, "dblclick")[0][1:3] == [150, 350]
    act(client, Action_Click(x=50, y=top + 210, num_clicks=3))
    events(page, "click", 5)


def test_a_drag_begins_at_the_pointer(client, page):
    top = page.state()["top"]
    act(client, Action_MoveTo(x=300, y=top + 250))
    act(client, Action_DragTo(x=380, y=top + 290))
    assert events(page, "mousedown")[0][1:3] == [300, 250]
    assert events(page, "mouseup")[0][1:3] == [380, 290]
    act(client, Action_DragRel(x_offset=-30, y_offset=5))
    assert events(page, "mouseup", 2)[1][1:3] == [350, 295]


def test_a_button_stays_down_until_it_is_released(client, page):
    top = page.state()["top"]
    act(client, Action_MoveTo(x=300, y=top + 250))
    act(client, Action_MouseDown(button="left"))
    act(client, Action_MoveTo(x=310, y=top + 260))
    act(client, Action_MouseUp())
    assert events(page, "mousedown")[0][1:3] == [300, 250]
    assert events(page, "mouseup")[0][1:3] == [310, 260]


def test_scrolling_by_less_than_zero_goes_down(client, page):
    act(client, Action_MoveTo(x=700, y=page.state()["top"] + 400))
    act(client, Action_Scroll(dy=-5))
    eventually(lambda: page.state()["y"] > 200, "the scrolling")
    act(client, Action_Scroll(dy=500))
    eventually(lambda: page.state()["y"] == 0, "the way back")


def shows(page, text):
    eventually(lambda: page.state()["text"] == text, lambda: f"{text!r} but {page.state()}")


TEXTS = {
    "plain": "Hello, World!",
    "lines": "one\ntwo\n\nfour",
    "beyond ASCII": "ü ß € 漢字 😀 łódź привет",
    "signs": "(a+b)*c = \"d\" ~ $%&/[]{}\\|@ 'x' `y`",
}


@pytest.mark.parametrize("use_clipboard", [True, False, None])
@pytest.mark.parametrize("name", TEXTS)
def test_typing_is_exact(client, page, name, use_clipboard):
    focus(client, page)
    answer = act(client, Action_Typing(text=TEXTS[name], use_clipboard=use_clipboard))
    assert answer.success and answer.hint is None
    shows(page, TEXTS[name])


def test_a_long_text_is_pasted_at_once(client, page):
    text = "0123456789" * 20_000
    focus(client, page)
    begun = time.monotonic()
    act(client, Action_Typing(text=text))
    assert time.monotonic() - begun < 10
    eventually(lambda: page.state()["text"] == text, "the text")


def test_typing_where_nothing_takes_it_says_so(client, page):
    act(client, Action_Click(x=900, y=page.state()["top"] + 500))
    answer = act(client, Action_Typing(text="nobody"))
    assert answer.success
    assert page.state()["text"] == ""


@pytest.mark.parametrize(
    ("key", "seen"),
    [("enter", "Enter"), ("Return", "Enter"), ("BackSpace", "Backspace"), ("space", " "), ("F8", "F8"), ("pagedown", "PageDown"),
     ("Page_Up", "PageUp"), ("ArrowLeft", "ArrowLeft"), ("left", "ArrowLeft"), ("a", "a"), ("A", "A"), ("?", "?"),
     ("esc", "Escape"), ("Tab", "Tab"), ("shift", "Shift"), ("Delete", "Delete")],
)
def test_keys_have_either_kind_of_name(client, page, key, seen):
    focus(client, page)
    assert act(client, Action_Press(key=key)).success
    eventually(lambda: any(entry[3] == seen for entry in page.state()["log"] if entry[0] == "keydown"), seen)


@pytest.mark.parametrize(("key", "text"), [("ü", "ü"), ("U20AC", "€"), ("plus", "+")])
def test_a_key_gives_its_character(client, page, key, text):
    focus(client, page)
    act(client, Action_Press(key=key))
    shows(page, text)


def test_a_combination_and_keys_that_stay_down(client, page):
    focus(client, page)
    act(client, Action_Typing(text="abc"))
    act(client, Action_Hotkey(keys=["ctrl", "a"]))
    act(client, Action_Press(key="x"))
    eventually(lambda: page.state()["text"] == "x", "the new text")
    act(client, Action_KeyDown(key="Shift_L"))
    act(client, Action_Press(key="b"))
    act(client, Action_KeyUp(key="Shift_L"))
    eventually(lambda: page.state()["text"] == "xB", "the large letter")


def test_waiting_takes_its_time(client):
    begun = time.monotonic()
    assert act(client, Action_Wait(duration=0.5)).action_performed == "WAIT"
    assert time.monotonic() - begun >= 0.5


@pytest.mark.parametrize(
    "action",
    [Action_MoveTo(x=5000, y=5), Action_Click(x=5, y=1024), Action_MoveTo(x=-3, y=5), Action_DragTo(x=1280, y=0),
     Action_MoveRel(x_offset=9000, y_offset=0), Action_Press(key="nokey"), Action_Hotkey(keys=["ctrl", "nokey"])],
)
def test_what_can_not_be_done_is_told(client, action):
    answer = act(client, action)
    assert answer.success is False and answer.data is None
    assert "not on the screen" in answer.message or "No key is called" in answer.message


@pytest.mark.parametrize(
    ("body", "field"),
    [({}, "action_type"), ({"action_type": "EXEC"}, "action_type"), ({"action_type": "MOVE_TO", "x": 1}, "y"),
     ({"action_type": "CLICK", "x": 1}, "y"), ({"action_type": "TYPING", "text": ""}, "text"),
     ({"action_type": "HOTKEY", "keys": []}, "keys"), ({"action_type": "WAIT", "duration": 1e9}, "duration"),
     ({"action_type": "CLICK", "num_clicks": 4}, "num_clicks")],
)
def test_bad_fields_are_named(http, body, field):
    answer = http.post("/v1/browser/actions", json=body)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", field]


def test_the_examples_form_of_null_fields(http):
    body = {"action_type": "CLICK", "x": 600, "y": 600, "button": None, "num_clicks": None}
    assert http.post("/v1/browser/actions", json=body).json()["success"] is True


# Size


def test_the_screen_takes_another_size_and_the_window_follows(client, http, page):
    try:
        answer = http.post("/v1/browser/config", json={"resolution": "1024x768"}).json()
        assert answer["success"] and answer["data"]["width"] == 1024
        eventually(lambda: page.state()["size"] == [1024, 768], "the window")
        assert http.get("/v1/browser/screenshot").headers["x-screen-width"] == "1024"
    finally:
        client.browser.set_config(resolution={"width": 1280, "height": 1024})
    eventually(lambda: page.state()["size"] == [1280, 1024], "the window")


@pytest.mark.parametrize("resolution", ["big", "801x600", {"width": 801, "height": 600}, {"width": 800}])
def test_other_sizes_are_refused(http, resolution):
    assert http.post("/v1/browser/config", json={"resolution": resolution}).status_code == 422


# Films


def test_a_recording_can_be_played(client, folder):
    path = f"{folder}/films/desktop.mp4"
    started = client.display.record(action="start", save_path=path, fps=10)
    assert (started.data.status, started.data.save_path) == ("recording", path)
    assert client.display.record(action="start").success is False
    eventually(lambda: client.display.record(action="status").data.duration > 2, "two seconds")
    stopped = client.display.record(action="stop").data
    assert stopped.status == "stopped" and stopped.file_size_bytes > 0
    probe = "ffprobe -v error -show_entries format=duration:stream=codec_name,width,height -of csv=p=0"
    stream, duration = client.shell.exec_command(command=f"{probe} {path}").data.output.split()
    assert stream == "h264,1280,1024" and float(duration) > 1
    assert client.shell.exec_command(command=f"ffmpeg -v error -i {path} -f null -").data.output == ""


def test_a_recording_ends_by_itself_and_has_a_name_of_its_own(client):
    started = client.display.record(action="start", max_duration=1, width=320).data
    assert re.fullmatch(r"/tmp/recordings/recording_[0-9_]+\.mp4", started.save_path)
    eventually(lambda: client.display.record(action="status").data.status == "stopped", "its end")
    probe = f"ffprobe -v error -show_entries stream=width,height -of csv=p=0 {started.save_path}"
    assert client.shell.exec_command(command=probe).data.output.strip() == "320,256"


def test_a_recording_where_none_can_be_says_so(client):
    answer = client.display.record(action="start", save_path="/dev/null")
    assert answer.success is False and "not a file" in answer.message
    with pytest.raises(ApiError) as error:
        client.display.record(action="start", fps=99)
    assert error.value.status_code == 422


# Viewers


class Viewer:
    """A WebSocket with just enough of RFB."""

    def __init__(self, base_url, headers, query=""):
        url = urlsplit(base_url)
        port = url.port or (443 if url.scheme == "https" else 80)
        self.socket = socket.create_connection((url.hostname, port), timeout=60)
        if url.scheme == "https":
            context = ssl.create_default_context(cafile=os.environ.get("SSL_CERT_FILE"))
            self.socket = context.wrap_socket(self.socket, server_hostname=url.hostname)
        lines = [
            f"GET {url.path.rstrip('/')}/websockify{query} HTTP/1.1",
            f"Host: {url.netloc}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
            "Sec-WebSocket-Version: 13",
            *[f"{name}: {value}" for name, value in headers.items()],
        ]
        self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        self.raw, self.held, self.closed = b"", b"", None
        while b"\r\n\r\n" not in self.raw:
            self.raw += self.receive()
        head, self.raw = self.raw.split(b"\r\n\r\n", 1)
        self.status = int(head.split()[1])

    def receive(self):
        chunk = self.socket.recv(65536)
        if not chunk:
            raise ConnectionError("closed")
        return chunk

    def shake_hands(self):
        assert self.take(12) == b"RFB 003.008\n"
        self.send(b"RFB 003.008\n")
        assert 1 in self.take(self.take(1)[0])
        self.send(b"\x01")
        assert self.take(4) == bytes(4)
        self.send(b"\x01")
        width, height = struct.unpack(">HH", self.take(24)[:4])
        self.take(struct.unpack(">I", self.last[20:24])[0])
        return width, height

    def send(self, data, opcode=2):
        mask = os.urandom(4)
        length = struct.pack(">B", 0x80 | len(data)) if len(data) < 126 else struct.pack(">BH", 0xFE, len(data))
        self.socket.sendall(bytes([0x80 | opcode]) + length + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(data)))

    def take(self, count):
        while len(self.held) < count:
            self.frame()
        self.last, self.held = self.held[:count], self.held[count:]
        return self.last

    def exactly(self, count):
        while len(self.raw) < count:
            self.raw += self.receive()
        part, self.raw = self.raw[:count], self.raw[count:]
        return part

    def frame(self):
        first, length = self.exactly(2)
        if length == 126:
            (length,) = struct.unpack(">H", self.exactly(2))
        elif length == 127:
            (length,) = struct.unpack(">Q", self.exactly(8))
        data = self.exactly(length)
        if first & 15 == 8:
            self.closed = (struct.unpack(">H", data[:2])[0], data[2:].decode())
            raise ConnectionError(self.closed)
        if first & 15 in (0, 2):
            self.held += data

    def picture(self, width, height):
        """Bytes of one whole picture, and what was told of the clipboard before."""
        self.send(struct.pack(">BBHHHH", 3, 0, 0, 0, width, height))
        texts, size = [], 0
        while True:
            kind = self.take(1)[0]
            if kind == 3:
                length = struct.unpack(">i", self.take(7)[3:])[0]
                texts.append(self.take(abs(length)))
            elif kind == 0:
                for _ in range(struct.unpack(">H", self.take(3)[1:])[0]):
                    _, _, w, h, encoding = struct.unpack(">HHHHi", self.take(12))
                    if encoding == 0:
                        size += len(self.take(w * h * 4))
                return size, texts

    def close(self):
        self.socket.close()


RAW = struct.pack(">BBHi", 2, 0, 1, 0)
RAW_AND_CLIPBOARD = struct.pack(">BBHii", 2, 0, 2, 0, 0xC0A1E5CE - (1 << 32))
pointer = lambda x, y, buttons=0: struct.pack(">BBHH", 5, buttons, x, y)  # noqa: E731
key = lambda keysym, down: struct.pack(">BBHI", 4, down, 0, keysym)  # noqa: E731
cut_text = lambda text: struct.pack(">BBHI", 6, 0, 0, len(text)) + text  # noqa: E731


@pytest.fixture
def viewer(base_url, headers):
    opened = []

    def connect(query=""):
        opened.append(Viewer(base_url, headers, query))
        assert opened[-1].status == 101
        return opened[-1]

    yield connect
    for one in opened:
        one.close()


def test_a_viewer_sees_the_screen_and_works_at_it(client, page, viewer):
    top = page.state()["top"]
    person = viewer()
    width, height = person.shake_hands()
    assert (width, height) == (1280, 1024)
    person.send(RAW)
    assert person.picture(width, height)[0] == width * height * 4
    for buttons in (0, 1, 0):
        person.send(pointer(50, top + 50, buttons))
    events(page, "click")
    for letter in b"vnc":
        person.send(key(letter, 1))
        person.send(key(letter, 0))
    eventually(lambda: page.state()["text"] == "vnc", "what was typed")


@pytest.mark.parametrize("query", ["?view_only=1", "?view_only=true"])
def test_one_who_only_looks_on_sees_but_can_do_nothing(client, page, viewer, query):
    top = page.state()["top"]
    focus(client, page)
    guest = viewer(query)
    width, height = guest.shake_hands()
    guest.send(RAW_AND_CLIPBOARD)
    hostile = pointer(60, top + 60, 1) + pointer(60, top + 60) + key(0x61, 1) + key(0x61, 0) + cut_text(b"evil")
    hostile += struct.pack(">BBHHBB", 251, 0, 640, 480, 1, 0) + struct.pack(">IHHHHI", 0, 0, 0, 640, 480, 0)
    for byte in hostile:
        guest.send(bytes([byte]))
    assert guest.picture(width, height)[0] == width * height * 4
    # What the guest sent was dealt with before the picture; what comes now is behind it.
    act(client, Action_Typing(text="z", use_clipboard=False))
    eventually(lambda: page.state()["text"] == "z", "the typed letter")
    assert [entry[1:3] for entry in page.state()["log"] if entry[0] == "mousedown"] == [[50, 50]]


def test_one_who_only_looks_on_does_not_get_what_is_copied(client, page, viewer):
    guest = viewer("?view_only=1")
    width, height = guest.shake_hands()
    guest.send(RAW_AND_CLIPBOARD)
    person = viewer()
    person.shake_hands()
    person.send(RAW)
    person.picture(width, height)
    # What is typed by the clipboard was there for a moment, and is copied then.
    focus(client, page)
    act(client, Action_Typing(text="secret-of-the-clipboard"))
    act(client, Action_Hotkey(keys=["ctrl", "a"]))
    act(client, Action_Hotkey(keys=["ctrl", "c"]))

    def copied():
        return any(b"secret-of-the-clipboard" in text for text in person.picture(width, height)[1])

    eventually(copied, "the copied text")
    # To ask is of no use either.
    guest.send(struct.pack(">BBHiI", 6, 0, 0, -4, (1 << 25) | 1))
    _, texts = guest.picture(width, height)
    _, more = guest.picture(width, height)
    assert texts and not any(b"secret" in text or len(text) > 8 for text in texts + more)


@pytest.mark.parametrize("garbage", [bytes([99]), bytes([255, 1, 0, 0]), bytes([249, 0])])
def test_a_guest_that_sends_garbage_is_closed(viewer, garbage):
    guest = viewer("?view_only=1")
    guest.shake_hands()
    guest.send(garbage)
    with pytest.raises(ConnectionError):
        guest.take(1 << 30)
    assert guest.closed[0] == 1008


def test_text_messages_and_large_ones_are_closed(viewer):
    person = viewer()
    person.shake_hands()
    person.send(b"hello", opcode=1)
    with pytest.raises(ConnectionError):
        person.take(1 << 30)
    assert person.closed[0] == 1003


def test_the_socket_is_none_for_plain_http(http):
    assert http.get("/websockify").status_code == 400


# The page


def test_the_page_is_there_with_its_files_alone(http):
    answer = http.get("/vnc/index.html?autoconnect=true")
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "http://" not in answer.text and "https://" not in answer.text
    names = re.findall(r'(?:src|href)="([^":]+)"', answer.text)
    assert len(names) == 2
    for name in names:
        file = http.get(f"/vnc/{name}")
        assert file.status_code == 200 and "immutable" in file.headers["cache-control"]
        assert http.get(f"/vnc/{name}", headers={"if-none-match": file.headers["etag"]}).status_code == 304


def test_its_other_paths_lead_there(http):
    assert http.get("/vnc/").text == http.get("/vnc/index.html").text
    assert http.get("/vnc?a=1").headers["location"] == "vnc/?a=1"
    assert http.get("/vnc.html?a=1").headers["location"] == "vnc/index.html?a=1"
    assert http.get("/vnc/rfb.js").status_code == 404

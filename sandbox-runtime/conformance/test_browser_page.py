"""The page layer of the browser, against pages that a small server inside the sandbox serves."""

import contextlib
import json
import struct
import threading
import time

import httpx
import pytest
from agent_sandbox.errors.unprocessable_entity_error import UnprocessableEntityError
from support import folder_with, running_server

SERVER = r'''
import http.server, sys, time, urllib.parse

FORM = """<!doctype html><title>Form ü</title><meta charset=utf-8><h1>Form</h1>
<form onsubmit="event.preventDefault(); document.title = 'sent ' + name.value">
<label>Name <input name=name placeholder="Your name"></label>
<input id=secret type=password value=hidden-value aria-label=Password>
<textarea name=story></textarea>
<select id=fruit name=fruit><option value=a>Apple</option><option value=b>Banana</option><option value=c disabled>Cherry</option></select>
<input type=checkbox id=terms name=terms><label for=terms>Terms</label>
<label class=fancy>Fancy <input type=checkbox id=fancy style="display:none"></label>
<input type=radio name=size value=s id=s><input type=radio name=size value=l id=l>
<input type=file id=file multiple style="display:none"><label for=file id=choose>Choose</label>
<button type=button id=opens onclick="document.getElementById('file').click()">Attach</button>
<div id=editable contenteditable>old</div>
<input id=off disabled value=x>
<button id=send>Send</button></form>
<button id=gone style="display:none">Hidden</button><button id=many ondblclick="this.textContent='double'">Many</button>
<div id=log></div>
<script>const log = (t) => { document.getElementById('log').textContent += t + ';' };
document.addEventListener('keydown', (e) => log((e.ctrlKey ? 'C-' : '') + (e.shiftKey ? 'S-' : '') + e.key));
document.addEventListener('contextmenu', (e) => { e.preventDefault(); log('menu') });
document.getElementById('many').addEventListener('mouseenter', () => log('enter'));</script>"""

PAGES = {
  '/form': FORM,
  '/plain': '<!doctype html><meta charset=utf-8><title>Plain – 漢字</title><h1>Grüße</h1><p>First paragraph.</p><p dir=rtl lang=ar>مرحبا بالعالم</p><a href=/form>to the form</a><script>window.answer = 42</script><p style="display:none">unseen</p>',
  '/frames': '<!doctype html><title>Frames</title><h1>Outside</h1><iframe id=one src=/inner style="width:400px;height:300px;margin-left:50px"></iframe><button>Outer</button>',
  '/inner': '<!doctype html><p>Inside the frame</p><button id=in onclick="document.title=this.textContent=\'pressed\'">Inner</button><input id=field><iframe src=/innermost></iframe>',
  '/innermost': '<!doctype html><a href=# id=deep onclick="this.textContent=\'deep click\'">Deep</a>',
  '/shadow': '<!doctype html><title>Shadow</title><x-box></x-box><script>customElements.define("x-box", class extends HTMLElement { connectedCallback() { const r = this.attachShadow({mode:"open"}); r.innerHTML = "<p>Text in the shadow</p><button id=shady>Shady</button><slot></slot>"; r.getElementById("shady").onclick = () => document.title = "clicked in shadow" } })</script>',
  '/late': '<!doctype html><title>Late</title><script>setTimeout(() => { const b = document.createElement("button"); b.id = "late"; b.textContent = "Late"; document.body.append(b) }, 400); setTimeout(() => { window.ready = {yes: true} }, 500); setTimeout(() => fetch("/api/data?x=1"), 600); setTimeout(() => history.pushState({}, "", "/moved"), 700)</script><div id=leaving>bye</div><script>setTimeout(() => document.getElementById("leaving").remove(), 400)</script>',
  '/cover': '<!doctype html><button id=below style="position:absolute;left:10px;top:10px">Below</button><div id=overlay style="position:fixed;inset:0;background:#0008">busy</div>',
  '/tall': '<!doctype html><title>Tall</title><div style="height:100000px;background:linear-gradient(red,blue)">top</div><p id=end>the end</p>',
  '/box': '<!doctype html><style>html,body{margin:0;height:100%;overflow:hidden}#box{height:100%;overflow:auto}</style><div id=box><div style="height:5000px">x</div></div>',
  '/dialogs': '<!doctype html><title>Dialogs</title><button id=a onclick="alert(1); document.title=\'after alert\'">a</button>',
  '/console': '<!doctype html><script>console.log("hello", {a: 1}); console.warn("careful"); console.error("broken ü"); setTimeout(() => { throw new Error("nobody caught this") })</script>',
  '/markdown': '<!doctype html><title>Doc</title><nav style="display:none">menu</nav><h1>Head</h1><p>Some <b>bold</b> <a href="/form">link</a>.<script>var x</script><style>p{}</style></p><ul><li>one<li>two</ul><table><tr><th>a<th>b<tr><td>1<td>2 | 3</table><pre><code class=language-js>let a\n  = 1</code></pre><img src=/pic.png alt=Pic><table><tr><td><table><tr><td>nested</table></table><p style="visibility:hidden">unseen</p>',
  '/downloads': '<!doctype html><a id=get href=/file?name=report.csv>get</a>',
  '/never-image': '<!doctype html><title>Half</title><p>there</p><img src=/never>',
  '/hang': '<!doctype html><title>Hang</title><button id=hang onclick="setTimeout(() => { while (true) {} }, 300)">hang</button>',
  '/text': '<!doctype html><p>Find <b>the nee</b>dle here.</p><p>Another NEEDLE\n   in   hay</p><p style="display:none">needle</p>',
  '/many': '<!doctype html>' + '<button>b</button>' * 1500,
  '/moved': '<!doctype html><title>Moved</title>',
}

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    def log_message(self, *args): pass
    def answer(self, body, status=200, headers=()):
        data = body if isinstance(body, bytes) else body.encode()
        self.send_response(status)
        headers = dict(headers)
        headers.setdefault('content-type', 'text/html; charset=utf-8')
        for name, value in headers.items(): self.send_header(name, value)
        self.send_header('content-length', str(len(data)))
        self.end_headers()
        self.wfile.write(data)
    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        if url.path == '/never': return time.sleep(600)
        if url.path == '/slow': time.sleep(float(query['seconds']))
        if url.path == '/status': return self.answer('<title>Status</title>', int(query['code']))
        if url.path == '/redirect': return self.answer('', 302, {'location': '/plain'})
        if url.path == '/loop': return self.answer('', 302, {'location': '/loop'})
        if url.path == '/csp': return self.answer('<title>Strict</title><p>guarded text</p><button>ok</button>', 200, {'content-security-policy': "default-src 'none'; require-trusted-types-for 'script'"})
        if url.path == '/file': return self.answer(b'a,b\n1,2\n', 200, {'content-type': 'text/csv', 'content-disposition': 'attachment; filename="%s"' % query['name']})
        if url.path == '/api/data': return self.answer('{"a": 1}', 200, {'content-type': 'application/json'})
        if url.path == '/reset': return self.connection.shutdown(2)
        page = PAGES.get(url.path)
        self.answer(page if page is not None else '<title>ok</title>')

server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
server.daemon_threads = True
open(sys.argv[1] + '.new', 'w').write(str(server.server_address[1]))
import os; os.rename(sys.argv[1] + '.new', sys.argv[1])
server.serve_forever()
'''


@pytest.fixture(scope="module")
def place(client):
    with folder_with(client, SERVER) as path:
        yield path


@pytest.fixture(scope="module")
def site(client, place):
    with running_server(client, place) as url:
        yield url


@pytest.fixture
def page(client, site):
    """Opens a page of the server and gives the calls."""

    def opened(path):
        assert client.browser_page.navigate(url=site + path).success
        return client.browser_page

    return opened


def value_of(page, expression):
    answer = page.evaluate(expression=expression)
    assert answer.success, answer.message
    return answer.data


def refused(answer, *words):
    """A failure on the page: an answer with a reason in words, and no data that could be taken for a result."""
    assert answer.success is False
    for word in words:
        assert word in answer.message
    return answer.message


# Navigation


def test_navigate_tells_where_it_came_out(client, site):
    data = client.browser_page.navigate(url=f"{site}/redirect").data
    assert (data["url"], data["title"], data["status"], data["ok"]) == (f"{site}/plain", "Plain – 漢字", 200, True)
    assert data["content_type"] == "text/html; charset=utf-8"


def test_a_page_with_an_error_status_is_a_page(client, site):
    answer = client.browser_page.navigate(url=f"{site}/status?code=404")
    assert answer.success is True
    assert (answer.data["status"], answer.data["ok"], answer.data["title"]) == (404, False, "Status")


def test_navigate_adds_the_scheme(client, site):
    data = client.browser_page.navigate(url=f"{site.removeprefix('http://')}/plain").data
    assert data["url"] == f"{site}/plain"


@pytest.mark.parametrize("until", ["load", "domcontentloaded", "networkidle", "commit"])
def test_navigate_waits_as_asked(client, site, until):
    answer = client.browser_page.navigate(url=f"{site}/plain", wait_until=until)
    assert (answer.success, answer.data["status"]) == (True, 200)


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        " java\tscript:alert(1)",
        "chrome://settings",
        "view-source:http://127.0.0.1/",
        "about:version",
        "devtools://devtools/bundled/inspector.html",
        "ftp://127.0.0.1/",
        "chrome-extension://abc/x.html",
        "",
        "no url at all",
    ],
)
def test_other_schemes_are_refused_and_the_page_stays(client, site, page, http, url):
    page("/plain")
    answer = http.post("/v1/browser/page/navigate", json={"url": url})
    assert answer.status_code == (422 if url == "" else 200)
    assert answer.json().get("success", False) is False
    assert value_of(client.browser_page, "location.pathname") == "/plain"


def test_data_file_and_blank_can_be_opened(client, place):
    assert client.browser_page.navigate(url="data:text/html,<title>of data</title>").data["title"] == "of data"
    client.file.write_file(file=f"{place}/local.html", content="<title>of a file</title>")
    assert client.browser_page.navigate(url=f"file://{place}/local.html").data["title"] == "of a file"
    assert client.browser_page.navigate(url="about:blank").data["status"] is None


def test_what_can_not_be_loaded_says_why(client, site):
    answer = client.browser_page.navigate(url="http://127.0.0.1:1/")
    refused(answer, "net::ERR_")
    assert answer.data["error"].startswith("net::ERR_")
    refused(client.browser_page.navigate(url=f"{site}/loop"), "ERR_TOO_MANY_REDIRECTS", "circle")
    refused(client.browser_page.navigate(url=f"{site}/reset"), "ERR_EMPTY_RESPONSE")
    assert client.browser_page.navigate(url=f"{site}/plain").success


def test_a_server_that_never_answers_ends_with_the_timeout(client, site):
    started = time.monotonic()
    answer = client.browser_page.navigate(url=f"{site}/never", timeout=1)
    refused(answer, "within 1 seconds", "not answered")
    assert time.monotonic() - started < 20
    assert answer.data["error"] == "timeout"
    assert client.browser_page.navigate(url=f"{site}/plain").success


def test_a_page_that_never_finishes_can_be_read_all_the_same(client, site):
    refused(client.browser_page.navigate(url=f"{site}/never-image", timeout=1), "did not reach load")
    assert "there" in client.browser_page.get_text().data
    assert client.browser_page.navigate(url=f"{site}/never-image", wait_until="domcontentloaded").data["title"] == "Half"


def test_back_forward_and_reload(client, site, page):
    page("/plain")
    calls = page("/form")
    assert calls.back().data["url"] == f"{site}/plain"
    assert calls.forward().data["url"] == f"{site}/form"
    refused(calls.forward(), "no later page")
    value_of(calls, "document.title = 'changed'")
    assert calls.reload().data["title"] == "Form ü"


# Acting


def test_click_by_selector_and_by_text(page):
    calls = page("/form")
    calls.fill(selector="[name=name]", text="Zoë")
    assert calls.click(selector="#send").success
    assert value_of(calls, "document.title") == "sent Zoë"
    assert calls.click(selector="text=Many", click_count=2).success
    assert value_of(calls, "document.querySelector('#many').textContent") == "double"


def test_click_at_a_point_and_with_the_right_button(page):
    calls = page("/form")
    box = value_of(calls, "JSON.stringify(document.querySelector('#many').getBoundingClientRect())")
    rect = json.loads(box)
    assert calls.click(x=rect["x"] + 5, y=rect["y"] + 5, button="right").success
    assert "menu;" in value_of(calls, "document.querySelector('#log').textContent")


def test_what_can_not_be_clicked_says_why(client, page, http):
    calls = page("/form")
    ask = lambda **body: http.post("/v1/browser/page/click", json={"timeout": 0.5, **body}).json()
    assert "nothing on the page matches" in ask(selector="#nothing")["message"]
    assert "not visible" in ask(selector="#gone")["message"]
    assert "no valid selector" in ask(selector="div[[")["message"]
    page("/cover")
    assert "covered" in ask(selector="#below")["message"]
    with pytest.raises(UnprocessableEntityError):
        client.browser_page.click()
    with pytest.raises(UnprocessableEntityError):
        client.browser_page.click(selector="#a", button="fourth")


def test_fill_and_its_alias(page, http):
    calls = page("/form")
    assert http.post("/v1/browser/page/fill", json={"selector": "[name=story]", "value": "line 1\nüñ 漢 😀"}).json()["success"]
    assert value_of(calls, "document.querySelector('[name=story]').value") == "line 1\nüñ 漢 😀"
    assert calls.fill(selector="#editable", text="new").success
    assert value_of(calls, "document.querySelector('#editable').innerText") == "new"
    assert calls.fill(selector="#fruit", text="Banana").success
    assert value_of(calls, "document.querySelector('#fruit').value") == "b"
    off = http.post("/v1/browser/page/fill", json={"selector": "#off", "text": "y", "timeout": 0.5}).json()
    assert (off["success"], "it is disabled" in off["message"]) == (False, True)
    assert value_of(calls, "document.querySelector('#off').value") == "x"


def test_a_body_beyond_all_measure_is_refused_and_the_browser_stays(page, http):
    calls = page("/form")
    body = b'{"selector": "#a", "text": "' + b"x" * 100_000_000 + b'"}'
    # The server refuses before it has read it all; who still writes then may find the connection closed, a gateway too.
    with contextlib.suppress(httpx.TransportError):
        answer = http.post("/v1/browser/page/fill", content=body, headers={"content-type": "application/json"})
        assert answer.status_code in (413, 502)
    assert value_of(calls, "document.title") == "Form ü"


def test_type_and_keys(page):
    calls = page("/form")
    calls.click(selector="[name=name]")
    assert calls.type_text(text="abc dé").success
    for key in ["Home", "Delete", "shift", "ArrowRight", "BackSpace", "end", "KP_Enter"]:
        assert calls.press_key(key=key).success, key
    assert value_of(calls, "document.title") == "sent c dé"
    assert calls.hot_key(keys=["ctrl", "a"]).success
    calls.press_key(key="漢")
    assert value_of(calls, "document.querySelector('[name=name]').value") == "漢"
    log = value_of(calls, "document.querySelector('#log').textContent")
    assert "Home;Delete;" in log and "C-a;" in log
    refused(calls.press_key(key="no-such-key"), "no key named")
    # Nothing stays pressed.
    calls.press_key(key="z")
    assert value_of(calls, "document.querySelector('#log').textContent").endswith("z;")


def test_hover(page):
    calls = page("/form")
    assert calls.hover(selector="#many").success
    assert "enter;" in value_of(calls, "document.querySelector('#log').textContent")
    assert calls.hover(x=1, y=1).success


def test_select_option(page):
    calls = page("/form")
    assert calls.select_option(selector="#fruit", value="b").data["selected"] == [{"value": "b", "label": "Banana"}]
    assert calls.select_option(selector="#fruit", label="Apple").data["selected"][0]["value"] == "a"
    assert calls.select_option(selector="#fruit", index=1).data["selected"][0]["value"] == "b"
    refused(calls.select_option(selector="#fruit", value="zz"), "Banana (b)")
    with pytest.raises(UnprocessableEntityError):
        calls.select_option(selector="#fruit")


@pytest.mark.parametrize("box", ["#terms", "#fancy"])
def test_check_and_uncheck(page, box):
    calls = page("/form")
    ticked = lambda: value_of(calls, f"document.querySelector('{box}').checked")
    assert calls.check(selector=box).success and ticked() is True
    assert calls.check(selector=box).success and ticked() is True
    assert calls.uncheck(selector=box).success and ticked() is False


@pytest.mark.parametrize("by", ["#file", "#choose", "#opens"])
def test_upload_file(client, page, place, by):
    calls = page("/form")
    client.file.write_file(file=f"{place}/one.txt", content="first")
    client.file.write_file(file=f"{place}/zwei ü.txt", content="second")
    assert calls.upload_file(selector=by, files=[f"{place}/one.txt", f"{place}/zwei ü.txt"]).success
    read = "Promise.all([...document.querySelector('#file').files].map(async f => [f.name, await f.text()]))"
    assert value_of(calls, read) == [["one.txt", "first"], ["zwei ü.txt", "second"]]


def test_upload_of_what_is_not_there_is_refused(page, place):
    calls = page("/form")
    refused(calls.upload_file(selector="#file", files=[f"{place}/nothing"]), "There is no file")
    refused(calls.upload_file(selector="#file", files=["/tmp"]), "not a regular file")


def test_fill_form(page, http):
    calls = page("/form")
    items = [
        {"label": "Name", "value": "Ann"},
        {"selector": "[name=story]", "text": "Once"},
        {"name": "fruit", "value": "Banana"},
        {"selector": "#terms", "value": True},
        {"selector": "#l", "checked": True},
    ]
    answer = calls.fill_form(items=items)
    assert (answer.success, answer.data["filled"]) == (True, 5)
    state = "[document.querySelector('[name=name]').value, document.querySelector('[name=story]').value, document.querySelector('#fruit').value, terms.checked, l.checked]"
    assert value_of(calls, state) == ["Ann", "Once", "b", True, True]
    partly = http.post("/v1/browser/page/fill_form", json={"timeout": 0.5, "items": [{"name": "nobody", "value": 1}, {"name": "name", "value": 2}]}).json()
    assert (partly["success"], partly["data"]["filled"]) == (False, 1)
    assert [one["success"] for one in partly["data"]["results"]] == [False, True]
    assert value_of(calls, "document.querySelector('[name=name]').value") == "2"


def test_scrolling(page):
    calls = page("/tall")
    assert calls.scroll().data["y"] == 300
    assert calls.scroll(direction="down", amount=1000).data["y"] == 1300
    assert calls.scroll(direction="up", amount=100).data["y"] == 1200
    assert calls.scroll_to(y=50000).data["y"] == 50000
    end = calls.scroll_to(x=0, y=99_999_999).data
    assert end["y"] == end["max_y"] > 99_000
    assert calls.scroll_to().data["y"] == 0
    place = calls.scroll_to_element(selector="#end").data
    assert 0 <= place["y"] < 3000
    assert value_of(calls, "scrollY") > 90_000


def test_scrolling_where_the_page_itself_does_not(page):
    calls = page("/box")
    moved = calls.scroll(amount=500).data
    assert (moved["y"], moved["scrolled"]) == (500, "div#box")


def test_dialogs_hold_up_nothing(page):
    calls = page("/dialogs")
    assert calls.click(selector="#a").success
    assert calls.wait(type="function", expression="document.title === 'after alert'", timeout=20).success
    assert value_of(calls, "confirm('sure?')") in (True, False)


# Reading


def test_html_text_and_title(page, site):
    calls = page("/plain")
    text = calls.get_text().data
    assert "Grüße" in text and "مرحبا بالعالم" in text and "unseen" not in text
    inner, outer = calls.get_html().data, calls.get_html(outer=True).data
    assert outer.startswith("<!DOCTYPE html>") and "<html" in outer and "window.answer = 42" in outer
    assert "<html" not in inner and "Grüße" in inner


def test_markdown(page, site):
    data = page("/markdown").get_markdown().data
    assert data["content"] == data["markdown"] and (data["title"], data["url"]) == ("Doc", f"{site}/markdown")
    text = data["content"]
    for part in ["# Head", "**bold**", f"[link]({site}/form)", "-   one", "| a | b |\n| --- | --- |\n| 1 | 2 \\| 3 |", "```js\nlet a\n  = 1\n```", f"![Pic]({site}/pic.png)", "nested"]:
        assert part in text, part
    for part in ["var x", "p{}", "menu", "unseen", "<table"]:
        assert part not in text, part


def test_a_page_with_a_strict_policy_is_read_like_any_other(page):
    calls = page("/csp")
    assert "guarded text" in calls.get_text().data
    assert "guarded text" in calls.get_markdown().data["content"]
    assert [one["text"] for one in calls.get_elements().data] == ["ok"]
    assert value_of(calls, "1 + 1") == 2
    assert calls.find_text(keyword="guarded").data[0]["tag"] == "p"
    assert calls.wait(type="function", expression="document.title === 'Strict'", timeout=5).success


def test_elements_have_what_an_agent_needs(page, site):
    calls = page("/form")
    elements = calls.get_elements().data
    assert [one["index"] for one in elements] == list(range(len(elements)))
    name = next(one for one in elements if one.get("name") == "name")
    assert (name["tag"], name["role"], name["type"], name["placeholder"], name["text"]) == ("input", "textbox", "text", "Your name", "Name")
    fruit = next(one for one in elements if one["tag"] == "select")
    assert [option["label"] for option in fruit["options"]] == ["Apple", "Banana", "Cherry"]
    secret = next(one for one in elements if one.get("id") == "secret")
    assert "hidden-value" not in json.dumps(secret)
    assert not any(one.get("id") == "gone" for one in elements)
    for one in elements:
        assert one["width"] > 0 and one["height"] > 0 and one["selector"]
        assert value_of(calls, f"document.querySelectorAll({json.dumps(one['selector'])}).length") == 1
    calls.fill(index=name["index"], text="by index")
    assert value_of(calls, "document.querySelector('[name=name]').value") == "by index"


def test_an_index_of_before_is_refused(page, http):
    calls = page("/form")
    many = next(one for one in calls.get_elements().data if one.get("id") == "many")
    refused(calls.click(index=9999), "no element 9999")
    value_of(calls, "document.querySelector('#many').remove()")
    refused(calls.click(index=many["index"]), "not on the page any more")
    page("/plain")
    refused(calls.click(index=0), "elements")


def test_frames_and_shadow_roots_are_seen(page):
    calls = page("/frames")
    assert calls.wait(type="selector", selector="#deep", timeout=20).success
    elements = calls.get_elements().data
    inner = next(one for one in elements if one.get("id") == "in")
    assert inner["frame"].endswith("/inner") and inner["x"] > 50
    assert calls.click(index=inner["index"]).success
    assert value_of(calls, "document.querySelector('#one').contentDocument.title") == "pressed"
    assert calls.click(selector="#deep").success
    assert calls.fill(selector="#field", text="in frame").success
    assert value_of(calls, "document.querySelector('#one').contentDocument.querySelector('#field').value") == "in frame"
    deep = next(one for one in elements if one.get("id") == "deep")
    assert calls.hover(selector=deep["selector"]).success
    # What the selector of a list says is the element that the list means, also by its place.
    assert calls.click(x=inner["x"] + 3, y=inner["y"] + 3).success
    assert "Inside the frame" in calls.get_text().data
    assert calls.find_text(keyword="inside the frame").data[0]["frame"].endswith("/inner")
    shadow = page("/shadow")
    assert [one["text"] for one in shadow.get_elements().data] == ["Shady"]
    assert shadow.click(index=0).success
    assert value_of(shadow, "document.title") == "clicked in shadow"
    assert shadow.click(selector="#shady").success
    assert "Text in the shadow" in shadow.get_markdown().data["content"]


def test_lists_end(page):
    calls = page("/many")
    answer = calls.get_elements()
    assert len(answer.data) == 1000
    assert "more elements" in answer.hint


def test_find_text(page):
    calls = page("/text")
    found = calls.find_text(keyword="Needle").data
    assert [one["text"] for one in found] == ["needle", "NEEDLE"]
    assert found[0]["context"] == "Find the needle here." and found[0]["tag"] == "p"
    assert calls.find_text(keyword="needle in hay").data[0]["width"] > 0
    assert calls.find_text(keyword="not there").data == []


def test_console(page, client, place):
    calls = page("/console")
    calls.wait(type="function", expression="document.readyState === 'complete'", timeout=20)
    wanted = ["log", "warning", "error", "pageerror"]
    end = time.monotonic() + 20
    while time.monotonic() < end:
        messages = [one for one in calls.get_console().data if one["url"].endswith("/console")]
        if set(wanted) <= {one["type"] for one in messages}:
            break
    by_type = {one["type"]: one for one in messages}
    assert by_type["log"]["text"].startswith("hello") and by_type["error"]["text"] == "broken ü"
    assert "nobody caught this" in by_type["pageerror"]["text"]
    assert abs(by_type["log"]["timestamp"] - time.time()) < 3600 and by_type["log"]["line"] >= 1
    saved = calls.export_console(save_path=f"{place}/deep/er/console.json", clear=True).data
    written = json.loads(client.file.read_file(file=saved["path"]).data.content)
    assert saved["count"] == len(written) >= 4
    assert calls.get_console().data == []
    refused(calls.export_console(save_path="/proc/nothing/x"), "Cannot write")


# Scripts

EXACT = {
    "an expression": ("1 + 1", 2),
    "statements": ("const x = 20; const y = 1; x * 2 + y", 41),
    "the same constant again": ("const x = 3; x", 3),
    "a function": ("() => document.title", "Plain – 漢字"),
    "an async function": ("async () => { await null; return [1, 2] }", [1, 2]),
    "await": ("const r = await Promise.resolve(7); r", 7),
    "a promise": ("Promise.resolve('p')", "p"),
    "a body with return": ("const a = 4; return a * 2", 8),
    "an object": ("{a: 1, b: {c: 'd'}}", {"a": 1, "b": {"c": "d"}}),
    "a block": ("{ let q = 1; q + 1; }", 2),
    "nothing": ("undefined", None),
    "null": ("null", None),
    "no number": ("[NaN, Infinity, -0]", [None, None, 0]),
    "a large integer": ("12345678901234567890n", "12345678901234567890"),
    "an element": ("document.querySelector('h1')", "<h1></h1>"),
    "elements": ("document.querySelectorAll('h1')", ["<h1></h1>"]),
    "a circle": ("const o = {n: 1}; o.self = o; o", {"n": 1, "self": "[Circular]"}),
    "a date": ("new Date(0)", "1970-01-01T00:00:00.000Z"),
    "a map": ("new Map([['k', 1]])", {"k": 1}),
    "a set": ("new Set([1, 'b'])", [1, "b"]),
    "bytes": ("new Uint8Array([1, 2])", [1, 2]),
    "the page's own": ("window.answer", 42),
    "letters": ("'ü 漢 😀'", "ü 漢 😀"),
    "a getter that throws": ("({get bad() { throw new Error('no') }, good: 1})", {"bad": "[Threw Error: no]", "good": 1}),
    "an odd key": ("JSON.parse('{\"__proto__\": 1}')", {"__proto__": 1}),
}


@pytest.mark.parametrize("name", EXACT)
def test_evaluate(client, site, name):
    if value_of(client.browser_page, "location.pathname") != "/plain":
        client.browser_page.navigate(url=f"{site}/plain")
    code, wanted = EXACT[name]
    assert value_of(client.browser_page, code) == wanted


def test_evaluate_by_its_alias(page, http):
    page("/plain")
    assert http.post("/v1/browser/page/evaluate", json={"script": "2 * 3"}).json()["data"] == 6


def test_evaluate_says_what_was_thrown(page):
    calls = page("/plain")
    refused(calls.evaluate(expression="null.x"), "TypeError")
    refused(calls.evaluate(expression="throw new Error('mine')"), "Error: mine")
    refused(calls.evaluate(expression="this is no code"), "SyntaxError")
    refused(calls.evaluate(expression="Promise.reject(new Error('later'))"), "later")


def test_evaluate_cuts_what_has_no_end(page):
    calls = page("/plain")
    large = calls.evaluate(expression="Array.from({length: 1e6}, (_, i) => 'item ' + i)")
    assert large.success and 1000 < len(large.data) < 1_000_000 and "left out" in large.hint
    assert len(value_of(calls, "'x'.repeat(5e6)")) == 1_000_000
    assert calls.evaluate(expression="window").success
    deep = calls.evaluate(expression="let d = {}; const top1 = d; for (let i = 0; i < 1e4; i++) d = d.d = {}; top1")
    assert deep.success


@pytest.mark.parametrize("code", ["while (true) {}", "for (;;) await null", "new Promise(() => {})"])
def test_code_that_never_ends_is_stopped(page, http, code):
    calls = page("/plain")
    started = time.monotonic()
    answer = http.post("/v1/browser/page/evaluate", json={"expression": code, "timeout": 1}).json()
    assert answer["success"] is False and "did not end" in answer["message"]
    assert time.monotonic() - started < 20
    assert value_of(calls, "window.answer") == 42


def test_a_page_that_hangs_by_itself_is_freed(page, http):
    calls = page("/hang")
    assert calls.click(selector="#hang").success
    look = lambda: http.post("/v1/browser/page/evaluate", json={"expression": "1", "timeout": 1}).json()["success"]
    end = time.monotonic() + 30
    while look() and time.monotonic() < end:
        pass
    # The call that found it stuck has freed it.
    assert page("/plain").get_text().success


# Waiting


def test_wait_for_elements(page):
    calls = page("/late")
    assert calls.wait(type="selector", selector="#late", timeout=20).data["state"] == "visible"
    assert calls.wait(type="selector", selector="#leaving", state="detached", timeout=20).success
    assert calls.wait(type="selector", selector="#leaving", state="hidden", timeout=20).success
    refused(calls.wait(type="selector", selector="#nobody", timeout=0.5), "#nobody", "visible", "0.5 seconds")


def test_wait_for_addresses_requests_and_conditions(page, site):
    calls = page("/late")
    assert calls.wait(type="request", url_pattern="**/api/data*", timeout=20).data["method"] == "GET"
    assert calls.wait(type="url", url="**/moved", timeout=20).data["url"] == f"{site}/moved"
    calls = page("/late")
    answer = calls.wait(type="response", url_pattern="/api/data", timeout=20).data
    assert (answer["status"], answer["response_url"]) == (200, f"{site}/api/data?x=1")
    assert calls.wait(type="function", expression="window.ready", polling=20, timeout=20).data["value"] == {"yes": True}
    assert calls.wait(type="function", expression="() => document.title === 'Late'", timeout=20).success
    refused(calls.wait(type="url", url="http://nowhere.test/", timeout=0.5), "nowhere.test", "/moved")
    refused(calls.wait(type="response", url_pattern="nothing-like-it", timeout=0.5), "nothing-like-it")
    refused(calls.wait(type="function", expression="false", timeout=0.5), "did not become true")


def test_wait_for_loading(client, site, page):
    calls = page("/plain")
    for state in ["load", "domcontentloaded", "networkidle"]:
        assert calls.wait(type="load", state=state, timeout=20).success
    assert calls.wait(type="network_idle", timeout=20).success
    client.browser_page.navigate(url=f"{site}/never-image", wait_until="domcontentloaded")
    refused(calls.wait(type="load", timeout=0.5), "did not reach load")
    refused(calls.wait(type="network_idle", timeout=1), "1 requests under way")


def test_wait_for_the_time(page):
    calls = page("/plain")
    started = time.monotonic()
    assert calls.wait(type="timeout", timeout=0.3).success
    assert time.monotonic() - started >= 0.3


def test_wait_refuses_what_does_not_go_together(page):
    calls = page("/plain")
    for body in [{"type": "selector"}, {"type": "url"}, {"type": "function"}, {"type": "response"}, {"type": "load", "state": "visible"}]:
        with pytest.raises(UnprocessableEntityError):
            calls.wait(**body)


def test_wait_for_a_download(client, page, place):
    calls = page("/downloads")
    assert calls.click(selector="#get").success
    first = calls.wait(type="download", timeout=30).data
    assert first["filename"].startswith("report") and first["size"] == 8
    assert client.file.read_file(file=first["path"]).data.content == "a,b\n1,2\n"
    assert calls.click(selector="#get").success
    saved = calls.wait(type="download", save_path=f"{place}/sub/mine.csv", timeout=30).data
    assert saved["path"] == f"{place}/sub/mine.csv"
    assert client.file.read_file(file=saved["path"]).data.content == "a,b\n1,2\n"
    refused(calls.wait(type="download", timeout=0.5), "No download")


def test_the_address_of_a_download_leaves_the_page(client, page, site):
    calls = page("/plain")
    answer = calls.navigate(url=f"{site}/file?name=direct.csv")
    assert (answer.success, answer.data["download"]) == (True, True)
    assert calls.wait(type="download", timeout=30).data["filename"].startswith("direct")
    assert value_of(calls, "document.title") == "Plain – 漢字"


def test_a_tab_that_is_closed_ends_the_wait(client, site):
    client.browser_page.navigate(url=f"{site}/plain")
    before = len(client.browser_tabs.list().data)
    client.browser_tabs.create(url=f"{site}/form")
    answers = []
    waiting = threading.Thread(
        target=lambda: answers.append(client.browser_page.wait(type="selector", selector="#never", timeout=50))
    )
    waiting.start()
    time.sleep(0.5)
    client.browser_tabs.close(index=before)
    waiting.join(40)
    assert answers and answers[0].success is False
    assert client.browser_page.get_text().success


# Images and films


def size_of_png(data):
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", data[16:24])


def test_screenshots(page, http):
    page("/form")
    answer = http.get("/v1/browser/page/screenshot")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    size = size_of_png(answer.content)
    assert size == (int(answer.headers["x-image-width"]), int(answer.headers["x-image-height"]))
    jpeg = http.get("/v1/browser/page/screenshot", params={"format": "jpeg", "quality": 30})
    assert jpeg.headers["content-type"] == "image/jpeg" and jpeg.content[:3] == b"\xff\xd8\xff"
    assert http.get("/v1/browser/page/screenshot", params={"format": "bmp"}).status_code == 422
    assert http.get("/v1/browser/page/screenshot", params={"quality": 101}).status_code == 422


def test_screenshot_by_the_sdk(page):
    calls = page("/plain")
    size_of_png(b"".join(calls.screenshot(full_page=False)))


def test_a_page_of_any_length_has_an_image(page, http):
    calls = page("/tall")
    answer = http.get("/v1/browser/page/screenshot", params={"full_page": True, "format": "jpeg", "quality": 10})
    assert answer.status_code == 200 and answer.headers["x-truncated"] == "true"
    assert int(answer.headers["x-image-height"]) > 5000
    assert value_of(calls, "document.title") == "Tall"


def probe(client, path):
    shown = client.shell.exec_command(
        command=f"ffprobe -v error -count_frames -select_streams v -show_entries stream=codec_name,width,height,nb_read_frames:format=duration -of json '{path}'"
    )
    return json.loads(shown.data.output)


def test_a_film_at_once(client, page, place):
    calls = page("/form")
    data = calls.record(save_path=f"{place}/film.mp4", duration=1, fps=10).data
    assert (data["status"], data["path"], data["fps"]) == ("finished", f"{place}/film.mp4", 10)
    film = probe(client, data["path"])
    assert film["streams"][0]["codec_name"] == "h264" and film["streams"][0]["width"] == data["width"]
    assert 0.7 < float(film["format"]["duration"]) < 3


def test_a_film_in_steps(client, page):
    calls = page("/form")
    assert calls.record(action="status").data["status"] in ("idle", "finished", "failed")
    started = calls.record(action="start", fps=5).data
    assert started["status"] == "recording" and started["path"].startswith("/tmp/recordings/")
    refused(calls.record(action="start"), "already")
    assert calls.record(action="pause").data["status"] == "paused"
    at = calls.record(action="status").data["duration"]
    assert calls.record(action="status").data["duration"] == at
    assert calls.record(action="resume").data["status"] == "recording"
    page("/plain")
    stopped = calls.record(action="stop")
    assert stopped.success, stopped.message
    done = stopped.data
    assert done["status"] == "finished" and done["size"] > 0
    assert int(probe(client, done["path"])["streams"][0]["nb_read_frames"]) >= 1
    refused(calls.record(action="stop"), "No film")
    client.shell.exec_command(command=f"rm -f '{done['path']}'")


def test_a_film_of_another_kind_is_refused(page, place):
    calls = page("/plain")
    refused(calls.record(save_path=f"{place}/film.avi", duration=1), ".mp4, .webm or .gif")
    made = calls.record(save_path=f"{place}/film.gif", duration=0.5, fps=4)
    assert made.success, made.message
    gif = made.data
    assert gif["status"] == "finished" and gif["size"] > 0


# All of them

REFUSED = [
    ("navigate", {}),
    ("navigate", {"url": 5}),
    ("navigate", {"url": "about:blank", "timeout": 0}),
    ("navigate", {"url": "about:blank", "wait_until": "never"}),
    ("fill", {"selector": "#a"}),
    ("type", {"text": None}),
    ("type", {"text": "a", "delay": -1}),
    ("press_key", {"key": ""}),
    ("hot_key", {"keys": []}),
    ("scroll", {"direction": "sideways"}),
    ("evaluate", {}),
    ("find_text", {"keyword": ""}),
    ("wait", {"type": "forever"}),
    ("record", {"fps": 0}),
    ("record", {"quality": 101}),
    ("fill_form", {"items": []}),
    ("upload_file", {"selector": "#a"}),
    ("click", {"selector": "x" * 5000}),
]


@pytest.mark.parametrize("name,body", REFUSED)
def test_bad_fields_are_named(http, name, body):
    answer = http.post(f"/v1/browser/page/{name}", json=body)
    assert answer.status_code == 422
    assert isinstance(answer.json()["detail"], list) and answer.json()["detail"][0]["loc"][0] == "body"


def test_a_client_that_hangs_up_leaves_nothing(page, http, base_url, headers):
    import httpx

    calls = page("/plain")
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(f"{base_url}/v1/browser/page/wait", headers=headers, json={"type": "timeout", "timeout": 60}, timeout=0.5)
    assert value_of(calls, "window.answer") == 42

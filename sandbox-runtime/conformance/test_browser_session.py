"""Tabs, cookies, state, network, CAPTCHAs, restarts and healing of the browser, against pages of a server inside the sandbox."""

import json
import time
import uuid

import pytest
from agent_sandbox.core.api_error import ApiError
from agent_sandbox.errors.unprocessable_entity_error import UnprocessableEntityError
from support import folder_with, running_server, wait_for

SERVER = r'''
import http.server, json, os, sys, urllib.parse

WIDGET = '<div class="%s" data-sitekey="KEY-%s" style="width:300px;height:80px"><textarea name="%s"></textarea></div>'
PAGES = {
  '/one': '<title>One</title><h1>one</h1>',
  '/two': '<title>Two ü</title><h1>two</h1>',
  '/opener': '<title>Opener</title><button id=b onclick="window.open(\'/two\')">open</button>'
             '<button id=a onclick="alert(\'hi there\'); document.title=\'said\'">a</button>'
             '<button id=c onclick="document.title=String(confirm(\'sure?\'))">c</button>'
             '<input type=file id=f><a id=d href=/file download>d</a>',
  '/store': '<title>Store</title><script>localStorage.setItem("k", localStorage.getItem("k") || "first")</script>',
  '/recaptcha': '<title>r</title>' + WIDGET % ('g-recaptcha', 'r', 'g-recaptcha-response'),
  '/hcaptcha': '<title>h</title>' + WIDGET % ('h-captcha', 'h', 'h-captcha-response'),
  '/turnstile': '<title>t</title>' + WIDGET % ('cf-turnstile', 't', 'cf-turnstile-response'),
  '/invisible': '<title>i</title><div class="g-recaptcha" data-size="invisible" data-sitekey=x style="width:99px;height:99px">badge</div>',
  '/words': '<title>w</title><p>Please verify you are human to go on.</p>',
  '/image': '<title>p</title><img src="/captcha.png" alt="captcha" width=90 height=30><input name=code>',
  '/inframe': '<title>f</title><p>outside</p><iframe src=/recaptcha width=500 height=300></iframe>',
}

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    def log_message(self, *args): pass
    def answer(self, body, kind='text/html; charset=utf-8', status=200, headers=()):
        data = body.encode()
        self.send_response(status)
        for name, value in [('content-type', kind), ('content-length', str(len(data))), *headers]: self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)
    def do_POST(self):
        self.answer(self.rfile.read(int(self.headers['content-length'])).decode(), 'text/plain')
    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        if url.path in PAGES: return self.answer(PAGES[url.path])
        if url.path == '/headers':
            return self.answer(json.dumps({k.lower(): v for k, v in self.headers.items()}), 'application/json',
                               headers=[('access-control-allow-origin', '*')])
        if url.path == '/cookies': return self.answer(self.headers.get('cookie', ''), 'text/plain')
        if url.path == '/redirect': return self.answer('', status=302, headers=[('location', query['to'])])
        if url.path == '/api/data': return self.answer('real', 'text/plain')
        if url.path == '/file':
            return self.answer('a,b\n', 'text/csv', headers=[('content-disposition', 'attachment; filename="report.csv"')])
        self.answer('<title>nothing</title>', status=404)

server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
server.daemon_threads = True
open(sys.argv[1] + '.new', 'w').write(str(server.server_address[1]))
os.rename(sys.argv[1] + '.new', sys.argv[1])
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


@pytest.fixture(autouse=True)
def one_tab(client):
    """Each test begins with one empty tab, without cookies."""
    while len(client.browser_tabs.list().data or []) > 1:
        assert client.browser_tabs.close(0).success
    assert client.browser_page.navigate(url="about:blank").success
    client.browser_cookies.clear_cookies()


def go(client, url):
    answer = client.browser_page.navigate(url=url)
    assert answer.success, answer.message
    return answer


def evaluate(client, expression):
    answer = client.browser_page.evaluate(expression=expression)
    assert answer.success, answer.message
    return answer.data


def active(client):
    return next(tab for tab in client.browser_tabs.list().data if tab["active"])


# --- info


def test_info_has_urls_of_the_caller_and_sizes(client, base_url):
    data = client.browser.get_info().data
    scheme, rest = base_url.split("://")
    assert data.cdp_url == f"{'wss' if scheme == 'https' else 'ws'}://{rest}/cdp"
    assert data.vnc_url.startswith(f"{base_url}/vnc/index.html")
    assert "Chrome/" in data.user_agent
    assert data.viewport.width >= data.page_viewport.width > 0
    assert data.viewport.height > data.page_viewport.height > 0


# --- tabs


def test_tabs_are_listed_opened_activated_and_closed(client, site):
    go(client, f"{site}/one")
    made = client.browser_tabs.create(url=f"{site}/two")
    assert made.success
    assert made.data["title"] == "Two ü" and made.data["index"] == 1 and made.data["active"] is True
    assert made.data["tab_id"]
    tabs = client.browser_tabs.list().data
    assert [(tab["title"], tab["active"]) for tab in tabs] == [("One", False), ("Two ü", True)]
    assert client.browser_page.get_text().data.strip().endswith("two")
    assert client.browser_tabs.activate(0).data["title"] == "One"
    assert active(client)["title"] == "One"
    assert client.browser_page.get_text().data.strip().endswith("one")
    closed = client.browser_tabs.close(1).data
    assert closed["closed"]["title"] == "Two ü" and closed["tab_count"] == 1 and closed["active_index"] == 0


def test_a_tab_opens_from_an_empty_body(client):
    made = client.browser_tabs.create()
    assert made.success and made.data["url"] == "about:blank" and made.data["index"] == 1


def test_closing_the_last_tab_leaves_an_empty_one(client, site):
    go(client, f"{site}/one")
    assert client.browser_tabs.close(0).data["tab_count"] == 1
    assert [tab["url"] for tab in client.browser_tabs.list().data] == ["about:blank"]


@pytest.mark.parametrize("call", ["close", "activate"])
def test_a_number_without_a_tab_answers_404(client, call):
    with pytest.raises(ApiError) as failed:
        getattr(client.browser_tabs, call)(99)
    assert failed.value.status_code == 404
    assert "no tab 99" in failed.value.body["message"]


def test_a_negative_number_is_refused(http):
    assert http.delete("/v1/browser/tabs/-1").status_code == 422
    assert http.put("/v1/browser/tabs/x/activate").status_code == 422


@pytest.mark.parametrize("url", ["javascript:alert(1)", "chrome://settings", "view-source:http://x/", "not a url at all %%"])
def test_a_tab_of_a_refused_address_is_not_opened(client, url):
    answer = client.browser_tabs.create(url=url)
    assert answer.success is False and answer.message
    assert len(client.browser_tabs.list().data) == 1


def test_a_tab_whose_page_cannot_be_reached_says_so_and_stays(client):
    answer = client.browser_tabs.create(url="http://127.0.0.1:9/")
    assert answer.success is False and "127.0.0.1:9" in answer.message
    assert answer.data["index"] == 1 and len(client.browser_tabs.list().data) == 2


def test_a_tab_that_the_page_opens_is_active_and_told(client, site):
    go(client, f"{site}/opener")
    clicked = client.browser_page.click(selector="#b")
    assert "tab was opened: number 1" in clicked.hint
    assert wait_for(lambda: active(client)["title"] == "Two ü")
    assert client.browser_page.get_text().data.strip().endswith("two")


def test_a_tab_that_a_client_of_devtools_opens_is_listed(client, http, site):
    made = http.put(f"/json/new?{site}/two")
    assert made.status_code == 200
    tab = wait_for(lambda: next((tab for tab in client.browser_tabs.list().data if tab["tab_id"] == made.json()["id"]), None))
    assert tab["url"] == f"{site}/two"


# --- dialogs, file choosers, downloads


def test_an_alert_holds_up_nobody_and_is_told(client, site):
    go(client, f"{site}/opener")
    clicked = client.browser_page.click(selector="#a")
    assert clicked.success and "hi there" in clicked.hint and "accepted" in clicked.hint
    assert evaluate(client, "document.title") == "said"


def test_a_question_is_answered_with_no(client, site):
    go(client, f"{site}/opener")
    assert "dismissed" in client.browser_page.click(selector="#c").hint
    assert evaluate(client, "document.title") == "false"


def test_a_dialog_between_calls_is_answered_by_the_next_one(client, site):
    go(client, f"{site}/opener")
    evaluate(client, "void setTimeout(() => { alert('later'); document.title = 'went on' }, 100)")
    heard = []

    def said():
        answer = client.browser_tabs.list()
        heard.append(answer.hint or "")
        return evaluate(client, "document.title") == "went on"

    wait_for(said)


def test_a_window_to_choose_files_stays_shut_and_is_told(client, site):
    go(client, f"{site}/opener")
    answer = client.browser_page.click(selector="#f")
    hint = answer.hint or client.browser_page.get_text().hint
    assert "upload_file" in hint


def test_downloads_land_in_the_home_under_their_names(client, http, site):
    go(client, f"{site}/opener")
    # A name may be free again, and is then given once more.
    before = {one["id"] for one in http.get("/v1/browser/downloads").json()["data"]["downloads"]}

    def finished():
        all_of_them = http.get("/v1/browser/downloads").json()["data"]["downloads"]
        return [one for one in all_of_them if one["id"] not in before and one["state"] == "completed"]

    client.browser_page.click(selector="#d")
    (first,) = wait_for(finished)
    client.browser_page.click(selector="#d")
    second = next(one for one in wait_for(lambda: len(finished()) == 2 and finished()) if one["path"] != first["path"])
    home = client.sandbox.get_context().home_dir
    for one in (first, second):
        assert one["path"].startswith(f"{home}/Downloads/report") and one["path"].endswith(".csv") and one["size"] == 4
        assert client.file.read_file(file=one["path"]).data.content.startswith("a,b")
        client.shell.exec_command(command=f"rm '{one['path']}'")
    assert first["path"] != second["path"] and first["url"] == f"{site}/file"


# --- cookies


def test_cookies_are_set_sent_listed_and_cleared(client, site):
    soon = time.time() + 86_400
    set_ = client.browser_cookies.set_cookies(
        cookies=[
            {"name": "a", "value": "1", "url": site},
            {"name": "b", "value": "2 ü"[0], "domain": "127.0.0.1", "httpOnly": True, "sameSite": "strict", "expires": soon},
            {"name": "c", "value": "3", "domain": "other.test", "path": "/x"},
        ]
    )
    assert set_.success and set_.data["count"] == 3
    go(client, f"{site}/cookies")
    assert set(client.browser_page.get_text().data.strip().split("; ")) == {"a=1", "b=2"}
    every = {cookie["name"]: cookie for cookie in client.browser_cookies.get_cookies().data}
    assert set(every) == {"a", "b", "c"}
    assert every["b"]["httpOnly"] is True and every["b"]["sameSite"] == "Strict" and abs(every["b"]["expires"] - soon) < 60
    assert [cookie["name"] for cookie in client.browser_cookies.get_cookies(urls="http://other.test/x/y").data] == ["c"]
    both = client.browser_cookies.get_cookies(urls=f"{site},http://other.test/x").data
    assert sorted(cookie["name"] for cookie in both) == ["a", "b", "c"]
    assert client.browser_cookies.clear_cookies().data["cleared"] == 3
    assert client.browser_cookies.get_cookies().data == []


def test_the_other_name_of_urls_is_known(client, http, site):
    client.browser_cookies.set_cookies(cookies=[{"name": "a", "value": "1", "url": site}])
    assert [c["name"] for c in http.get("/v1/browser/cookies", params={"url": site}).json()["data"]] == ["a"]
    assert http.get("/v1/browser/cookies", params={"url": "http://elsewhere.test"}).json()["data"] == []


@pytest.mark.parametrize(
    "cookie",
    [{"name": "a", "value": "1"}, {"name": "a"}, {"name": "a", "value": "1", "domain": "x.test", "secure": "yes"}],
    ids=["without a place", "without a value", "with text for a flag"],
)
def test_a_bad_cookie_is_refused_before_any_is_set(client, site, cookie):
    with pytest.raises(UnprocessableEntityError):
        client.browser_cookies.set_cookies(cookies=[{"name": "good", "value": "1", "url": site}, cookie])
    assert client.browser_cookies.get_cookies().data == []


# --- state


def test_state_is_saved_and_loaded_with_local_storage(client, site, place):
    go(client, f"{site}/store")
    evaluate(client, "localStorage.setItem('k', 'kept')")
    client.browser_cookies.set_cookies(cookies=[{"name": "login", "value": "yes", "url": site}])
    path = f"{place}/deep/state.json"
    saved = client.browser_state.save(path=path)
    assert saved.success, saved.message
    assert saved.data["path"] == path and saved.data["cookies"] == 1 and saved.data["origins"] >= 1
    state = json.loads(client.file.read_file(file=path).data.content)
    assert state["cookies"][0]["name"] == "login"
    assert {"name": "k", "value": "kept"} in next(o for o in state["origins"] if o["origin"] == site)["localStorage"]
    assert client.shell.exec_command(command=f"stat -c %a {path}").data.output.strip() == "600"
    evaluate(client, "localStorage.clear()")
    client.browser_cookies.clear_cookies()
    loaded = client.browser_state.load(path=path)
    assert loaded.success, loaded.message
    assert [cookie["name"] for cookie in client.browser_cookies.get_cookies().data] == ["login"]
    go(client, f"{site}/store")
    assert evaluate(client, "localStorage.getItem('k')") == "kept"
    assert len(client.browser_tabs.list().data) == 1


@pytest.mark.parametrize("content", [None, "no json", "[]", '{"cookies": 1}', '{"cookies": [{"name": "x"}]}'])
def test_a_file_that_is_no_state_is_refused(client, place, content):
    path = f"{place}/bad.json"
    client.shell.exec_command(command=f"rm -f {path}")
    if content is not None:
        client.file.write_file(file=path, content=content)
    answer = client.browser_state.load(path=path)
    assert answer.success is False and answer.message
    assert client.browser_page.get_text().success


def test_state_cannot_be_saved_where_a_directory_is(client, place):
    answer = client.browser_state.save(path=place)
    assert answer.success is False and "directory" in answer.message


# --- network


@pytest.fixture
def network(client):
    yield client.browser_network
    client.browser_network.set_headers(headers={})


def test_headers_go_with_every_request(client, network, site):
    assert network.set_headers(headers={"X-Test": "yes"}).success
    go(client, f"{site}/headers")
    assert json.loads(client.browser_page.get_text().data)["x-test"] == "yes"
    network.set_headers(headers={})
    go(client, f"{site}/headers")
    assert "x-test" not in json.loads(client.browser_page.get_text().data)


@pytest.mark.parametrize("given", [{"Host": "x"}, {"a b": "x"}, {"X": "a\r\nY: b"}, {"Content-Length": "5"}])
def test_headers_that_no_request_can_carry_are_refused(network, given):
    with pytest.raises(UnprocessableEntityError):
        network.set_headers(headers=given)


def test_scoped_headers_stay_with_their_origin(client, network, site):
    other = site.replace("127.0.0.1", "localhost")
    try:
        assert network.set_scoped_headers(origin=site, headers={"X-Secret": "s"}).data["origin"] == site
        go(client, f"{site}/headers")
        assert json.loads(client.browser_page.get_text().data)["x-secret"] == "s"
        assert evaluate(client, "fetch('/headers').then(r => r.json()).then(h => h['x-secret'])") == "s"
        go(client, f"{other}/headers")
        assert "x-secret" not in json.loads(client.browser_page.get_text().data)
        go(client, f"{site}/redirect?to={other}/headers")
        assert "x-secret" not in json.loads(client.browser_page.get_text().data)
        go(client, f"{site}/redirect?to=/headers")
        assert json.loads(client.browser_page.get_text().data)["x-secret"] == "s"
    finally:
        assert network.set_scoped_headers(origin=site, headers={}).success
    go(client, f"{site}/headers")
    assert "x-secret" not in json.loads(client.browser_page.get_text().data)


@pytest.mark.parametrize("origin", ["example.com", "ftp://x", "https://u:p@x", "*"])
def test_an_origin_must_be_one(network, origin):
    with pytest.raises(UnprocessableEntityError):
        network.set_scoped_headers(origin=origin, headers={"a": "b"})


def test_a_route_answers_for_the_server_at_once_and_until_removed(client, network, site):
    go(client, f"{site}/one")
    ask = "fetch('/api/data?x=1').then(async r => [r.status, r.headers.get('x-mock'), await r.text()])"
    assert evaluate(client, ask)[2] == "real"
    added = network.add_route(
        url_pattern="**/api/data",
        response={"status": 418, "headers": {"X-Mock": "1"}, "body": '{"ü": 1}', "content_type": "application/json"},
    )
    assert added.success and added.data["action"] == "fulfil"
    assert evaluate(client, ask) == [418, "1", '{"ü": 1}']
    assert network.remove_route(url_pattern="**/api/data").data["removed"] is True
    assert evaluate(client, ask)[2] == "real"
    assert network.remove_route(url_pattern="**/api/data").success is False


def test_a_route_answers_other_origins_too(client, network, site):
    other = site.replace("127.0.0.1", "localhost")
    go(client, f"{site}/one")
    network.add_route(url_pattern=f"{other}/**", response={"body": "mine"})
    put = f"fetch('{other}/any', {{method: 'PUT', headers: {{'x-a': '1'}}, body: 'b'}}).then(r => r.text())"
    assert evaluate(client, put) == "mine"
    network.remove_route(url_pattern=f"{other}/**")


def test_a_route_aborts(client, network, site):
    go(client, f"{site}/one")
    network.add_route(url_pattern="**/api/*", abort=True)
    assert "Failed to fetch" in evaluate(client, "fetch('/api/data').then(r => r.text(), String)")
    network.remove_route(url_pattern="**/api/*")
    assert evaluate(client, "fetch('/api/data').then(r => r.text(), String)") == "real"


def test_the_names_of_the_examples_are_known(client, http, site):
    go(client, f"{site}/one")
    body = {"pattern": "**/api/data", "response_body": {"a": 1}, "response_status": 201}
    assert http.post("/v1/browser/network/route", json=body).json()["success"] is True
    assert evaluate(client, "fetch('/api/data').then(async r => [r.status, await r.json()])") == [201, {"a": 1}]
    gone = http.request("DELETE", "/v1/browser/network/route", json={"pattern": "**/api/data"})
    assert gone.json()["data"]["removed"] is True


def test_requests_are_logged(client, network, site):
    mark = uuid.uuid4().hex
    go(client, f"{site}/one?{mark}")
    evaluate(client, f"fetch('/headers?{mark}', {{method: 'POST', body: 'some body'}}).then(r => r.text())")
    evaluate(client, f"fetch('/missing?{mark}').then(r => r.text())")
    seen = network.get_requests(filter=mark).data
    assert [(r["method"], r["status"], r["resource_type"]) for r in seen] == [
        ("GET", 200, "document"),
        ("POST", 200, "fetch"),
        ("GET", 404, "fetch"),
    ]
    document, posted, _ = seen
    assert document["url"] == f"{site}/one?{mark}" and document["size"] > 10 and document["duration_ms"] >= 0
    assert document["response_headers"]["content-type"].startswith("text/html") and "user-agent" in document["headers"]
    assert posted["post_data"] == "some body"
    assert len(network.get_requests(filter=mark, limit=1).data) == 1
    assert [r["status"] for r in network.get_requests(filter=f"**/missing?{mark}").data] == [404]
    assert network.get_requests(filter="no such thing anywhere").data == []


def test_a_har_is_exported_to_a_file_and_as_text(client, http, network, site, place):
    mark = uuid.uuid4().hex
    go(client, f"{site}/two?q={mark}")
    written = network.export_har(save_path=f"{place}/out.har")
    assert written.success and written.data["path"] == f"{place}/out.har"
    har = json.loads(client.file.read_file(file=f"{place}/out.har").data.content)
    assert har["log"]["version"] == "1.2" and len(har["log"]["entries"]) == written.data["entries"]
    entry = next(e for e in har["log"]["entries"] if mark in e["request"]["url"])
    assert entry["response"]["status"] == 200 and entry["time"] >= 0 and entry["response"]["content"]["mimeType"]
    assert entry["request"]["queryString"] == [{"name": "q", "value": mark}]
    text = http.post("/v1/browser/network/export_har", headers={"content-type": "application/json"}).json()["data"]["content"]
    assert mark in text and json.loads(text)["log"]["creator"]["name"]
    assert network.export_har(save_path="/proc/nothing/x.har").success is False


# --- captcha


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/recaptcha", "recaptcha"),
        ("/hcaptcha", "hcaptcha"),
        ("/turnstile", "turnstile"),
        ("/inframe", "recaptcha"),
        ("/words", "generic"),
        ("/image", "generic"),
        ("/one", None),
        ("/invisible", None),
    ],
)
def test_captchas_are_detected(client, site, path, kind):
    go(client, site + path)
    found = client.browser_captcha.detect()
    assert found.success
    assert (found.data["detected"], found.data["type"]) == (kind is not None, kind)
    if kind in ("recaptcha", "hcaptcha", "turnstile"):
        assert found.data["sitekey"].startswith("KEY-")


def test_waiting_for_a_captcha_ends_when_it_is_solved(client, site):
    go(client, f"{site}/recaptcha")
    assert client.browser_captcha.wait(timeout=0.2, poll_interval=0.1).data.resolved is False
    evaluate(client, "void setTimeout(() => { document.querySelector('textarea').value = 'token' }, 500)")
    assert client.browser_captcha.wait(timeout=60, poll_interval=0.1).data.resolved is True
    go(client, f"{site}/one")
    assert client.browser_captcha.wait().data.resolved is True


# --- restart and healing


def test_a_soft_restart_keeps_the_tabs_and_drops_the_routes(client, network, site):
    go(client, f"{site}/one")
    network.add_route(url_pattern="**/api/data", response={"body": "mock"})
    done = client.browser.restart(request={"mode": "soft"})
    assert done.success and done.data["mode"] == "soft" and "Chrome" in done.data["browser"]
    assert active(client)["title"] == "One"
    assert evaluate(client, "fetch('/api/data').then(r => r.text())") == "real"


def test_a_hard_restart_ends_the_tabs_and_takes_over_lists_and_locale(client, site):
    client.browser_tabs.create(url=f"{site}/one")
    try:
        done = client.browser.restart(request={"mode": "hard", "url_blocklist": ["127.0.0.1"], "locale": "de-DE"})
        assert done.success and done.data["url_blocklist"] == ["127.0.0.1"] and done.data["locale"] == "de-DE"
        assert [tab["url"] for tab in client.browser_tabs.list().data] == ["about:blank"]
        assert evaluate(client, "navigator.language") == "de-DE"
        assert client.browser_page.navigate(url=f"{site}/one").success is False
    finally:
        done = client.browser.restart(request={"url_blocklist": [], "locale": None})
    assert done.success and done.data["url_blocklist"] == [] and done.data["locale"] is None
    go(client, f"{site}/one")


def test_null_and_left_out_are_told_apart(http):
    def restart(**body):
        return http.post("/v1/browser/restart", json={"mode": "soft", **body}).json()["data"]

    assert restart(allow_file_selection_dialogs=False)["allow_file_selection_dialogs"] is False
    assert restart()["allow_file_selection_dialogs"] is False
    assert restart(allow_file_selection_dialogs=None)["allow_file_selection_dialogs"] is None
    assert http.post("/v1/browser/restart", json={"mode": "odd"}).status_code == 422
    assert http.post("/v1/browser/restart", json={"locale": "not a locale"}).status_code == 422


def test_a_tab_that_crashed_is_replaced_and_the_answer_says_so(client, session, site):
    go(client, f"{site}/two")
    client.shell.exec_command(id=session, command="pkill -KILL -u $(id -u) -f -- '--type=rendere[r]'")
    answer = client.browser_page.get_text()
    for _ in range(3):
        if answer.success and answer.hint and "crashed" in answer.hint:
            break
        answer = client.browser_page.get_text()
    assert answer.success and "crashed" in answer.hint
    assert answer.data.strip().endswith("two")
    assert [tab["title"] for tab in client.browser_tabs.list().data] == ["Two ü"]


def test_a_browser_that_was_killed_comes_back_and_the_answer_says_so(client, session, site):
    go(client, f"{site}/one")
    client.shell.exec_command(id=session, command="pkill -KILL -u $(id -u) -f -- 'user-data-di[r]='")

    def called():
        try:
            return client.browser_page.navigate(url=f"{site}/two")
        except ApiError as error:
            # The call met the end of the browser, or its pause before the next start.
            assert error.status_code == 503, error.body
            return None

    answer = wait_for(called, 90)
    assert answer.success and "started anew" in answer.hint
    assert active(client)["title"] == "Two ü"


def test_calls_at_once_all_get_their_answer(client, site):
    from concurrent.futures import ThreadPoolExecutor

    go(client, f"{site}/one")
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: client.browser_page.get_text().data.strip(), range(24)))
    assert all(text.endswith("one") for text in answers)


def test_opening_and_closing_tabs_is_measured(client, http):
    client.browser_tabs.create()
    client.browser_tabs.close(1)
    text = http.get("/metrics").text
    for name in ("create", "close"):
        line = next(l for l in text.splitlines() if l.startswith(f"sandbox_browser_page_{name}_seconds_count"))
        assert float(line.split()[-1]) >= 1

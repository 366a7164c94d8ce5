"""Mappings, excludes and the upstream proxy: by the SDK, by a client of the proxy inside the sandbox, and in the browser."""

import json
import uuid

import pytest
from agent_sandbox.core.api_error import ApiError

PROXY = "http://127.0.0.1:8118"

SITE = """
import http.server, json, sys

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path.startswith("/page"):
            body, kind = f"<title>{self.headers['host']}</title>ok".encode(), "text/html"
        else:
            asked = {"path": self.path, "headers": {name.lower(): value for name, value in self.headers.items()}}
            body, kind = json.dumps(asked).encode(), "application/json"
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_CONNECT(self):
        self.send_error(502, "no tunnels here")

    def log_message(self, *_):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
"""


@pytest.fixture(scope="module")
def site(client):
    """Port of a server inside the sandbox that answers with what it was asked; as a proxy it answers so too."""
    client.file.write_file(file="/tmp/conformance-proxy-site.py", content=SITE)
    started = client.bash.exec(command="exec python3 /tmp/conformance-proxy-site.py", async_mode=True).data
    port, offset = "", 0
    while not port.endswith("\n"):
        told = client.bash.output(session_id=started.session_id, offset=offset, wait=True, wait_timeout=20).data
        assert told.command.status == "running", told
        port, offset = port + told.stdout, told.offset
    yield int(port)
    client.bash.kill(session_id=started.session_id, signal="SIGKILL")
    client.bash.close_session(started.session_id)


@pytest.fixture(autouse=True)
def clean(client):
    """Each test begins and ends without rules."""
    yield
    for mapping in client.proxy.list_mappings().data:
        client.proxy.remove_mapping(mapping.source)
    for pattern in client.proxy.list_excludes().data:
        client.proxy.remove_exclude(pattern=pattern)
    client.proxy.remove_upstream()


@pytest.fixture
def name():
    return f"{uuid.uuid4().hex[:8]}.test"


@pytest.fixture
def curl(client):
    def run(arguments):
        return client.bash.exec(command=f"curl -sS -m 30 -x {PROXY} {arguments}").data

    return run


def asked(result):
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


# ---------------------------------------------------------------- mappings


def test_a_mapping_has_the_published_fields(client, site):
    mapping = client.proxy.add_mapping(source="http://*.Ex.test/a", target=f":{site}").data
    assert (mapping.source, mapping.target) == ("http://*.ex.test/a", f":{site}")
    assert (mapping.source_host, mapping.source_path, mapping.internal_port) == ("*.ex.test", "/a", site)


def test_a_mapping_is_listed_and_the_same_source_replaces_it(client, name):
    client.proxy.add_mapping(source=name, target="3000")
    client.proxy.add_mapping(source=name.upper(), target="localhost:3001")
    found = [(m.source, m.target) for m in client.proxy.list_mappings().data]
    assert found == [(name, "localhost:3001")]


def test_a_source_with_slashes_and_a_star_is_removed_as_the_sdk_sends_it(client):
    client.proxy.add_mapping(source="http://*.ex.test/a/b", target="3000")
    client.proxy.remove_mapping("http://*.ex.test/a/b")
    assert client.proxy.list_mappings().data == []
    with pytest.raises(ApiError) as missing:
        client.proxy.remove_mapping("http://*.ex.test/a/b")
    assert missing.value.status_code == 404


def test_a_mapped_name_reaches_the_server_which_sees_the_name(client, site, name, curl):
    client.proxy.add_mapping(source=name, target=str(site))
    seen = asked(curl(f"'http://{name}/x?y=1' -H 'x-kept: 1' -H 'connection: x-gone' -H 'x-gone: 1'"))
    assert seen["path"] == "/x?y=1"
    assert seen["headers"]["host"] == name
    assert seen["headers"]["x-kept"] == "1" and "x-gone" not in seen["headers"]


def test_the_path_of_a_target_takes_the_place_of_the_source_path(client, site, name, curl):
    client.proxy.add_mapping(source=f"{name}/api", target=f"{site}/v1")
    client.proxy.add_mapping(source=name, target=str(site))
    assert asked(curl(f"http://{name}/api/x"))["path"] == "/v1/x"
    assert asked(curl(f"http://{name}/apix"))["path"] == "/apix"


def test_a_star_maps_subdomains_and_a_host_comes_before_it(client, site, name, curl):
    client.proxy.add_mapping(source=f"*.{name}", target=f"{site}/star")
    client.proxy.add_mapping(source=f"a.{name}", target=f"{site}/host")
    assert asked(curl(f"http://b.{name}/x"))["path"] == "/star/x"
    assert asked(curl(f"http://a.{name}/x"))["path"] == "/host/x"


def test_a_tunnel_goes_to_the_target_too(client, site, name, curl):
    client.proxy.add_mapping(source=name, target=str(site))
    assert asked(curl(f"-p http://{name}/through"))["path"] == "/through"


def test_a_removed_mapping_is_no_more(client, site, name, curl):
    client.proxy.add_mapping(source=name, target=str(site))
    client.proxy.remove_mapping(name)
    assert "502" in curl(f"-o /dev/null -w '%{{http_code}}' http://{name}/").stdout


@pytest.mark.parametrize(
    "source, target",
    [("a.test", "x"), ("ftp://a.test", "3000"), ("a b", "3000"), ("a.test?q", "3000"), ("a.test", "3000?q"), ("", "3000")],
)
def test_a_mapping_that_is_none_is_refused(http, source, target):
    refused = http.post("/v1/proxy/mappings", json={"source": source, "target": target})
    assert refused.status_code == 422
    assert refused.json()["detail"][0]["loc"][0] == "body"


@pytest.mark.parametrize("target", ["8080", "localhost:8080", "127.0.0.1:9222", "[::1]:8118", "127.1:8888", "0.0.0.0:8080"])
def test_ports_of_the_sandbox_are_no_targets(http, target):
    assert http.post("/v1/proxy/mappings", json={"source": "a.test", "target": target}).status_code == 422


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost:9222", "127.1:8080", "[::1]:8080", "0.0.0.0:8118"])
def test_ports_of_the_sandbox_are_out_of_reach_through_the_proxy(client, curl, host):
    client.proxy.add_exclude(pattern="starts.the.proxy.test")
    assert curl(f"-o /dev/null -w '%{{http_code}}' --noproxy '' http://{host}/v1/ping").stdout == "403"
    assert curl(f"-p -o /dev/null -w '%{{http_connect}}' --noproxy '' http://{host}/").stdout == "403"


# ---------------------------------------------------------------- excludes


def test_excludes_are_added_once_listed_and_removed(client):
    for pattern in ["*.ex.test", ".in.test", "10.0.0.0/8", "*.ex.test"]:
        client.proxy.add_exclude(pattern=pattern)
    assert client.proxy.list_excludes().data == ["*.ex.test", ".in.test", "10.0.0.0/8"]
    client.proxy.remove_exclude(pattern=".in.test")
    assert client.proxy.list_excludes().data == ["*.ex.test", "10.0.0.0/8"]
    with pytest.raises(ApiError) as missing:
        client.proxy.remove_exclude(pattern=".in.test")
    assert missing.value.status_code == 404


@pytest.mark.parametrize("pattern", ["http://a", "a b", "10.0.0.0/33", "a:80", "*.ex.test/x", "'"])
def test_an_exclude_that_is_none_is_refused(http, pattern):
    assert http.post("/v1/proxy/excludes", json={"pattern": pattern}).status_code == 422


# ---------------------------------------------------------------- upstream


def test_there_is_no_upstream_at_first_and_going_direct_twice_is_fine(client):
    assert client.proxy.get_upstream().data is None
    assert client.proxy.remove_upstream().success is True


def test_an_upstream_takes_what_goes_out_with_its_credentials(client, site, curl):
    put = client.proxy.set_upstream(server=f"http://user:p%40ss@127.0.0.1:{site}").data
    assert (put.addr, put.username, put.password) == (f"127.0.0.1:{site}", "user", "***")
    seen = asked(curl("http://outside.test/x"))
    assert seen["path"] == "http://outside.test/x"
    assert seen["headers"]["proxy-authorization"] == "Basic dXNlcjpwQHNz"
    assert client.proxy.get_upstream().data.password == "***"


def test_mappings_and_excludes_do_not_go_upstream(client, site, name, curl):
    client.proxy.set_upstream(server=f"user:secret@127.0.0.1:{site}")
    client.proxy.add_mapping(source=name, target=str(site))
    client.proxy.add_exclude(pattern="*.excluded.test")
    seen = asked(curl(f"http://{name}/x"))
    assert seen["path"] == "/x" and "proxy-authorization" not in seen["headers"]
    assert client.proxy.diagnose(url="http://a.excluded.test/").data.route == "direct"


def test_another_upstream_gets_no_credentials_of_the_one_before(client, site, curl):
    client.proxy.set_upstream(server=f"user:secret@127.0.0.1:{site}")
    client.proxy.set_upstream(server=f"127.0.0.1:{site}")
    assert "proxy-authorization" not in asked(curl("http://outside.test/"))["headers"]


def test_auth_cmd_gives_the_credentials(client, site, curl):
    put = client.proxy.set_upstream(server=f"x:y@127.0.0.1:{site}", auth_cmd="printf 'cmd:%s' secret").data
    assert (put.username, put.password) == ("cmd", "***")
    assert asked(curl("http://outside.test/"))["headers"]["proxy-authorization"] == "Basic Y21kOnNlY3JldA=="


@pytest.mark.parametrize("command", ["exit 3", "echo no-colon", "echo secret >&2; false"])
def test_an_auth_cmd_that_fails_changes_nothing(client, site, command):
    client.proxy.set_upstream(server=f"127.0.0.1:{site}")
    failed = client.proxy.set_upstream(server="other.test:1", auth_cmd=command)
    assert failed.success is False and failed.data is None
    assert "secret" not in failed.message
    assert client.proxy.get_upstream().data.addr == f"127.0.0.1:{site}"


@pytest.mark.parametrize(
    "server", ["https://u:secret@p:1", "socks5://u:secret@p:1", "u:secret@p", "u:secret%0a@p:1", "127.0.0.1:8080"]
)
def test_an_upstream_that_is_none_is_refused_without_being_repeated(http, server):
    refused = http.put("/v1/proxy/upstream", json={"server": server})
    assert refused.status_code == 422
    assert "secret" not in refused.text


def test_an_upstream_that_is_not_there_is_named(client, curl):
    client.proxy.set_upstream(server="user:secret@127.0.0.1:1")
    told = curl("-w ' %{http_code}' http://outside.test/").stdout
    assert "127.0.0.1:1 can’t be reached" in told and told.endswith("502")
    assert "secret" not in told


# ---------------------------------------------------------------- diagnose, health, PAC


def test_diagnose_names_the_mapping_and_its_target(client, site, name):
    client.proxy.add_mapping(source=f"{name}/api", target=f"{site}/v1")
    found = client.proxy.diagnose(url=f"http://{name}/api/x?y").data
    assert (found.route, found.target_reachable) == ("mapping", True)
    assert found.resolved_target == f"127.0.0.1:{site}/v1/x?y"
    assert found.matched_mapping.source == f"{name}/api"


def test_diagnose_says_what_can_not_be_reached(client, site):
    here = client.proxy.diagnose(url=f"http://127.0.0.1:{site}/").data
    assert (here.route, here.target_reachable, here.matched_mapping) == ("direct", True, None)
    gone = client.proxy.diagnose(url="http://127.0.0.1:1/")
    assert gone.data.target_reachable is False and "nothing listens" in gone.hint
    assert client.proxy.diagnose(url="http://localhost:9222/json").data.route == "refused"
    assert client.proxy.diagnose(url="ftp://a.test/").data.route == "refused"


def test_health_is_well(http):
    assert http.get("/v1/proxy/health").json()["data"] == {
        "healthy": True,
        "gost_alive": True,
        "nginx_alive": True,
        "config_consistent": True,
        "inconsistencies": [],
    }


def test_the_pac_file_follows_the_rules_and_hides_the_upstream(client, http, name):
    client.proxy.add_mapping(source=name, target="3000")
    client.proxy.set_upstream(server="user:secret@up.test:1")
    client.proxy.add_exclude(pattern="*.ex.test")
    pac = http.get("/v1/browser/proxy.pac")
    assert pac.headers["content-type"].startswith("application/x-ns-proxy-autoconfig")
    assert "function FindProxyForURL(url, host)" in pac.text
    assert name in pac.text and "*.ex.test" in pac.text and "PROXY 127.0.0.1:8118" in pac.text
    assert "secret" not in pac.text and "up.test" not in pac.text


def test_children_are_given_no_settings_of_the_proxy(client):
    told = client.bash.exec(command="env").data.stdout
    assert "HOME=" in told
    names = [line.partition("=")[0] for line in told.splitlines()]
    assert [name for name in names if name.startswith(("PROXY_", "TINYPROXY_"))] == []


# ---------------------------------------------------------------- the browser


def test_the_browser_follows_a_mapping_without_a_restart(client, site, name):
    client.browser_page.navigate(url="about:blank")
    client.proxy.add_mapping(source=name, target=str(site))
    assert client.browser_page.navigate(url=f"http://{name}/page").data["title"] == name
    direct = client.browser_page.navigate(url=f"http://127.0.0.1:{site}/page").data
    assert direct["title"] == f"127.0.0.1:{site}"
    client.browser_page.navigate(url="about:blank")

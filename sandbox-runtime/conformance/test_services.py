"""The heavy programs: on demand, observable, and whole again after a stop or a crash. Ours, so by plain HTTP."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

NAMES = ["screen", "browser", "jupyter-lab", "code-server"]


def info(http, name):
    answer = http.get(f"/v1/services/{name}")
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def act(http, name, action):
    answer = http.post(f"/v1/services/{name}/{action}")
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def run(client, command):
    done = client.shell.exec_command(command=command).data
    return done.exit_code, (done.output or "").strip()


def until(seconds, check):
    end = time.monotonic() + seconds
    while not (value := check()):
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)
    return value


@pytest.fixture(autouse=True)
def enabled(http, request):
    for name in NAMES:
        if name in request.node.name.replace("_", "-") and info(http, name)["state"] == "disabled":
            pytest.skip(f"{name} is disabled here")


def test_the_list_has_all_of_them(http):
    data = http.get("/v1/services").json()["data"]
    assert [one["name"] for one in data] == NAMES
    for one in data:
        assert one["state"] in ("disabled", "stopped", "starting", "running", "stopping", "backing-off")
        assert one["restarts"] >= 0 and one["memory_bytes"] >= 0


def test_an_unknown_name_is_refused(http):
    for method, path in [("GET", "/v1/services/nothing"), ("POST", "/v1/services/nothing/start")]:
        assert http.request(method, path).status_code == 422


@pytest.mark.parametrize("name", NAMES)
def test_start_stop_and_what_it_tells(http, name):
    if info(http, name)["state"] == "disabled":
        pytest.skip(f"{name} is disabled here")
    act(http, name, "stop")
    stopped = info(http, name)
    assert stopped["state"] == "stopped" and stopped["memory_bytes"] == 0 and "pid" not in stopped
    started = act(http, name, "start")
    assert started["state"] == "running"
    assert started["pid"] > 1 and started["memory_bytes"] > 5_000_000
    assert started["running_since"].endswith("Z")
    again = act(http, name, "start")
    assert again["pid"] == started["pid"]
    done = act(http, name, "stop")
    assert done["state"] == "stopped" and done["last_exit"]["reason"] == "stopped"


def test_many_starts_at_once_are_one_screen(http):
    act(http, "screen", "stop")
    with ThreadPoolExecutor(8) as pool:
        pids = {one["pid"] for one in pool.map(lambda _: act(http, "screen", "start"), range(8))}
    assert len(pids) == 1


def test_the_browser_brings_its_screen(http):
    act(http, "screen", "stop")
    assert act(http, "browser", "start")["state"] == "running"
    assert info(http, "screen")["state"] == "running"


def test_the_browser_takes_part_in_no_idle_time_of_the_screen(http):
    act(http, "browser", "start")
    assert "idle_seconds" not in info(http, "screen")
    assert info(http, "browser")["idle_seconds"] >= 0


def test_the_browser_goes_with_its_screen_and_leaves_nothing(http, client):
    act(http, "browser", "start")
    act(http, "screen", "stop")
    until(30, lambda: info(http, "browser")["state"] in ("stopped", "backing-off", "running"))
    act(http, "browser", "stop")
    act(http, "screen", "stop")
    # A moment may pass until the init has reaped what is dead.
    until(30, lambda: run(client, "ps -o comm= -U $(id -u) | grep -cxE 'Xvnc|openbox|chromium'")[1] == "0")
    assert run(client, "ls /tmp/.X99-lock /tmp/.X11-unix/X99 2>/dev/null | wc -l")[1] == "0"
    assert run(client, "find /tmp -maxdepth 1 -user $(id -u) -name 'org.chromium.*' | wc -l")[1] == "0"


def test_a_killed_browser_says_so_and_comes_back(http, client):
    pid = act(http, "browser", "start")["pid"]
    assert run(client, f"kill -KILL {pid}")[0] == 0
    until(30, lambda: info(http, "browser").get("last_exit", {}).get("signal") == "SIGKILL")
    back = act(http, "browser", "start")
    assert back["state"] == "running" and back["pid"] != pid


def test_a_window_manager_that_ends_is_replaced_under_the_browser(http, client):
    browser = act(http, "browser", "start")["pid"]
    old = run(client, "pgrep -U $(id -u) -x openbox")[1]
    assert run(client, "pkill -KILL -U $(id -u) -x openbox")[0] == 0
    until(30, lambda: run(client, "pgrep -U $(id -u) -x openbox || true")[1] not in ("", old))
    assert info(http, "browser")["pid"] == browser


def test_the_browser_listens_on_loopback_alone(http, client):
    act(http, "browser", "start")
    listening = run(client, "ss -Hltn | awk '{print $4}'")[1].split()
    own = [where for where in listening if where.endswith((":9222", ":5900", ":5999", ":6099"))]
    assert own == ["127.0.0.1:9222"]


def test_devtools_of_the_browser_refuse_pages(http, client):
    act(http, "browser", "start")
    names = "curl -s -o /dev/null -w '%{http_code}' -H 'Host: evil.example' http://127.0.0.1:9222/json/version"
    assert run(client, names)[1] != "200"
    path = "$(curl -s http://127.0.0.1:9222/json/version | jq -r .webSocketDebuggerUrl | cut -d/ -f4-)"
    key = "-H 'Sec-WebSocket-Version: 13' -H 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=='"
    upgrade = f"-H 'Connection: Upgrade' -H 'Upgrade: websocket' {key}"
    page = f"curl -s -o /dev/null -w '%{{http_code}}' -H 'Origin: http://evil.example' {upgrade} http://127.0.0.1:9222/{path}"
    assert run(client, page)[1] == "403"


def test_the_browser_runs_as_the_user_and_holds_no_descriptor_of_the_server(http, client):
    pid = act(http, "browser", "start")["pid"]
    assert run(client, f"stat -c %U /proc/{pid}")[1] == run(client, "id -un")[1]
    terminals = run(client, f"ls -l /proc/{pid}/fd | grep -c ptmx || true")[1]
    assert terminals == "0"


def test_the_jupyter_lab_asks_for_its_token(http, client):
    act(http, "jupyter-lab", "start")
    code = "curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1:8888/jupyter/api/kernels"
    assert run(client, code)[1] == "403"
    pid = info(http, "jupyter-lab")["pid"]
    # Neither the command line nor the environment of what kernels can look at tells it.
    assert run(client, f"tr '\\0' '\\n' </proc/{pid}/cmdline | grep -ci token || true")[1] == "0"
    assert run(client, f"tr '\\0' '\\n' </proc/{pid}/environ | grep -ci jupyter_token || true")[1] == "0"
    act(http, "jupyter-lab", "stop")


def test_the_code_server_listens_on_a_socket_of_the_user_alone(http, client):
    act(http, "code-server", "start")
    socket = run(client, "ls -d /tmp/sandfleet-services-*/code-server.sock")[1].split("\n")[-1]
    assert run(client, f"stat -c '%a %U' {socket}")[1].split() == ["600", run(client, "id -un")[1]]
    assert run(client, f"curl -s --unix-socket {socket} http://x/healthz | jq -r .status")[1] in ("alive", "expired")
    act(http, "code-server", "stop")


def test_the_metrics_count_them(http):
    act(http, "screen", "start")
    text = http.get("/metrics").text
    assert 'sandbox_service_up{service="screen"} 1' in text
    assert 'sandbox_service_start_seconds_count{service="screen"}' in text
    [line] = [line for line in text.splitlines() if line.startswith('sandbox_service_memory_bytes{service="screen"}')]
    assert float(line.split()[-1]) > 5_000_000


def test_ten_turns_of_the_screen_leave_no_process(http, client):
    for _ in range(10):
        act(http, "browser", "stop")
        act(http, "screen", "stop")
        act(http, "screen", "start")
    act(http, "screen", "stop")
    until(30, lambda: run(client, "pgrep -c -U $(id -u) -x 'Xvnc|openbox' || true")[1] == "0")

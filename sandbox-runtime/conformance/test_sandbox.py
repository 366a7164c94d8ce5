import re

import httpx
import pytest


def test_context_has_home_and_version(client):
    context = client.sandbox.get_context()
    assert context.success is True
    assert context.home_dir.startswith("/")
    assert re.fullmatch(r"v\d+\.\d+\.\d+\.\d+", context.version)


def test_context_describes_itself_as_text(client):
    context = client.sandbox.get_context()
    assert context.data.startswith(f"System Environment ({context.version}):")
    assert context.home_dir in context.data


def test_context_tells_the_truth_about_the_system(client):
    context = client.sandbox.get_context()
    shell = client.shell.exec_command(command="uname -m; id -un 2>/dev/null || echo ?; echo $HOME; date +%Z").data.output
    arch, user, home, _ = shell.splitlines()
    assert {"x64": "x86_64", "arm64": "aarch64"}[context.detail.system.arch] == arch
    assert user in ("?", context.detail.system.user)
    assert context.home_dir == context.detail.system.home_dir == home
    assert context.detail.system.os in client.shell.exec_command(command="cat /etc/os-release").data.output


@pytest.mark.parametrize("kind", ["python", "nodejs"])
def test_context_lists_runtimes_that_run(client, kind):
    for spec in getattr(client.sandbox.get_context().detail.runtime, kind):
        output = client.shell.exec_command(command=f"{spec.bin} --version").data.output
        assert spec.ver in output


def test_context_lists_tools_that_are_there(client):
    names = [tool.name for category in client.sandbox.get_context().detail.utils for tool in category.tools]
    assert "grep" in names
    found = client.shell.exec_command(command=f"for n in {' '.join(names)}; do command -v $n >/dev/null || echo missing $n; done")
    assert found.data.output == ""


def test_context_lists_ports_in_use(client, session):
    script = "import socket,time; s=socket.socket(); s.bind(('127.0.0.1',0)); s.listen(); print(s.getsockname()[1],flush=True); time.sleep(300)"
    client.shell.exec_command(id=session, command=f'python3 -c "{script}"', async_mode=True)
    port = ""
    while not port:
        port = client.shell.view(id=session).data.output.strip()
    assert port in client.sandbox.get_context().detail.system.occupied_ports
    client.shell.kill_process(id=session)
    assert port not in client.sandbox.get_context().detail.system.occupied_ports


def test_ping_needs_no_token_at_a_bare_runtime(base_url, headers):
    if headers:
        pytest.skip("a gateway in front asks for a token for everything")
    assert httpx.get(f"{base_url}/v1/ping").text == "pong"


def test_openapi_document_lists_the_operations(http):
    document = http.get("/v1/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    for path in ["/v1/sandbox", "/v1/shell/exec", "/v1/file/read"]:
        assert path in document["paths"]


def test_metrics_are_there(http):
    text = http.get("/metrics").text
    assert "process_resident_memory_bytes" in text
    assert "http_request_duration_seconds" in text


def test_an_unknown_route_answers_in_the_envelope(http):
    answer = http.get("/v1/no-such-route")
    assert answer.status_code == 404
    assert answer.json()["success"] is False
    assert answer.json()["data"] is None

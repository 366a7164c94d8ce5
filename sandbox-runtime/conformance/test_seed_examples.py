"""The examples of this project as their READMEs run them, and what published documents do that other tests leave out."""

import asyncio
import base64
import os
import re
import subprocess
import sys
import textwrap
import uuid
import zipfile
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.async_api import async_playwright

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
RUNTIME = os.environ.get("SANDBOX_RUNTIME_COMMAND", "/entrypoint.sh")
# The port on which the sandbox's server listens inside.
INSIDE = f"http://127.0.0.1:{os.environ.get('SANDBOX_INNER_PORT', '8080')}"
PAGE = """<!doctype html><title>Example Domain</title><h1>Example</h1><p>For 'use' in "documents".</p>
<form><input name="q"></form><button id="submit-button" onclick="document.title = 'clicked'">Go</button>
<div style="height:3000px"></div>"""


def run_example(name, *arguments, **env):
    program = {".py": [sys.executable], ".mjs": ["node"]}[Path(name).suffix]
    whole = {**os.environ, "AGENT_API": INSIDE, **env}
    result = subprocess.run([*program, EXAMPLES / name, *arguments], capture_output=True, text=True, timeout=400, env=whole)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def place(client):
    path = f"{client.sandbox.get_context().home_dir}/seed-{uuid.uuid4().hex[:12]}"
    client.file.write_file(file=f"{path}/site/index.html", content=PAGE)
    yield path
    client.shell.exec_command(command=f"rm -rf {path}")


@pytest.fixture(scope="module")
def site(client, place):
    session = client.shell.create_session().data.session_id
    command = f"python3 -u -m http.server 0 --bind 127.0.0.1 --directory {place}/site 2>/dev/null | tee {place}/started"
    client.shell.exec_command(id=session, command=command, async_mode=True)
    wait = f"for n in {{1..600}}; do grep -os 'port [0-9]*' {place}/started && break; sleep 0.1; done"
    yield f"http://127.0.0.1:{client.shell.exec_command(command=wait).data.output.split()[1]}"
    client.shell.cleanup_session(session)


@pytest.fixture
def second(client, place):
    """Starts one more runtime inside the sandbox, on a port given, with more variables given."""
    sessions = []

    def start(port, variables=""):
        session = client.shell.create_session().data.session_id
        sessions.append(session)
        home = f"{place}/home-{port}"
        settings = f"HOME={home} HOST=127.0.0.1 PUBLIC_PORT={port} SANDFLEET_SOCKET={home}/run/own.sock {variables}"
        command = f"mkdir -p {home} && {settings} {RUNTIME} >{place}/log-{port} 2>&1"
        client.shell.exec_command(id=session, command=command, async_mode=True)
        ping = f"curl -sf http://127.0.0.1:{port}/v1/ping && exit"
        wait = f"for n in {{1..900}}; do {ping}; sleep 0.1; done; cat {place}/log-{port}"
        started = client.shell.exec_command(command=f"({wait})").data.output
        assert started == "pong", started
        return home

    yield start
    for session in sessions:
        client.shell.cleanup_session(session)


def test_example_a_download_is_cleaned_by_python_and_sorted_by_the_shell(client):
    lines = run_example("browser-download/download.py").splitlines()
    assert re.fullmatch(rf"browser: {client.sandbox.get_context().home_dir}/Downloads/visits.*\.csv", lines[0])
    assert lines[1:] == ["python: 2 pages, 2 rows dropped", "shell: home,150 prices,80"]


def test_example_a_site_becomes_markdown(place):
    output = run_example("site-to-markdown/site_to_markdown.py")
    assert "jupyter: converted" in output
    assert output.split("file:\n")[1].startswith("# Tides\n\nTwice a day the sea **rises**; see [the moon](/moon.html).")


def test_example_playwright_searches(tmp_path):
    output = run_example("playwright/search.py", str(tmp_path / "results.png"))
    assert output.startswith("title: tide tables: manual\nlink: /manual.html\n")
    assert (tmp_path / "results.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_example_mcp_by_plain_post():
    lines = run_example("mcp/call.mjs").splitlines()
    assert int(re.match(r"tools: (\d+)", lines[0])[1]) > 40
    assert lines[1] == 'page: "Ferry\\n\\nLeaves at noon."'
    assert "**noon**" in lines[2]


def test_example_tools_of_a_model_answer_whatever_it_asks():
    lines = run_example("tool-functions/conversation.py").splitlines()
    assert lines[0] == "run_code: '0 1 1 2 3 5 8 13 21 34'"
    assert "error: the arguments do not fit" in lines[-1]


@pytest.mark.skipif(bool(os.environ.get("SANDBOX_TOKEN")), reason="a sandbox that asks for tokens asks its own agent too")
def test_example_an_agent_inside_is_started_by_the_shell():
    output = run_example("agent-inside/start.py")
    assert re.search(r"agent: the browser shows 'All tests pass', a picture has \d{3,} bytes\nagent: done\n$", output), output


@pytest.mark.parametrize("name", ["mcp/call.mjs", "browser-download/download.py", "two-sandboxes/compare.py"])
def test_examples_say_what_is_missing(name):
    program = {".py": sys.executable, ".mjs": "node"}[Path(name).suffix]
    env = {key: value for key, value in os.environ.items() if not key.startswith("SANDBOX_")}
    result = subprocess.run([program, EXAMPLES / name], capture_output=True, text=True, timeout=120, env=env)
    assert result.returncode in (1, 2)
    assert re.search(r"SANDBOX_BASE_URLS? (is not set|must hold)", result.stderr)


def test_example_tokens_and_tickets_of_a_sandbox_with_a_key(client, place, second):
    client.file.write_file(file=f"{place}/tokens.sh", content=(EXAMPLES / "tokens/tokens.sh").read_text())
    key = client.shell.exec_command(command=f"(cd {place} && bash tokens.sh keys)").data.output.strip()
    assert re.fullmatch(r"JWT_PUBLIC_KEY=[\w+/=]+", key)
    home = second(24631, key)
    run = f"(cd {place} && SANDBOX_BASE_URL=http://127.0.0.1:24631 bash tokens.sh call; echo $?)"
    lines = client.shell.exec_command(command=run).data.output.strip().splitlines()
    assert lines[:4] == [
        "without a token: 401",
        f"with a token: home is {home}",
        "a ticket opens one call: 200, then 401",
        "a ticket for the screen opens nothing else: 403",
    ]
    url, status = lines[4].removeprefix("screen, for 30 seconds: "), lines[5]
    ticket = r"\?autoconnect=true&ticket=([\w-]+)&path=websockify%3Fticket%3D\1"
    assert re.fullmatch(rf"http://127\.0\.0\.1:24631/vnc/index\.html{ticket}", url)
    assert status == "0"
    page = client.shell.exec_command(command=f"curl -s -o /dev/null -w '%{{http_code}}' '{url}'").data.output
    assert page == "200"


def test_example_two_sandboxes_are_compared(base_url, headers, second):
    second(24632)
    token = os.environ.get("SANDBOX_TOKEN", "")
    # The second is reached through the first one's preview, so with the first one's token.
    output = run_example(
        "two-sandboxes/compare.py", SANDBOX_BASE_URLS=f"{base_url} {base_url}/proxy/24632", SANDBOX_TOKENS=f"{token} {token}"
    )
    assert output == "loop: 500500\nformula: 500500\nthe variants agree\n"


def test_an_agent_starts_with_the_container(client, place):
    """As printed, but for the places and the port, and but for who ends it."""
    port, home = 24633, f"{place}/home-24633"
    agent = f"""
    import subprocess
    import requests

    result = subprocess.run(["python", "--version"], capture_output=True, text=True, check=True)
    print(result.stdout)
    for attempt in range(600):
        try:
            requests.get("http://127.0.0.1:{port}/v1/ping", timeout=10)
            break
        except requests.ConnectionError:
            import time; time.sleep(0.1)
    response = requests.post(
        "http://127.0.0.1:{port}/v1/file/write",
        json={{"file": "{home}/workspace/agent-note.txt", "content": "created from an in-sandbox agent\\n"}},
        timeout=60,
    )
    response.raise_for_status()
    """
    client.file.write_file(file=f"{home}/agent.py", content=textwrap.dedent(agent))
    variables = f"HOME={home} HOST=127.0.0.1 PUBLIC_PORT={port} SANDFLEET_SOCKET={home}/run/own.sock"
    printed = f"{RUNTIME} >{home}/log 2>&1 & server=$!; sleep 5 && python {home}/agent.py"
    output = client.shell.exec_command(command=f"({variables} bash -lc '{printed}; kill $server; wait $server')").data.output
    assert output.startswith("Python 3."), output
    assert client.file.read_file(file=f"{home}/workspace/agent-note.txt").data.content == "created from an in-sandbox agent\n"


def test_an_agent_is_installed_and_started_by_the_shell(http, place):
    wheel = BytesIO()
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("my_agent.py", "import sys\ndef main():\n    print('agent', *sys.argv[1:])\n")
        info = "my_agent-1.0.dist-info"
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: my-agent\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/entry_points.txt", "[console_scripts]\nmy-agent = my_agent:main\n")
        names = ["my_agent.py", *(f"{info}/{name}" for name in ("METADATA", "WHEEL", "entry_points.txt", "RECORD"))]
        archive.writestr(f"{info}/RECORD", "".join(f"{name},,\n" for name in names))
    content = base64.b64encode(wheel.getvalue()).decode()
    http.post("/v1/file/write", json={"file": f"{place}/my_agent-1.0-py3-none-any.whl", "content": content, "encoding": "base64"})
    command = f"pip install -q --no-index --find-links {place} my-agent && my-agent start"
    data = http.post("/v1/shell/exec", json={"command": command}).json()["data"]
    assert data["output"].endswith("agent start\n"), data
    http.post("/v1/shell/exec", json={"command": "pip uninstall -q -y my-agent"})


def test_a_package_installed_while_a_kernel_runs_is_there(client):
    session = client.jupyter.create_session(kernel_name="python3").data.session_id
    installed = client.shell.exec_command(command="pip install requests -q").data
    assert installed.exit_code == 0, installed.output
    result = client.jupyter.execute_code(code="import requests; print(requests.__version__)", session_id=session).data
    assert re.match(r"\d+\.\d+", result.outputs[0].text)
    client.jupyter.delete_session(session)


async def first_page(cdp_url, headers, url):
    """As the short form of the documents: a page straight from the browser."""
    async with async_playwright() as playwright:
        page = await (await playwright.chromium.connect_over_cdp(cdp_url, headers=headers, timeout=120_000)).new_page()
        await page.goto(url, wait_until="networkidle")
        seen = await page.content(), await page.screenshot()
        await page.close()
        return seen


def test_a_page_straight_from_the_browser_becomes_a_file(client, headers, site, place):
    html, picture = asyncio.run(first_page(client.browser.get_info().data.cdp_url, headers, f"{site}/"))
    assert "Example Domain" in html
    code = f"""
from markdownify import markdownify
html = '''{html}'''
screenshot_b64 = "{base64.b64encode(picture).decode()}"
md = f"{{markdownify(html)}}\\n\\n![Screenshot](data:image/png;base64,{{screenshot_b64}})"
with open('{place}/site.md', 'w') as f:
    f.write(md)
print("Done!")
"""
    done = client.jupyter.execute_code(code=code).data
    assert done.outputs[0].text == "Done!\n", done.outputs
    assert "site.md" in client.shell.exec_command(command=f"ls -lh {place}").data.output
    text = client.file.read_file(file=f"{place}/site.md").data.content
    assert "For 'use' in \"documents\"." in text
    assert base64.b64decode(text.rsplit("base64,")[1].rstrip(")")) == picture


def test_a_page_is_worked_as_printed(client, http, site):
    """Names that the documents print and the SDK does not know go by plain HTTP."""
    page = lambda name, **body: http.post(f"/v1/browser/page/{name}", json=body).json()  # noqa: E731
    assert client.browser_page.navigate(url=f"{site}/", wait_until="networkidle").success
    assert "Example" in client.browser_page.get_text().data
    assert client.browser_page.get_markdown().data["content"].startswith("# Example")
    assert page("evaluate", script="document.title")["data"] == "Example Domain"
    assert client.browser_page.click(selector="#submit-button").success
    assert page("evaluate", script="document.title")["data"] == "clicked"
    assert page("fill", selector='input[name="q"]', value="AIO Sandbox")["success"] is True
    assert page("evaluate", script="document.querySelector('input').value")["data"] == "AIO Sandbox"
    assert client.browser_page.press_key(key="Enter").success
    # Enter has sent the form: what follows is for the page that comes.
    assert client.browser_page.wait(type="url", url_pattern="**/?q=AIO*").success
    assert client.browser_page.scroll(amount=1000).success
    assert page("evaluate", script="scrollY")["data"] > 0
    assert b"".join(client.browser_page.screenshot()).startswith(b"\x89PNG")


def test_tabs_cookies_network_and_state_as_printed(client, http, site, place):
    client.browser_page.navigate(url=f"{site}/")
    tabs = len(client.browser_tabs.list().data)
    made = http.post("/v1/browser/tabs", json={"url": f"{site}/?second"}).json()["data"]
    assert made["tab_id"] and len(client.browser_tabs.list().data) == tabs + 1
    assert client.browser_tabs.activate(0).success
    assert client.browser_tabs.close(tabs).success

    cookie = {"name": "session_id", "value": "abc123", "domain": "example.com", "path": "/"}
    assert client.browser_cookies.set_cookies(cookies=[cookie]).success
    found = http.get("/v1/browser/cookies", params={"url": "https://example.com"}).json()["data"]
    assert [(one["name"], one["value"]) for one in found] == [("session_id", "abc123")]

    state = f"{place}/browser_state.json"
    assert client.browser_state.save(path=state).success
    assert client.browser_cookies.clear_cookies().success
    assert http.get("/v1/browser/cookies", params={"url": "https://example.com"}).json()["data"] == []
    assert client.browser_state.load(path=state).success
    assert len(http.get("/v1/browser/cookies", params={"url": "https://example.com"}).json()["data"]) == 1
    client.browser_cookies.clear_cookies()

    route = {"pattern": "**/api/data", "response_body": '{"mocked": true}', "response_status": 200}
    assert http.post("/v1/browser/network/route", json=route).json()["success"] is True
    assert client.browser_network.set_headers(headers={"X-Custom-Header": "test"}).success
    answer = client.browser_page.evaluate(expression="fetch('/api/data').then(answer => answer.json())")
    assert answer.data == {"mocked": True}
    seen = client.browser_network.get_requests(filter="/api/data").data[-1]
    assert (seen["method"], seen["url"], seen["status"]) == ("GET", f"{site}/api/data", 200)
    http.request("DELETE", "/v1/browser/network/route", json={"pattern": "**/api/data"})
    client.browser_network.set_headers(headers={})


def test_the_printed_commands_inside(client, site, folder):
    commands = [
        f"aio browser navigate {site}/",
        f"aio browser screenshot -o {folder}/page.png",
        "aio mcp list",
        "aio skills list",
        "aio sandbox info",
    ]
    result = client.shell.exec_command(command=f"({' && '.join(commands)})").data
    assert result.exit_code == 0, result.output
    assert "markitdown" in result.output and client.sandbox.get_context().home_dir in result.output
    assert b"".join(client.file.download_file(path=f"{folder}/page.png")).startswith(b"\x89PNG")


def test_the_printed_places_of_a_sandbox_are_there(client, http, base_url):
    prefix = urlsplit(base_url).path
    for path in ["/v1/docs", "/vnc/index.html?autoconnect=true", "/vnc/index.html", "/v1/openapi.json"]:
        answer = http.get(path, headers={"accept": "text/html,*/*"})
        assert answer.status_code == 200, path
    url = urlsplit(client.browser.get_info().data.vnc_url)
    page = http.get(f"{url.path.removeprefix(prefix)}?{url.query}")
    assert page.status_code == 200 and "text/html" in page.headers["content-type"]


def test_the_first_lines_of_the_documents(client):
    home = client.sandbox.get_context().home_dir
    assert ".." in client.shell.exec_command(command="ls -la").data.output
    assert client.file.read_file(file=f"{home}/.bashrc").success
    assert b"".join(client.browser.screenshot()).startswith(b"\x89PNG")

"""The pages of the sandbox for people, and the manual for agents: whole, without outside assets, and relative to where they are."""

import re

import pytest

PAGES = ["/", "/index.html", "/terminal/", "/vnc/index.html"]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_there_with_a_strict_policy(http, path):
    answer = http.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "script-src 'self'" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "unsafe-eval" not in policy


@pytest.mark.parametrize("path", PAGES)
def test_a_page_names_nothing_outside_and_its_files_are_there(http, base_url, path):
    page = http.get(path)
    files = re.findall(r'(?:src|href)="([^"#]+)"', page.text)
    own = [name for name in files if not name.startswith("data:")]
    assert own and not [name for name in own if re.match(r"(?:[a-z]+:)?//|/", name)]
    folder = path.rsplit("/", 1)[0]
    for name in [name for name in own if name.endswith((".js", ".css"))]:
        asset = http.get(f"{folder}/{name}")
        assert asset.status_code == 200 and len(asset.content) > 500
        assert "immutable" in asset.headers["cache-control"]


def test_the_terminal_without_a_slash_leads_to_it_and_keeps_its_session(http):
    answer = http.get("/terminal?session_id=abc", follow_redirects=False)
    assert answer.status_code == 302
    assert answer.headers["location"].endswith("terminal/?session_id=abc")


@pytest.mark.parametrize("name", ["codex", "opencode"])
def test_an_agent_that_is_not_installed_says_so(http, name):
    answer = http.get(f"/{name}", follow_redirects=False)
    if answer.status_code == 302:
        assert "start=" + name in answer.headers["location"]
        return
    assert answer.status_code == 404
    assert "not installed" in answer.json()["message"]


def test_an_agent_that_is_installed_is_led_to(http, client):
    client.shell.exec_command(command="mkdir -p ~/.local/bin && printf '#!/bin/sh\\n' >~/.local/bin/codex && chmod +x ~/.local/bin/codex")
    try:
        answer = http.get("/codex?theme=light", follow_redirects=False)
        assert answer.status_code == 302
        assert answer.headers["location"].endswith("terminal/?theme=light&start=codex")
    finally:
        client.shell.exec_command(command="rm -f ~/.local/bin/codex")


def test_the_manual_tells_every_operation(http):
    answer = http.get("/llms.txt")
    assert answer.headers["content-type"].startswith("text/plain")
    document = http.get("/v1/openapi.json").json()
    for path, operations in document["paths"].items():
        for method in operations:
            if method in ("get", "post", "put", "delete", "patch"):
                assert f"- {method.upper()} {path}" in answer.text


def test_the_manuals_first_call_works_as_printed(http):
    text = http.get("/llms.txt").text
    call = re.search(r"^    (POST) (/v1/\S+)\n    (\{.*\})$", text, re.M)
    answer = http.request(call[1], call[2], content=call[3], headers={"content-type": "application/json"})
    assert answer.json()["success"] is True


def test_looking_at_the_pages_starts_no_service(http):
    before = {one["name"]: one["state"] for one in http.get("/v1/services").json()["data"]}
    for path in [*PAGES, "/llms.txt"]:
        http.get(path)
    after = {one["name"]: one["state"] for one in http.get("/v1/services").json()["data"]}
    started = [name for name in after if after[name] == "starting" and before[name] == "stopped"]
    assert started == []

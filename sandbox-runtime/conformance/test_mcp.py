"""The MCP hub: JSON-RPC by plain HTTP, with and without a session, and client.mcp of the published SDK."""

import json
import threading
import uuid

import pytest
from agent_sandbox.core.api_error import ApiError

BOTH = "application/json, text/event-stream"
SEED_TABLE = {
    "browser": ["navigate", "screenshot", "click", "type", "scroll"],
    "file": ["read", "write", "list", "search", "replace"],
    "shell": ["exec", "create_session", "kill"],
    "markitdown": ["convert", "extract_text", "extract_images"],
}
HUB_NAMES = """
browser_navigate browser_click browser_type browser_screenshot browser_extract file_read file_write file_list file_search file_replace
file_delete terminal_execute terminal_session terminal_kill markitdown_convert markitdown_extract browser_go_back browser_go_forward
browser_close browser_get_clickable_elements browser_hover browser_select browser_form_input_fill browser_get_text browser_get_markdown
browser_read_links browser_scroll browser_evaluate browser_new_tab browser_switch_tab browser_tab_list browser_get_download_list
browser_vision_screen_capture browser_vision_screen_click sandbox_get_context sandbox_get_packages sandbox_execute_bash
sandbox_execute_code sandbox_file_operations sandbox_str_replace_editor sandbox_convert_to_markdown sandbox_browser_navigate
sandbox_browser_evaluate sandbox_browser_get_clickable_elements sandbox_browser_element_click sandbox_browser_element_hover
sandbox_browser_element_select sandbox_browser_form_input_fill sandbox_browser_press_key sandbox_browser_scroll
sandbox_browser_get_text sandbox_browser_get_markdown sandbox_browser_read_links sandbox_browser_new_tab sandbox_browser_tab_list
sandbox_browser_switch_tab sandbox_browser_close_tab sandbox_browser_go_back sandbox_browser_go_forward
sandbox_browser_get_download_list sandbox_browser_get_info sandbox_browser_screenshot sandbox_browser_execute_action
""".split()


def events(text):
    """Messages of a stream of server-sent events."""
    lines = (line[6:] for line in text.splitlines() if line.startswith("data: "))
    return [json.loads(line) for line in lines if line]


class Session:
    def __init__(self, http, version="2025-06-18", query=""):
        self.http, self.url, self.next = http, f"/mcp{query}", 1
        params = {"protocolVersion": version, "capabilities": {}, "clientInfo": {"name": "conformance", "version": "1"}}
        answer = http.post(self.url, json={"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params}, headers={"accept": BOTH})
        assert answer.status_code == 200, answer.text
        self.info = events(answer.text)[-1]["result"]
        self.headers = {"mcp-session-id": answer.headers["mcp-session-id"], "mcp-protocol-version": version, "accept": BOTH}
        told = http.post(self.url, json={"jsonrpc": "2.0", "method": "notifications/initialized"}, headers=self.headers)
        assert told.status_code == 202

    def messages(self, method, params=None):
        self.next += 1
        message = {"jsonrpc": "2.0", "id": self.next, "method": method, "params": params or {}}
        answer = self.http.post(self.url, json=message, headers=self.headers)
        assert answer.status_code == 200, answer.text
        found = events(answer.text)
        assert found[-1]["id"] == self.next
        return found

    def request(self, method, params=None):
        return self.messages(method, params)[-1]

    def call(self, name, **arguments):
        return self.request("tools/call", {"name": name, "arguments": arguments})["result"]

    def close(self):
        return self.http.delete(self.url, headers=self.headers)


@pytest.fixture
def mcp(http):
    session = Session(http)
    yield session
    session.close()


def bare(http, name, **arguments):
    answer = http.post("/mcp", json={"method": "tools/call", "params": {"name": name, "arguments": arguments}})
    answer.raise_for_status()
    return answer.json()


def test_initialize_tells_who_is_there_and_begins_a_session(mcp):
    assert mcp.info["protocolVersion"] == "2025-06-18"
    assert mcp.info["serverInfo"]["name"] == "sandfleet"
    assert mcp.info["capabilities"]["tools"]["listChanged"] is True
    assert uuid.UUID(mcp.headers["mcp-session-id"])


def test_an_unknown_version_is_answered_by_one_that_is_known(http):
    answer = http.post(
        "/mcp",
        headers={"accept": BOTH},
        json={"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": "1999-01-01", "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}}},
    )
    assert events(answer.text)[-1]["result"]["protocolVersion"].startswith("2025-")


def test_the_tools_of_every_server_are_listed(mcp):
    tools = {tool["name"]: tool for tool in mcp.request("tools/list")["result"]["tools"]}
    for server, names in SEED_TABLE.items():
        assert {f"{server}_{name}" for name in names} <= set(tools)
    assert "sandbox_get_context" in tools
    assert "terminal_execute" not in tools and "bash_exec" not in tools
    for tool in tools.values():
        assert tool["inputSchema"]["type"] == "object"
        assert len(tool["description"]) > 10
        assert set(tool["annotations"]) >= {"readOnlyHint", "destructiveHint"}
    assert tools["file_read"]["annotations"]["readOnlyHint"] is True
    assert tools["file_delete"]["annotations"]["destructiveHint"] is True
    assert tools["shell_exec"]["inputSchema"]["required"] == ["command"]


def test_a_list_can_be_searched_and_show_what_is_hidden(http):
    listed = lambda query: {tool["name"] for tool in http.post(f"/mcp{query}", json={"method": "tools/list"}).json()["tools"]}
    assert listed("?search=markdown%20convert") >= {"markitdown_convert"}
    assert "shell_exec" not in listed("?search=markdown%20convert")
    assert listed("?aliases=true") >= {"terminal_execute", "sandbox_browser_element_click", "shell_exec"}
    assert listed("?include_hidden=true") >= {"bash_exec", "browser_export_har"}


def test_every_name_that_was_ever_published_is_known(http):
    listed = {tool["name"] for tool in http.post("/mcp?aliases=true", json={"method": "tools/list"}).json()["tools"]}
    # Of these two the list has no entry: a name before every name of the browser, and one tool for many.
    known = lambda name: name in listed or name.replace("sandbox_browser_", "browser_") in listed or name == "sandbox_file_operations"
    assert [name for name in HUB_NAMES if not known(name)] == []


def test_a_command_runs_and_its_output_is_text_and_data(mcp):
    result = mcp.call("shell_exec", command="echo out; echo err >&2; exit 3")
    assert result["content"][0] == {"type": "text", "text": "out\nerr\n[exit code: 3]"}
    assert result["structuredContent"]["exit_code"] == 3
    assert result.get("isError", False) is False


def test_files_go_round_with_any_text(mcp, folder):
    text = "ü € 😀\n\ttab \"quote\" 'single' \\ back\n"
    mcp.call("file_write", path=f"{folder}/ä b.txt", content=text)
    assert mcp.call("file_read", path=f"{folder}/ä b.txt")["content"][0]["text"] == text
    assert mcp.call("file_read", file=f"{folder}/ä b.txt")["structuredContent"]["content"] == text
    assert mcp.call("file_delete", path=f"{folder}/ä b.txt")["structuredContent"]["deleted"] is True
    assert mcp.call("file_read", path=f"{folder}/ä b.txt")["isError"] is True


def test_file_operations_by_action(mcp, folder):
    path = f"{folder}/f.txt"
    operate = lambda action, **more: mcp.call("sandbox_file_operations", action=action, path=path, **more)["content"][0]["text"]
    operate("write", content="aGk=", encoding="base64")
    assert operate("read") == "hi"
    operate("append", content=" there")
    assert operate("search", pattern="th.re") == "1:hi there"
    operate("replace", old_str="hi", new_str="ho")
    assert operate("read") == "ho there"
    assert path in mcp.call("sandbox_file_operations", action="list", path=folder)["content"][0]["text"]
    assert operate("delete").startswith("Deleted")


def test_code_runs_in_both_languages(mcp):
    assert "1024" in mcp.call("sandbox_execute_code", code="2**10", language="python")["content"][0]["text"]
    assert "42" in mcp.call("sandbox_execute_code", code="console.log(6*7)", language="js")["content"][0]["text"]
    failed = mcp.call("sandbox_execute_code", code="1/0", language="py")
    assert "ZeroDivisionError" in failed["content"][0]["text"]
    assert "\x1b" not in failed["content"][0]["text"]


@pytest.mark.parametrize("language, key", [("py", "python"), ("python", "python"), ("node", "nodejs"), ("nodejs", "nodejs")])
def test_packages_are_structured(mcp, language, key):
    packages = mcp.call("sandbox_get_packages", language=language)["structuredContent"]
    assert list(packages) == [key]
    assert all(set(entry) >= {"name", "version"} for entry in packages[key])


def test_the_context_is_text_and_data(mcp):
    result = mcp.call("sandbox_get_context")
    assert result["structuredContent"]["version"].startswith("v")
    assert result["structuredContent"]["home_dir"] in result["content"][0]["text"]


def test_documents_become_markdown_text_and_images(mcp, folder, client):
    client.file.write_file(file=f"{folder}/p.html", content='<h1>Title</h1><p>Some <b>bold</b> text</p><img src="http://x.test/a.png" alt="cat">')
    assert "# Title" in mcp.call("markitdown_convert", uri=f"{folder}/p.html")["content"][0]["text"]
    text = mcp.call("markitdown_extract_text", uri=f"{folder}/p.html")["content"][0]["text"]
    assert "Some bold text" in text and "#" not in text and "**" not in text
    images = mcp.call("markitdown_extract_images", uri=f"{folder}/p.html")["structuredContent"]["images"]
    assert images == [{"src": "http://x.test/a.png", "alt": "cat"}]


def test_the_editor_works_as_in_the_evaluation(mcp, folder):
    edit = lambda command, **more: mcp.call("sandbox_str_replace_editor", command=command, path=f"{folder}/e.txt", **more)
    edit("create", file_text="version 0\n")
    edit("str_replace", old_str="version 0", new_str="version 1")
    assert "version 1" in edit("view")["content"][0]["text"]
    missing = edit("str_replace", old_str="nothing", new_str="x")
    assert missing["isError"] is True and "did not appear" in missing["content"][0]["text"]


def test_wrong_arguments_are_told_in_words(mcp):
    assert mcp.call("shell_exec")["content"][0]["text"] == "Missing arguments: command."
    refused = mcp.call("shell_exec", command="true", timeout="soon")
    assert refused["isError"] is True and "timeout must be number" in refused["content"][0]["text"]
    noted = mcp.call("shell_exec", command="true", colour="red")
    assert "colour" in noted["content"][-1]["text"]


def test_an_unknown_tool_and_method_are_errors_of_the_protocol(mcp):
    assert mcp.request("tools/call", {"name": "nothing"})["error"]["code"] == -32602
    assert mcp.request("nothing/there")["error"]["code"] == -32601


def test_progress_comes_while_a_command_runs(mcp, folder):
    params = {"name": "shell_exec", "arguments": {"command": "for n in 1 2 3; do echo $n; sleep 0.4; done"}, "_meta": {"progressToken": "p"}}
    *told, last = mcp.messages("tools/call", params)
    progress = [message["params"] for message in told if message["method"] == "notifications/progress"]
    assert all(event["progressToken"] == "p" for event in progress)
    assert [event["progress"] for event in progress] == list(range(1, len(progress) + 1)) != []
    assert last["result"]["content"][0]["text"] == "1\n2\n3\n"


def test_a_cancelled_call_ends(mcp, http, folder):
    message = {"jsonrpc": "2.0", "id": 77, "method": "tools/call", "params": {"name": "shell_exec", "arguments": {"command": f"touch {folder}/began; sleep 600"}, "_meta": {"progressToken": 1}}}
    with http.stream("POST", "/mcp", json=message, headers=mcp.headers) as answer:
        while mcp.call("shell_exec", command=f"ls {folder}/began")["structuredContent"]["exit_code"] != 0:
            pass
        told = http.post("/mcp", json={"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 77}}, headers=mcp.headers)
        assert told.status_code == 202
    # The session is as good as before.
    assert mcp.call("shell_exec", command="echo still")["content"][0]["text"] == "still\n"


def test_calls_of_one_session_run_side_by_side(mcp, folder):
    answers = []
    waits = threading.Thread(target=lambda: answers.append(mcp.http.post("/mcp", headers=mcp.headers, json={"jsonrpc": "2.0", "id": "w", "method": "tools/call", "params": {"name": "shell_exec", "arguments": {"command": f"until [ -e {folder}/go ]; do sleep 0.05; done; echo went"}}})))
    waits.start()
    mcp.call("shell_exec", command=f"touch {folder}/go")
    waits.join(60)
    assert "went" in answers[0].text


def test_a_session_ends_with_delete(http):
    session = Session(http)
    assert session.close().status_code == 200
    after = http.post("/mcp", json={"jsonrpc": "2.0", "id": 1, "method": "ping"}, headers=session.headers)
    assert after.status_code == 404
    assert after.json()["error"]["code"] == -32001


def test_the_stream_of_a_session_opens_at_once(mcp, http):
    with http.stream("GET", "/mcp", headers={**mcp.headers, "accept": "text/event-stream"}, timeout=30) as stream:
        assert stream.status_code == 200
        assert stream.headers["content-type"].startswith("text/event-stream")


@pytest.mark.parametrize("path", ["/mcp", "/v1/mcp"])
def test_both_paths_are_the_same_hub(http, path):
    assert http.post(path, json={"jsonrpc": "2.0", "id": 1, "method": "ping"}).json() == {"jsonrpc": "2.0", "id": 1, "result": {}}


def test_a_batch_is_answered_where_the_version_has_batches(http):
    batch = [{"jsonrpc": "2.0", "id": 1, "method": "ping"}, {"jsonrpc": "2.0", "id": 2, "method": "tools/list"}]
    assert [answer["id"] for answer in http.post("/mcp", json=batch).json()] == [1, 2]
    assert http.post("/mcp", json=batch, headers={"mcp-protocol-version": "2025-06-18"}).status_code == 400


def test_the_bare_form_of_the_first_examples_works(http, folder):
    bare(http, "file_write", path=f"{folder}/content.txt", content="from afar")
    assert bare(http, "file_read", path=f"{folder}/content.txt")["text"] == "from afar"
    assert bare(http, "terminal_execute", command="uname")["text"] == "Linux\n"
    assert "error" in bare(http, "file_read", path="/not/there")
    assert bare(http, "no_such_tool")["error"]["code"] == -32602


def test_a_foreign_page_is_refused(http):
    for method in ("GET", "POST", "DELETE"):
        answer = http.request(method, "/mcp", headers={"origin": "https://evil.example", "content-type": "application/json"}, content=b"{}")
        assert answer.status_code in (401, 403)


@pytest.mark.parametrize("content, status", [(b"{", 400), (b'{"__proto__": {}}', 400), (b"[]", 400), (b"7", 200)])
def test_rubbish_is_answered_as_json_rpc(http, content, status):
    answer = http.post("/mcp", content=content, headers={"content-type": "application/json"})
    assert answer.status_code == status
    assert answer.json()["error"]["code"] in (-32700, -32600)


def test_the_sdk_lists_servers_and_tools(client):
    assert client.mcp.list_mcp_servers().data[:5] == ["browser", "file", "shell", "markitdown", "sandbox"]
    for server, names in SEED_TABLE.items():
        tools = client.mcp.list_mcp_tools(server).data.tools
        assert {f"{server}_{name}" for name in names} <= {tool.name for tool in tools}
        assert all(tool.input_schema["type"] == "object" for tool in tools)


def test_the_sdk_calls_a_tool_by_any_of_its_names(client):
    for server, name in [("shell", "shell_exec"), ("shell", "exec"), ("terminal", "exec"), ("sandbox", "sandbox_execute_bash")]:
        result = client.mcp.execute_mcp_tool(server, name, request={"command": "echo hi"}).data
        assert result.content[0].text == "hi\n"
        assert result.is_error is False
        assert result.structured_content["exit_code"] == 0


def test_the_sdk_calls_a_tool_without_arguments(client):
    assert client.mcp.execute_mcp_tool("sandbox", "sandbox_get_context", request={}).data.structured_content["home_dir"]


def test_the_sdk_sees_a_tool_fail(client):
    answer = client.mcp.execute_mcp_tool("file", "read", request={"path": "/not/there"})
    assert answer.success is False and answer.data.is_error is True
    assert "no such file" in answer.message.lower()


@pytest.mark.parametrize("server, tool", [("nothing", "read"), ("file", "nothing"), ("file", "shell_exec")])
def test_the_sdk_gets_404_for_what_is_not_there(client, server, tool):
    with pytest.raises(ApiError) as error:
        client.mcp.execute_mcp_tool(server, tool, request={})
    assert error.value.status_code == 404


SERVER = """
import json, sys
for line in sys.stdin:
    message = json.loads(line)
    if 'id' not in message: continue
    method, params = message['method'], message.get('params', {})
    if method == 'initialize':
        result = {'protocolVersion': params['protocolVersion'], 'capabilities': {'tools': {}}, 'serverInfo': {'name': 't', 'version': '1'}}
    elif method == 'tools/list':
        result = {'tools': [{'name': 'shout', 'inputSchema': {'type': 'object'}}, {'name': 'die', 'inputSchema': {'type': 'object'}}]}
    elif params['name'] == 'die':
        sys.exit('dying words')
    else:
        result = {'content': [{'type': 'text', 'text': params['arguments']['text'].upper()}]}
    print(json.dumps({'jsonrpc': '2.0', 'id': message['id'], 'result': result}), flush=True)
"""


def test_servers_of_the_user_are_part_of_the_hub(client, http, folder):
    home = client.sandbox.get_context().home_dir
    config = f"{home}/.config/sandfleet/mcp-servers.json"
    client.file.write_file(file=f"{folder}/server.py", content=SERVER)
    client.file.write_file(file=config, content=json.dumps({"mcpServers": {"loud": {"command": "python3", "args": [f"{folder}/server.py"]}, "file": {"command": "x"}}}))
    try:
        servers = http.get("/v1/mcp/servers").json()
        assert servers["data"].count("loud") == servers["data"].count("file") == 1
        assert "file" in servers["hint"]
        assert [tool.name for tool in client.mcp.list_mcp_tools("loud").data.tools] == ["shout", "die"]
        assert bare(http, "loud_shout", text="hé")["text"] == "HÉ"
        assert "dying words" in bare(http, "loud_die")["text"]
        assert bare(http, "loud_shout", text="again")["text"] == "AGAIN"
    finally:
        client.shell.exec_command(command=f"rm {config}")
    assert "loud" not in http.get("/v1/mcp/servers").json()["data"]


def test_calls_are_counted(http):
    bare(http, "terminal_execute", command="true")
    metrics = http.get("/metrics").text
    assert 'sandbox_mcp_calls_total{tool="shell_exec",outcome="ok"}' in metrics
    assert "sandbox_mcp_call_seconds_bucket" in metrics

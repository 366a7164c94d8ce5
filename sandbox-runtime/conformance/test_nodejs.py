import threading
import uuid

import pytest
from agent_sandbox.core.api_error import ApiError

from test_shell import wait_for


def run(client, code, **options):
    return client.nodejs.execute_code(code=code, **options).data


def value(result):
    return next((output.data["text/plain"] for output in result.outputs if output.output_type == "execute_result"), None)


def error(result):
    return next((output for output in result.outputs if output.output_type == "error"), None)


@pytest.fixture
def repl(client):
    """The id of a Node.js session of the test's own."""
    name = f"node-{uuid.uuid4()}"
    yield client.nodejs.create_session(session_id=name).data.session_id
    try:
        client.nodejs.delete_session(name)
    except ApiError:
        pass


EXACT = {
    "a line": ("console.log('hello')", "hello\n"),
    "require": ("console.log(typeof require('fs').readFileSync, require.main === module)", "function true\n"),
    "import": ("import { join } from 'path'; console.log(join('a', 'b'), typeof require)", "a/b function\n"),
    "top-level await": ("const p = require('path'); console.log(await p.join('a', 'b'))", "a/b\n"),
    "dynamic import": ("import('os').then((os) => console.log(typeof os.cpus))", "function\n"),
    "sloppy code": ("x = 1; console.log(x)", "1\n"),
    "letters beyond ASCII": ("console.log('ü € 😀 漢字')", "ü € 😀 漢字\n"),
    "work that goes on": ("setTimeout(() => console.log('later'), 50)", "later\n"),
    "a child": ("require('child_process').execSync('echo sub', { stdio: 'inherit' })", "sub\n"),
    "nothing": ("1 + 1", ""),
}


@pytest.mark.parametrize("name", EXACT)
def test_output_is_exact(client, name):
    code, stdout = EXACT[name]
    result = run(client, code)
    assert (result.status, result.exit_code, result.stdout, result.stderr) == ("ok", 0, stdout, "")
    assert result.language == "javascript"
    assert result.code == code
    assert result.session_id is None
    assert [(output.output_type, output.name, output.text) for output in result.outputs] == (
        [("stream", "stdout", stdout)] if stdout else []
    )


FAILURES = {
    "an exception": ("throw new TypeError('bad')", 1, ("TypeError", "bad")),
    "a rejection": ("Promise.reject(new RangeError('r'))", 1, ("RangeError", "r")),
    "a syntax error": ("let x = ;", 1, ("SyntaxError", "Unexpected token ';'")),
    "an exit code": ("process.exit(3)", 3, None),
    "a signal": ("process.kill(process.pid, 'SIGKILL')", 137, None),
}


@pytest.mark.parametrize("name", FAILURES)
def test_failures_are_told(client, name):
    code, exit_code, expected = FAILURES[name]
    result = run(client, f"console.log('before');\n{code}")
    assert (result.status, result.exit_code) == ("error", exit_code)
    # What can't be read does not even begin.
    assert result.stdout == ("" if name == "a syntax error" else "before\n")
    assert not result.stdout or result.outputs[0].text == result.stdout
    found = error(result)
    assert (found and (found.ename, found.evalue)) == expected
    if found:
        assert expected[1] in result.stderr
        assert expected[1] in "\n".join(found.traceback)


def test_stdin_is_piped(client):
    code = "let s = ''; process.stdin.on('data', (d) => s += d).on('end', () => console.log(s.toUpperCase()))"
    assert run(client, code, stdin="héllo").stdout == "HÉLLO\n"


def test_files_are_beside_the_code_in_a_directory_that_goes(client):
    code = "console.log(require('./lib/a.js'), require('fs').readFileSync('b.txt', 'utf8'), process.cwd())"
    result = run(client, code, files={"lib/a.js": "module.exports = 42", "b.txt": "text"})
    number, text, folder = result.stdout.split()
    assert (number, text) == ("42", "text")
    assert client.shell.exec_command(command=f"ls {folder}").data.exit_code != 0


def test_cwd_is_where_the_code_runs_and_what_it_writes_stays(client, folder):
    result = run(client, "require('fs').writeFileSync('out', 'x'); console.log(process.cwd())", cwd=folder, files={"a.txt": "a"})
    assert result.stdout == f"{folder}\n"
    assert client.shell.exec_command(command=f"ls -1A {folder}").data.output == "a.txt\nout\n"


@pytest.mark.parametrize("name", ["../x", "/tmp/x", "a/../../x", "a//b", ""])
def test_files_stay_below_the_directory(client, name):
    with pytest.raises(ApiError) as refused:
        run(client, "1", files={name: "evil"})
    assert refused.value.status_code == 400
    assert refused.value.body["success"] is False


def test_a_timeout_ends_everything(client):
    marker = f"33{uuid.uuid4().int % 100000:05d}"
    result = run(client, f"require('child_process').spawn('sleep', ['{marker}']); console.log('begun'); while (true);", timeout=2)
    assert (result.status, result.exit_code) == ("timeout", 124)
    assert wait_for(lambda: client.shell.exec_command(command=f"pgrep -f '[s]leep {marker}'").data.exit_code == 1)


def test_a_version_that_is_not_there_is_refused_with_those_that_are(client):
    info = client.nodejs.get_info().data
    assert run(client, "console.log(1)", version=info.current_version).stdout == "1\n"
    missing = next(name for name in ["node20", "node22", "node24"] if name not in info.available_versions)
    with pytest.raises(ApiError) as refused:
        run(client, "1", version=missing)
    assert refused.value.status_code == 400
    assert info.current_version in refused.value.body["message"]


def test_info_tells_versions_and_packages(client):
    info = client.nodejs.get_info().data
    version = client.shell.exec_command(command="node --version").data.output.strip()
    assert f"v{info.node_version}" == version
    assert info.npm_version[0].isdigit()
    assert info.supported_languages == ["javascript"]


def test_a_session_keeps_what_is_declared(client, repl):
    run(client, "const a = 1; let b = 2; class K { v = 3 }; function f() { return a + b }", session_id=repl)
    result = run(client, "f() + new K().v", session_id=repl)
    assert value(result) == "6"
    assert (result.session_id, result.execution_count) == (repl, 2)
    assert value(run(client, "const a = 5; a", session_id=repl)) == "5"


def test_a_session_awaits_requires_and_imports(client, repl):
    assert value(run(client, "await Promise.resolve(7)", session_id=repl)) == "7"
    assert value(run(client, "const fs = require('fs'); typeof fs.readFileSync", session_id=repl)) == "'function'"
    assert value(run(client, "import { join } from 'path'; join('a', 'b')", session_id=repl)) == "'a/b'"
    assert value(run(client, "typeof (await import('os')).cpus", session_id=repl)) == "'function'"


def test_a_session_puts_streams_before_its_value(client, repl):
    result = run(client, "console.log('o'); console.error('e'); ({ a: [1] })", session_id=repl)
    assert (result.stdout, result.stderr, value(result)) == ("o\n", "e\n", "{ a: [ 1 ] }")
    assert result.outputs[0].text == "o\n"


def test_a_session_lives_on_after_errors(client, repl):
    run(client, "let kept = 1", session_id=repl)
    for code, name in [("nope", "ReferenceError"), ("let q = ;", "SyntaxError"), ("void Promise.reject(new TypeError('x'))", "TypeError")]:
        result = run(client, code, session_id=repl)
        assert (result.status, result.exit_code, error(result).ename) == ("error", 1, name)
        assert error(result).traceback
    assert value(run(client, "kept", session_id=repl)) == "1"


def test_a_session_keeps_variables_over_timeouts(client, repl):
    run(client, "let kept = 1", session_id=repl)
    for code in ["while (true);", "await new Promise(() => {})"]:
        assert run(client, code, session_id=repl, timeout=1).status == "timeout"
    assert value(run(client, "kept", session_id=repl)) == "1"


def test_a_session_says_that_its_process_ended(client, repl):
    lost = client.nodejs.execute_code(code="process.exit(7)", session_id=repl)
    assert (lost.data.exit_code, "gone" in lost.hint) == (7, True)
    after = client.nodejs.execute_code(code="1", session_id=repl)
    assert (value(after.data), "gone" in after.hint) == ("1", True)


def test_stateful_makes_a_session(client):
    first = run(client, "let x = 1", stateful=True)
    assert value(run(client, "x + 1", session_id=first.session_id)) == "2"
    assert client.nodejs.delete_session(first.session_id).data.deleted is True


def test_an_unknown_session_id_makes_one(client):
    name = f"implicit {uuid.uuid4()}"
    run(client, "let x = 1", session_id=name)
    assert value(run(client, "x", session_id=name)) == "1"
    assert name in client.nodejs.list_sessions().data.sessions
    client.nodejs.delete_session(name)


def test_calls_of_one_session_queue(client, repl):
    run(client, "let n = 0", session_id=repl)
    threads = [
        threading.Thread(target=run, args=(client, "{ const m = n; await new Promise((r) => setTimeout(r, 10)); n = m + 1; }"), kwargs={"session_id": repl})
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert value(run(client, "n", session_id=repl)) == "8"


def test_session_info_is_in_milliseconds_and_can_be_changed(client, folder):
    created = client.nodejs.create_session(max_idle_time=60).data
    assert created.created is True
    info = created.session
    assert (info.max_idle_time, info.state) == (60_000, "IDLE")
    assert info.created_at > 1_600_000_000_000
    updated = client.nodejs.update_session(created.session_id, max_idle_time=120, cwd=folder).data
    assert (updated.updated, updated.session.max_idle_time, updated.session.cwd) == (True, 120_000, folder)
    assert value(run(client, "process.cwd()", session_id=created.session_id)) == f"'{folder}'"
    assert client.nodejs.get_session(created.session_id).data.session.cwd == folder
    assert client.nodejs.create_session(session_id=created.session_id).data.created is False
    client.nodejs.delete_session(created.session_id)
    with pytest.raises(ApiError) as missing:
        client.nodejs.get_session(created.session_id)
    assert missing.value.status_code == 404
    assert missing.value.body == {"success": False, "message": "Session not found", "data": None}


def test_a_session_of_another_version_is_not_found(client, http, repl):
    info = client.nodejs.get_info().data
    assert http.get(f"/v1/nodejs/sessions/{repl}", params={"version": info.current_version}).status_code == 200
    assert http.get("/v1/nodejs/sessions", params={"version": "node18"}).status_code == 422


@pytest.mark.parametrize("options", [{"timeout": 0}, {"timeout": 301}, {"version": "18"}])
def test_fields_out_of_range_are_refused(client, options):
    with pytest.raises(ApiError) as refused:
        run(client, "1", **options)
    assert refused.value.status_code == 422

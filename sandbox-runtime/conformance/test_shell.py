import base64
import json
import os
import socket
import ssl
import threading
import time
import uuid
from urllib.parse import parse_qs, urlsplit

import pytest
from agent_sandbox.core.api_error import ApiError
from support import wait_for


def run(client, session, command, **options):
    return client.shell.exec_command(id=session, command=command, **options).data


EXACT = {
    "a line": ("echo hello", "hello\n", 0),
    "no newline at the end": ("printf 'a\\nb'", "a\nb", 0),
    "nothing": ("true", "", 0),
    "an exit code": ("(exit 42)", "", 42),
    "standard error": ("echo oops >&2; false", "oops\n", 1),
    "an unknown command": ("no-such-command", "bash: no-such-command: command not found\n", 127),
    "several lines": ("a=1\nb=2\necho $((a+b))", "3\n", 0),
    "a here-document": ("cat <<'X'\n$a 'b' \"c\"\nX", "$a 'b' \"c\"\n", 0),
    "letters beyond ASCII": ("echo 'ü € 😀 漢字'", "ü € 😀 漢字\n", 0),
    "carriage returns": ("printf 'a\\r\\nb\\rc\\n'", "a\r\nb\rc\n", 0),
    "colours": ("printf '\\033[31mred\\033[0m\\n'", "\x1b[31mred\x1b[0m\n", 0),
    "a syntax error": ("if true; then", "bash: syntax error: unexpected end of file\n", 2),
    "a pipeline": ("printf '3\\n1\\n2\\n' | sort | tr '\\n' ,", "1,2,3,", 0),
    "many arguments": ("printf '%s ' {1..2000}", "".join(f"{n} " for n in range(1, 2001)), 0),
    "python": ("python3 -c 'print(6*7)'", "42\n", 0),
    "python failing": ("python3 -c 'import sys; sys.exit(9)'", "", 9),
    "death by a signal": ("bash -c 'kill -9 $$'", None, 137),
    "a terminal": ("[ -t 0 ] && [ -t 1 ] && [ -t 2 ] && echo yes", "yes\n", 0),
}


@pytest.mark.parametrize("name", EXACT)
def test_output_and_exit_code_are_exact(client, session, name):
    command, output, code = EXACT[name]
    result = run(client, session, command)
    assert result.status == "completed"
    assert result.exit_code == code
    assert result.command == command
    assert result.session_id == session
    if output is not None:
        assert result.output == output


def test_exec_without_an_id_makes_a_session(client):
    first = client.shell.exec_command(command="x=7; cd /usr")
    second = client.shell.exec_command(id=first.data.session_id, command="echo $x $PWD")
    assert second.data.output == "7 /usr\n"
    client.shell.cleanup_session(first.data.session_id)


def test_state_carries_over(client, session):
    run(client, session, "export A=1; B=2; f() { echo f$1; }; alias g='echo g'; cd /tmp; set -o pipefail")
    assert run(client, session, "env | grep ^A=; echo $B; f 3; g; pwd; false | true; echo $?").output == "A=1\n2\nf3\ng\n/tmp\n1\n"


def test_the_last_status_carries_over(client, session):
    run(client, session, "(exit 7)")
    assert run(client, session, "echo $?").output == "7\n"


def test_sessions_are_apart(client):
    one = client.shell.create_session().data.session_id
    two = client.shell.create_session().data.session_id
    run(client, one, "x=1; cd /usr")
    assert run(client, two, "echo [$x]; pwd").output.startswith("[]\n")
    assert "/usr" not in run(client, two, "pwd").output
    client.shell.cleanup_session(one)
    client.shell.cleanup_session(two)


@pytest.mark.parametrize("call", ["exec_command", "view", "wait_for_process", "kill_process", "write_to_process", "cleanup_session"])
def test_an_unknown_id_answers_404_with_the_documented_body(client, call):
    arguments = {
        "exec_command": {"id": "nobody", "command": "true"},
        "write_to_process": {"id": "nobody", "input": "", "press_enter": True},
        "cleanup_session": {"session_id": "nobody"},
    }.get(call, {"id": "nobody"})
    with pytest.raises(ApiError) as error:
        getattr(client.shell, call)(**arguments)
    assert error.value.status_code == 404
    assert error.value.body == {"success": False, "message": "Session not found", "data": None}


def test_create_session_is_idempotent(client):
    name = f"named {uuid.uuid4()}"
    assert client.shell.create_session(id=name).data.session_id == name
    run(client, name, "x=kept")
    assert client.shell.create_session(id=name).data.session_id == name
    assert run(client, name, "echo $x").output == "kept\n"
    client.shell.cleanup_session(name)
    with pytest.raises(ApiError):
        run(client, name, "true")


def test_create_session_starts_in_exec_dir(client):
    created = client.shell.create_session(exec_dir="/usr/share").data
    assert created.working_dir == "/usr/share"
    assert run(client, created.session_id, "pwd").output == "/usr/share\n"
    client.shell.cleanup_session(created.session_id)


def test_exec_dir_changes_the_directory(client, session, folder):
    assert run(client, session, "pwd", exec_dir=folder).output == f"{folder}\n"
    assert run(client, session, "pwd").output == f"{folder}\n"


def test_a_missing_exec_dir_falls_back_unless_strict(client, session):
    before = run(client, session, "pwd").output
    assert run(client, session, "pwd", exec_dir="/no/such/dir").output == before
    with pytest.raises(ApiError) as error:
        run(client, session, "pwd", exec_dir="/no/such/dir", strict=True)
    assert error.value.status_code == 400
    assert "/no/such/dir" in error.value.body["message"]


def test_symlinks_are_resolved_unless_preserved(client, session, folder):
    run(client, session, f"mkdir {folder}/real; ln -s real {folder}/link")
    assert run(client, session, "pwd", exec_dir=f"{folder}/link").output == f"{folder}/real\n"
    assert run(client, session, "pwd", exec_dir=f"{folder}/link", preserve_symlinks=True).output == f"{folder}/link\n"


HOSTILE = {
    "prompts": "PS0=zero; PS1='evil> '; PROMPT_COMMAND='echo hacked'",
    "exit": "exit 3",
    "exec": "exec true",
    "set -e": "set -e; false",
    "kill": "kill -9 $$",
    "raw terminal": "stty raw -echo",
    "upper case": "stty olcuc",
    "reset terminal": "stty sane",
    "lost output": "exec >/dev/null 2>&1",
    "a trace": "set -x",
    "a separator": "IFS=0123456789",
    "ignored signals": "trap '' INT TERM",
    "fake functions": "printf() { :; }; test() { :; }; read() { :; }",
    "fake markers": "printf '\\001%032d\\002\\n' 1 2 3; printf '\\033_1>0\\033\\\\'",
    "megabytes": "head -c 3000000 /dev/urandom | base64 -w 76",
    "binary": "head -c 300000 /dev/urandom",
    "an interrupt": "kill -INT $$",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_command_corrupts_the_session(client, session, name):
    run(client, session, HOSTILE[name])
    run(client, session, "set +x")
    result = run(client, session, "echo 123 >/dev/tty")
    assert (result.output, result.exit_code, result.status) == ("123\n", 0, "completed")


def test_a_replaced_shell_says_so(client, session):
    ended = client.shell.exec_command(id=session, command="cd /usr; exit 3")
    assert (ended.data.exit_code, ended.data.output, ended.data.status) == (3, "", "completed")
    following = client.shell.exec_command(id=session, command="echo ok")
    assert following.data.output == "ok\n"
    assert "new one" in following.hint


def test_concurrent_commands_of_a_session_queue_in_order(client, session):
    run(client, session, "n=0")
    results = {}

    def one(index):
        results[index] = run(client, session, f"n=$((n+1)); sleep 0.02; echo {index} $n").output

    threads = [threading.Thread(target=one, args=(index,)) for index in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [results[index].split()[0] for index in range(12)] == [str(index) for index in range(12)]
    assert sorted(int(output.split()[1]) for output in results.values()) == list(range(1, 13))


def test_timeout_answers_running_and_the_command_goes_on(client, session, folder):
    result = run(client, session, f"echo a; until [ -e {folder}/go ]; do sleep 0.05; done; echo b", timeout=1)
    assert (result.status, result.output, result.exit_code) == ("running", "a\n", None)
    client.file.write_file(file=f"{folder}/go", content="")
    assert client.shell.wait_for_process(id=session, seconds=60).data.status == "completed"
    view = client.shell.view(id=session).data
    assert (view.output, view.status, view.exit_code) == ("a\nb\n", "completed", 0)


def test_wait_gives_up_in_time(client, session):
    run(client, session, "sleep 300", async_mode=True)
    begin = time.monotonic()
    assert client.shell.wait_for_process(id=session, max_wait_seconds=1).data.status == "running"
    assert time.monotonic() - begin >= 1
    client.shell.kill_process(id=session)


def test_hard_timeout_ends_the_command(client, session):
    result = run(client, session, "echo begun; sleep 300; echo never", hard_timeout=1)
    assert result.status == "hard_timeout"
    assert result.output.strip() == "begun"
    assert run(client, session, "echo alive").output == "alive\n"


def test_no_change_timeout_is_asked_for(client, session):
    result = run(client, session, "echo begun; sleep 300", no_change_timeout=1)
    assert (result.status, result.output) == ("no_change_timeout", "begun\n")
    assert client.shell.view(id=session).data.status == "running"
    client.shell.kill_process(id=session)


def test_update_session_sets_the_silence_limit(client, session):
    assert client.shell.update_session(id=session, no_change_timeout=1).success
    assert run(client, session, "sleep 300").status == "no_change_timeout"
    client.shell.kill_process(id=session)


def test_async_mode_answers_at_once(client, session):
    begin = time.monotonic()
    assert run(client, session, "sleep 3; echo done", async_mode=True).status == "running"
    assert time.monotonic() - begin < 3
    assert client.shell.wait_for_process(id=session, max_wait_seconds=60).data.status == "completed"
    assert client.shell.view(id=session).data.output == "done\n"


def test_typing_into_a_program(client, session):
    run(client, session, 'read -p "name? " name; echo "hello $name"', async_mode=True)
    wait_for(lambda: client.shell.view(id=session).data.output == "name? ")
    written = client.shell.write_to_process(id=session, input="Bob", press_enter=True)
    assert (written.success, written.data.status) == (True, "running")
    assert client.shell.wait_for_process(id=session, max_wait_seconds=60).data.status == "completed"
    assert client.shell.view(id=session).data.output == "name? Bob\nhello Bob\n"


def test_driving_a_python_prompt(client, session):
    run(client, session, "python3 -q", async_mode=True)
    wait_for(lambda: ">>> " in client.shell.view(id=session).data.output)
    client.shell.write_to_process(id=session, input="print(6*7)", press_enter=True)
    wait_for(lambda: "\n42\n" in client.shell.view(id=session).data.output)
    client.shell.write_to_process(id=session, input="exit()", press_enter=True)
    assert client.shell.wait_for_process(id=session, max_wait_seconds=60).data.status == "completed"


def test_a_password_is_not_shown(client, session):
    run(client, session, 'read -s -p "password: " p; echo; echo ${#p}', async_mode=True)
    wait_for(lambda: client.shell.view(id=session).data.output == "password: ")
    client.shell.write_to_process(id=session, input="secret", press_enter=True)
    client.shell.wait_for_process(id=session, max_wait_seconds=60)
    assert client.shell.view(id=session).data.output == "password: \n6\n"


def test_writing_to_nothing_is_refused(client, session):
    with pytest.raises(ApiError) as error:
        client.shell.write_to_process(id=session, input="x", press_enter=True)
    assert error.value.status_code == 409


STUBBORN = {
    "a program": "sleep 300",
    "a loop of the shell": "while :; do :; done",
    "a loop of programs": "while true; do sleep 0.1; done",
    "a pipeline": "yes | cat >/dev/null",
    "a program that ignores Ctrl-C": "python3 -c 'import signal,time; signal.signal(2, signal.SIG_IGN); time.sleep(300)'",
    "a script that ignores all": "bash -c \"trap '' INT TERM HUP; while :; do sleep 1; done\"",
}


@pytest.mark.parametrize("name", STUBBORN)
def test_kill_stops_everything_and_keeps_the_session(client, session, name):
    run(client, session, f"mark=kept; echo begun; {STUBBORN[name]}", async_mode=True)
    wait_for(lambda: client.shell.view(id=session).data.output.startswith("begun\n"))
    killed = client.shell.kill_process(id=session).data
    assert killed.status == "terminated"
    assert killed.exit_code == killed.returncode != 0
    assert run(client, session, "echo $mark").output in ("kept\n",)


def test_kill_without_a_command_is_no_error(client, session):
    assert client.shell.kill_process(id=session).success is True


def test_background_programs_live_on(client, session, folder):
    run(client, session, f"(until [ -e {folder}/go ]; do sleep 0.05; done; echo done > {folder}/result) >/dev/null 2>&1 &")
    assert run(client, session, "echo next").output == "next\n"
    client.file.write_file(file=f"{folder}/go", content="")
    wait_for(lambda: client.file.read_file(file=f"{folder}/result").data.content == "done\n")


def test_long_output_is_cut_in_the_middle(client, session):
    output = run(client, session, "seq 1 100000").output
    assert 25_000 < len(output) <= 30_200
    assert output.startswith("1\n2\n") and output.endswith("99999\n100000\n")
    assert "characters omitted" in output


def test_long_output_is_whole_without_truncate(client, session):
    output = run(client, session, "seq 1 200000", truncate=False).output
    assert output == "".join(f"{n}\n" for n in range(1, 200_001))


def test_letters_are_whole_in_long_output(client, session):
    output = run(client, session, "python3 -c \"print('é€😀' * 100000, end='')\"", truncate=False).output
    assert output == "é€😀" * 100_000


def test_a_long_command_works(client, session):
    assert run(client, session, f"x='{'y' * 200_000}'; echo ${{#x}}").output == "200000\n"


def test_the_console_holds_the_commands(client, session):
    run(client, session, "echo one")
    run(client, session, "echo two")
    view = client.shell.view(id=session).data
    assert [(record.command, record.output) for record in view.console] == [("echo one", "one\n"), ("echo two", "two\n")]
    assert all("@" in record.ps_1 for record in view.console)
    assert (view.command, view.output) == ("echo two", "two\n")


def test_sessions_are_listed(client, session):
    run(client, session, "cd /usr; sleep 300", async_mode=True)
    info = wait_for(lambda: client.shell.list_sessions().data.sessions[session])
    assert wait_for(lambda: client.shell.list_sessions().data.sessions[session].current_command) == "cd /usr; sleep 300"
    assert info.age_seconds >= 0
    client.shell.kill_process(id=session)
    assert client.shell.list_sessions().data.sessions[session].working_dir == "/usr"


def test_stats_count_the_sessions(client, session):
    stats = client.shell.get_session_stats().data
    assert stats.total_sessions == len(client.shell.list_sessions().data.sessions)
    assert stats.total_sessions == stats.active_sessions + stats.idle_sessions
    assert stats.max_sessions >= stats.total_sessions
    assert stats.usage_ratio == pytest.approx(stats.total_sessions / stats.max_sessions)


def test_nothing_of_the_server_is_in_the_environment(client, session):
    output = run(client, session, "env").output
    for name in ["JWT", "SANDFLEET", "PUBLIC_PORT", "NODE_OPTIONS"]:
        # Where the server's local socket is: the one thing that programs in the sandbox are told.
        assert name not in output.replace("SANDFLEET_SOCKET", "")


@pytest.mark.parametrize("body", [{}, {"command": 1}, {"command": None}, {"command": "true", "timeout": "x"}, {"command": ""}])
def test_a_bad_body_is_refused_in_the_documented_form(http, body):
    answer = http.post("/v1/shell/exec", json=body)
    assert answer.status_code == 422
    assert [set(item) for item in answer.json()["detail"]][0] == {"loc", "msg", "type"}
    assert answer.json()["detail"][0]["loc"][0] == "body"


def test_null_stands_for_an_optional_field_left_out(http):
    nulls = dict.fromkeys(["id", "exec_dir", "async_mode", "timeout", "strict", "no_change_timeout", "hard_timeout", "truncate"])
    answer = http.post("/v1/shell/exec", json={"command": "echo hi", **nulls}).json()
    assert answer["data"]["output"] == "hi\n"
    http.delete(f"/v1/shell/sessions/{answer['data']['session_id']}")


def events(http, path, body, stop=None):
    """The events of a streamed answer, as the standard says; `stop` may end it early."""
    seen = []
    with http.stream("POST", path, json=body, headers={"Accept": "text/event-stream"}) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        name = ""
        for line in answer.iter_lines():
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            if line.startswith("data: "):
                seen.append((name, json.loads(line.removeprefix("data: "))))
                if stop and stop(seen):
                    break
    return seen


def text_of(seen):
    return "".join(data["data"] for name, data in seen if name == "output")


def test_exec_streams_output_and_then_the_result(http, session):
    seen = events(http, "/v1/shell/exec", {"id": session, "command": "echo ü; echo oops >&2; (exit 3)"})
    assert [name for name, _ in seen][-1] == "result"
    assert {name for name, _ in seen[:-1]} == {"output"}
    result = seen[-1][1]
    assert (result["success"], result["data"]["status"], result["data"]["exit_code"]) == (True, "completed", 3)
    assert text_of(seen) == result["data"]["output"] == "ü\noops\n"


def test_streamed_output_comes_while_the_command_runs(client, http, session, folder):
    command = f"echo begun; until [ -e {folder}/go ]; do sleep 0.05; done; echo ended"
    released = []

    def release(seen):
        if "begun" in text_of(seen) and not released:
            client.file.write_file(file=f"{folder}/go", content="")
            released.append(True)

    seen = events(http, "/v1/shell/exec", {"id": session, "command": command}, stop=release)
    assert released
    assert text_of(seen) == "begun\nended\n"


def test_streamed_output_is_whole_where_the_result_is_cut(http, session):
    seen = events(http, "/v1/shell/exec", {"id": session, "command": "seq 1 100000"})
    assert text_of(seen) == "".join(f"{n}\n" for n in range(1, 100_001))
    assert "characters omitted" in seen[-1][1]["data"]["output"]


def test_a_stream_stops_waiting_at_timeout(client, http, session):
    seen = events(http, "/v1/shell/exec", {"id": session, "command": "echo a; sleep 300", "timeout": 1})
    assert seen[-1][1]["data"]["status"] == "running"
    client.shell.kill_process(id=session)


def test_a_command_outlives_the_one_who_hung_up(client, http, session, folder):
    command = f"echo begun; until [ -e {folder}/go ]; do sleep 0.05; done; touch {folder}/went"
    events(http, "/v1/shell/exec", {"id": session, "command": command}, stop=lambda seen: "begun" in text_of(seen))
    client.file.write_file(file=f"{folder}/go", content="")
    assert client.shell.wait_for_process(id=session, seconds=60).data.status == "completed"
    assert run(client, session, f"ls -1 {folder}").output == "go\nwent\n"


def test_view_streams_what_was_and_what_comes(client, http, session, folder):
    run(client, session, f"echo one; until [ -e {folder}/go ]; do sleep 0.05; done; echo two", timeout=1)
    released = []

    def release(seen):
        if not released:
            released.append(client.file.write_file(file=f"{folder}/go", content=""))

    seen = events(http, "/v1/shell/view", {"id": session}, stop=release)
    assert text_of(seen) == "one\ntwo\n"
    assert seen[-1] == ("result", seen[-1][1]) and seen[-1][1]["data"]["exit_code"] == 0


def test_a_stream_for_nobody_is_plain_json(http):
    answer = http.post("/v1/shell/view", json={"id": "nobody"}, headers={"Accept": "text/event-stream"})
    assert (answer.status_code, answer.json()["message"]) == (404, "Session not found")


@pytest.fixture
def terminal(client):
    """The id of a terminal session, by its URL."""
    url = urlsplit(client.shell.get_terminal_url().data)
    (identifier,) = parse_qs(url.query)["session_id"]
    yield identifier
    if identifier in client.shell.list_sessions().data.sessions:
        client.shell.cleanup_session(identifier)


def test_a_terminal_url_leads_back_to_where_it_was_asked(client, base_url):
    url = urlsplit(client.shell.get_terminal_url().data)
    asked = urlsplit(base_url)
    assert (url.scheme, url.netloc) == (asked.scheme, asked.netloc)
    assert url.path == f"{asked.path.rstrip('/')}/terminal"
    (identifier,) = parse_qs(url.query)["session_id"]
    assert identifier in client.shell.list_sessions().data.sessions
    client.shell.cleanup_session(identifier)
    assert identifier not in client.shell.list_sessions().data.sessions


def test_a_terminal_is_typed_into_and_viewed(client, terminal):
    client.shell.write_to_process(id=terminal, input="echo $((6*7)); [[ $- == *i* ]] && echo inter''active", press_enter=True)
    output = wait_for(lambda: "interactive" in (text := client.shell.view(id=terminal).data.output) and text)
    assert "\r42\r\n" in output or "\n42\r\n" in output


def test_what_runs_in_a_terminal_is_told_and_stopped(client, terminal):
    client.shell.write_to_process(id=terminal, input="sleep 300", press_enter=True)
    wait_for(lambda: client.shell.list_sessions().data.sessions[terminal].current_command == "sleep 300")
    assert client.shell.view(id=terminal).data.status == "running"
    assert client.shell.kill_process(id=terminal).data.status == "terminated"
    assert client.shell.wait_for_process(id=terminal, seconds=30).data.status == "completed"


def test_a_terminal_refuses_commands(client, terminal):
    with pytest.raises(ApiError) as error:
        client.shell.exec_command(id=terminal, command="true")
    assert error.value.status_code == 409
    assert "terminal" in error.value.body["message"]


class Socket:
    """As much of RFC 6455 as a terminal needs, on a plain socket."""

    def __init__(self, base_url, headers, path, **extra):
        url = urlsplit(base_url)
        port = url.port or (443 if url.scheme == "https" else 80)
        plain = socket.create_connection((url.hostname, port), timeout=60)
        self.raw = ssl.create_default_context().wrap_socket(plain, server_hostname=url.hostname) if url.scheme == "https" else plain
        lines = {
            "Host": url.netloc,
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
            **headers,
            **extra,
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        self.raw.sendall(f"GET {url.path.rstrip('/')}{path} HTTP/1.1\r\n{head}\r\n".encode())
        self.rest = b""
        while b"\r\n\r\n" not in self.rest:
            self.rest += self.raw.recv(65536)
        answer, self.rest = self.rest.split(b"\r\n\r\n", 1)
        self.status = int(answer.split()[1])

    def take(self, count):
        while len(self.rest) < count:
            chunk = self.raw.recv(65536)
            if not chunk:
                raise EOFError
            self.rest += chunk
        taken, self.rest = self.rest[:count], self.rest[count:]
        return taken

    def read(self):
        """The next message, or the code of the close."""
        while True:
            first, length = self.take(2)
            if length == 126:
                length = int.from_bytes(self.take(2), "big")
            elif length == 127:
                length = int.from_bytes(self.take(8), "big")
            data = self.take(length)
            if first & 15 == 8:
                return int.from_bytes(data[:2], "big")
            if first & 15 == 1:
                return json.loads(data)

    def send(self, message):
        data = message if isinstance(message, bytes) else json.dumps(message).encode()
        mask = os.urandom(4)
        size = len(data)
        head = bytes([0x81, 0x80 | size]) if size < 126 else bytes([0x81, 0xFF]) + size.to_bytes(8, "big")
        self.raw.sendall(head + mask + bytes(byte ^ mask[index % 4] for index, byte in enumerate(data)))

    def enter(self, line):
        self.send({"type": "input", "data": f"{line}\r"})

    def until(self, what):
        shown = ""
        while what not in shown:
            message = self.read()
            assert isinstance(message, dict), f"closed with {message} before {what!r}: {shown!r}"
            shown += message["data"] if message["type"] == "output" else ""
        return shown


@pytest.fixture
def connect(base_url, headers):
    opened = []

    def open_socket(path="/v1/shell/ws", **extra):
        opened.append(Socket(base_url, headers, path, **extra))
        return opened[-1]

    yield open_socket
    for each in opened:
        each.raw.close()


def test_a_socket_is_a_terminal(client, connect):
    one = connect()
    assert one.status == 101
    greeting = one.read()
    assert greeting["type"] == "session_id"
    assert one.read() == {"type": "ready", "data": "Terminal ready"}
    one.send({"type": "resize", "data": {"cols": 132, "rows": 43}})
    one.enter("stty size; mark=kept; echo ended-$((1+1))")
    shown = one.until("ended-2\r\n")
    assert "43 132\r\n" in shown
    one.raw.close()
    again = connect(f"/v1/shell/ws?session_id={greeting['data']}")
    again.until("ended-2\r\n")
    again.enter("echo $mark-$((1+1))")
    again.until("kept-2")
    client.shell.cleanup_session(greeting["data"])
    message = again.read()
    while isinstance(message, dict):
        message = again.read()
    assert message == 1000


def test_a_socket_for_nobody_says_so_and_closes(connect):
    stranger = connect("/v1/shell/ws?session_id=nobody")
    assert stranger.read() == {"type": "error", "data": "Session not found"}
    assert stranger.read() == 1008


def test_a_socket_survives_garbage_but_not_too_much_of_it(client, connect):
    one = connect()
    identifier = one.read()["data"]
    for frame in [b"ls", b"null", b'{"type":"exec","data":"x"}', b'{"type":"resize","data":{"cols":0,"rows":1}}']:
        one.send(frame)
    one.enter("echo still-$((1+1))")
    one.until("still-2")
    for _ in range(40):
        one.send(b"garbage")
    message = one.read()
    while isinstance(message, dict):
        message = one.read()
    assert message == 1008
    client.shell.cleanup_session(identifier)


def test_a_page_of_another_origin_opens_no_socket(connect):
    assert connect(Origin="https://evil.example").status == 403


def test_a_socket_elsewhere_is_refused(connect):
    assert connect("/v1/shell/sessions").status == 404

import threading
import time
import uuid

import pytest
from agent_sandbox.core.api_error import ApiError
from support import wait_for


@pytest.fixture
def pipe(client):
    """The id of a bash session of the test's own."""
    created = client.bash.create_session(session_id=f"test-{uuid.uuid4()}")
    yield created.data.session_id
    client.bash.close_session(created.data.session_id)


def run(client, session, command, **options):
    return client.bash.exec(session_id=session, command=command, **options).data


def read_all(client, started):
    """Everything that a command writes until its end, as a polling client reads it."""
    stdout, stderr, offset, stderr_offset = "", "", 0, 0
    while True:
        part = client.bash.output(
            session_id=started.session_id,
            command_id=started.command_id,
            offset=offset,
            stderr_offset=stderr_offset,
            wait=True,
            wait_timeout=30,
        ).data
        stdout, stderr, offset, stderr_offset = stdout + part.stdout, stderr + part.stderr, part.offset, part.stderr_offset
        if part.command.status != "running":
            return stdout, stderr, part.command


def processes_with(client, marker):
    pattern = f"[{marker[0]}]{marker[1:]}"
    return client.shell.exec_command(command=f"pgrep -af -- '{pattern}'").data.output


EXACT = {
    "both streams": ("echo out; echo err >&2", "out\n", "err\n", 0),
    "nothing": ("true", "", "", 0),
    "an exit code": ("exit 42", "", "", 42),
    "an unknown command": ("no-such-command", "", "/bin/bash: line 1: no-such-command: command not found\n", 127),
    "streams by name": ("echo a > /dev/stdout; echo b > /dev/stderr", "a\n", "b\n", 0),
    "letters beyond ASCII": ("echo 'ü € 😀 漢字'", "ü € 😀 漢字\n", "", 0),
    "bytes that are no text": ("printf 'a\\xffb'", "a\ufffdb", "", 0),
    "a here-document": ("cat <<'X'\n$a 'b' \"c\"\nX", "$a 'b' \"c\"\n", "", 0),
    "several lines": ("a=1\nb=2\necho $((a+b))", "3\n", "", 0),
    "no terminal": ("[ -t 0 ] || [ -t 1 ] || [ -t 2 ] || echo none", "none\n", "", 0),
    "death by a signal": ("kill -9 $$", "", "", 137),
    "a broken pipe": ('yes | head -n 1; echo "${PIPESTATUS[0]}"', "y\n141\n", "", 0),
    "python": ("python3 -c 'import sys; print(6*7); sys.exit(9)'", "42\n", "", 9),
}


@pytest.mark.parametrize("name", EXACT)
def test_output_and_exit_code_are_exact(client, pipe, name):
    command, stdout, stderr, code = EXACT[name]
    result = run(client, pipe, command)
    assert (result.status, result.stdout, result.stderr, result.exit_code) == ("completed", stdout, stderr, code)
    assert (result.command, result.session_id) == (command, pipe)
    assert result.command_id


def test_exec_without_a_session_makes_one(client):
    first = client.bash.exec(command="pwd", exec_dir="/usr").data
    second = client.bash.exec(session_id=first.session_id, command="pwd").data
    assert (second.stdout, second.session_id) == ("/usr\n", first.session_id)
    assert second.command_id != first.command_id
    client.bash.close_session(first.session_id)


def test_exec_makes_the_session_of_an_unknown_id(client):
    name = f"made on use {uuid.uuid4()}"
    assert client.bash.exec(session_id=name, command="echo hi").data.session_id == name
    assert name in [info.session_id for info in client.bash.sessions().data]
    client.bash.close_session(name)
    assert name not in [info.session_id for info in client.bash.sessions().data]


def test_state_does_not_carry_over_but_exec_dir_does(client, pipe):
    run(client, pipe, "cd /etc; export A=1", exec_dir="/usr/share")
    assert run(client, pipe, "pwd; echo [$A]").stdout == "/usr/share\n[]\n"


def test_a_missing_exec_dir_is_refused(client, pipe):
    before = run(client, pipe, "pwd").stdout
    with pytest.raises(ApiError) as error:
        run(client, pipe, "pwd", exec_dir="/no/such/dir")
    assert error.value.status_code == 400
    assert "/no/such/dir" in error.value.body["message"]
    assert run(client, pipe, "pwd").stdout == before


def test_env_is_for_one_command(client, pipe):
    assert run(client, pipe, 'echo "$A|$HOME"', env={"A": "$(id) 'ü\n", "HOME": None}).stdout == "$(id) 'ü\n|\n"
    assert run(client, pipe, 'echo "[$A]"; [ -n "$HOME" ]').exit_code == 0


def test_nothing_of_the_server_is_in_the_environment(client, pipe):
    output = run(client, pipe, "env; set; ls -l /proc/$$/fd").stdout
    for name in ["JWT", "SANDFLEET", "PUBLIC_PORT", "NODE_OPTIONS", "ptmx", "socket:"]:
        # Where the server's local socket is: the one thing that programs in the sandbox are told.
        assert name not in output.replace("BASH_EXECUTION_STRING", "").replace("SANDFLEET_SOCKET", "")


def test_a_snapshot_is_sourced_before_each_command(client, folder):
    path = f"{folder}/it's a snapshot.sh"
    client.file.write_file(file=path, content="shopt -s expand_aliases\nalias hello='echo hi'\nf() { echo f$1; }\nexport A=1\n")
    session = client.bash.create_session(snapshot_path=path, exec_dir=folder).data
    assert (session.working_dir, session.status, session.command_count) == (folder, "ready", 0)
    for _ in range(2):
        assert run(client, session.session_id, "hello; f 2; echo $A; A=9").stdout == "hi\nf2\n1\n"
    client.bash.close_session(session.session_id)


def test_create_session_without_arguments(client):
    info = client.bash.create_session().data
    assert info.session_id and info.status == "ready" and info.current_command is None
    assert client.bash.create_session(session_id=info.session_id).data.created_at == info.created_at
    assert client.bash.close_session(info.session_id).success is True


def test_sessions_show_what_runs(client, pipe):
    run(client, pipe, "true")
    run(client, pipe, "sleep 300", async_mode=True)
    [info] = [info for info in client.bash.sessions().data if info.session_id == pipe]
    assert (info.current_command, info.command_count, info.status) == ("sleep 300", 2, "ready")
    assert info.last_used_at >= info.created_at


@pytest.mark.parametrize("call", ["output", "write", "kill", "close"])
def test_an_unknown_session_is_404(client, call):
    with pytest.raises(ApiError) as error:
        if call == "close":
            client.bash.close_session("nobody")
        elif call == "write":
            client.bash.write(session_id="nobody", input="x")
        else:
            getattr(client.bash, call)(session_id="nobody")
    assert error.value.status_code == 404
    assert error.value.body == {"success": False, "message": "Session not found", "data": None}


def test_timeout_answers_running_and_the_command_goes_on(client, pipe, folder):
    started = run(client, pipe, f"echo a; until [ -e {folder}/go ]; do sleep 0.05; done; echo b >&2; exit 3", timeout=1)
    assert (started.status, started.stdout, started.exit_code, started.offset) == ("running", "a\n", None, 2)
    client.file.write_file(file=f"{folder}/go", content="")
    stdout, stderr, command = read_all(client, started)
    assert (stdout, stderr, command.status, command.exit_code) == ("a\n", "b\n", "completed", 3)


def test_async_mode_answers_at_once(client, pipe):
    started = run(client, pipe, "for i in 1 2 3; do echo $i; sleep 0.3; done", async_mode=True)
    assert (started.status, started.offset, started.exit_code) == ("running", 0, None)
    assert read_all(client, started)[0] == "1\n2\n3\n"


def test_hard_timeout_ends_all_that_was_started(client, pipe):
    seconds = f"3{uuid.uuid4().int % 10**7}"
    result = run(client, pipe, f"echo begun; setsid sleep {seconds} & sleep {seconds}", hard_timeout=1)
    assert (result.status, result.stdout) == ("timed_out", "begun\n")
    assert processes_with(client, f"sleep {seconds}") == ""


def test_output_is_read_by_bytes_and_whole_letters(client, pipe):
    started = run(client, pipe, "for c in $(echo é € 😀 é € 😀); do printf %s $c; sleep 0.05; done; printf '\\xe2'", async_mode=True)
    stdout, _, command = read_all(client, started)
    assert (stdout, command.status) == ("é€😀é€😀\ufffd", "completed")
    end = client.bash.output(session_id=pipe, offset=2).data
    assert (end.stdout, end.offset) == ("€😀é€😀\ufffd", 19)


def test_wait_comes_with_output_and_gives_up_in_time(client, pipe):
    run(client, pipe, "read x; echo got $x; sleep 300", async_mode=True)
    begin = time.monotonic()
    assert client.bash.output(session_id=pipe, wait=True, wait_timeout=1).data.stdout == ""
    assert time.monotonic() - begin >= 1
    threading.Timer(0.3, lambda: client.bash.write(session_id=pipe, input="it\n")).start()
    part = client.bash.output(session_id=pipe, wait=True, wait_timeout=60).data
    assert (part.stdout, part.command.status) == ("got it\n", "running")


def test_commands_of_a_session_run_beside_each_other(client, pipe):
    first = run(client, pipe, "cat", async_mode=True)
    second = run(client, pipe, "cat", async_mode=True)
    client.bash.write(session_id=pipe, input="latest\n")
    client.bash.write(session_id=pipe, command_id=first.command_id, input="first\n")
    for started, text in [(first, "first\n"), (second, "latest\n")]:
        part = client.bash.output(session_id=pipe, command_id=started.command_id, wait=True).data
        assert (part.stdout, part.command.command_id) == (text, started.command_id)


def test_eof_ends_the_input(client, http, pipe):
    started = run(client, pipe, "wc -c", async_mode=True)
    client.bash.write(session_id=pipe, input="é€\n")
    answer = http.post("/v1/bash/write", json={"session_id": pipe, "input": "x", "eof": True}).json()
    assert answer["data"]["bytes_written"] == 1
    assert read_all(client, started)[0].strip() == "7"
    with pytest.raises(ApiError) as error:
        client.bash.write(session_id=pipe, input="late")
    assert error.value.status_code == 409


def test_driving_a_python_prompt(client, pipe):
    started = run(client, pipe, "python3 -uiq", async_mode=True)
    client.bash.write(session_id=pipe, input="print(6*7)\n")
    wait_for(lambda: "42\n" in client.bash.output(session_id=pipe).data.stdout)
    client.bash.write(session_id=pipe, input="exit()\n")
    assert read_all(client, started)[2].exit_code == 0


@pytest.mark.parametrize("signal,code", [("SIGTERM", 143), ("SIGKILL", 137), ("SIGINT", 130)])
def test_kill_sends_the_signal(client, pipe, signal, code):
    started = run(client, pipe, "echo up; sleep 300", async_mode=True)
    client.bash.output(session_id=pipe, wait=True)
    assert client.bash.kill(session_id=pipe, signal=signal).data["status"] == "killed"
    command = read_all(client, started)[2]
    assert (command.status, command.exit_code) == ("killed", code)


STUBBORN = {
    "a pipeline": "sleep {0} | cat",
    "a daemon": "(setsid sleep {0} >/dev/null 2>&1 &); sleep 300",
    "an orphan without its environment": "setsid env -i sleep {0} & wait",
    "what ignores signals": "trap '' TERM INT HUP; sleep {0}; sleep {0}",
    "a daemon that ignores signals": "setsid bash -c \"trap '' TERM INT; sleep {0}; sleep {0}\" & wait",
}


@pytest.mark.parametrize("name", STUBBORN)
def test_kill_leaves_nothing_running(client, pipe, name):
    seconds = f"3{uuid.uuid4().int % 10**7}"
    run(client, pipe, STUBBORN[name].format(seconds), async_mode=True)
    wait_for(lambda: processes_with(client, f"sleep {seconds}"))
    assert client.bash.kill(session_id=pipe).success is True
    assert processes_with(client, f"sleep {seconds}") == ""


def test_closing_a_session_ends_its_commands(client):
    seconds = f"3{uuid.uuid4().int % 10**7}"
    started = client.bash.exec(command=f"sleep {seconds}", async_mode=True).data
    wait_for(lambda: processes_with(client, f"sleep {seconds}"))
    client.bash.close_session(started.session_id)
    assert processes_with(client, f"sleep {seconds}") == ""


def test_background_programs_live_on_and_hold_nobody(client, pipe, folder):
    begin = time.monotonic()
    answer = client.bash.exec(session_id=pipe, command=f"(until [ -e {folder}/go ]; do sleep 0.05; done; echo late) & echo now")
    assert (answer.data.status, answer.data.stdout) == ("completed", "now\n")
    assert "background" in answer.hint and time.monotonic() - begin < 30
    client.file.write_file(file=f"{folder}/go", content="")
    wait_for(lambda: client.bash.output(session_id=pipe, offset=answer.data.offset).data.stdout == "late\n")


def test_long_output_is_cut_in_the_middle(client, pipe):
    result = run(client, pipe, "seq 1 20000; seq 1 20000 >&2")
    for text in [result.stdout, result.stderr]:
        assert text.startswith("1\n2\n") and text.endswith("19999\n20000\n") and "characters omitted" in text
        assert 49_000 < len(text) < 50_100
    assert result.offset == 108_894
    assert run(client, pipe, "echo abcdefghij", max_output_length=4).stdout == "ab\n[... 7 characters omitted ...]\nj\n"
    whole = run(client, pipe, "seq 1 200000", max_output_length=0).stdout
    assert whole == "".join(f"{n}\n" for n in range(1, 200_001))


def test_the_last_of_endless_output_is_kept(client, pipe):
    answer = client.bash.exec(session_id=pipe, command="head -c 40000000 /dev/zero | tr '\\0' x; echo END", max_output_length=100)
    assert answer.data.stdout.endswith("END\n") and answer.data.offset == 40_000_004
    assert "missing" in answer.hint


def test_a_long_command_works(client, pipe):
    assert run(client, pipe, f"x='{'é' * 200_000}'; echo ${{#x}} $#").stdout == "200000 0\n"


def test_many_commands_at_once(client):
    results = {}

    def one(index):
        results[index] = client.bash.exec(session_id=f"many-{index % 4}", command=f"echo {index}; exit {index}").data

    threads = [threading.Thread(target=one, args=(index,)) for index in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [(results[index].stdout, results[index].exit_code) for index in range(32)] == [(f"{i}\n", i) for i in range(32)]
    for index in range(4):
        client.bash.close_session(f"many-{index}")


BAD = [
    {},
    {"command": ""},
    {"command": 1},
    {"command": None},
    {"command": "a\x00b"},
    {"command": "true", "timeout": "x"},
    {"command": "true", "hard_timeout": 0},
    {"command": "true", "env": {"A=B": "x"}},
    {"command": "true", "env": {"A": 1}},
    {"command": "true", "max_output_length": -1},
]


@pytest.mark.parametrize("body", BAD)
def test_a_bad_body_is_refused_in_the_documented_form(http, body):
    answer = http.post("/v1/bash/exec", json=body)
    assert answer.status_code == 422
    assert set(answer.json()["detail"][0]) == {"loc", "msg", "type"}


def test_null_stands_for_an_optional_field_left_out(http):
    nulls = dict.fromkeys(["session_id", "exec_dir", "env", "async_mode", "timeout", "hard_timeout", "max_output_length"])
    answer = http.post("/v1/bash/exec", json={"command": "echo hi", **nulls}).json()
    assert answer["data"]["stdout"] == "hi\n"
    http.post(f"/v1/bash/sessions/{answer['data']['session_id']}/close")

import base64
import concurrent.futures
import threading
import time
import uuid

import httpx
import pytest
from agent_sandbox.core.api_error import ApiError
from support import wait_for


@pytest.fixture
def kernel(client):
    """The id of a session of the test's own."""
    created = client.jupyter.create_session(session_id=f"test-{uuid.uuid4()}")
    yield created.data.session_id
    try:
        client.jupyter.delete_session(created.data.session_id)
    except ApiError:
        pass


def run(client, session, code, **options):
    return client.jupyter.execute_code(session_id=session, code=code, **options).data


def text_of(outputs, name="stdout"):
    return "".join(output.text for output in outputs if output.output_type == "stream" and output.name == name)


def value_of(outputs):
    return [output.data["text/plain"] for output in outputs if output.output_type == "execute_result"]


def test_info_names_kernels_and_limits(client):
    info = client.jupyter.get_info().data
    assert "python3" in info.available_kernels
    assert info.default_kernel in info.available_kernels
    assert info.max_sessions >= 1
    assert info.session_timeout_seconds >= 1
    assert info.description and info.kernel_detection


def test_a_new_id_is_created_and_keeps_its_variables(client):
    session = f"test-{uuid.uuid4()}"
    first = run(client, session, "x = 41")
    assert (first.status, first.session_id, first.outputs, first.execution_count) == ("ok", session, [], 1)
    assert first.code == "x = 41"
    assert first.msg_id
    second = run(client, session, "x + 1")
    assert value_of(second.outputs) == ["42"]
    assert second.outputs[0].execution_count == second.execution_count == 2
    assert second.msg_id != first.msg_id
    client.jupyter.delete_session(session)


def test_without_an_id_a_session_is_made_that_can_be_used_again(client):
    first = client.jupyter.execute_code(code="y = 7").data
    assert value_of(run(client, first.session_id, "y").outputs) == ["7"]
    client.jupyter.delete_session(first.session_id)


CELLS = {
    "the last expression": ("2**10", ["1024"], "", ""),
    "a statement": ("z = 5", [], "", ""),
    "nothing": ("", [], "", ""),
    "printed text": ("print('a'); print('b', end='')", [], "a\nb", ""),
    "both streams": ("import sys; print('o'); print('e', file=sys.stderr)", [], "o\n", "e\n"),
    "letters beyond ASCII": ("print('ü € 😀 漢字'); 'ü😀'", ["'ü😀'"], "ü € 😀 漢字\n", ""),
    "a shell line": ("!echo from the shell", [], "from the shell\r\n", ""),
    "awaited code": ("import asyncio\nawait asyncio.sleep(0.01)\n'done'", ["'done'"], "", ""),
    "a suppressed value": ("5;", [], "", ""),
    "a function over many lines": ("def f(n):\n    return n * 2\n\nf(4)", ["8"], "", ""),
    "NUL and escapes": ("print('\\0\\x1b[31m', end='')", [], "\0\x1b[31m", ""),
}


@pytest.mark.parametrize("name", CELLS)
def test_outputs_are_exact(client, kernel, name):
    code, values, out, err = CELLS[name]
    result = run(client, kernel, code)
    assert result.status == "ok"
    assert value_of(result.outputs) == values
    assert text_of(result.outputs) == out
    assert text_of(result.outputs, "stderr") == err


def test_consecutive_writes_are_one_output(client, kernel):
    result = run(client, kernel, "import sys\nfor i in range(500):\n    print(i); sys.stdout.flush()")
    assert len(result.outputs) == 1
    assert result.outputs[0].text == "".join(f"{i}\n" for i in range(500))


ERRORS = {
    "a division": ("1/0", "ZeroDivisionError", "division by zero"),
    "a name": ("nothing_here", "NameError", "name 'nothing_here' is not defined"),
    "a syntax": ("1 +", "SyntaxError", "invalid syntax"),
    "a value with letters": ("raise ValueError('ü')", "ValueError", "ü"),
    "an exit code": ("import sys; sys.exit(3)", "SystemExit", "3"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors_are_outputs(client, kernel, name):
    code, ename, evalue = ERRORS[name]
    result = run(client, kernel, code)
    assert result.status == "error"
    error = next(output for output in result.outputs if output.output_type == "error")
    assert (error.ename, evalue in error.evalue) == (ename, True)
    assert ename in "\n".join(error.traceback)
    assert value_of(run(client, kernel, "1").outputs) == ["1"]


def test_what_was_printed_before_an_error_stays(client, kernel):
    result = run(client, kernel, "print('before')\nraise KeyError('k')")
    assert [output.output_type for output in result.outputs] == ["stream", "error"]
    assert result.outputs[0].text == "before\n"


def test_input_is_an_error_at_once(client, kernel):
    began = time.monotonic()
    result = run(client, kernel, "input('name? ')", timeout=300)
    assert result.outputs[-1].ename == "StdinNotImplementedError"
    assert time.monotonic() - began < 60


def test_a_plot_is_a_picture(client, kernel):
    result = run(client, kernel, "import matplotlib.pyplot as plt\nplt.plot([1, 2, 3])\nplt.show()", timeout=120)
    assert result.status == "ok"
    pictures = [output.data["image/png"] for output in result.outputs if output.output_type == "display_data"]
    assert len(pictures) == 1
    assert base64.b64decode(pictures[0]).startswith(b"\x89PNG\r\n")


def test_a_table_has_text_and_html(client, kernel):
    result = run(client, kernel, "import pandas as pd\npd.DataFrame({'column': [1, 2]})", timeout=120)
    assert "column" in result.outputs[-1].data["text/plain"]
    assert "<table" in result.outputs[-1].data["text/html"]


def test_cleared_and_updated_outputs_are_as_a_notebook_shows_them(client, kernel):
    code = (
        "from IPython.display import clear_output, display\n"
        "print('gone')\nclear_output()\nprint('stays')\n"
        "shown = display('first', display_id=True)\nshown.update('second')"
    )
    result = run(client, kernel, code)
    assert text_of(result.outputs) == "stays\n"
    assert [output.data["text/plain"] for output in result.outputs if output.output_type == "display_data"] == ["'second'"]
    waiting = "for i in range(50):\n    clear_output(wait=True)\n    print(i)"
    assert [output.text for output in run(client, kernel, waiting).outputs] == ["49\n"]


INTERRUPTED = {
    "a busy loop": "while True: pass",
    "a sleep": "import time; time.sleep(600)",
    "an awaited sleep": "import asyncio; await asyncio.sleep(600)",
    "a child process": "import subprocess; subprocess.run(['sleep', '600'])",
}


@pytest.mark.parametrize("name", INTERRUPTED)
def test_a_timeout_interrupts_and_the_session_stays(client, kernel, name):
    run(client, kernel, "kept = 'yes'")
    result = run(client, kernel, f"print('begun')\n{INTERRUPTED[name]}", timeout=2)
    assert result.status == "timeout"
    assert text_of(result.outputs).startswith("begun\n")
    assert value_of(run(client, kernel, "kept").outputs) == ["'yes'"]


def test_code_that_takes_no_interrupt_loses_its_kernel(client, kernel):
    code = "import time\nwhile True:\n    try:\n        time.sleep(600)\n    except KeyboardInterrupt:\n        pass"
    answer = client.jupyter.execute_code(session_id=kernel, code=f"lost = 1\n{code}", timeout=1)
    assert answer.data.status == "timeout"
    assert "gone" in answer.hint
    again = client.jupyter.execute_code(session_id=kernel, code="'lost' in globals()")
    assert value_of(again.data.outputs) == ["False"]
    assert "without its variables" in again.hint


DEATHS = {
    "an exit of the process": ("import os; os._exit(7)", "exit code 7"),
    "a segmentation fault": ("import ctypes; ctypes.string_at(0)", "SIGSEGV"),
    "a kill": ("import os; os.kill(os.getpid(), 9)", "SIGKILL"),
}


@pytest.mark.parametrize("name", DEATHS)
def test_a_kernel_that_dies_is_told_and_replaced(client, kernel, name):
    code, reason = DEATHS[name]
    mark = f"/tmp/death-{uuid.uuid4().hex}"
    run(client, kernel, "lost = 1")
    answer = client.jupyter.execute_code(session_id=kernel, code=f"open('{mark}', 'a').write('x')\n{code}")
    assert answer.data.status == "error"
    assert answer.data.outputs[-1].ename == "KernelDied"
    assert reason in answer.data.outputs[-1].evalue
    again = client.jupyter.execute_code(session_id=kernel, code="'lost' in globals()")
    assert value_of(again.data.outputs) == ["False"]
    assert "without its variables" in again.hint
    # Code that ended its kernel has run once, not again in the next kernel.
    assert client.file.read_file(file=mark).data.content == "x"


def test_exit_ends_the_kernel_and_not_the_session(client, kernel):
    assert run(client, kernel, "a = 1\nexit()").status == "ok"
    answer = client.jupyter.execute_code(session_id=kernel, code="'a' in globals()")
    assert value_of(answer.data.outputs) == ["False"]
    assert "without its variables" in answer.hint


def test_a_killed_host_is_replaced(client, kernel):
    # The server reaches its kernels through one process; whatever code does to it must not be the end.
    code = "import os; os.kill(os.getppid(), 9); import time; time.sleep(60)"
    answer = client.jupyter.execute_code(session_id=kernel, code=code)
    assert answer.data.outputs[-1].ename == "KernelDied"
    assert value_of(run(client, kernel, "3").outputs) == ["3"]


def test_new_kernels_start_after_somebody_tidied_up(client, kernel):
    client.shell.exec_command(command="rm -rf /tmp/kernels-*")
    assert value_of(run(client, kernel, "4").outputs) == ["4"]
    # More than the kernels that were waiting already.
    for number in range(3):
        other = f"test-{uuid.uuid4()}"
        assert value_of(run(client, other, str(number)).outputs) == [str(number)]
        client.jupyter.delete_session(other)


def test_much_output_is_cut_with_a_note(client, kernel):
    result = run(client, kernel, "print('x' * 50_000_000)", timeout=120)
    assert result.status == "ok"
    assert 1000 < len(result.outputs[0].text) < 50_000_000
    assert set(result.outputs[0].text) == {"x"}
    assert "truncated" in result.outputs[-1].text
    late = run(client, kernel, "print('x' * 50_000_000); 1/0", timeout=120)
    assert late.outputs[-1].output_type == "error" or late.outputs[-2].output_type == "error"
    assert value_of(run(client, kernel, "1").outputs) == ["1"]


def test_a_huge_value_is_cut(client, kernel):
    result = run(client, kernel, "'q' * 30_000_000", timeout=120)
    assert len(value_of(result.outputs)[0]) < 30_000_000
    assert "truncated" in result.outputs[-1].text


def test_many_displays_are_bounded(client, kernel):
    result = run(client, kernel, "for i in range(3000): display(i)", timeout=120)
    assert result.status == "ok"
    assert len(result.outputs) < 3000
    assert result.outputs[0].data["text/plain"] == "0"


def test_a_hundred_calls_in_a_row(client, kernel):
    run(client, kernel, "total = 0")
    for number in range(100):
        assert run(client, kernel, f"total += {number}").status == "ok"
    assert value_of(run(client, kernel, "total").outputs) == ["4950"]


def test_sessions_are_apart_and_run_at_once(client):
    sessions = [f"test-{uuid.uuid4()}" for _ in range(3)]
    path = f"/tmp/meeting-{uuid.uuid4().hex}"
    # Each waits until all three have begun.
    code = (
        "import glob, time\nopen('{path}-{n}', 'w').close()\n"
        "while len(glob.glob('{path}-*')) < 3: time.sleep(0.02)\nmine = {n}\nmine"
    )
    with concurrent.futures.ThreadPoolExecutor() as pool:
        codes = [code.format(path=path, n=n) for n in range(3)]
        results = list(pool.map(lambda pair: run(client, *pair, timeout=120), zip(sessions, codes)))
    assert [value_of(result.outputs) for result in results] == [["0"], ["1"], ["2"]]
    assert [value_of(run(client, session, "mine").outputs) for session in sessions] == [["0"], ["1"], ["2"]]
    for session in sessions:
        client.jupyter.delete_session(session)


def test_code_of_one_session_queues(client, kernel):
    run(client, kernel, "order = []")
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        code = "order.append('in'); import time; time.sleep(0.05); order.append('out')"
        assert {result.status for result in pool.map(lambda _: run(client, kernel, code), range(8))} == {"ok"}
    assert value_of(run(client, kernel, "order == ['in', 'out'] * 8").outputs) == ["True"]


def test_a_client_that_hangs_up_interrupts(base_url, headers, client, kernel):
    code = "begun = 1\nimport time\ntime.sleep(600)"
    body = {"session_id": kernel, "code": code, "timeout": 300}
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(f"{base_url}/v1/jupyter/execute", json=body, headers=headers, timeout=2)
    assert value_of(run(client, kernel, "begun", timeout=60).outputs) == ["1"]


def test_cwd(client, folder):
    session = f"test-{uuid.uuid4()}"
    client.jupyter.create_session(session_id=session, cwd=folder)
    assert value_of(run(client, session, "import os; os.getcwd()").outputs) == [repr(folder)]
    assert value_of(run(client, session, "os.getcwd()", cwd="/usr").outputs) == ["'/usr'"]
    assert value_of(run(client, session, "os.getcwd()").outputs) == ["'/usr'"]
    for wrong in ["/no/such", "/etc/passwd", "a\0b"]:
        with pytest.raises(ApiError) as refused:
            run(client, session, "1", cwd=wrong)
        assert refused.value.status_code == 400
    client.jupyter.delete_session(session)


def test_a_session_begins_in_the_workspace(client, kernel):
    workspace = client.sandbox.get_context().detail.system.workspace
    code = f"import os; os.path.samefile(os.getcwd(), {workspace!r})"
    assert value_of(run(client, kernel, code).outputs) == ["True"]


def test_files_named_as_modules_stop_no_kernel(client, folder):
    for name in ["random", "queue", "ipykernel", "zmq"]:
        client.file.write_file(file=f"{folder}/{name}.py", content="raise SystemExit('wrong module')")
    session = client.jupyter.create_session(cwd=folder).data.session_id
    assert value_of(run(client, session, "import random; random.randint(3, 3)").outputs) == ["3"]
    client.jupyter.delete_session(session)


def test_modules_of_the_directory_can_be_imported(client, folder):
    client.file.write_file(file=f"{folder}/my_module.py", content="VALUE = 'mine'")
    session = client.jupyter.create_session(cwd=folder).data.session_id
    assert value_of(run(client, session, "import my_module; my_module.VALUE").outputs) == ["'mine'"]
    client.jupyter.delete_session(session)


@pytest.mark.parametrize("alias", ["python", "python3"])
def test_names_of_the_kernel(client, alias):
    created = client.jupyter.create_session(kernel_name=alias).data
    assert created.kernel_name in client.jupyter.get_info().data.available_kernels
    assert created.message
    client.jupyter.delete_session(created.session_id)


def test_an_unknown_kernel_is_refused_with_those_there_are(client):
    with pytest.raises(ApiError) as refused:
        client.jupyter.execute_code(code="1", kernel_name="fortran")
    assert refused.value.status_code == 400
    assert "python3" in refused.value.body["message"]


def test_sessions_are_listed_and_deleted(client, kernel):
    before = time.time()
    run(client, kernel, "1")
    info = client.jupyter.list_sessions().data.sessions[kernel]
    assert info.kernel_name.startswith("python3")
    assert abs(info.last_used - before) < 300
    assert info.age_seconds >= 0
    client.jupyter.delete_session(kernel)
    assert kernel not in client.jupyter.list_sessions().data.sessions
    with pytest.raises(ApiError) as missing:
        client.jupyter.delete_session(kernel)
    assert (missing.value.status_code, missing.value.body["message"]) == (404, "Session not found")


def test_creating_a_session_twice_finds_it(client, kernel):
    run(client, kernel, "here = 1")
    assert client.jupyter.create_session(session_id=kernel).data.session_id == kernel
    assert value_of(run(client, kernel, "here").outputs) == ["1"]


def test_a_deleted_session_ends_its_code_and_its_children(client):
    session = f"test-{uuid.uuid4()}"
    pid = int(value_of(run(client, session, "import subprocess; subprocess.Popen(['sleep', '600']).pid").outputs)[0])
    results = []
    thread = threading.Thread(target=lambda: results.append(run(client, session, "import time; time.sleep(600)", timeout=300)))
    thread.start()
    wait_for(lambda: session in client.jupyter.list_sessions().data.sessions)
    time.sleep(0.5)
    client.jupyter.delete_session(session)
    thread.join(60)
    assert results[0].outputs[-1].ename == "KernelDied"
    gone = f"! kill -0 {pid} 2>/dev/null || grep -q '^State:.Z' /proc/{pid}/status"
    wait_for(lambda: client.shell.exec_command(command=gone).data.exit_code == 0)


def test_open_files_are_written_when_a_session_ends(client, folder):
    session = client.jupyter.create_session().data.session_id
    run(client, session, f"f = open('{folder}/unclosed', 'w'); f.write('all of it')")
    client.jupyter.delete_session(session)
    assert client.file.read_file(file=f"{folder}/unclosed").data.content == "all of it"


def test_kernels_hold_nothing_of_the_server(client, kernel):
    names = "JWT_PUBLIC_KEY", "PUBLIC_PORT", "LOG_LEVEL", "MAX_JUPYTER_SESSIONS"
    code = f"import os\n[n for n in os.environ if n in {names!r} or n.startswith('SANDFLEET_')]"
    assert value_of(run(client, kernel, code).outputs) == ["['SANDFLEET_SOCKET']"]
    # Kernel and host meet at Unix sockets; an established TCP connection, state 01, would be one of the server's.
    sockets = (
        "import re\nfiles = [f for f in ('/proc/net/tcp', '/proc/net/tcp6') if os.path.exists(f)]\n"
        "lines = [line.split() for f in files for line in open(f)]\n"
        "inodes = {fields[9] for fields in lines if fields[3] == '01'}\n"
        "[fd for fd in os.listdir('/proc/self/fd') if os.path.exists(f'/proc/self/fd/{fd}')"
        " and (m := re.match(r'socket:.(\\d+)', os.readlink(f'/proc/self/fd/{fd}'))) and m[1] in inodes]"
    )
    assert value_of(run(client, kernel, sockets).outputs) == ["[]"]


@pytest.mark.parametrize(
    "body",
    [{}, {"code": 1}, {"code": "1", "timeout": 0}, {"code": "1", "timeout": 301}, {"code": "1", "session_id": ""}],
)
def test_wrong_fields_are_refused(http, body):
    answer = http.post("/v1/jupyter/execute", json=body)
    assert answer.status_code == 422
    assert isinstance(answer.json()["detail"], list)


def test_null_is_as_good_as_left_out(http):
    body = {"code": "1 + 1", "timeout": None, "kernel_name": None, "session_id": None, "cwd": None}
    data = http.post("/v1/jupyter/execute", json=body).json()["data"]
    assert data["outputs"][0]["data"]["text/plain"] == "2"
    http.delete(f"/v1/jupyter/sessions/{data['session_id']}")


def test_sessions_without_an_id_give_way(client):
    limit = client.jupyter.get_info().data.max_sessions
    made = [client.jupyter.execute_code(code=f"v = {n}").data.session_id for n in range(6)]
    assert len(client.jupyter.list_sessions().data.sessions) <= limit
    assert value_of(run(client, made[-1], "v").outputs) == ["5"]
    answer = client.jupyter.execute_code(session_id=made[0], code="'v' in globals()")
    if value_of(answer.data.outputs) == ["False"]:
        assert "has ended" in answer.hint
    for session in set(made) & set(client.jupyter.list_sessions().data.sessions):
        client.jupyter.delete_session(session)

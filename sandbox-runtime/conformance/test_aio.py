"""The command `aio` as it is in the image, run in the sandbox's own shell."""

import json

import pytest


@pytest.fixture(scope="module", autouse=True)
def installed(client):
    if client.shell.exec_command(command="command -v aio").data.exit_code != 0:
        pytest.skip("aio is in the image alone")


@pytest.fixture
def run(client):
    def call(command):
        done = client.bash.exec(command=command, timeout=120).data
        return done.exit_code, done.stdout or "", done.stderr or ""

    return call


@pytest.fixture(scope="module")
def browser(http):
    if http.get("/v1/services/browser").json()["data"]["state"] == "disabled":
        pytest.skip("the browser is disabled here")


def test_it_needs_no_credential_inside_of_the_sandbox(run):
    assert run("aio sandbox ping") == (0, "pong\n", "")


def test_a_pipe_gets_json(run):
    code, out, _ = run("aio sandbox info")
    info = json.loads(out)
    assert code == 0 and info["version"] and info["home_dir"].startswith("/")


def test_a_terminal_gets_a_table(run):
    code, out, _ = run("script -qec 'aio sandbox services' /dev/null </dev/null")
    assert code == 0 and out.startswith("NAME") and "code-server" in out


@pytest.mark.parametrize("group", ["browser", "gui", "sandbox", "skills", "mcp"])
def test_help_at_each_level(run, group):
    code, out, _ = run(f"aio {group} --help")
    assert code == 0 and f"usage: aio {group}" in out


def test_a_command_tells_its_options_from_the_contract(run):
    code, out, _ = run("aio browser navigate --help")
    assert code == 0 and "--wait-until load|domcontentloaded|networkidle|commit" in out


@pytest.mark.parametrize(
    ("command", "code", "words"),
    [
        ("aio browser fly", 2, "there is no browser fly"),
        ("aio browser navigate", 2, "URL is missing"),
        ("aio gui move a b", 2, "is no number"),
        ("aio skills show nobody-here", 1, "not found"),
        ("aio mcp call nothing nothing", 1, "nothing"),
        ("aio sandbox ping --api-url http://127.0.0.1:9", 3, "can't be reached"),
        ("aio sandbox ping --api-url nowhere", 2, "is no address"),
    ],
)
def test_exit_codes(run, command, code, words):
    status, out, err = run(command)
    assert status == code and words in err and out == ""


def test_skills(run, folder):
    text = "---\\nname: aio-test\\ndescription: A test\\n---\\nSay hello.\\n"
    assert run(f"mkdir {folder}/s && printf '%b' '{text}' >{folder}/s/SKILL.md")[0] == 0
    assert run(f"aio skills register {folder}/s")[0] == 0
    try:
        assert "aio-test" in run("aio skills list")[1]
        assert run("aio skills show aio-test -o -")[1].strip() == "Say hello."
    finally:
        assert run("aio skills remove aio-test")[0] == 0


def test_mcp(run):
    assert "shell" in json.loads(run("aio mcp list")[1])
    assert "browser_navigate" in run("aio mcp tools browser")[1]
    code, out, _ = run("aio mcp call shell shell_exec 'command=echo $((6 * 7))'")
    assert code == 0 and "42" in out


def test_a_page_is_opened_read_and_pictured(run, browser, folder):
    page = "data:text/html,<title>aio</title><h1>Hello</h1><input id=a><button onclick=document.title=a.value>Go</button>"
    code, out, err = run(f"aio browser navigate '{page}'")
    assert code == 0 and json.loads(out)["title"] == "aio", err
    assert "Hello" in run("aio browser text")[1]
    assert run("aio browser fill '#a' 'from aio'")[0] == 0
    assert run("aio browser click 'text=Go'")[0] == 0
    assert json.loads(run("aio browser evaluate document.title")[1]) == "from aio"
    assert "# Hello" in run("aio browser markdown -o -")[1]
    assert run(f"aio browser screenshot -o {folder}/a.png && file -b --mime-type {folder}/a.png")[1].endswith("image/png\n")
    assert run(f"aio browser screenshot -o {folder}/a.jpg && file -b --mime-type {folder}/a.jpg")[1].endswith("image/jpeg\n")


def test_a_selector_that_matches_nothing(run, browser):
    code, out, err = run("aio browser click '#nothing' --timeout 0.5")
    assert code == 1 and "#nothing" in err


def test_the_screen(run, browser, folder):
    assert run("aio gui move 100 120")[0] == 0
    assert run("aio gui move-by -20 -20")[0] == 0
    assert run(f"aio gui screenshot -o {folder}/s.png && file -b {folder}/s.png")[1].count("PNG image data") == 1
    code, _, err = run("aio gui click 99999 5")
    assert code == 1 and err


def test_completion(run):
    script = "COMP_WORDS=(aio browser nav); COMP_CWORD=2; _aio; echo ${COMPREPLY[@]}"
    assert run(f'eval "$(aio completion bash)"; {script}')[1] == "navigate\n"

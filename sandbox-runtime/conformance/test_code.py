import pytest
from agent_sandbox.core.api_error import ApiError


def run(client, language, code, **options):
    return client.code.execute_code(language=language, code=code, **options).data


def value(result):
    return next((output["data"]["text/plain"] for output in result.outputs if output["output_type"] == "execute_result"), None)


LANGUAGES = ["python", "javascript"]
PRINT = {"python": "print('hi')", "javascript": "console.log('hi')"}
WARN = {"python": "import sys; print('oops', file=sys.stderr)", "javascript": "console.error('oops')"}
FAIL = {"python": "raise ValueError('bad')", "javascript": "throw new RangeError('bad')"}
LOOP = {"python": "while True: pass", "javascript": "while (true);"}
SET = {"python": "x = 41", "javascript": "const x = 41"}
UNSET = {"python": "'x' in globals()", "javascript": "typeof x !== 'undefined'"}
CWD = {"python": "import os; print(os.getcwd())", "javascript": "console.log(process.cwd())"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_stdout(client, language):
    result = run(client, language, PRINT[language])
    assert (result.language, result.status, result.exit_code, result.code) == (language, "ok", 0, PRINT[language])
    assert (result.stdout, result.stderr, result.traceback) == ("hi\n", "", None)
    assert result.outputs[0] == {"output_type": "stream", "name": "stdout", "text": "hi\n"}
    assert result.session_id is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_stderr(client, language):
    result = run(client, language, WARN[language])
    assert (result.status, result.stdout, result.stderr) == ("ok", "", "oops\n")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_last_value_is_visible(client, language):
    assert value(run(client, language, "2**10")) == "1024"


@pytest.mark.parametrize("language", LANGUAGES)
def test_errors(client, language):
    result = run(client, language, FAIL[language])
    assert (result.status, result.exit_code) == ("error", 1)
    assert "bad" in "\n".join(result.traceback)
    assert "bad" in result.stderr and "\x1b" not in result.stderr
    last = result.outputs[-1]
    assert (last["output_type"], last["evalue"]) == ("error", "bad")


@pytest.mark.parametrize("language", LANGUAGES)
def test_timeouts(client, language):
    result = run(client, language, LOOP[language], timeout=2)
    assert (result.status, result.exit_code) == ("timeout", 124)


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_kept_by_default(client, language):
    run(client, language, SET[language])
    assert value(run(client, language, UNSET[language])).lower() == "false"


@pytest.mark.parametrize("language", LANGUAGES)
def test_state_is_kept_by_stateful_and_by_id(client, language):
    first = run(client, language, SET[language], stateful=True)
    assert first.session_id
    second = run(client, language, "x + 1", session_id=first.session_id)
    assert (second.session_id, value(second)) == (first.session_id, "42")


@pytest.mark.parametrize("language", LANGUAGES)
def test_cwd(client, language, folder):
    assert run(client, language, CWD[language], cwd=folder).stdout == f"{folder}\n"


ALIASES = {"py": "python", "python3": "python", "js": "javascript", "node": "javascript", "nodejs": "javascript"}


@pytest.mark.parametrize("alias", ALIASES)
def test_aliases_answer_with_the_language_itself(http, alias):
    answer = http.post("/v1/code/execute", json={"language": alias, "code": "1 + 1", "timeout": None}).json()
    assert (answer["success"], answer["data"]["language"]) == (True, ALIASES[alias])


def test_an_unknown_language_is_refused(client):
    with pytest.raises(ApiError) as refused:
        run(client, "ruby", "1")
    assert refused.value.status_code == 422


def test_javascript_may_be_a_module(client):
    code = "import { sep } from 'path'; export const a = await Promise.resolve(sep); console.log(a)"
    assert run(client, "javascript", code).stdout == "/\n"


def test_javascript_runs_once_whatever_it_fails_over(client, folder):
    failing = 'require("fs").appendFileSync("runs", "1"); await Promise.resolve("{").then(JSON.parse)'
    assert "SyntaxError" in run(client, "javascript", failing, cwd=folder).stderr
    assert client.file.read_file(file=f"{folder}/runs").data.content == "1"


def test_javascript_may_exit(client):
    assert run(client, "javascript", "process.exit(5)").exit_code == 5


def test_javascript_sessions_are_those_of_nodejs(client):
    made = run(client, "javascript", "let y = 2", stateful=True)
    assert made.session_id in client.nodejs.list_sessions().data.sessions
    client.nodejs.delete_session(made.session_id)


def test_info_lists_both_languages(client):
    languages = {info.language: info for info in client.code.get_info().data.languages}
    assert sorted(languages) == ["javascript", "python"]
    for info in languages.values():
        assert (info.default_timeout, info.max_timeout) == (30, 300)
        assert info.runtime_version[0].isdigit()

"""What published guides do with a sandbox, as they do it: several tools over one file system."""

import base64
import uuid

import pytest


@pytest.fixture
def home(client) -> str:
    return client.sandbox.get_context().home_dir


@pytest.fixture
def place(client, home):
    """A folder below the home that nothing has made yet: guides write into such."""
    path = f"{home}/guide-{uuid.uuid4().hex[:8]}"
    yield path
    client.shell.exec_command(command=f"rm -rf {path}")


def test_the_context_names_the_home_and_a_four_number_version(client, home):
    context = client.sandbox.get_context()
    assert home == "/home/gem"
    assert context.version.startswith("v")
    assert len(context.version[1:].split(".")) == 4


def test_the_python_packages_of_the_guides_are_there(client):
    names = {package["name"].lower().replace("_", "-") for package in client.sandbox.get_python_packages().data}
    assert {"numpy", "pandas", "matplotlib", "requests", "markdownify", "scikit-learn"} <= names


def test_a_piped_command(client):
    result = client.shell.exec_command(command='echo "Hello World" | tr "a-z" "A-Z"')
    assert result.data.output.strip() == "HELLO WORLD"


def test_a_command_in_a_directory(client):
    assert client.shell.exec_command(command="pwd", exec_dir="/home/gem").data.output.strip() == "/home/gem"


def test_a_session_with_an_id_of_the_callers_own_keeps_its_variables(client):
    session = client.shell.create_session(id=str(uuid.uuid4()), exec_dir="/home/gem", no_change_timeout=120)
    name = session.data.session_id
    client.shell.exec_command(command="export MY_VAR=hello", id=name)
    assert client.shell.exec_command(command="echo $MY_VAR", id=name).data.output.strip() == "hello"
    assert name in client.shell.list_sessions().data.sessions
    client.shell.cleanup_session(name)
    assert name not in client.shell.list_sessions().data.sessions


def test_text_and_bytes_are_written_and_appended(client, place):
    text = "Hello from the sandbox!\nLine two.\n"
    assert client.file.write_file(file=f"{place}/notes.txt", content=text, encoding="utf-8").data.bytes_written == len(text)
    pixels = bytes(range(256))
    client.file.write_file(file=f"{place}/image.bin", content=base64.b64encode(pixels).decode(), encoding="base64")
    client.file.write_file(file=f"{place}/notes.txt", content="Appended line.\n", append=True)
    assert client.file.read_file(file=f"{place}/notes.txt").data.content == f"{text}Appended line.\n"
    assert client.file.read_file(file=f"{place}/notes.txt", start_line=0, end_line=1).data.content == text.split("\n")[0]
    assert b"".join(client.file.download_file(path=f"{place}/image.bin")) == pixels


def test_read_takes_path_for_file(http, place):
    http.post("/v1/file/write", json={"path": f"{place}/a", "content": "x"})
    assert http.post("/v1/file/read", json={"path": f"{place}/a"}).json()["data"]["content"] == "x"


def test_a_listing_counts_what_it_shows(client, place):
    client.file.write_file(file=f"{place}/a.txt", content="12345")
    client.file.write_file(file=f"{place}/deep/b.txt", content="1")
    listing = client.file.list_path(path=place).data
    shown = {entry.name: (entry.is_directory, entry.size) for entry in listing.files}
    assert listing.total_count == 2
    assert shown["deep"][0] is True
    assert shown["a.txt"] == (False, 5)
    assert any(entry.path.endswith("deep/b.txt") for entry in client.file.list_path(path=place, recursive=True).data.files)


def test_functions_are_searched_for_in_one_file(http, place):
    http.post("/v1/file/write", json={"file": f"{place}/app.py", "content": "import os\ndef run():\n    pass\n"})
    data = http.post("/v1/file/search", json={"file": f"{place}/app.py", "regex": r"def \w+"}).json()["data"]
    assert data["match_details"] == [{"line_number": 2, "line": "def run():"}]


def test_a_tree_is_searched_with_includes_and_excludes(client, http, place):
    for name in ["a.py", "b.ts", "c.md", "node_modules/d.py", "__pycache__/e.py"]:
        client.file.write_file(file=f"{place}/{name}", content="one\n# remember: milk\n")
    body = {
        "path": place,
        "pattern": "REMEMBER",
        "include": ["*.py", "*.ts"],
        "exclude": ["node_modules", "__pycache__"],
        "case_insensitive": True,
        "recursive": True,
        "max_results": 50,
    }
    matches = client.file.grep_files(**body).data.matches
    assert sorted((match.file.removeprefix(f"{place}/"), match.line_number) for match in matches) == [("a.py", 2), ("b.ts", 2)]
    assert http.post("/v1/file/grep", json=body).json()["data"]["matches"][0]["line"] == "# remember: milk"


def test_files_are_found_at_any_depth(client, place):
    for name in ["a.py", "x/b.py", "x/y/c.py", "x/d.txt"]:
        client.file.write_file(file=f"{place}/{name}", content="")
    assert {path.rsplit("/", 1)[1] for path in client.file.find_files(path=place, glob="**/*.py").data.files} == {
        "a.py",
        "b.py",
        "c.py",
    }


def test_a_setting_is_replaced(client, place):
    client.file.write_file(file=f"{place}/config.py", content="DEBUG = False\n")
    done = client.file.replace_in_file(file=f"{place}/config.py", old_str="DEBUG = False", new_str="DEBUG = True")
    assert done.data.replaced_count == 1
    assert client.file.read_file(file=f"{place}/config.py").data.content == "DEBUG = True\n"


def test_a_file_is_made_viewed_changed_and_changed_back(client, http, place):
    path = f"{place}/hello.py"
    edit = client.file.str_replace_editor
    edit(command="create", path=path, file_text="def greet(name):\n    return f'Hello, {name}!'\n")
    assert "def greet" in edit(command="view", path=path).data.output
    viewed = http.post("/v1/file/str_replace_editor", json={"command": "view", "path": path}).json()["data"]
    assert "def greet" in viewed["content"]
    edit(command="str_replace", path=path, old_str="Hello, {name}!", new_str="Hi, {name}!")
    edit(command="insert", path=path, insert_line=1, new_str='    """Greet a user."""\n')
    assert client.file.read_file(file=path).data.content.split("\n")[1] == '    """Greet a user."""'
    edit(command="undo_edit", path=path)
    assert client.file.read_file(file=path).data.content == "def greet(name):\n    return f'Hi, {name}!'\n"


def test_a_kernel_keeps_a_data_frame(client):
    session = client.jupyter.create_session(kernel_name="python3").data.session_id
    run = lambda code: client.jupyter.execute_code(code=code, session_id=session, kernel_name="python3").data  # noqa: E731
    run("import pandas as pd\ndf = pd.DataFrame({'x': [1,2,3], 'y': [4,5,6]})")
    assert "mean" in run("print(df.describe())").outputs[0].text
    client.jupyter.delete_session(session)


def test_agents_join_the_texts_of_all_outputs(client):
    outputs = client.jupyter.execute_code(code="print('a')\n1 + 1").data.outputs
    assert "".join(output.text for output in outputs if hasattr(output, "text")).split() == ["a", "2"]


def test_an_agents_function_runs_either_language(client):
    python = client.jupyter.execute_code(code="a, b = 0, 1\nfor _ in range(10):\n    print(a, end=' ')\n    a, b = b, a + b").data
    assert python.outputs[0].text.split() == ["0", "1", "1", "2", "3", "5", "8", "13", "21", "34"]
    node = client.nodejs.execute_code(code="const os = require('os'); console.log('Platform:', os.platform())").data
    assert node.outputs[0].text == "Platform: linux\n"


def test_code_of_two_languages_through_one_call(client):
    python = client.code.execute_code(
        language="python", code="import sys, json\nprint(json.dumps({'sum': sum(range(100))}))"
    ).data
    assert python.outputs[0]["text"] == '{"sum": 4950}\n'
    script = client.code.execute_code(
        language="javascript", code="const arr = [1,2,3]; console.log(JSON.stringify(arr.map(x => x*x)));"
    ).data
    assert script.stdout == "[1,4,9]\n"


def test_a_page_becomes_markdown_across_the_tools(client, home, place):
    page = "<h1>Title</h1><p>Some <b>bold</b> text</p>"
    client.jupyter.execute_code(
        code=f"import os\nfrom markdownify import markdownify\nos.makedirs('{place}', exist_ok=True)\n"
        f"open('{place}/site.md', 'w').write(markdownify('{page}'))"
    )
    assert "site.md" in client.shell.exec_command(command=f"ls -lh {place}/*.md").data.output
    assert "**bold**" in client.file.read_file(file=f"{place}/site.md").data.content


def test_an_agent_inside_uses_local_commands(client, place):
    script = "import subprocess\nprint(subprocess.run(['python', '--version'], capture_output=True, text=True, check=True).stdout)"
    client.file.write_file(file=f"{place}/agent.py", content=script)
    result = client.shell.exec_command(command=f"python {place}/agent.py")
    assert result.data.output.startswith("Python 3.")


def test_a_login_shell_finds_the_installed_programs(client):
    names = "python python3 pip uv node npm npx git gh rg jq ffmpeg convert curl wget tar zip unzip tree ping telnet nc nmap htop vim nano"
    result = client.shell.exec_command(command=f"bash -lc 'for name in {names}; do command -v $name >/dev/null || echo $name; done'")
    assert result.data.output == ""

import base64
import threading

import pytest


def test_write_and_read_back(client, folder):
    content = "one\r\ntwo\tü€😀\nend"
    written = client.file.write_file(file=f"{folder}/a/b/c.txt", content=content)
    assert (written.data.file, written.data.bytes_written) == (f"{folder}/a/b/c.txt", len(content.encode()))
    result = client.file.read_file(file=f"{folder}/a/b/c.txt")
    assert (result.data.content, result.data.file) == (content, f"{folder}/a/b/c.txt")


def test_the_file_system_is_shared_with_the_shell(client, folder):
    client.file.write_file(file=f"{folder}/f", content="from the API\n")
    assert client.shell.exec_command(command=f"cat {folder}/f").data.output == "from the API\n"
    client.shell.exec_command(command=f"echo from the shell > {folder}/f")
    assert client.file.read_file(file=f"{folder}/f").data.content == "from the shell\n"


LINES = "l0\nl1\nl2\nl3\n"


@pytest.mark.parametrize(
    ("start", "end", "content"),
    [(0, 1, "l0"), (1, 3, "l1\nl2"), (2, None, "l2\nl3"), (None, 2, "l0\nl1"), (4, 9, ""), (None, None, LINES)],
)
def test_read_takes_lines_from_0_to_before_the_end(client, folder, start, end, content):
    client.file.write_file(file=f"{folder}/f", content=LINES)
    result = client.file.read_file(file=f"{folder}/f", start_line=start, end_line=end).data
    assert result.content.removesuffix("\n") == content.removesuffix("\n")
    assert result.line_count == 4


def test_write_base64(client, folder):
    data = bytes(range(256))
    written = client.file.write_file(file=f"{folder}/f", content=base64.b64encode(data).decode(), encoding="base64")
    assert written.data.bytes_written == 256
    listed = client.shell.exec_command(command=f"base64 -w0 {folder}/f").data.output
    assert base64.b64decode(listed) == data


def test_write_raw(client, folder):
    written = client.file.write_file(file=f"{folder}/f", content="\xff\x00a", encoding="raw")
    assert written.data.bytes_written == 3
    assert client.shell.exec_command(command=f"od -An -tx1 {folder}/f").data.output.split() == ["ff", "00", "61"]


def test_append_and_newlines(client, folder):
    client.file.write_file(file=f"{folder}/f", content="a", append=True)
    client.file.write_file(file=f"{folder}/f", content="b", append=True, leading_newline=True, trailing_newline=True)
    assert client.file.read_file(file=f"{folder}/f").data.content == "a\nb\n"


def test_a_write_keeps_the_mode_and_follows_links(client, folder):
    client.shell.exec_command(command=f"cd {folder}; echo old > real; chmod 751 real; ln -s real link")
    client.file.write_file(file=f"{folder}/link", content="new")
    output = client.shell.exec_command(command=f"cd {folder}; stat -c '%F %a %n' link real; cat real").data.output
    assert output == "symbolic link 777 link\nregular file 751 real\nnew"


def test_a_write_is_atomic(client, folder):
    texts = ["a" * 200_000, "b" * 200_000]
    client.file.write_file(file=f"{folder}/f", content=texts[0])
    stop = threading.Event()

    def write():
        turn = 0
        while not stop.is_set():
            turn += 1
            client.file.write_file(file=f"{folder}/f", content=texts[turn % 2])

    thread = threading.Thread(target=write)
    thread.start()
    try:
        for _ in range(30):
            assert client.file.read_file(file=f"{folder}/f").data.content in texts
    finally:
        stop.set()
        thread.join()
    assert client.shell.exec_command(command=f"ls -A {folder}").data.output == "f\n"


def test_paths_may_be_relative_to_the_workspace(client):
    name = "conformance-relative.txt"
    written = client.file.write_file(file=name, content="x").data.file
    workspace = client.sandbox.get_context().workspace
    assert written == f"{workspace}/{name}"
    client.shell.exec_command(command=f"rm {written}")


def test_path_is_another_name_of_file(http, folder):
    assert http.post("/v1/file/write", json={"path": f"{folder}/f", "content": "x"}).json()["success"] is True
    assert http.post("/v1/file/read", json={"path": f"{folder}/f"}).json()["data"]["content"] == "x"


ERRORS = {
    "not_found": ("read", {"file": "{0}/none"}),
    "invalid_target": ("read", {"file": "{0}"}),
    "invalid_target on write": ("write", {"file": "{0}", "content": "x"}),
    "invalid_target on a pipe": ("read", {"file": "{0}/pipe"}),
    "invalid_target on a device": ("read", {"file": "/dev/zero"}),
    "decode_error": ("read", {"file": "{0}/binary"}),
    "decode_error on write": ("write", {"file": "{0}/new", "content": "%%%", "encoding": "base64"}),
    "invalid_path": ("read", {"file": "{0}/a\0b"}),
    "invalid_path of a circle": ("read", {"file": "{0}/circle"}),
    "not_found for a list": ("list", {"path": "{0}/none"}),
    "invalid_target for a list": ("list", {"path": "{0}/binary"}),
    "invalid_pattern": ("search", {"file": "{0}/binary", "regex": "("}),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors_are_typed_and_parse_in_the_sdk(client, folder, name):
    client.shell.exec_command(command=f"cd {folder}; printf '\\377\\376' > binary; mkfifo pipe; ln -s circle circle")
    operation, body = ERRORS[name]
    body = {key: value.replace("{0}", folder) for key, value in body.items()}
    call = {"read": client.file.read_file, "write": client.file.write_file, "list": client.file.list_path, "search": client.file.search_in_file}
    answer = call[operation](**body)
    assert answer.success is False
    assert answer.data.error_type == name.split(" ")[0]
    assert answer.data.operation == operation
    assert answer.message
    assert client.shell.exec_command(command=f"ls {folder}/new").data.exit_code != 0


def test_permission_is_denied_where_it_is(client):
    if client.shell.exec_command(command="id -u").data.output == "0\n":
        pytest.skip("root may do everything")
    assert client.file.read_file(file="/etc/shadow").data.error_type == "permission_denied"
    assert client.file.write_file(file="/etc/new", content="x").data.error_type in ("permission_denied", "read_only_filesystem")


def test_sudo_is_refused_where_there_is_none(client, folder):
    client.file.write_file(file=f"{folder}/f", content="x")
    assert client.file.read_file(file=f"{folder}/f", sudo=True).data.error_type == "permission_denied"


@pytest.fixture
def tree(client, folder):
    client.shell.exec_command(
        command=f"cd {folder}; mkdir -p sub/deep; printf 12345 > b.txt; printf 1 > a.py; touch .hidden sub/c.txt sub/deep/d.py; chmod 754 a.py; touch -d 2020-01-01T00:00:00Z b.txt"
    )
    return folder


def names(result):
    return [file.name for file in result.data.files]


def test_list_one_level(client, tree):
    result = client.file.list_path(path=tree)
    assert names(result) == [".hidden", "a.py", "b.txt", "sub"]
    assert (result.data.path, result.data.total_count, result.data.directory_count, result.data.file_count) == (tree, 4, 1, 3)


def test_list_tells_everything(client, tree):
    files = {file.name: file for file in client.file.list_path(path=tree, include_permissions=True).data.files}
    assert (files["b.txt"].path, files["b.txt"].size, files["b.txt"].extension) == (f"{tree}/b.txt", 5, ".txt")
    assert files["b.txt"].modified_time.startswith("2020-01-01T00:00:00")
    assert files["a.py"].permissions == "rwxr-xr--"
    assert files["sub"].is_directory is True and files["a.py"].is_directory is False


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"show_hidden": False}, ["a.py", "b.txt", "sub"]),
        ({"sort_desc": True, "show_hidden": False}, ["sub", "b.txt", "a.py"]),
        ({"sort_by": "size", "sort_desc": True, "file_types": [".py", ".txt"], "show_hidden": False}, ["b.txt", "a.py"]),
        ({"sort_by": "modified", "file_types": [".py", ".txt"], "show_hidden": False}, ["b.txt", "a.py"]),
        ({"recursive": True, "file_types": [".py"]}, ["a.py", "d.py"]),
        ({"recursive": True, "max_depth": 2, "file_types": [".txt"]}, ["b.txt", "c.txt"]),
    ],
)
def test_list_options(client, tree, options, expected):
    found = client.file.list_path(path=tree, **options).data.files
    if "file_types" in options:
        found = [file for file in found if not file.is_directory]
    assert [file.name for file in found] == expected


def test_list_the_workspace_by_a_dot(client):
    result = client.file.list_path(path=".")
    assert result.success is True
    assert result.data.path == client.sandbox.get_context().workspace


def test_search_pairs_lines_with_their_numbers(client, folder):
    client.file.write_file(file=f"{folder}/f", content="alpha\nbeta 12\ngamma\ndelta 3\n")
    result = client.file.search_in_file(file=f"{folder}/f", regex=r"\w+ \d+").data
    assert result.matches == ["beta 12", "delta 3"]
    assert result.line_numbers == [2, 4]


def test_search_is_not_held_up_by_a_pattern(client, folder):
    client.file.write_file(file=f"{folder}/f", content="a" * 20_000 + "!")
    assert client.file.search_in_file(file=f"{folder}/f", regex="^(a+)+$").data.matches == []


def test_a_megabyte_goes_there_and_back(client, folder):
    content = "0123456789abcde\n" * 65_536
    assert client.file.write_file(file=f"{folder}/f", content=content).data.bytes_written == 1_048_576
    assert client.file.read_file(file=f"{folder}/f").data.content == content
    assert client.file.read_file(file=f"{folder}/f", start_line=65_535).data.content.strip() == "0123456789abcde"


@pytest.mark.parametrize("body", [{}, {"file": 5, "content": "x"}, {"file": "f"}, {"file": "f", "content": "x", "encoding": "latin"}])
def test_a_bad_body_is_refused_in_the_documented_form(http, body):
    answer = http.post("/v1/file/write", json=body)
    assert answer.status_code == 422
    assert {"loc", "msg", "type"} == set(answer.json()["detail"][0])

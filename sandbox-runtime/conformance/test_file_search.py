import pytest


@pytest.fixture
def tree(client, folder):
    client.shell.exec_command(
        command=f"cd {folder}; mkdir -p src/deep .git node_modules/m; printf 'import os\\nprint(1)\\nprint(2)\\n' > src/a.py; "
        "printf 'PRINT(3)\\r\\n' > src/deep/b.py; printf 'print(4)\\n' > c.js; printf 'print(5)\\n' > .hidden.py; "
        "printf 'print(6)\\n' > .git/config; printf 'print(7)\\n' > node_modules/m/i.js; printf 'src\\n' > .gitignore; "
        "printf 'print(8)\\0' > binary; ln -s . circle; touch -d 2020-01-01T00:00:00Z src/a.py"
    )
    return folder


def relative(folder, paths):
    return [path.removeprefix(f"{folder}/") for path in paths]


@pytest.mark.parametrize(
    ("glob", "expected"),
    [
        ("*.py", [".hidden.py", "src/a.py", "src/deep/b.py"]),
        ("**/*.py", [".hidden.py", "src/a.py", "src/deep/b.py"]),
        ("src/*.py", ["src/a.py"]),
        ("*.{js,nothing}", ["c.js", "node_modules/m/i.js"]),
        ("nothing", []),
    ],
)
def test_find(client, tree, glob, expected):
    result = client.file.find_files(path=tree, glob=glob)
    assert result.data.path == tree
    assert relative(tree, result.data.files) == expected


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"pattern": "*.js"}, ["c.js"]),
        ({"pattern": "**/*.py"}, ["src/a.py", "src/deep/b.py"]),
        ({"pattern": "**/*.py", "include_hidden": True}, [".hidden.py", "src/a.py", "src/deep/b.py"]),
        ({"pattern": "**/*.js", "exclude": ["node_modules"]}, ["c.js"]),
        ({"pattern": "src/*", "files_only": False}, ["src/a.py", "src/deep"]),
        ({"pattern": "**/*.py", "sort_by": "size", "sort_desc": True}, ["src/a.py", "src/deep/b.py"]),
        ({"pattern": "**/*.py", "sort_by": "modified"}, ["src/a.py", "src/deep/b.py"]),
        ({"pattern": "**/*.js", "sort_by": "name", "sort_desc": True}, ["node_modules/m/i.js", "c.js"]),
    ],
)
def test_glob(client, tree, options, expected):
    result = client.file.glob_files(path=tree, **options).data
    assert relative(tree, [file.path for file in result.files]) == expected
    assert (result.total_count, result.truncated) == (len(expected), False)


def test_glob_tells_about_files(client, tree):
    [file] = client.file.glob_files(path=tree, pattern="src/a.py").data.files
    assert (file.name, file.is_directory, file.size) == ("a.py", False, 28)
    assert file.modified_time.startswith("2020-01-01T00:00:00")
    [bare] = client.file.glob_files(path=tree, pattern="src/a.py", include_metadata=False).data.files
    assert (bare.size, bare.modified_time) == (None, None)


def test_glob_counts_what_it_does_not_show(client, tree):
    result = client.file.glob_files(path=tree, pattern="**/*", max_results=2).data
    assert (len(result.files), result.total_count, result.truncated) == (2, 5, True)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"pattern": r"print\(\d"}, [".hidden.py:1", "c.js:1", "node_modules/m/i.js:1", "src/a.py:2", "src/a.py:3"]),
        ({"pattern": "print(2)", "fixed_strings": True}, ["src/a.py:3"]),
        ({"pattern": "PRINT", "case_insensitive": True, "include": ["*.py"], "exclude": [".hidden*"]}, ["src/a.py:2", "src/a.py:3", "src/deep/b.py:1"]),
        ({"pattern": "print", "type": "js", "exclude": ["node_modules"]}, ["c.js:1"]),
        ({"pattern": "print", "recursive": False, "type": "js"}, ["c.js:1"]),
        ({"pattern": "os.print", "multiline": True}, ["src/a.py:1"]),
        ({"pattern": "print", "max_file_size": "20", "include": ["src/**"]}, []),
        ({"pattern": "print", "max_results": 2, "offset": 3}, ["src/a.py:2", "src/a.py:3"]),
        ({"pattern": "nothing"}, []),
    ],
)
def test_grep(client, tree, options, expected):
    result = client.file.grep_files(path=tree, **options).data
    assert [f"{match.file.removeprefix(tree + '/')}:{match.line_number}" for match in result.matches] == expected
    assert (result.match_count, result.truncated, result.pattern) == (len(expected), False, options["pattern"])


def test_grep_gives_lines_around(client, tree):
    [match] = client.file.grep_files(path=f"{tree}/src/a.py", pattern="1", context_before=2, context_after=1).data.matches
    assert (match.line_content, match.line) == ("print(1)", "print(1)")
    assert (match.context_before, match.context_after) == (["import os"], ["print(2)"])


def test_grep_counts_files(client, tree):
    result = client.file.grep_files(path=f"{tree}/src", pattern="print").data
    assert (result.files_searched, result.files_matched) == (2, 1)


def test_grep_pages_fit_together(client, folder):
    client.shell.exec_command(command=f"cd {folder}; for i in $(seq 30); do mkdir -p d$((i % 4)); printf 'x\\nx\\n' > d$((i % 4))/f$i; done")
    whole = client.file.grep_files(path=folder, pattern="x").data
    pages, more = [], True
    while more:
        page = client.file.grep_files(path=folder, pattern="x", max_results=7, offset=len(pages)).data
        pages += page.matches
        more = page.truncated
    assert (len(whole.matches), pages) == (60, whole.matches)


def test_searches_of_100000_files_are_bounded_and_in_order(client, folder):
    client.shell.exec_command(command=f"cd {folder}; for d in $(seq 100); do mkdir $d; (cd $d; seq 1000 | xargs touch); done", timeout=110)
    found = client.file.find_files(path=folder, glob="*").data
    assert (len(found.files), found.truncated, found.files) == (10_000, True, sorted(found.files))
    globbed = client.file.glob_files(path=folder, pattern="*/1", max_results=50).data
    assert (globbed.total_count, len(globbed.files)) == (100, 50)


ERRORS = {
    "not_found": ("grep", {"path": "{0}/none", "pattern": "x"}),
    "invalid_pattern": ("grep", {"path": "{0}", "pattern": "("}),
    "invalid_pattern of a type": ("grep", {"path": "{0}", "pattern": "x", "type": "nosuch"}),
    "invalid_pattern of a glob": ("grep", {"path": "{0}", "pattern": "x", "include": ["[x"]}),
    "invalid_target": ("find", {"path": "{0}/c.js", "glob": "*"}),
    "invalid_target of a pipe": ("grep", {"path": "{0}/pipe", "pattern": "x"}),
    "not_found to glob": ("glob", {"path": "{0}/none", "pattern": "*"}),
    "invalid_pattern upwards": ("glob", {"path": "{0}", "pattern": "../*"}),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors_are_typed_and_parse_in_the_sdk(client, tree, name):
    client.shell.exec_command(command=f"mkfifo {tree}/pipe")
    operation, body = ERRORS[name]
    body = {key: value.replace("{0}", tree) if isinstance(value, str) else value for key, value in body.items()}
    call = {"grep": client.file.grep_files, "find": client.file.find_files, "glob": client.file.glob_files}
    answer = call[operation](**body)
    assert (answer.success, answer.data.error_type, answer.data.operation) == (False, name.split(" ")[0], operation)


def test_unreadable_folders_are_passed_over(client, tree):
    if client.shell.exec_command(command="id -u").data.output == "0\n":
        pytest.skip("root may do everything")
    client.shell.exec_command(command=f"mkdir {tree}/shut; touch {tree}/shut/z.py; chmod 0 {tree}/shut")
    assert len(client.file.find_files(path=tree, glob="*.py").data.files) == 3
    assert client.file.grep_files(path=tree, pattern="import").data.match_count == 1
    assert client.file.find_files(path=f"{tree}/shut", glob="*").data.error_type == "permission_denied"
    client.shell.exec_command(command=f"chmod 700 {tree}/shut")


def test_a_bad_size_is_refused_at_the_door(http, tree):
    answer = http.post("/v1/file/grep", json={"path": tree, "pattern": "x", "max_file_size": "1M --pre sh"})
    assert (answer.status_code, answer.json()["detail"][0]["loc"]) == (422, ["body", "max_file_size"])


@pytest.mark.parametrize(
    ("content", "old", "new", "count", "expected"),
    [
        ("aXbXc", "X", "--", 2, "a--b--c"),
        ("a.c abc", "a.c", "$&", 1, "$& abc"),
        ("ü€😀", "€", "", 1, "ü😀"),
        ("same", "none", "x", 0, "same"),
    ],
)
def test_replace(client, folder, content, old, new, count, expected):
    client.file.write_file(file=f"{folder}/f", content=content)
    client.shell.exec_command(command=f"chmod 751 {folder}/f")
    result = client.file.replace_in_file(file=f"{folder}/f", old_str=old, new_str=new)
    assert (result.success, result.data.replaced_count, bool(result.hint)) == (True, count, count == 0)
    assert client.file.read_file(file=f"{folder}/f").data.content == expected
    assert client.shell.exec_command(command=f"stat -c %a {folder}/f").data.output == "751\n"


def test_replace_tells_what_it_cannot_do(client, folder):
    client.shell.exec_command(command=f"cd {folder}; printf '\\377A' > binary; mkfifo pipe")
    for name, kind in [("none", "not_found"), ("binary", "decode_error"), ("pipe", "invalid_target"), ("", "invalid_target")]:
        answer = client.file.replace_in_file(file=f"{folder}/{name}", old_str="A", new_str="B")
        assert (answer.success, answer.data.error_type, answer.data.replaced_count) == (False, kind, 0)

import base64
from concurrent.futures import ThreadPoolExecutor

import pytest


@pytest.fixture
def edit(client, folder):
    """Runs a command on a file of the test's own and gives the answer."""

    def run(command, path=None, **arguments):
        return client.file.str_replace_editor(command=command, path=path or f"{folder}/f.py", **arguments)

    return run


def text(client, path):
    return client.file.read_file(file=path).data.content


def test_create_view_replace_insert_undo(client, edit, folder):
    created = edit("create", file_text="def f():\n\treturn 1\n").data
    assert (created.prev_exist, created.path, created.new_content) == (False, f"{folder}/f.py", "def f():\n\treturn 1\n")
    assert "created successfully" in created.output
    viewed = edit("view").data
    assert "     1\tdef f():\n     2\t\treturn 1\n" in viewed.output
    assert viewed.content == viewed.output
    assert viewed.prev_exist is True
    replaced = edit("str_replace", old_str="return 1", new_str="return 2").data
    assert (replaced.old_content, replaced.new_content) == ("def f():\n\treturn 1\n", "def f():\n\treturn 2\n")
    assert "has been edited" in replaced.output and "     2\t\treturn 2" in replaced.output
    edit("insert", insert_line=0, new_str="import os")
    assert text(client, f"{folder}/f.py") == "import os\ndef f():\n\treturn 2\n"
    edit("undo_edit")
    edit("undo_edit")
    assert text(client, f"{folder}/f.py") == "def f():\n\treturn 1\n"


def test_three_replaces_and_two_undos_leave_version_2(client, edit, folder):
    edit("create", file_text="version 1\n")
    for number in (1, 2, 3):
        edit("str_replace", old_str=f"version {number}", new_str=f"version {number + 1}")
    edit("undo_edit")
    assert edit("undo_edit").data.new_content == "version 2\n"
    assert text(client, f"{folder}/f.py") == "version 2\n"


def test_undo_of_a_create_deletes_the_file(client, edit, folder):
    edit("create", file_text="x")
    assert edit("undo_edit").success is True
    assert client.shell.exec_command(command=f"ls -A {folder}").data.output == ""
    assert "No edit history" in edit("undo_edit").data.error


def test_create_overwrites_says_so_and_can_be_undone(client, edit, folder):
    client.file.write_file(file=f"{folder}/f.py", content="old")
    created = edit("create", file_text="new")
    assert (created.success, created.data.prev_exist, created.data.old_content) == (True, True, "old")
    assert "overwr" in created.data.output
    edit("undo_edit")
    assert text(client, f"{folder}/f.py") == "old"


def test_create_makes_folders_and_empty_files(client, edit, folder):
    assert edit("create", path=f"{folder}/a/b/c", file_text="").success is True
    assert client.shell.exec_command(command=f"stat -c %s {folder}/a/b/c").data.output == "0\n"


@pytest.mark.parametrize(
    ("view_range", "numbers"),
    [([2, 3], [2, 3]), ([4, -1], [4, 5]), ([5, 99], [5]), ([], [1, 2, 3, 4, 5]), (None, [1, 2, 3, 4, 5])],
)
def test_view_range(edit, view_range, numbers):
    edit("create", file_text="".join(f"line {n}\n" for n in range(1, 6)))
    output = edit("view", view_range=view_range).data.output
    shown = [line.split("\t") for line in output.splitlines() if "\t" in line]
    assert [(int(number), line) for number, line in shown] == [(n, f"line {n}") for n in numbers]


def test_view_a_directory_two_levels_deep(client, edit, folder):
    client.shell.exec_command(command=f"cd {folder}; mkdir -p a/b/c .git; touch top a/mid a/b/deep .hidden")
    output = edit("view", path=folder).data.output
    for path in ("top", "a/", "a/mid", "a/b/"):
        assert f"{folder}/{path}\n" in output
    for path in ("b/deep", ".git", ".hidden", "b/c"):
        assert path not in output


def test_a_long_view_is_cut_and_says_so(client, edit, folder):
    client.file.write_file(file=f"{folder}/f.py", content="0123456789\n" * 50_000)
    output = edit("view").data.output
    assert len(output) < 101_000
    assert "view_range [" in output


@pytest.mark.parametrize(("mode", "expected"), [("ALL", "b.b.b"), ("FIRST", "b.a.a"), ("LAST", "a.a.b")])
def test_replace_modes(client, edit, folder, mode, expected):
    edit("create", file_text="a.a.a")
    assert edit("str_replace", old_str="a", new_str="b", replace_mode=mode).success is True
    assert text(client, f"{folder}/f.py") == expected


def test_no_new_str_deletes(client, edit, folder):
    edit("create", file_text="keep DROP keep")
    edit("str_replace", old_str=" DROP")
    assert text(client, f"{folder}/f.py") == "keep keep"


def test_crlf_stays(client, edit, folder):
    client.file.write_file(file=f"{folder}/f.py", content="a\r\nb\r\nc\r\n")
    edit("str_replace", old_str="a\nb", new_str="x\ny")
    edit("insert", insert_line=2, new_str="z")
    assert text(client, f"{folder}/f.py") == "x\r\ny\r\nz\r\nc\r\n"


def test_edits_keep_the_mode(client, edit, folder):
    client.shell.exec_command(command=f"cd {folder}; echo a > f.py; chmod 751 f.py")
    edit("str_replace", old_str="a", new_str="b")
    assert client.shell.exec_command(command=f"stat -c %a {folder}/f.py").data.output == "751\n"


def test_undo_refuses_to_lose_a_change_from_elsewhere(client, edit, folder):
    edit("create", file_text="a")
    client.shell.exec_command(command=f"echo mine > {folder}/f.py")
    answer = edit("undo_edit")
    assert (answer.success, answer.data.error_type) == (False, "changed")
    assert text(client, f"{folder}/f.py") == "mine\n"


def test_edits_at_once_are_all_done(client, edit, folder):
    edit("create", file_text="".join(f"[{n}]" for n in range(16)))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: edit("str_replace", old_str=f"[{n}]", new_str=f"<{n}>"), range(16)))
    assert text(client, f"{folder}/f.py") == "".join(f"<{n}>" for n in range(16))


ERRORS = {
    "relative path": ("view", {"path": "relative.txt"}, ["Invalid `path`", "absolute"], "invalid_path"),
    "missing file": ("view", {"path": "/nonexistent/f"}, ["Invalid `path`", "does not exist"], "not_found"),
    "missing file to edit": ("str_replace", {"path": "/nonexistent/f", "old_str": "a"}, ["does not exist"], "not_found"),
    "no match": ("str_replace", {"old_str": "zzz", "new_str": "y"}, ["No replacement was performed", "`zzz`", "did not appear verbatim in"], "no_match"),
    "several matches": ("str_replace", {"old_str": "a", "new_str": "b"}, ["not unique", "Multiple occurrences", "multiple", "[1, 3]"], "not_unique"),
    "same text": ("str_replace", {"old_str": "a", "new_str": "a"}, ["No replacement was performed", "different"], "invalid_argument"),
    "no old_str": ("str_replace", {"new_str": "a"}, ["`old_str` is required"], "invalid_argument"),
    "no file_text": ("create", {}, ["`file_text` is required"], "invalid_argument"),
    "no insert_line": ("insert", {"new_str": "a"}, ["`insert_line` is required"], "invalid_argument"),
    "line beyond the end": ("insert", {"insert_line": 99, "new_str": "a"}, ["Invalid `insert_line`", "[0, 3]"], "invalid_argument"),
    "bad range": ("view", {"view_range": [3, 1]}, ["Invalid `view_range`"], "invalid_argument"),
    "range behind the end": ("view", {"view_range": [9, -1]}, ["Invalid `view_range`"], "invalid_argument"),
    "edit of a directory": ("insert", {"path": "/tmp", "insert_line": 0, "new_str": "a"}, ["directory"], "invalid_target"),
    "nothing to undo": ("undo_edit", {}, ["No edit history found"], "no_history"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors_say_what_clients_look_for(client, edit, folder, name):
    client.file.write_file(file=f"{folder}/f.py", content="a\nb\na\n")
    command, arguments, phrases, error_type = ERRORS[name]
    answer = edit(command, **arguments)
    assert (answer.success, answer.data.error_type, answer.data.operation) == (False, error_type, "str_replace_editor")
    for phrase in phrases:
        assert phrase in answer.data.error
    assert answer.message == answer.data.error == answer.data.output
    assert text(client, f"{folder}/f.py") == "a\nb\na\n"


def test_bytes_that_are_no_text(client, edit, folder):
    client.file.write_file(file=f"{folder}/f.py", content=base64.b64encode(b"\xff\xfe").decode(), encoding="base64")
    assert edit("view").data.error_type == "decode_error"


def pdf(pages):
    """A PDF of one line a page."""
    kids = " ".join(f"{4 + 2 * i} 0 R" for i in range(len(pages)))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for i, line in enumerate(pages):
        stream = f"BT /F1 24 Tf 72 700 Td ({line}) Tj ET"
        resources = "/Resources << /Font << /F1 3 0 R >> >>"
        objects.append(f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] {resources} /Contents {5 + 2 * i} 0 R >>")
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
    out, offsets = "%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n"
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n" + "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    return out + f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n"


def test_view_a_pdf(client, edit, folder):
    client.file.write_file(file=f"{folder}/a.pdf", content=pdf(["First page", "Second page", "Third page"]))
    whole = edit("view", path=f"{folder}/a.pdf", enable_metadata=True).data
    assert all(f"{name} page" in whole.output for name in ("First", "Second", "Third"))
    assert whole.metadata["total_pages"] == 3
    some = edit("view", path=f"{folder}/a.pdf", page_range=[2, 2]).data
    assert "Second page" in some.output and "First" not in some.output and "Third" not in some.output
    assert some.metadata is None
    beyond = edit("view", path=f"{folder}/a.pdf", page_range=[9, -1])
    assert (beyond.success, "Invalid `page_range`" in beyond.data.error) == (False, True)


def python(client, folder, script):
    client.file.write_file(file=f"{folder}/make.py", content=script)
    made = client.shell.exec_command(command=f"cd {folder} && python3 make.py").data
    assert made.exit_code == 0, made.output


def test_view_a_workbook(client, edit, folder):
    python(
        client,
        folder,
        "import openpyxl\nb = openpyxl.Workbook()\ns = b.active\ns.title = 'Numbers'\n"
        "for n in range(1, 51): s.append([n, f'row {n}'])\ns['C1'] = '=SUM(A1:A50)'\n"
        "b.create_sheet('Other')['A1'] = 'elsewhere'\nb.save('a.xlsx')\n",
    )
    whole = edit("view", path=f"{folder}/a.xlsx", enable_metadata=True).data
    assert all(part in whole.output for part in ("Numbers", "row 50", "=SUM(A1:A50)", "Other", "elsewhere"))
    assert [(sheet["name"], sheet["rows"]) for sheet in whole.metadata["sheets"]] == [("Numbers", 50), ("Other", 1)]
    some = edit("view", path=f"{folder}/a.xlsx", sheet_name="Numbers", row_range=[2, 3]).data.output
    assert "row 2\n" in some and "row 3\n" in some and "row 4" not in some and "row 1\n" not in some and "elsewhere" not in some
    assert "Numbers" in edit("view", path=f"{folder}/a.xlsx", sheet_name="None").data.error


def test_view_slides(client, edit, folder):
    python(
        client,
        folder,
        "import pptx\np = pptx.Presentation()\nfor n in (1, 2, 3):\n"
        "    s = p.slides.add_slide(p.slide_layouts[1])\n    s.shapes.title.text = f'Title {n}'\n"
        "    s.notes_slide.notes_text_frame.text = f'note {n}'\np.save('a.pptx')\n",
    )
    whole = edit("view", path=f"{folder}/a.pptx", enable_metadata=True).data
    assert "Title 1" in whole.output and "note 3" in whole.output
    assert whole.metadata["total_slides"] == 3
    some = edit("view", path=f"{folder}/a.pptx", slide_range=[2, -1]).data.output
    assert "Title 1" not in some and "Title 2" in some and "Title 3" in some


@pytest.mark.parametrize("name", ["broken.pdf", "broken.xlsx", "broken.pptx"])
def test_a_broken_document_is_an_error(client, edit, folder, name):
    client.file.write_file(file=f"{folder}/{name}", content="no document")
    answer = edit("view", path=f"{folder}/{name}")
    assert (answer.success, answer.data.error_type) == (False, "invalid_target")


def test_metadata_of_a_text(edit):
    edit("create", file_text="a\nb\n")
    metadata = edit("view", enable_metadata=True).data.metadata
    assert (metadata["type"], metadata["size"], metadata["total_lines"]) == ("text", 4, 2)


@pytest.mark.parametrize("body", [{}, {"command": "view"}, {"command": "delete", "path": "/f"}, {"command": "view", "path": 5}])
def test_a_bad_body_is_refused_in_the_documented_form(http, body):
    answer = http.post("/v1/file/str_replace_editor", json=body)
    assert answer.status_code == 422
    assert {"loc", "msg", "type"} == set(answer.json()["detail"][0])

import base64
import io
import zipfile

import pytest
from agent_sandbox.errors.unprocessable_entity_error import UnprocessableEntityError

HTML = (
    "<html><head><title>A title</title><style>p{}</style><script>alert(1)</script></head><body><h1>Head</h1><p>Some <b>bold</b> "
    "text, <a href='https://example.com/'>a link</a> and ü 漢字.</p><table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr>"
    "</table><ul><li>one</li><li>two</li></ul></body></html>"
)

CONTENT_TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main'
    '+xml"/></Types>'
)
RELATIONS = (
    '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/>'
    "</Relationships>"
)
DOCUMENT = (
    '<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>'
    "Hello from Word</w:t></w:r></w:p></w:body></w:document>"
)


def docx():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("[Content_Types].xml", CONTENT_TYPES)
        archive.writestr("_rels/.rels", RELATIONS)
        archive.writestr("word/document.xml", DOCUMENT)
    return file.getvalue()


def pdf():
    stream = b"BT /F1 24 Tf 20 100 Td (Hello from PDF) Tj ET"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    count, start = len(objects) + 1, len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n%s" % (count, table)
    return out + b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (count, start)


def write(client, path, content):
    data = base64.b64encode(content).decode()
    assert client.file.write_file(file=path, content=data, encoding="base64").success


def convert(client, uri):
    return client.util.convert_to_markdown(uri=uri)


def failure(client, uri):
    result = convert(client, uri)
    assert result.success is False
    assert result.data["operation"] == "convert"
    assert "Traceback" not in result.message
    return result.data


def data_uri(content, kind):
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def test_html_becomes_markdown_with_its_title(client, folder):
    write(client, f"{folder}/a.html", HTML.encode())
    result = convert(client, f"{folder}/a.html")
    assert result.success is True
    assert result.title == "A title"
    for text in ["# Head", "**bold**", "[a link](https://example.com/)", "ü 漢字", "| a | b |", "| 1 | 2 |"]:
        assert text in result.data
    assert "alert" not in result.data and "<p>" not in result.data


DOCUMENTS = {
    "a.docx": (docx, "Hello from Word"),
    "a.pdf": (pdf, "Hello from PDF"),
    "a.csv": (lambda: b"name,qty\napple,3\n", "| apple | 3 |"),
    "a.txt": (lambda: "plain ü\n".encode(), "plain ü"),
    "a.json": (lambda: b'{"a": [1, 2]}', '{"a": [1, 2]}'),
    "a.md": (lambda: b"# Already\n", "# Already"),
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_documents_by_path_become_markdown(client, folder, name):
    make, text = DOCUMENTS[name]
    write(client, f"{folder}/{name}", make())
    result = convert(client, f"{folder}/{name}")
    assert result.success is True
    assert text in result.data


def test_excel_and_powerpoint_become_markdown(client, folder, session):
    script = (
        "import openpyxl; from pptx import Presentation\n"
        "b = openpyxl.Workbook(); b.active.append(['name', 'qty']); b.active.append(['pear', 7]); b.save('a.xlsx')\n"
        "p = Presentation(); s = p.slides.add_slide(p.slide_layouts[0]); s.shapes.title.text = 'Hello slide'; p.save('a.pptx')\n"
    )
    write(client, f"{folder}/make.py", script.encode())
    made = client.shell.exec_command(id=session, command=f"cd {folder} && python3 make.py").data
    assert made.exit_code == 0, made.output
    assert "| pear | 7 |" in convert(client, f"{folder}/a.xlsx").data
    assert "# Hello slide" in convert(client, f"{folder}/a.pptx").data


def test_the_kind_is_seen_without_an_extension(client, folder):
    write(client, f"{folder}/unnamed", pdf())
    assert "Hello from PDF" in convert(client, f"{folder}/unnamed").data


def test_a_zip_is_converted_file_by_file(client, folder):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("one.html", HTML)
        archive.writestr("two.txt", "second text")
    write(client, f"{folder}/a.zip", file.getvalue())
    text = convert(client, f"{folder}/a.zip").data
    assert "# Head" in text and "second text" in text


def test_file_uris_are_decoded(client, folder):
    write(client, f"{folder}/a b ü.txt", b"spaced")
    assert convert(client, f"file://{folder}/a%20b%20%C3%BC.txt").data == "spaced"


def test_data_uris(client):
    assert "# Head" in convert(client, data_uri(HTML.encode(), "text/html")).data
    assert "Hello from Word" in convert(client, data_uri(docx(), "application/octet-stream")).data
    assert convert(client, "data:,hello%20there").data == "hello there"
    assert convert(client, "data:text/plain;charset=utf-8,%C3%BC").data == "ü"


def test_relative_paths_begin_in_the_workspace(client):
    workspace = client.shell.exec_command(command="echo $WORKSPACE").data.output.strip()
    write(client, f"{workspace}/conformance-relative.txt", b"relative")
    assert convert(client, "conformance-relative.txt").data == "relative"
    client.shell.exec_command(command=f"rm {workspace}/conformance-relative.txt")


def test_a_page_is_fetched(client, folder, session):
    write(client, f"{folder}/site/page.html", HTML.encode())
    server = f"cd {folder}/site && exec python3 -u -m http.server 0 --bind 127.0.0.1"
    client.shell.exec_command(id=session, command=server, async_mode=True)
    port = None
    while port is None:
        output = client.shell.view(id=session).data.output
        port = output.split(" port ")[1].split()[0] if " port " in output else None
    result = convert(client, f"http://127.0.0.1:{port}/page.html?x=1#part")
    assert result.success is True and result.title == "A title" and "# Head" in result.data
    missing = failure(client, f"http://127.0.0.1:{port}/missing.html")
    assert missing["error_type"] == "not_found" and "404" in missing["message"]
    client.shell.kill_process(id=session)
    refused = failure(client, f"http://127.0.0.1:{port}/page.html")
    assert refused["error_type"] == "fetch_failed" and refused["retryable"] is True


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/no/such/file.pdf", "not_found"), ("/tmp", "invalid_target"), ("/dev/zero", "invalid_target"), ("x" * 300, "invalid_path")],
)
def test_what_cannot_be_read_is_told(client, path, kind):
    assert failure(client, path)["error_type"] == kind


def test_bytes_of_no_kind_are_told(client, folder):
    write(client, f"{folder}/a.bin", bytes(range(256)) * 40)
    assert failure(client, f"{folder}/a.bin")["error_type"] in ("unsupported_format", "conversion_failed")


def test_a_damaged_document_is_told(client, folder):
    write(client, f"{folder}/a.docx", docx()[:-100])
    result = convert(client, f"{folder}/a.docx")
    if result.success is False:
        assert result.data["error_type"] in ("unsupported_format", "conversion_failed")
        assert "/" not in result.message


@pytest.mark.parametrize("uri", ["ftp://example.com/a", "javascript:alert(1)", "file://host/a", "http://", ""])
def test_what_is_no_source_is_refused(client, uri):
    with pytest.raises(UnprocessableEntityError) as caught:
        convert(client, uri)
    assert caught.value.body.detail[0].loc == ["body", "uri"]


def test_several_at_once_are_served(client):
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(6) as pool:
        results = list(pool.map(lambda n: convert(client, f"data:,number%20{n}"), range(6)))
    assert [result.data for result in results] == [f"number {n}" for n in range(6)]


def test_what_the_user_installs_does_not_replace_the_converter(client, session):
    shadow = "mkdir -p ~/.local/lib/python3.11/site-packages/markitdown && echo 'raise SystemExit(9)' > ~/.local/lib/python3.11/site-packages/markitdown/__init__.py"
    client.shell.exec_command(id=session, command=shadow)
    try:
        assert convert(client, "data:,still").data == "still"
    finally:
        client.shell.exec_command(id=session, command="rm -r ~/.local/lib/python3.11/site-packages/markitdown")

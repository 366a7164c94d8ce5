import hashlib
import os
import socket
import time
import urllib.parse

import pytest
from agent_sandbox.core.api_error import ApiError

DATA = bytes(range(256)) * 1000


def download(client, path):
    return b"".join(client.file.download_file(path=path))


def digest(client, path):
    return client.shell.exec_command(command=f"sha256sum < '{path}'").data.output.split()[0]


@pytest.mark.parametrize("size", [0, 1, 262_144, 1_000_001, 50_000_000])
def test_bytes_go_there_and_back(client, folder, size):
    data = os.urandom(min(size, 1_000_003)) * (size // 1_000_003 + 1)
    data = data[:size]
    uploaded = client.file.upload_file(file=("f.bin", data), path=f"{folder}/new/f.bin")
    assert (uploaded.data.file_path, uploaded.data.file_size, uploaded.data.success) == (f"{folder}/new/f.bin", size, True)
    assert digest(client, f"{folder}/new/f.bin") == hashlib.sha256(data).hexdigest()
    assert download(client, f"{folder}/new/f.bin") == data
    assert client.shell.exec_command(command=f"ls -A {folder}/new").data.output == "f.bin\n"


@pytest.mark.parametrize(
    ("path", "expected"), [("{0}/a/b", "{0}/a/b"), ("{0}/new/", "{0}/new/ü 1.txt"), ("{0}", "{0}/ü 1.txt")]
)
def test_upload_to_a_file_or_into_a_folder(client, folder, path, expected):
    uploaded = client.file.upload_file(file=("ü 1.txt", b"x"), path=path.replace("{0}", folder))
    assert uploaded.data.file_path == expected.replace("{0}", folder)
    assert client.file.read_file(file=uploaded.data.file_path).data.content == "x"


@pytest.mark.parametrize("name", ["conformance-upload.bin", "../../conformance-upload.bin"])
def test_upload_without_a_path_goes_to_the_workspace(client, name):
    uploaded = client.file.upload_file(file=(name, b"x")).data.file_path
    client.shell.exec_command(command=f"rm '{uploaded}'")
    assert uploaded == f"{client.sandbox.get_context().workspace}/conformance-upload.bin"


def test_the_path_may_stand_behind_the_file(http, folder):
    body = (
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\ncontent\r\n'
        b'--b\r\nContent-Disposition: form-data; name="path"\r\n\r\n' + f"{folder}/late".encode() + b"\r\n--b--\r\n"
    )
    answer = http.post("/v1/file/upload", content=body, headers={"content-type": "multipart/form-data; boundary=b"}).json()
    assert answer["data"] == {"file_path": f"{folder}/late", "file_size": 7, "success": True}


def test_upload_keeps_mode_and_links(client, folder):
    client.shell.exec_command(command=f"cd {folder}; echo old > real; chmod 751 real; ln -s real link")
    client.file.upload_file(file=("f", b"new"), path=f"{folder}/link")
    output = client.shell.exec_command(command=f"cd {folder}; stat -c '%F %a %n' link real; cat real").data.output
    assert output == "symbolic link 777 link\nregular file 751 real\nnew"


@pytest.mark.parametrize(("path", "kind"), [("{0}/old/x", "invalid_target"), ("{0}/pipe", "invalid_target"), ("/proc/nowhere/x", "not_found")])
def test_upload_errors_are_typed_and_parse_in_the_sdk(client, folder, path, kind):
    client.shell.exec_command(command=f"cd {folder}; touch old; mkfifo pipe")
    answer = client.file.upload_file(file=("f", DATA), path=path.replace("{0}", folder))
    assert (answer.success, answer.data.error_type, answer.data.success) == (False, kind, False)
    assert client.shell.exec_command(command=f"ls -A1 {folder}").data.output == "old\npipe\n"


def test_a_full_disk_is_told_and_leaves_nothing(client):
    if client.shell.exec_command(command="test -w /dev/shm && test $(df --output=size /dev/shm | tail -1) -lt 200000").data.exit_code != 0:
        pytest.skip("there is no small file system")
    answer = client.file.upload_file(file=("f", b"x" * 210_000_000), path="/dev/shm/conformance-full")
    assert (answer.success, answer.data.error_type) == (False, "no_space_left")
    assert "conformance" not in client.shell.exec_command(command="ls -A /dev/shm").data.output


@pytest.mark.parametrize("files", [{"other": ("f", b"x")}, {"file": (None, "text")}])
def test_a_form_without_the_file_is_refused_in_the_documented_form(http, files):
    answer = http.post("/v1/file/upload", files=files)
    assert (answer.status_code, answer.json()["detail"][0]["loc"]) == (422, ["body", "file"])


def test_no_other_body_is_taken(http):
    assert http.post("/v1/file/upload", json={}).status_code == 415


def test_a_client_that_hangs_up_leaves_nothing(client, base_url, headers, folder):
    url = urllib.parse.urlsplit(base_url)
    if url.scheme != "http":
        pytest.skip("a plain socket needs plain HTTP")
    part = f'--b\r\nContent-Disposition: form-data; name="path"\r\n\r\n{folder}/half\r\n--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'
    lines = [f"POST {url.path}/v1/file/upload HTTP/1.1", f"host: {url.netloc}", "content-type: multipart/form-data; boundary=b", "content-length: 9000000"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    with socket.create_connection((url.hostname, url.port or 80)) as plain:
        plain.sendall("\r\n".join([*lines, "", part]).encode() + b"x" * 1_000_000)
        wait_for(lambda: client.shell.exec_command(command=f"ls -A {folder} | wc -l").data.output == "1\n")
    wait_for(lambda: client.shell.exec_command(command=f"ls -A {folder} | wc -l").data.output == "0\n")


def wait_for(condition):
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.1)


@pytest.fixture
def file(client, folder):
    return client.file.upload_file(file=("ü.bin", DATA), path=f"{folder}/").data.file_path


def test_download_names_the_file(http, file):
    answer = http.get("/v1/file/download", params={"path": file})
    assert (answer.status_code, answer.content) == (200, DATA)
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-length"] == str(len(DATA))
    assert answer.headers["content-disposition"] == "attachment; filename=\"_.bin\"; filename*=UTF-8''%C3%BC.bin"


@pytest.mark.parametrize(
    ("value", "status", "content"),
    [("bytes=10-19", 206, DATA[10:20]), ("bytes=-5", 206, DATA[-5:]), ("bytes=255990-", 206, DATA[255_990:]), ("bytes=0-1,4-5", 200, DATA), ("bytes=256000-", 416, None)],
)
def test_download_of_a_part(http, file, value, status, content):
    answer = http.get("/v1/file/download", params={"path": file}, headers={"range": value})
    assert answer.status_code == status
    assert content is None or answer.content == content


def test_download_knows_what_the_client_has(http, file):
    head = http.head("/v1/file/download", params={"path": file})
    assert (head.status_code, head.headers["content-length"], head.content) == (200, str(len(DATA)), b"")
    again = http.get("/v1/file/download", params={"path": file}, headers={"if-none-match": head.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(("path", "status", "kind"), [("{0}/none", 404, "not_found"), ("{0}", 400, "invalid_target"), ("{0}/pipe", 400, "invalid_target"), ("/dev/zero", 400, "invalid_target")])
def test_download_errors_are_http_errors(client, folder, path, status, kind):
    client.shell.exec_command(command=f"mkfifo {folder}/pipe")
    with pytest.raises(ApiError) as raised:
        download(client, path.replace("{0}", folder))
    assert (raised.value.status_code, raised.value.body["success"], raised.value.body["data"]["error_type"]) == (status, False, kind)


def test_download_of_what_may_not_be_read(client):
    if client.shell.exec_command(command="id -u").data.output == "0\n":
        pytest.skip("root may do everything")
    with pytest.raises(ApiError) as raised:
        download(client, "/etc/shadow")
    assert raised.value.status_code == 403


def test_download_of_files_that_do_not_know_their_size(client):
    assert b"MemTotal" in download(client, "/proc/meminfo")


@pytest.mark.parametrize("policy", ["ignore", "abort"])
def test_a_file_that_stays_is_given_under_either_policy(http, file, policy):
    answer = http.get("/v1/file/download", params={"path": file, "change_policy": policy})
    assert (answer.status_code, answer.content) == (200, DATA)


def test_a_file_that_changes_is_never_given_as_whole_under_abort(client, http, folder):
    client.shell.exec_command(command=f"cd {folder}; head -c 80000000 /dev/zero > f")
    received = 0
    with pytest.raises(Exception) as raised:
        with http.stream("GET", "/v1/file/download", params={"path": f"{folder}/f", "change_policy": "abort"}) as answer:
            for chunk in answer.iter_raw(65_536):
                if received == 0:
                    client.shell.exec_command(command=f"echo more >> {folder}/f")
                received += len(chunk)
    assert "httpx" in type(raised.value).__module__ or "httpcore" in type(raised.value).__module__
    assert received < 80_000_000


def test_an_unknown_policy_is_refused(http, file):
    assert http.get("/v1/file/download", params={"path": file, "change_policy": "maybe"}).status_code == 422

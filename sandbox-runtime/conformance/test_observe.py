"""Observation of resources. The SDK 0.0.30 has none of these calls: they go over plain HTTP."""

import datetime
import io
import json
import tarfile
import time
import uuid

import pytest

URL = "/v1/sandbox/observe"


@pytest.fixture(autouse=True)
def quiet(http):
    """Each test begins and ends without a session."""
    http.post(f"{URL}/stop", json={})
    yield
    http.post(f"{URL}/stop", json={})


@pytest.fixture
def reports(http):
    """Removes the reports of a test."""
    before = {report["report_id"] for report in data(http.get(f"{URL}/reports"))}
    yield
    for report in data(http.get(f"{URL}/reports")):
        if report["report_id"] not in before:
            http.delete(f"{URL}/reports/{report['report_id']}")


def data(answer):
    assert answer.status_code == 200, answer.text
    assert answer.json()["success"] is True
    return answer.json()["data"]


def status(http):
    return data(http.get(f"{URL}/status"))


def start(http, **body):
    return data(http.post(f"{URL}/start", json=body))


def stop(http, **body):
    return data(http.post(f"{URL}/stop", json=body))


def export(http, **body):
    return data(http.post(f"{URL}/export", json=body))


def live(http, **query):
    return data(http.get(f"{URL}/live", params=query))


def when(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def eventually(check):
    end = time.monotonic() + 60
    while not (found := check()):
        assert time.monotonic() < end
        time.sleep(0.1)
    return found


def sampled(http):
    return eventually(lambda: status(http).get("last_sample_at"))


def test_nothing_is_observed_at_first(http):
    assert status(http)["mode"] == "off"
    assert status(http)["running"] is False


def test_live_tells_disks_with_numbers_that_fit(http, client):
    disks = {disk["path"]: disk for disk in live(http)["disk"]}
    assert {client.sandbox.get_context().home_dir, "/tmp"} <= set(disks)
    for disk in disks.values():
        assert 0 <= disk["usage_pct"] <= 100
        assert disk["used_bytes"] + disk["free_bytes"] <= disk["total_bytes"]
        assert disk.get("inode_used", 0) <= disk.get("inode_total", 0)


def test_live_tells_the_disk_as_df_does(http, client):
    total = client.shell.exec_command(command="df -B1 --output=size /tmp | tail -1").data.output.strip()
    [disk] = [disk for disk in live(http)["disk"] if disk["path"] == "/tmp"]
    assert disk["total_bytes"] == int(total)


def test_live_tells_the_memory_of_the_container(http, client):
    cgroup = live(http)["cgroup"]
    command = "cat /sys/fs/cgroup/memory.max 2>/dev/null || cat /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null"
    limit = client.shell.exec_command(command=command).data.output.strip()
    if not limit:
        pytest.skip("there is no cgroup to compare with")
    if limit.isdigit() and int(limit) >= 1 << 60:
        limit = "max"
    assert cgroup["mem_current_bytes"] > 0
    assert cgroup["cpu_usage_usec"] > 0
    assert cgroup["cpu_usage_pct"] >= 0
    # Version 1 does not count slabs apart.
    assert {"memory_anon_bytes", "memory_file_bytes", "memory_shmem_bytes", "memory_working_set_bytes"} <= set(cgroup)
    assert cgroup["oom_kill"] >= 0
    if limit == "max":
        assert "mem_max_bytes" not in cgroup
    else:
        assert cgroup["mem_max_bytes"] == int(limit)
        assert 0 < cgroup["mem_usage_pct"] <= 100


def test_live_tells_a_large_process(http, client, session):
    script = "import time; x = bytearray(200 << 20); print('ready', flush=True); time.sleep(300)"
    client.shell.exec_command(id=session, command=f'python3 -c "{script}"', async_mode=True)
    eventually(lambda: "ready" in client.shell.view(id=session).data.output)
    found = [process for process in live(http)["top_processes"] if process["rss_mib"] > 190]
    client.shell.kill_process(id=session)
    assert any(process["comm"].startswith("python3") for process in found)
    for process in found:
        assert abs(process["rss_bytes"] / 1048576 - process["rss_mib"]) < 0.01
        assert process["ppid"] >= 0 and process["threads"] >= 1 and len(process["state"]) == 1


def test_live_tells_the_user_of_a_process(http, client):
    mine = client.shell.exec_command(command="id -un 2>/dev/null || id -u").data.output.strip()
    assert mine in {process["user"] for process in live(http, top_rows=100)["top_processes"]}


def test_live_tells_a_busy_process(http, client, session):
    client.shell.exec_command(id=session, command="exec -a spin sh -c 'while :; do :; done'", async_mode=True)
    eventually(lambda: any((p.get("cpu_pct") or 0) > 0 for p in live(http, top_rows=100)["top_processes"]))
    client.shell.kill_process(id=session)


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_live_tells_as_many_processes_as_were_asked_for(http, rows):
    processes = live(http, top_rows=rows)["top_processes"]
    assert len(processes) == rows
    assert [p["rss_bytes"] for p in processes] == sorted((p["rss_bytes"] for p in processes), reverse=True)


@pytest.mark.parametrize("rows", ["-1", "101", "many"])
def test_live_refuses_other_numbers(http, rows):
    assert http.get(f"{URL}/live", params={"top_rows": rows}).status_code == 422


def test_a_session_runs_until_it_is_stopped(http):
    started = start(http)
    assert started["mode"] == "capture"
    assert when(started["ends_at"]) > when(started["started_at"])
    running = status(http)
    assert (running["running"], running["mode"], running["session_id"]) == (True, "capture", started["session_id"])
    assert running["runtime_dir"] == started["runtime_dir"]
    sampled(http)
    assert stop(http) == {"session_id": started["session_id"], "stopped": True, "report_ready": True}
    assert status(http)["mode"] == "off"
    assert stop(http, session_id=started["session_id"])["stopped"] is False


def test_a_session_may_be_started_with_an_empty_body(http):
    answer = http.post(f"{URL}/start", content=b"", headers={"content-type": "application/json"})
    assert data(answer)["mode"] == "capture"


def test_a_session_ends_by_itself(http):
    start(http, duration_seconds=1, interval_seconds=0.2)
    eventually(lambda: not status(http)["running"])


def test_samples_are_written_where_it_says(http, client):
    started = start(http, interval_seconds=0.2)
    path = f"{started['runtime_dir']}/samples.jsonl"
    eventually(lambda: client.shell.exec_command(command=f"wc -l < {path}").data.output.strip() not in ("", "0", "1"))
    sample = json.loads(client.shell.exec_command(command=f"head -1 {path}", truncate=False).data.output)
    assert sample["disk"] and sample["top_processes"]


def test_a_repeated_key_gives_the_same_session(http):
    key = uuid.uuid4().hex
    first = start(http, idempotency_key=key)
    assert start(http, idempotency_key=key) == first
    assert http.post(f"{URL}/start", json={}).status_code == 409
    stop(http)
    assert start(http, idempotency_key=key) == first
    assert status(http)["running"] is False


def test_a_guardrail_tells_nothing_when_nothing_happens(http):
    start(http, mode="guardrail", interval_seconds=0.2, include_disk=False)
    sampled(http)
    assert stop(http)["stopped"] is True


@pytest.mark.parametrize(
    "body",
    [{"mode": "off"}, {"duration_seconds": 0}, {"duration_seconds": 86401}, {"interval_seconds": 0.01}, {"idempotency_key": "x" * 129}],
    ids=str,
)
def test_a_session_does_not_begin_with_what_does_not_fit(http, body):
    answer = http.post(f"{URL}/start", json=body)
    assert answer.status_code == 422
    assert isinstance(answer.json()["detail"], list)


def test_another_session_is_not_found(http):
    for path in ["stop", "export"]:
        answer = http.post(f"{URL}/{path}", json={"session_id": "../../etc"})
        assert answer.status_code == 404
        assert answer.json()["data"] is None


def test_events_tell_of_sessions(http):
    started = start(http)
    stop(http)
    mine = [event for event in live(http)["recent_events"] if event["data"].get("session_id") == started["session_id"]]
    assert [event["type"] for event in mine] == ["session_started", "session_stopped"]


def test_a_report_holds_the_records_of_its_session(http, reports):
    started = start(http, interval_seconds=0.2)
    sampled(http)
    stop(http)
    report = export(http, session_id=started["session_id"], reason="conformance")
    assert (report["session_id"], report["reason"]) == (started["session_id"], "conformance")
    answer = http.get(f"{URL}/reports/{report['report_id']}")
    assert answer.headers["content-type"] == "application/gzip"
    assert len(answer.content) == report["size_bytes"]
    with tarfile.open(fileobj=io.BytesIO(answer.content)) as archive:
        names = [name.removeprefix("./") for name in archive.getnames()]
        summary = json.load(archive.extractfile("./report.json"))
    assert f"{started['session_id']}/samples.jsonl" in names
    assert summary["reason"] == "conformance"
    assert summary["session"]["session_id"] == started["session_id"]
    assert summary["live"]["disk"]
    assert "TOKEN" not in json.dumps(summary)


def test_a_report_lies_where_it_says(http, client, reports):
    report = export(http)
    found = client.shell.exec_command(command=f"stat -c '%s %a' {report['path']}").data.output.strip()
    assert found == f"{report['size_bytes']} 600"


def test_reports_are_listed_counted_and_deleted(http, reports):
    report = export(http)
    listed = data(http.get(f"{URL}/reports"))
    assert report in listed
    assert status(http)["report_count"] == len(listed)
    assert data(http.delete(f"{URL}/reports/{report['report_id']}")) == report
    assert http.get(f"{URL}/reports/{report['report_id']}").status_code == 404
    assert http.delete(f"{URL}/reports/{report['report_id']}").status_code == 404


def test_a_repeated_key_gives_the_same_report(http, reports):
    key = uuid.uuid4().hex
    first = export(http, idempotency_key=key)
    assert export(http, idempotency_key=key) == first
    assert export(http)["report_id"] != first["report_id"]


@pytest.mark.parametrize("name", ["report-0", "..%2f..%2fetc%2fpasswd", "%2e%2e", "report%00", "a" * 65])
def test_no_path_is_a_report(http, name):
    assert http.get(f"{URL}/reports/{name}").status_code in (400, 404, 422)
    assert http.delete(f"{URL}/reports/{name}").status_code in (400, 404, 422)


def test_a_link_in_the_place_of_a_report_is_not_followed(http, client, reports):
    report = export(http)
    client.shell.exec_command(command=f"ln -sf /etc/passwd {report['path']}")
    assert http.get(f"{URL}/reports/{report['report_id']}").status_code == 404

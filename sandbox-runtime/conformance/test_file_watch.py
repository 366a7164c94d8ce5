import json
import threading
import time

import pytest
from agent_sandbox.core.api_error import ApiError

FIELDS = {"seq", "type", "path", "relative_path", "old_path", "is_dir", "timestamp", "mtime", "size", "inode"}


@pytest.fixture
def sh(client, folder):
    def run(command):
        done = client.shell.exec_command(command=f"cd {folder} && {command}").data
        assert done.exit_code == 0, done.output
        return done.output

    return run


@pytest.fixture
def watch(client, folder):
    """Makes watchers and ends them with the test."""
    ids = []

    def make(path=folder, **options):
        created = client.file.watch_create(path=path, **{"debounce": 50, **options})
        ids.append(created["watcher_id"])
        return created["watcher_id"]

    yield make
    for watcher in ids:
        try:
            client.file.watch_stop(watcher)
        except ApiError:
            pass


def collect(http, watcher, is_enough, cursor=0):
    """Events until there are enough of them; overflow is an error."""
    events = []
    end = time.monotonic() + 60
    while not is_enough(events):
        assert time.monotonic() < end, events
        answer = http.post(f"/v1/file/watch/{watcher}/poll", json={"cursor": cursor, "timeout": 5, "limit": 1000}).json()
        assert answer["overflow"] is False
        events += answer["events"]
        cursor = answer["cursor"]
    return events


def has(type, name):
    return lambda events: any((event["type"], event["relative_path"]) == (type, name) for event in events)


def test_a_watcher_is_made_listed_and_stopped(client, folder):
    created = client.file.watch_create(path=folder)
    assert created["watcher_id"] == created["data"]["watcher_id"]
    assert (created["success"], created["path"], created["recursive"], created["debounce"]) == (True, folder, True, 300)
    assert ".git" in created["exclude"] and "*.pyc" in created["exclude"]
    listed = client.file.watch_list()
    assert created["watcher_id"] in [watcher["watcher_id"] for watcher in listed["watchers"]]
    assert listed["data"]["watchers"] == listed["watchers"]
    assert client.file.watch_stop(created["watcher_id"])["success"] is True
    with pytest.raises(ApiError) as error:
        client.file.watch_stop(created["watcher_id"])
    assert error.value.status_code == 404


def test_events_have_every_field(http, watch, sh, folder):
    watcher = watch()
    sh("printf 12345 > a")
    event = collect(http, watcher, has("create", "a"))[0]
    assert set(event) == FIELDS
    assert (event["seq"], event["path"], event["old_path"], event["is_dir"], event["size"]) == (1, f"{folder}/a", None, False, 5)
    assert event["inode"] == int(sh("stat -c %i a"))
    assert event["mtime"].endswith("Z") and event["timestamp"].endswith("Z")


@pytest.mark.parametrize(
    ("before", "command", "type", "name", "old"),
    [
        ("true", "touch a", "create", "a", None),
        ("echo 1 > a", "echo 22 > a", "write", "a", None),
        ("touch a", "rm a", "remove", "a", None),
        ("touch a", "mv a b", "rename", "b", "a"),
        ("touch a", "chmod 600 a", "chmod", "a", None),
        ("mkdir -p x y; touch x/a", "mv x/a y/b", "rename", "y/b", "x/a"),
        ("mkdir x; touch x/a", "mv x y", "rename", "y", "x"),
        ("echo 1 > a; echo 22 > b", "mv b a", "rename", "a", "b"),
        ("mkdir -p x/y; touch x/y/z", "rm -r x", "remove", "x/y/z", None),
    ],
)
def test_each_kind_of_change(http, watch, sh, folder, before, command, type, name, old):
    sh(before)
    watcher = watch()
    sh(command)
    events = collect(http, watcher, has(type, name))
    event = next(event for event in events if (event["type"], event["relative_path"]) == (type, name))
    assert event["old_path"] == (f"{folder}/{old}" if old else None)


def test_files_made_at_once_in_new_folders_are_seen(http, watch, sh):
    watcher = watch()
    sh("mkdir -p a/b/c && touch a/1 a/b/2 a/b/c/3")
    wanted = {"a", "a/b", "a/b/c", "a/1", "a/b/2", "a/b/c/3"}
    events = collect(http, watcher, lambda events: wanted <= {event["relative_path"] for event in events})
    assert {event["relative_path"]: event["is_dir"] for event in events}["a/b/c"] is True
    sh("echo more >> a/b/c/3")
    collect(http, watcher, has("write", "a/b/c/3"), events[-1]["seq"])


def test_what_is_excluded_stays_unseen(http, watch, sh):
    sh("mkdir .git node_modules src")
    watcher = watch()
    sh("touch .git/x node_modules/x src/a.pyc src/.a.swp src/a.py")
    assert [event["relative_path"] for event in collect(http, watcher, has("create", "src/a.py"))] == ["src/a.py"]


def test_include_patterns(http, watch, sh):
    watcher = watch(include_patterns=["*.{py,md}"])
    sh("touch a.txt a.py; mkdir d; touch d/b.md d/b.txt")
    events = collect(http, watcher, has("create", "d/b.md"))
    assert {event["relative_path"] for event in events} == {"a.py", "d/b.md"}


def test_one_level_only(http, watch, sh):
    sh("mkdir sub")
    watcher = watch(recursive=False)
    sh("touch sub/deep; sleep 0.3; touch top")
    assert [event["relative_path"] for event in collect(http, watcher, has("create", "top"))] == ["top"]


def test_the_root_may_go_and_come_back(http, watch, sh, folder):
    sh("mkdir -p p/root && touch p/root/a")
    watcher = watch(f"{folder}/p/root")
    sh("rm -r p")
    events = collect(http, watcher, has("remove", "."))
    answer = http.post(f"/v1/file/watch/{watcher}/poll", json={"cursor": events[-1]["seq"]}).json()
    assert answer["status"] == "root_removed"
    sh("mkdir -p p/root && touch p/root/b")
    collect(http, watcher, has("create", "b"), events[-1]["seq"])


def test_a_burst_of_files_is_seen_whole_or_flagged(http, watch, sh):
    watcher = watch()
    sh("for i in $(seq 5000); do : > f$i; done")
    seen, cursor, flagged, end = set(), 0, False, time.monotonic() + 100
    while len(seen) < 5000 and not flagged and time.monotonic() < end:
        answer = http.post(f"/v1/file/watch/{watcher}/poll", json={"cursor": cursor, "timeout": 5, "limit": 1000}).json()
        flagged = answer["overflow"]
        seen |= {event["relative_path"] for event in answer["events"]}
        cursor = answer["cursor"]
    assert flagged or len(seen) == 5000
    started = time.monotonic()
    assert http.get("/v1/ping").status_code == 200
    assert time.monotonic() - started < 10


def test_poll_pages_by_cursor_and_by_since(client, http, watch, sh):
    watcher = watch()
    sh("touch a b c")
    collect(http, watcher, lambda events: len(events) >= 3)
    first = http.post(f"/v1/file/watch/{watcher}/poll", json={"cursor": 0, "limit": 2}).json()
    assert [event["seq"] for event in first["events"]] == [1, 2] and (first["cursor"], first["has_more"]) == (2, True)
    second = client.file.watch_poll(watcher, since=2)
    assert second["events"][0]["seq"] == 3 and second["data"]["events"] == second["events"]


def test_a_poll_waits_and_comes_back_empty(client, watch):
    watcher = watch()
    started = time.monotonic()
    answer = client.file.watch_poll(watcher, timeout=1)
    assert time.monotonic() - started >= 0.9
    assert (answer["events"], answer["cursor"], answer["overflow"]) == ([], 0, False)


def test_an_old_cursor_overflows(http, watch, sh):
    watcher = watch()
    cursor = 0
    for command, last in (("for i in $(seq 5100); do : > f$i; done", 5100), ("find . -name 'f*' -delete", 10_200)):
        sh(command)
        end = time.monotonic() + 100
        while cursor < last and time.monotonic() < end:
            cursor = http.post(f"/v1/file/watch/{watcher}/poll", json={"cursor": cursor, "timeout": 5, "limit": 1000}).json()["cursor"]
    assert http.post(f"/v1/file/watch/{watcher}/poll", json={"cursor": 0, "limit": 1}).json()["overflow"] is True
    assert http.post(f"/v1/file/watch/{watcher}/poll", json={"cursor": cursor}).json()["overflow"] is False


def messages(response):
    fields = {}
    for line in response.iter_lines():
        if line == "" and fields:
            yield fields
            fields = {}
        elif line and not line.startswith(":"):
            name, _, value = line.partition(": ")
            fields[name] = json.loads(value) if name == "data" else value


def test_events_as_a_stream_and_again_behind_the_last_id(http, watch, sh):
    watcher = watch()
    with http.stream("GET", f"/v1/file/watch/{watcher}/events") as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        stream = messages(response)
        started = next(stream)
        assert (started["event"], started["data"]["watcher_id"]) == ("watch_started", watcher)
        sh("touch a")
        change = next(stream)
        assert (change["event"], change["id"], change["data"]["relative_path"]) == ("file_change", f"{watcher}:1", "a")
        assert set(change["data"]) == FIELDS
    sh("touch b")
    with http.stream("GET", f"/v1/file/watch/{watcher}/events", headers={"Last-Event-ID": f"{watcher}:1"}) as response:
        stream = messages(response)
        assert next(stream)["event"] == "watch_started"
        change = next(stream)
        assert change["data"]["seq"] > 1


def test_a_stream_ends_with_its_watcher(client, http, watch):
    watcher = watch()
    with http.stream("GET", f"/v1/file/watch/{watcher}/events") as response:
        stream = messages(response)
        next(stream)
        client.file.watch_stop(watcher)
        assert list(stream) == []


def test_wait_answers_at_once_for_a_file_that_is_there(client, sh, folder):
    sh("printf abc > f")
    answer = client.file.watch_wait(path=f"{folder}/f", timeout=60)
    assert (answer["event"]["type"], answer["event"]["size"], answer["timed_out"]) == ("create", 3, False)
    assert answer["data"]["event"] == answer["event"]


def test_wait_times_out(client, folder):
    answer = client.file.watch_wait(path=f"{folder}/never", timeout=1)
    assert (answer["success"], answer["event"], answer["timed_out"]) == (True, None, True)


@pytest.mark.parametrize(
    ("before", "command", "types", "expected"),
    [
        ("true", "mkdir -p a/b && touch a/b/f", ["create"], "create"),
        ("mkdir -p a/b && echo 1 > a/b/f", "echo 22 >> a/b/f", ["write"], "write"),
        ("mkdir -p a/b && touch a/b/f", "rm -r a", ["remove"], "remove"),
        ("mkdir -p a/b && touch a/b/f", "mv a/b/f a/b/g", ["rename"], "rename"),
        ("mkdir -p a/b && touch a/b/f", "chmod 600 a/b/f", ["chmod"], "chmod"),
    ],
)
def test_wait_for_each_kind_of_event(client, sh, folder, before, command, types, expected):
    sh(before)
    answers = []
    waiting = threading.Thread(
        target=lambda: answers.append(client.file.watch_wait(path=f"{folder}/a/b/f", timeout=60, event_types=types))
    )
    waiting.start()
    # Nothing tells when a wait has begun, so what it waits for happens until it is over.
    while waiting.is_alive():
        waiting.join(1)
        sh(command)
        waiting.join(1)
        if waiting.is_alive():
            sh(f"rm -rf a; {before}")
    assert answers[0]["event"]["type"] == expected


@pytest.mark.parametrize(("path", "status"), [("/nonexistent/x", 404), ("/tmp/a\0b", 400)])
def test_a_path_that_cannot_be_watched_is_refused(http, path, status):
    answer = http.post("/v1/file/watch", json={"path": path})
    assert (answer.status_code, answer.json()["success"], answer.json()["data"]) == (status, False, None)


@pytest.mark.parametrize("body", [{}, {"path": "/tmp", "debounce": 1}, {"path": "/tmp", "exclude": "x"}])
def test_a_bad_body_is_refused_in_the_documented_form(http, body):
    answer = http.post("/v1/file/watch", json=body)
    assert answer.status_code == 422
    assert {"loc", "msg", "type"} == set(answer.json()["detail"][0])


def test_hostile_patterns_hold_nobody_up(http, watch, sh):
    watcher = watch(exclude=["*a" * 60 + "*b", "**/a/" * 40 + "b"])
    sh("touch $(printf 'a%.0s' $(seq 200)) z")
    collect(http, watcher, has("create", "z"))

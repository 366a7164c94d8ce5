"""Shutdown hooks. They are set and removed here; that they run is for the tests of the runtime, whose server can stop."""

import uuid

import pytest
from agent_sandbox.core.api_error import ApiError


@pytest.fixture
def name(http):
    name = f"conformance-{uuid.uuid4().hex[:8]}"
    yield name
    http.delete(f"/v1/sandbox/hooks/{name}")


def names(client):
    return [hook.name for hook in client.sandbox.list_hooks().data]


def test_a_hook_has_the_published_defaults(client, name):
    hook = client.sandbox.register_hook(name=name, command="true").data
    assert (hook.name, hook.command) == (name, "true")
    assert (hook.event, hook.timeout, hook.priority, hook.source) == ("shutdown", 10, 100, "api")


def test_a_hook_keeps_what_it_was_given(client, name):
    client.sandbox.register_hook(name=name, command="echo a; exit 1", event="shutdown", timeout=2.5, priority=-7)
    [hook] = [hook for hook in client.sandbox.list_hooks(event="shutdown").data if hook.name == name]
    assert (hook.command, hook.timeout, hook.priority) == ("echo a; exit 1", 2.5, -7)


def test_explicit_none_is_the_default(client, name):
    hook = client.sandbox.register_hook(name=name, command="true", event=None, timeout=None, priority=None).data
    assert (hook.event, hook.timeout, hook.priority) == ("shutdown", 10, 100)


def test_the_same_name_replaces(client, name):
    client.sandbox.register_hook(name=name, command="true", priority=1)
    client.sandbox.register_hook(name=name, command="false")
    found = [hook for hook in client.sandbox.list_hooks().data if hook.name == name]
    assert [(hook.command, hook.priority) for hook in found] == [("false", 100)]


def test_the_list_is_in_the_order_of_running(client, name, http):
    others = [f"{name}-{n}" for n in range(3)]
    for other, priority in zip(others, [300, -300, 50]):
        client.sandbox.register_hook(name=other, command="true", priority=priority)
    mine = [found for found in names(client) if found in others]
    for other in others:
        client.sandbox.remove_hook(other)
    assert mine == [others[1], others[2], others[0]]


def test_a_removed_hook_is_gone(client, name):
    client.sandbox.register_hook(name=name, command="true")
    assert client.sandbox.remove_hook(name).success is True
    assert name not in names(client)
    with pytest.raises(ApiError) as missing:
        client.sandbox.remove_hook(name)
    assert missing.value.status_code == 404


def test_a_command_may_be_as_long_as_published(client, name):
    assert len(client.sandbox.register_hook(name=name, command="x" * 4096).data.command) == 4096


@pytest.mark.parametrize(
    "body",
    [
        {"event": "startup"},
        {"command": "x" * 4097},
        {"command": None},
        {"name": "a b"},
        {"name": "../a"},
        {"name": ""},
        {"name": "a" * 65},
        {"timeout": 0},
        {"timeout": -1},
        {"timeout": "soon"},
        {"priority": 1.5},
    ],
    ids=str,
)
def test_what_does_not_fit_is_refused_with_a_list(http, name, body):
    answer = http.post("/v1/sandbox/hooks", json={"name": name, "command": "true", **body})
    assert answer.status_code == 422
    assert isinstance(answer.json()["detail"], list)


def test_only_the_shutdown_event_is_known(client):
    with pytest.raises(ApiError) as refused:
        client.sandbox.list_hooks(event="startup")
    assert refused.value.status_code == 422


def test_a_hook_of_the_environment_cannot_be_changed(client, http):
    fixed = [hook for hook in client.sandbox.list_hooks().data if hook.source == "env"]
    for hook in fixed:
        assert http.delete(f"/v1/sandbox/hooks/{hook.name}").status_code == 409
        assert http.post("/v1/sandbox/hooks", json={"name": hook.name, "command": "true"}).status_code == 409
    assert [hook for hook in client.sandbox.list_hooks().data if hook.source == "env"] == fixed


def test_hooks_are_bounded(client, http, name):
    added = []
    answer = None
    while len(added) <= 64:
        other = f"{name}-{len(added)}"
        answer = http.post("/v1/sandbox/hooks", json={"name": other, "command": "true"})
        if answer.status_code != 200:
            break
        added.append(other)
    for other in added:
        client.sandbox.remove_hook(other)
    assert answer.status_code == 409
    assert 0 < len(added) <= 64


def test_settings_of_the_keeper_are_not_in_the_environment_of_the_user(client):
    output = client.shell.exec_command(command="env | grep -c '^RUN_HOOK_\\|^WAIT_PORTS\\|^SHUTDOWN_HOOKS'").data.output
    assert output.strip() == "0"

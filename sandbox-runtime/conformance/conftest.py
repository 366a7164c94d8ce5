"""The published Python SDK, unchanged, against any sandbox: its URL and its token come by the environment."""

import os
import uuid

import httpx
import pytest
from agent_sandbox import Sandbox


@pytest.fixture(scope="session")
def base_url() -> str:
    return os.environ["SANDBOX_BASE_URL"].rstrip("/")


@pytest.fixture(scope="session")
def headers() -> dict[str, str]:
    token = os.environ.get("SANDBOX_TOKEN", "")
    return {"Authorization": f"Bearer {token}"} if token else {}


@pytest.fixture(scope="session")
def client(base_url, headers) -> Sandbox:
    return Sandbox(base_url=base_url, headers=headers, timeout=120)


@pytest.fixture(scope="session")
def http(base_url, headers):
    """Plain HTTP, for what the SDK has no way to send."""
    with httpx.Client(base_url=base_url, headers=headers, timeout=120) as plain:
        yield plain


@pytest.fixture
def session(client):
    """The id of a shell session of the test's own."""
    created = client.shell.create_session(id=f"test-{uuid.uuid4()}")
    yield created.data.session_id
    client.shell.cleanup_session(created.data.session_id)


@pytest.fixture
def folder(client):
    """A directory of the test's own."""
    path = f"/tmp/conformance-{uuid.uuid4().hex[:12]}"
    assert client.shell.exec_command(command=f"mkdir {path}").data.exit_code == 0
    yield path
    client.shell.exec_command(command=f"rm -rf {path}")

"""The published Python SDK, unchanged, against any sandbox: its URL and its token come by the environment."""

import os
import sys
import uuid

import httpx
import pytest
from _pytest.runner import runtestprotocol
from agent_sandbox import Sandbox

# They drive a real browser and its screen, which on a busy machine lose a click or a paste now and then.
SECOND_TRY = {"test_browser_page", "test_browser_session", "test_display", "test_seed_examples", "test_services", "test_surfaces"}


def pytest_runtest_protocol(item, nextitem):
    """Gives such a test a second try, and says so; what fails twice is a fault."""
    if item.module.__name__ not in SECOND_TRY:
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    reports = runtestprotocol(item, nextitem=nextitem, log=False)
    failed = next((report for report in reports if report.failed), None)
    if failed is not None:
        print(f"\nsecond try of {item.nodeid}\n{failed.longreprtext[-2000:]}", file=sys.__stderr__)
        item._initrequest()
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


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

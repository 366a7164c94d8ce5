"""What the Python examples share: a client for the environment's sandbox, and pages that it serves to its own browser."""

import os
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from agent_sandbox import Sandbox


def base_url() -> str:
    url = os.environ.get("SANDBOX_BASE_URL")
    if not url:
        sys.exit("SANDBOX_BASE_URL is not set; run the example through examples/with-sandbox, or give a sandbox's URL")
    return url.rstrip("/")


def credentials() -> dict[str, str]:
    token = os.environ.get("SANDBOX_TOKEN")
    return {"Authorization": f"Bearer {token}"} if token else {}


def connect() -> Sandbox:
    return Sandbox(base_url=base_url(), headers=credentials(), timeout=120)


@contextmanager
def folder(client: Sandbox, name: str) -> Iterator[str]:
    """A new folder below the sandbox's home, removed again."""
    path = f"{client.sandbox.get_context().home_dir}/{name}-{time.time_ns():x}"
    assert client.shell.exec_command(command=f"mkdir {path}").data.exit_code == 0
    try:
        yield path
    finally:
        client.shell.exec_command(command=f"rm -rf {path}")


@contextmanager
def site(client: Sandbox, files: dict[str, str]) -> Iterator[str]:
    """The URL, as the sandbox's browser has it, of a server of these files inside the sandbox."""
    with folder(client, "site") as place:
        for name, content in files.items():
            client.file.write_file(file=f"{place}/{name}", content=content)
        session = client.shell.create_session().data.session_id
        try:
            command = f"python3 -u -m http.server 0 --bind 127.0.0.1 --directory {place}"
            client.shell.exec_command(id=session, command=command, async_mode=True)
            yield f"http://127.0.0.1:{_port(client, session)}"
        finally:
            client.shell.cleanup_session(session)


def _port(client: Sandbox, session: str) -> str:
    """The port that the server chose, from what it prints once it listens."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        found = re.search(r"Serving HTTP on \S+ port (\d+)", client.shell.view(id=session).data.output)
        if found:
            return found[1]
        time.sleep(0.1)
    raise TimeoutError("the page server did not start")

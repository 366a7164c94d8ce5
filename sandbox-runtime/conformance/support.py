"""What several files of tests do alike."""

import time
import uuid
from contextlib import contextmanager


def wait_for(check, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = check()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError("not seen in time")


@contextmanager
def folder_with(client, server):
    """A directory in the sandbox with a program `server.py` in it."""
    path = f"/tmp/pages-{uuid.uuid4().hex[:12]}"
    client.file.write_file(file=f"{path}/server.py", content=server)
    yield path
    client.shell.exec_command(command=f"rm -rf {path}")


@contextmanager
def running_server(client, folder):
    """Runs `server.py` of the directory, which writes its port into the file that it is told; gives its URL."""
    started = client.bash.exec(command=f"exec python3 {folder}/server.py {folder}/port", async_mode=True)
    found = client.shell.exec_command(
        command=f"for n in {{1..600}}; do [ -f {folder}/port ] && break; sleep 0.1; done; cat {folder}/port"
    )
    yield f"http://127.0.0.1:{found.data.output.strip()}"
    client.bash.kill(session_id=started.data.session_id, signal="SIGKILL")

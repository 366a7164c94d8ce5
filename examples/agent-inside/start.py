"""Puts the agent into a sandbox and starts it there, as a control plane would do from outside: by the shell API."""

import os
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))
from sandbox_site import connect, folder  # noqa: E402

client = connect()
with folder(client, "agent") as place:
    client.file.write_file(file=f"{place}/agent.py", content=Path(__file__).with_name("agent.py").read_text())
    # As the agent reaches the API: the port on which the server listens inside, whatever it is mapped to outside.
    api = os.environ.get("AGENT_API", "http://127.0.0.1:8080")
    result = client.shell.exec_command(command=f"SANDBOX_BASE_URL={api} python3 {place}/agent.py").data
    print(result.output.strip())
    note = client.file.read_file(file=f"{client.sandbox.get_context().home_dir}/workspace/agent-note.txt").data.content
    assert result.exit_code == 0 and note == "created from an in-sandbox agent\n"

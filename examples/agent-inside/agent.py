"""An agent that lives in the sandbox: local commands and files, the sandbox's own API on localhost, and `aio` for its browser. It
is started together with the sandbox or later, so it waits for the API first."""

import os
import subprocess
import sys
import time

import requests

API = os.environ.get("SANDBOX_BASE_URL", "http://127.0.0.1:8080")
WORKSPACE = os.path.expanduser("~/workspace")


def post(path: str, body: dict) -> dict:
    response = requests.post(f"{API}{path}", json=body, timeout=120)
    response.raise_for_status()
    answer = response.json()
    assert answer["success"], answer["message"]
    return answer["data"]


def wait_for_api() -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            if requests.get(f"{API}/v1/ping", timeout=10).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.2)
    sys.exit(f"there is no sandbox at {API}")


def aio(*words: str) -> str:
    return subprocess.run(["aio", "--api-url", API, *words], capture_output=True, text=True, check=True).stdout


wait_for_api()
version = subprocess.run(["python3", "--version"], capture_output=True, text=True, check=True).stdout.strip()
print(f"agent: runs on {version}")

note = f"{WORKSPACE}/agent-note.txt"
post("/v1/file/write", {"file": note, "content": "created from an in-sandbox agent\n"})
with open(note) as written:
    print(f"agent: the API wrote {written.read().strip()!r}")

page = f"{WORKSPACE}/agent-page.html"
with open(page, "w") as target:
    target.write("<title>Status</title><h1>All tests pass</h1>")
aio("browser", "navigate", f"file://{page}")
aio("browser", "screenshot", "-o", f"{WORKSPACE}/agent-page.png")
text = requests.get(f"{API}/v1/browser/page/text", timeout=120).json()["data"].strip()
assert text == "All tests pass", text
print(f"agent: the browser shows {text!r}, a picture has {os.path.getsize(f'{WORKSPACE}/agent-page.png')} bytes")
print("agent: done")

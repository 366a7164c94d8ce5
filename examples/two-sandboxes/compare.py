"""One program, several sandboxes: each gets a variant of a small app, all run side by side, and what they answer is compared."""

import os
import sys
from concurrent.futures import ThreadPoolExecutor

import httpx
from agent_sandbox import Sandbox

APP = """
import http.server, json, sys

class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_): pass
    def do_GET(self):
        total = SUM
        answer = json.dumps({"total": total, "variant": "NAME"}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
print(server.server_address[1], file=open(sys.argv[1], "w"), flush=True)
server.serve_forever()
"""
VARIANTS = {"loop": "0\n        for n in range(1001): total += n", "formula": "1000 * 1001 // 2"}


def try_variant(name: str, url: str, token: str) -> dict:
    """Starts the variant's app in this sandbox, asks it through the preview, and leaves the sandbox as it was."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    sandbox = Sandbox(base_url=url, headers=headers, timeout=120)
    place = f"{sandbox.sandbox.get_context().home_dir}/workspace-{name}"
    sandbox.file.write_file(file=f"{place}/app.py", content=APP.replace("SUM", VARIANTS[name]).replace("NAME", name))
    sandbox.file.write_file(file=f"{place}/variant.txt", content=f"variant={name}\n")
    session = sandbox.shell.create_session().data.session_id
    try:
        sandbox.shell.exec_command(id=session, command=f"python3 {place}/app.py {place}/port", async_mode=True)
        wait = f"for n in {{1..600}}; do [ -s {place}/port ] && break; sleep 0.1; done; cat {place}/port {place}/variant.txt"
        port, variant = sandbox.shell.exec_command(command=wait).data.output.split()
        assert variant == f"variant={name}", variant
        return httpx.get(f"{url}/proxy/{port}/", headers=headers, timeout=60).raise_for_status().json()
    finally:
        sandbox.shell.cleanup_session(session)
        sandbox.shell.exec_command(command=f"rm -rf {place}")


urls = os.environ.get("SANDBOX_BASE_URLS", "").split()
if len(urls) != len(VARIANTS):
    sys.exit(f"SANDBOX_BASE_URLS must hold {len(VARIANTS)} URLs of sandboxes, with spaces between them (SANDBOX_TOKENS likewise)")
tokens = os.environ.get("SANDBOX_TOKENS", "").split() or [""] * len(urls)

with ThreadPoolExecutor(len(urls)) as pool:
    answers = list(pool.map(try_variant, VARIANTS, [url.rstrip("/") for url in urls], tokens))
for answer in answers:
    print(f"{answer['variant']}: {answer['total']}")
assert [answer["variant"] for answer in answers] == list(VARIANTS)
assert {answer["total"] for answer in answers} == {500500}
print("the variants agree")

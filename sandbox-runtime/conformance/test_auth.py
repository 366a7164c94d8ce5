"""Who may come in: on the sandbox itself, and on a second runtime inside it that asks for tokens and keys, as printed in the
published documents (openssl, curl, jq)."""

import json
import os
import re
import textwrap
import uuid

import httpx
import pytest

PORT = 24611
KEY = "a-static-key-for-conformance"
PROGRAM = "/opt/sandfleet/runtime.mjs"

# As the documents print it, but for the port and for what starts the sandbox.
KEY_PAIR = """
openssl genrsa -out private_key.pem 2048
openssl rsa -in private_key.pem -pubout -out public_key.pem
export JWT_PUBLIC_KEY=$(cat public_key.pem | base64)
"""
TOKEN = """
base64url_encode() { openssl base64 -e -A | tr '+/' '-_' | tr -d '='; }
header='{"alg":"RS256","typ":"JWT"}'
exp_time=$(($(date +%s) + 3600))
payload="{\\"exp\\":${exp_time}}"
to_be_signed="$(echo -n "$header" | base64url_encode).$(echo -n "$payload" | base64url_encode)"
signature=$(echo -n "$to_be_signed" | openssl dgst -sha256 -sign private_key.pem | base64url_encode)
jwt="${to_be_signed}.${signature}"
"""
TICKET = """
ticket_response=$(curl -X POST "http://localhost:PORT/tickets" \\
  -H "Authorization: Bearer ${jwt}")
ticket=$(echo "$ticket_response" | jq -r .ticket)
"""
HELPERS = """
url=http://127.0.0.1:PORT
status() { curl -s -o /dev/null -w '%{http_code}\\n' "$@"; }
bearer() { curl -s -H "Authorization: Bearer $jwt" "$@"; }
# new_ticket [BODY]
new_ticket() { bearer -X POST ${1:+-H 'content-type: application/json' -d "$1"} "$url/tickets" | jq -r .ticket; }
# handshake PATH [HEADER...]: the status of a request for a WebSocket
handshake() {
  python3 - "$@" <<'END'
import socket, sys
path, *headers = sys.argv[1:]
lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1:PORT", "Connection: Upgrade", "Upgrade: websocket",
         "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEA==", *headers]
with socket.create_connection(("127.0.0.1", PORT), 60) as stream:
    stream.sendall(("\\r\\n".join(lines) + "\\r\\n\\r\\n").encode())
    print(stream.recv(64).split()[1].decode())
END
}
"""


class Inner:
    """The second runtime, through the shell of the first."""

    def __init__(self, client, session, folder):
        self.client, self.session, self.folder = client, session, folder

    def plain(self, script):
        """Runs a script in a bash of its own and gives what it writes."""
        path = f"{self.folder}/{uuid.uuid4().hex[:8]}.sh"
        self.client.file.write_file(file=path, content=textwrap.dedent(script))
        result = self.client.shell.exec_command(id=self.session, command=f"cd {self.folder} && bash {path}").data
        assert result.status == "completed", result
        return result.output.strip()

    def run(self, script):
        """The same, with a token in `jwt` and the helpers above."""
        setup = TOKEN + HELPERS.replace("PORT", str(PORT))
        return self.plain(setup + textwrap.dedent(script).replace("PORT", str(PORT)))


@pytest.fixture(scope="module")
def inner(client):
    command = os.environ.get("SANDBOX_RUNTIME_COMMAND", f"node {PROGRAM}")
    folder = f"/tmp/auth-{uuid.uuid4().hex[:12]}"
    session = client.shell.create_session(id=f"auth-{uuid.uuid4()}").data.session_id
    inner = Inner(client, session, folder)
    client.shell.exec_command(id=session, command=f"mkdir -p {folder}/home")
    started = inner.plain(
        f"""
        exec 2>&1
        {KEY_PAIR}
        env HOME={folder}/home HOST=127.0.0.1 PUBLIC_PORT={PORT} SANDBOX_API_KEY={KEY} SANDFLEET_SOCKET={folder}/run/own.sock \\
          LOG_LEVEL=trace setsid {command} >{folder}/log 2>&1 </dev/null &
        echo $! >pid
        for _ in $(seq 600); do
          curl -sf http://127.0.0.1:{PORT}/v1/ping && exit
          kill -0 "$(cat pid)" || break
          sleep 0.1
        done
        cat {folder}/log
        """.replace("        ", "")
    )
    assert started.endswith("pong"), started
    yield inner
    inner.plain(f"kill -TERM -- -$(cat {folder}/pid) || kill $(cat {folder}/pid)")
    client.shell.exec_command(id=session, command=f"rm -rf {folder}")
    client.shell.cleanup_session(session)


def test_the_published_token_opens_the_sandbox(inner):
    answer = inner.run('curl -s -X GET "http://localhost:PORT/v1/sandbox" -H "Authorization: Bearer ${jwt}"')
    assert json.loads(answer)["home_dir"] == f"{inner.folder}/home"


def test_without_one_everything_is_closed_but_the_probe(inner):
    paths = ["v1/sandbox", "v1/shell/sessions", "metrics", "", "no/such", "v1/shell/exec?x=.js", "/v1/ping", "v1/ping/../sandbox"]
    statuses = inner.run("".join(f'status --path-as-is "$url/{path}"\n' for path in paths)).split()
    assert statuses == ["401"] * len(paths)
    assert inner.run('curl -s "$url/v1/ping"; status -I "$url/v1/ping"') == "pong200"
    assert json.loads(inner.run('curl -s "$url/v1/sandbox"')) == {
        "success": False,
        "message": "A bearer token is needed.",
        "data": None,
    }


def test_the_published_ticket_is_short_and_opens_one_call(inner):
    answer = inner.run(TICKET + 'echo "$ticket_response"\nstatus "$url/v1/sandbox?ticket=$ticket"\nstatus "$url/v1/sandbox?ticket=$ticket"')
    response, first, second = answer.splitlines()[-3:]
    assert json.loads(response)["expires_in"] == 30
    assert re.fullmatch(r"[\w-]{22,}", json.loads(response)["ticket"])
    assert (first, second) == ("200", "401")


def test_the_published_screen_url_opens_its_page_and_one_socket(inner):
    page, socket, again, replay = inner.run(
        TICKET
        + """
        status "http://localhost:PORT/vnc/index.html?ticket=${ticket}&path=websockify%3Fticket%3D${ticket}"
        handshake "/v1/shell/ws?ticket=$ticket"
        handshake "/v1/shell/ws?ticket=$ticket"
        status "http://localhost:PORT/vnc/index.html?ticket=${ticket}&path=websockify%3Fticket%3D${ticket}"
        """
    ).splitlines()[-4:]
    assert page not in ("401", "403")
    assert (socket, again) == ("101", "401")
    assert replay == "401"


def test_a_browser_gets_a_cookie_and_a_clean_url(inner):
    headers = inner.run(
        """
        curl -s -o /dev/null -D - -H 'Accept: text/html' -H 'Sec-Fetch-Mode: navigate' "$url/v1/docs?a=1&ticket=$(new_ticket)"
        """
    )
    assert headers.startswith("HTTP/1.1 303 ")
    assert re.search(r"(?mi)^location: /v1/docs\?a=1\s*$", headers)
    assert re.search(r"(?mi)^set-cookie: sandfleet-page-\w+-rest=[\w-]+; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax\s*$", headers)
    assert re.search(r"(?mi)^referrer-policy: no-referrer\s*$", headers)


def test_the_cookie_goes_on_for_its_surface_and_for_own_pages_alone(inner):
    answer = inner.run(
        """
        open() { curl -s -o /dev/null -c jar -H 'Accept: text/html' "$url/v1/docs?ticket=$(new_ticket)"; }
        open
        exec_() { status -b jar -X POST -H 'content-type: application/json' -d '{"command":"true"}' "$@" "$url/v1/shell/exec"; }
        status -b jar "$url/v1/docs"
        status -b jar "$url/v1/openapi.json"
        exec_ -H 'Origin: http://127.0.0.1:PORT'
        exec_ -H 'Origin: http://evil.example'
        exec_ -H 'Origin: null'
        exec_
        status -b jar "$url/proxy/3000/"
        handshake /v1/shell/ws "Cookie: $(awk '/sandfleet/{print $6"="$7}' jar)" 'Origin: http://127.0.0.1:PORT'
        """
    ).split()
    assert answer == ["200", "200", "200", "403", "403", "403", "401", "401"]


@pytest.mark.parametrize(
    "ask",
    [
        f"-H 'X-AIO-API-Key: {KEY}' \"$url/v1/sandbox\"",
        f"-H 'Authorization: Bearer {KEY}' \"$url/v1/sandbox\"",
        f'"$url/v1/sandbox?api_key={KEY}"',
    ],
)
def test_the_static_key_opens_the_sandbox_in_all_published_ways(inner, ask):
    assert inner.run(f"status {ask}\nstatus {ask.replace(KEY, KEY[:-1])}").split() == ["200", "401"]


def test_a_ticket_is_held_to_its_surface_and_mode(inner):
    answer = inner.run(
        """
        exec_() { status -X POST -H 'content-type: application/json' -d '{"command":"true"}' "$url/v1/shell/exec?ticket=$1"; }
        exec_ "$(new_ticket '{"surface":"rest","mode":"view"}')"
        exec_ "$(new_ticket '{"surface":"rest"}')"
        exec_ "$(new_ticket '{"surface":"vnc"}')"
        handshake "/v1/shell/ws?ticket=$(new_ticket '{"surface":"vnc"}')"
        handshake "/v1/shell/ws?ticket=$(new_ticket '{"surface":"terminal","mode":"view"}')"
        handshake "/v1/shell/ws?ticket=$(new_ticket '{"surface":"terminal"}')"
        status "$url/proxy/9222/?ticket=$(new_ticket '{"surface":"preview","port":3000}')"
        """
    ).split()
    assert answer == ["403", "200", "403", "403", "403", "101", "403"]


def test_a_ticket_makes_no_tickets_and_bad_wishes_are_refused(inner):
    answer = inner.run(
        """
        status -X POST "$url/tickets?ticket=$(new_ticket)"
        status -X POST "$url/tickets"
        for body in '{"surface":"kitchen"}' '{"mode":"both"}' '{"surface":"preview","port":0}' '{"surface":"vnc","port":1}' '[]'; do
          status -X POST -H "Authorization: Bearer $jwt" -H 'content-type: application/json' -d "$body" "$url/tickets"
        done
        """
    ).split()
    assert answer == ["403", "401", "422", "422", "422", "400", "422"]


def test_auth_answers_for_a_proxy_and_spends_no_ticket(inner):
    answer = inner.run(
        """
        bearer "$url/auth"
        echo
        ticket=$(new_ticket '{"surface":"rest"}')
        status -H "X-Original-URI: /v1/sandbox?ticket=$ticket" "$url/auth"
        status "$url/v1/sandbox?ticket=$ticket"
        status -H "X-Original-URI: /vnc/index.html?ticket=$ticket" "$url/auth"
        status -H "X-Original-URI: /v1/sandbox" "$url/auth"
        status "$url/auth"
        """
    ).splitlines()
    assert json.loads(answer[0]) == {"kind": "token", "mode": "control"}
    assert answer[1:] == ["200", "200", "403", "401", "401"]


FORGERIES = {
    "no algorithm": """jwt="$(echo -n '{"alg":"none"}' | base64url_encode).$(echo -n "$payload" | base64url_encode)." """,
    "the public key as a shared secret": """
        text="$(echo -n '{"alg":"HS256"}' | base64url_encode).$(echo -n "$payload" | base64url_encode)"
        jwt="$text.$(echo -n "$text" | openssl dgst -sha256 -hmac "$(cat public_key.pem)" -binary | base64url_encode)" """,
    "another key": """
        openssl genrsa -out other.pem 2048 2>/dev/null
        jwt="$to_be_signed.$(echo -n "$to_be_signed" | openssl dgst -sha256 -sign other.pem | base64url_encode)" """,
    "an end that is past": """sign "{\\"exp\\":$(($(date +%s) - 60))}" """,
    "an end that is text": """sign "{\\"exp\\":\\"$exp_time\\"}" """,
    "no end": "sign '{}' ",
    "an end in the year 9999": "sign '{\"exp\":253370764800}' ",
    "a beginning that is to come": """sign "{\\"exp\\":$exp_time,\\"nbf\\":$((exp_time - 10))}" """,
    "a demand that nobody knows": """sign "$payload" '{"alg":"RS256","crit":["x"],"x":1}' """,
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_token_with_is_refused(inner, name):
    forge = """
    sign() {
      local text
      text="$(echo -n "${2:-$header}" | base64url_encode).$(echo -n "$1" | base64url_encode)"
      jwt="$text.$(echo -n "$text" | openssl dgst -sha256 -sign private_key.pem | base64url_encode)"
    }
    """
    probe = 'bearer -o /dev/null -w "%{http_code}" "$url/v1/sandbox"'
    assert inner.run(textwrap.dedent(forge) + 'sign "$payload"\n' + probe) == "200"
    assert inner.run(textwrap.dedent(forge) + textwrap.dedent(FORGERIES[name]) + "\n" + probe) == "401"


def test_a_foreign_page_opens_no_socket_and_reads_nothing(inner):
    answer = inner.run(
        """
        for origin in http://evil.example null http://127.0.0.1:1; do
          handshake "/v1/shell/ws?ticket=$(new_ticket)" "Origin: $origin"
        done
        bearer -o /dev/null -D - -H 'Origin: http://evil.example' "$url/v1/sandbox" | grep -ci '^access-control' || true
        status -X OPTIONS -H 'Origin: http://evil.example' -H 'Access-Control-Request-Method: POST' "$url/v1/shell/exec"
        """
    ).split()
    assert answer == ["403", "403", "403", "0", "401"]


def test_hosts_and_headers_that_lead_to_a_port_are_behind_the_guard_too(inner):
    answer = inner.run(
        """
        for header in 'Host: 3000-x' 'Host: PORT-x' 'Host: 9222-x' 'x-aio-proxy-port: 9222' 'x-aio-proxy-port: 0'; do
          status -H "$header" "$url/v1/ping"
        done
        """
    ).split()
    assert answer == ["401"] * 5


def test_programs_inside_need_no_token_on_their_socket_and_one_on_loopback(inner):
    answer = inner.run(
        f"""
        stat -c '%a %F' {inner.folder}/run {inner.folder}/run/own.sock
        curl -s --unix-socket {inner.folder}/run/own.sock http://localhost/auth
        echo
        status "$url/v1/sandbox"
        """
    ).splitlines()
    assert answer[:2] == ["700 directory", "600 socket"]
    assert json.loads(answer[2]) == {"kind": "local", "mode": "control"}
    assert answer[3] == "401"


def test_nothing_that_lets_anybody_in_is_logged(inner):
    answer = inner.run(
        """
        ticket=$(new_ticket)
        for path in /v1/sandbox /no/such /v1/shell/ws; do
          status "$url$path?ticket=$ticket&path=websockify%3Fticket%3D$ticket" >/dev/null
          status "$url$path?api_key=a-static-key-for-conformance" >/dev/null
        done
        for secret in "$ticket" "$jwt" a-static-key-for-conformance; do grep -c -e "$secret" log || true; done
        """
    ).split()
    assert answer == ["0", "0", "0"]


def test_a_key_that_can_be_guessed_stops_the_start_by_name(inner):
    command = os.environ.get("SANDBOX_RUNTIME_COMMAND", f"node {PROGRAM}")
    answer = inner.plain(f"HOME={inner.folder}/home PUBLIC_PORT=0 HOST=127.0.0.1 SANDBOX_API_KEY=hunter2 {command} 2>&1; echo $?")
    assert "SANDBOX_API_KEY" in answer
    assert "hunter2" not in answer
    assert answer.splitlines()[-1] != "0"


def test_the_sdk_makes_tickets_and_asks_who_it_is(client):
    ticket = client.auth.create_ticket()
    fields = ticket if isinstance(ticket, dict) else ticket.model_dump()
    assert re.fullmatch(r"[\w.-]{22,}", fields["ticket"])
    assert 1 <= fields["expires_in"] <= 300
    who = client.auth.authenticate()
    assert who["kind"] in ("none", "token")
    assert who["mode"] == "control"


def test_what_runs_in_the_sandbox_finds_its_socket_and_no_keys(client, session):
    names = client.shell.exec_command(id=session, command="env | cut -d= -f1 | sort").data.output.split()
    assert [name for name in names if name.startswith("SANDFLEET_")] == ["SANDFLEET_SOCKET"]
    assert not {"JWT_PUBLIC_KEY", "SANDBOX_JWT_PUBLIC_KEY", "SANDBOX_API_KEY", "AUTH_TOKEN"} & set(names)
    command = 'curl -s --unix-socket "$SANDFLEET_SOCKET" http://localhost/auth'
    assert json.loads(client.shell.exec_command(id=session, command=command).data.output) == {"kind": "local", "mode": "control"}


def test_the_probe_needs_no_credential_and_nothing_else_is_open(base_url, headers):
    with httpx.Client(base_url=base_url, timeout=60) as anybody:
        status = anybody.get("/v1/sandbox").status_code
    assert status == (401 if headers else 200)

"""Starts bash for the server. A fork copies the map of all memory, and the server has much; this process has little.

Each line on standard input is a request: `{"id", "args", "cwd", "env"}` starts a bash that leads a session of its own, with a
pipe for each stream; `{"opened": id}` says that the server has opened its ends, by way of /proc. Each line on standard output
is `{"ready": fd}`, `{"id", "pid", "fds"}`, `{"id", "error"}` or `{"exit": pid, "code"}`. It ends with its input.
"""

import errno
import json
import os
import select
import signal

BASH = b"/bin/bash"
NAME = b"sandfleet-spawn"
# Python ignores these, and what is ignored stays so in a new program.
DEFAULT_SIGNALS = (signal.SIGPIPE, signal.SIGXFSZ)

held: dict[int, list[int]] = {}


def main() -> None:
    # What the server left open for children, other sessions' terminals among it, must not reach a command.
    os.closerange(3, 1 << 20)
    # Whoever ends all programs of this language by name does not mean this one.
    with open("/proc/self/comm", "wb") as comm:
        comm.write(NAME)
    wake, waker = os.pipe()
    os.set_blocking(waker, False)
    signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    say({"ready": wake})

    poll = select.poll()
    poll.register(0, select.POLLIN)
    poll.register(wake, select.POLLIN)
    rest = b""
    while True:
        ready = [fd for fd, _ in poll.poll()]
        if wake in ready:
            os.read(wake, 4096)
            reap()
        if 0 in ready:
            chunk = os.read(0, 1 << 20)
            if not chunk:
                return
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                handle(json.loads(line))


def handle(request: dict) -> None:
    if "opened" in request:
        close(held.pop(request["opened"], []))
        return
    try:
        pid, fds = start(request)
    except OSError as error:
        say({"id": request["id"], "error": errno.errorcode.get(error.errno, "EIO")})
        return
    held[request["id"]] = fds
    say({"id": request["id"], "pid": pid, "fds": fds})


def start(request: dict) -> tuple[int, list[int]]:
    """The server's ends come back open; a command that is over by then leaves what it wrote in them."""
    ours: list[int] = []
    theirs: list[int] = []
    try:
        for stream in range(3):
            read, write = os.pipe()
            theirs.append(read if stream == 0 else write)
            ours.append(write if stream == 0 else read)
        os.chdir(encode(request["cwd"]))
        pid = os.posix_spawn(
            BASH,
            [BASH, *map(encode, request["args"])],
            {encode(name): encode(value) for name, value in request["env"].items()},
            file_actions=[(os.POSIX_SPAWN_DUP2, fd, stream) for stream, fd in enumerate(theirs)],
            setsid=True,
            setsigmask=(),
            setsigdef=DEFAULT_SIGNALS,
        )
    except OSError:
        close(ours)
        raise
    finally:
        close(theirs)
        os.chdir("/")
    return pid, ours


def reap() -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        code = os.waitstatus_to_exitcode(status)
        say({"exit": pid, "code": code if code >= 0 else 128 - code})


def encode(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def close(fds: list[int]) -> None:
    for fd in fds:
        os.close(fd)


def say(message: dict) -> None:
    data = json.dumps(message).encode() + b"\n"
    while data:
        data = data[os.write(1, data) :]


main()

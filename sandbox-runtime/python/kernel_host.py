"""Holds the IPython kernels of a sandbox for the server that started it. Ends with the server, and takes every kernel along.

Requests come as JSON lines on standard input, events leave as JSON lines on standard output:

    {"op": "start", "id": 1, "kernel": "k1", "python": "/usr/bin/python3"}      started {pid} | failed {message}
    {"op": "execute", "id": 2, "kernel": "k1", "code": "…", "cwd": "/…"?}       output {output} …, then done | failed
    {"op": "mute", "kernel": "k1"}      no more outputs of the running code, until it clears them
    {"op": "interrupt", "kernel": "k1"}
    {"op": "stop", "id": 3, "kernel": "k1", "grace": 1.5}                       stopped

Unasked: `ready` with the interpreters that can run kernels, `unavailable`, and `exited` when a kernel ends.
"""

import asyncio
import importlib.util
import json
import os
import re
import shutil
import site
import subprocess
import sys
import tempfile

MAX_LINE = 32 * 1024 * 1024
MINORS = range(10, 16)
PROBE_SECONDS = 20
# The path of a Unix socket holds 107 characters.
MAX_PARENT = 60


class Host:
    def __init__(self, *, writer, folder, context, limit):
        self._writer = writer
        self._folder = folder
        self._context = context
        self._limit = limit
        self._kernels = {}
        self._muted = set()
        self._tasks = set()

    def handle(self, request):
        operation = {"start": self._start, "execute": self._execute, "stop": self._stop}.get(request["op"])
        if operation is not None:
            self.run(self._answer(operation, request))
        elif request["op"] == "mute":
            self._muted.add(request["kernel"])
        elif request["op"] == "interrupt" and request["kernel"] in self._kernels:
            self._kernels[request["kernel"]].interrupt()

    def run(self, coroutine):
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def send(self, event):
        self._writer.write(kernel_output.encode(event))
        await self._writer.drain()

    async def close(self):
        await asyncio.gather(*(kernel.stop(0) for kernel in list(self._kernels.values())), return_exceptions=True)

    async def _answer(self, operation, request):
        try:
            await operation(request)
        except Exception as error:
            await self.send({"event": "failed", "id": request["id"], "message": f"{type(error).__name__}: {error}"[:2000]})

    async def _start(self, request):
        name = request["kernel"]
        kernel = self._kernels[name] = kernel_process.KernelProcess(name, folder=self._folder, context=self._context)
        try:
            await kernel.start(request["python"])
        except BaseException:
            await kernel.stop(0)
            await self._forget(name)
            raise
        self.run(self._report_exit(name, kernel))
        await self.send({"event": "started", "id": request["id"], "pid": kernel.pid})

    async def _report_exit(self, name, kernel):
        code = await kernel.exited
        await self.send({"event": "exited", "kernel": name, "code": code})
        await self._forget(name)

    async def _forget(self, name):
        kernel = self._kernels.pop(name, None)
        if kernel is not None:
            await kernel.clean_up()

    async def _execute(self, request):
        name = request["kernel"]
        self._muted.discard(name)

        async def emit(kind, content):
            if kind == "clear_output":
                self._muted.discard(name)
            if name in self._muted and kind not in kernel_output.ALWAYS:
                return
            for output in kernel_output.to_outputs(kind, content, self._limit):
                await self.send({"event": "output", "id": request["id"], "output": output})

        kernel = self._kernels.get(name)
        if kernel is None:
            raise LookupError("this kernel has ended")
        execution = await kernel.execute(request["code"], request.get("cwd"), emit)
        for page in kernel_output.pages(kernel_process.payloads(execution.reply)):
            await emit("display_data", page)
        await self.send({"event": "done", "id": request["id"], **summary(execution, kernel)})

    async def _stop(self, request):
        kernel = self._kernels.get(request["kernel"])
        if kernel is not None:
            await kernel.stop(request["grace"])
        await self.send({"event": "stopped", "id": request["id"]})


def summary(execution, kernel):
    fields = {"message_id": execution.message_id}
    if execution.reply is None:
        return {**fields, "status": "died", "code": kernel.exited.result() if kernel.exited.done() else None}
    count = execution.reply.get("execution_count")
    status = "ok" if execution.reply.get("status") == "ok" else "error"
    return {**fields, "status": status, **({"execution_count": count} if isinstance(count, int) else {})}


def interpreters():
    """Interpreters with ipykernel, by the names of their kernels."""
    own = f"python3.{sys.version_info.minor}"
    found = {}
    if importlib.util.find_spec("ipykernel") is not None:
        found = {"python3": sys.executable, own: sys.executable}
    for name in (f"python3.{minor}" for minor in MINORS):
        path = shutil.which(name)
        if name != own and path is not None and has_ipykernel(path):
            found[name] = path
    return found


def has_ipykernel(python):
    probe = "import importlib.util, sys; sys.exit(importlib.util.find_spec('ipykernel') is None)"
    silent = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    try:
        return subprocess.run([python, "-c", probe], timeout=PROBE_SECONDS, **silent).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def private_folder():
    parent = tempfile.gettempdir() if len(tempfile.gettempdir()) <= MAX_PARENT else "/tmp"
    for name in os.listdir(parent):
        owner = re.fullmatch(r"kernels-(\d+)-\w+", name)
        # A host that was killed could not tidy up.
        if owner is not None and not os.path.exists(f"/proc/{owner[1]}"):
            shutil.rmtree(os.path.join(parent, name), ignore_errors=True)
    return tempfile.mkdtemp(prefix=f"kernels-{os.getpid()}-", dir=parent)


async def open_streams(output):
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=MAX_LINE)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(0, "rb"))
    transport, protocol = await loop.connect_write_pipe(asyncio.streams.FlowControlMixin, os.fdopen(output, "wb"))
    return reader, asyncio.StreamWriter(transport, protocol, None, loop)


async def serve(output, limit):
    reader, writer = await open_streams(output)
    folder = private_folder()
    host = Host(writer=writer, folder=folder, context=zmq.asyncio.Context(), limit=limit)
    ready = await asyncio.to_thread(interpreters)
    user_site = site.getusersitepackages()
    await host.send({"event": "ready", "python": sys.executable, "interpreters": ready, "user_site": user_site})
    try:
        while line := await reader.readline():
            host.handle(json.loads(line))
    finally:
        await host.close()
        shutil.rmtree(folder, ignore_errors=True)
        # Threads and sockets of kernels that are gone by now have nothing left to do.
        os._exit(0)


if __name__ == "__main__":
    # Terminals that the server has open came along, and no kernel should have them. The real standard output carries events
    # alone: what a library prints goes elsewhere.
    os.closerange(3, os.sysconf("SC_OPEN_MAX") if os.sysconf("SC_OPEN_MAX") > 0 else 65536)
    events = os.dup(1)
    os.dup2(2, 1)
    # The server starts this with -I, so that nothing that a user installs or writes can stand in for a module of the host.
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    try:
        import kernel_output
        import kernel_process
        import zmq.asyncio
    except ImportError as error:
        missing = f"{sys.executable} can't run kernels: {error}"
        os.write(events, json.dumps({"event": "unavailable", "message": missing}).encode() + b"\n")
        sys.exit(0)
    asyncio.run(serve(events, int(sys.argv[1])))

"""One IPython kernel: its process, its sockets, and the code that runs in it."""

import asyncio
import os
import signal
import subprocess
import threading

import zmq
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpec

# The directory that a process starts in must not be searched for modules: a file random.py in it would keep every kernel from
# starting. IPython adds the directory again, behind the standard library.
LAUNCH = """\
import sys
if sys.path[:1] == ['']:
    del sys.path[0]
from ipykernel.kernelapp import launch_new_instance
launch_new_instance()
"""
# No history file: it is on the user's disk, and kernels would wait for each other there. Readers of tracebacks are programs.
OPTIONS = ["--HistoryManager.enabled=False", "--InteractiveShell.colors=nocolor"]
# The protocol's own request to shut down is handled in a thread that waits for the one for outputs while the main thread ends
# that: every tenth kernel would hang. Here nothing else is under way.
LEAVE = "(lambda loop: loop.add_callback(loop.stop))(__import__('IPython').get_ipython().kernel.io_loop)"
START_SECONDS = 60
# After the reply, outputs that are still on their way; the message that ends them gets lost when a kernel floods its socket.
IDLE_SECONDS = 5
# What a kernel wrote just before its death.
LAST_WORDS_SECONDS = 0.2
WAKE_SECONDS = 0.1
# Between `exit()` and the end of the process.
EXIT_SECONDS = 3


class KernelFailed(Exception):
    """The kernel did not start."""


class Execution:
    """Code that runs; `emit` is awaited with each message of its output."""

    def __init__(self, message_id, emit):
        self.message_id = message_id
        self.emit = emit
        self.idle = False
        self.reply = None
        self.finished = asyncio.get_running_loop().create_future()

    def finish(self):
        if not self.finished.done():
            self.finished.set_result(None)


def payloads(reply):
    found = (reply or {}).get("payload")
    return [payload for payload in found if isinstance(payload, dict)] if isinstance(found, list) else []


class KernelProcess:
    def __init__(self, name, *, folder, context):
        loop = asyncio.get_running_loop()
        self.exited = loop.create_future()
        self._loop = loop
        self._execution = None
        self._first = {name: loop.create_future() for name in ("reply", "output")}
        self._folder = folder
        self._tasks = []
        self._client = None
        self._manager = AsyncKernelManager(
            transport="ipc",
            ip=os.path.join(folder, name),
            connection_file=os.path.join(folder, f"{name}.json"),
            context=context,
        )
        self.pid = None

    async def start(self, python):
        """Comes back when the kernel takes code; its directory is the host's private one until code says otherwise."""
        # Whoever tidies up /tmp takes it away.
        os.makedirs(self._folder, mode=0o700, exist_ok=True)
        argv = [python, "-c", LAUNCH, "-f", "{connection_file}", *OPTIONS]
        self._manager._kernel_spec = KernelSpec(argv=argv, display_name="Python", language="python")
        environment = {**os.environ, "MPLBACKEND": "module://matplotlib_inline.backend_inline"}
        await self._manager.start_kernel(
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment, cwd=self._folder
        )
        process = self._manager.provisioner.process
        self.pid = process.pid
        try:
            threading.Thread(target=self._watch, args=(process,), daemon=True).start()
        except RuntimeError:
            # There is no room for a thread, and without one nobody would learn of the end of this process.
            self._signal(signal.SIGKILL)
            self._watch(process)
            raise
        self._client = self._manager.client()
        self._client.start_channels(stdin=False, hb=False, control=False)
        self._tasks = [
            self._loop.create_task(self._read(self._client.get_shell_msg, self._on_reply)),
            self._loop.create_task(self._read(self._client.get_iopub_msg, self._on_output)),
        ]
        await self._wait_until_ready()

    async def execute(self, code, cwd, emit):
        """Runs code, in another directory when one is given, to its end or that of the kernel."""
        if cwd is not None:
            move = f"__import__('os').chdir({cwd!r})"
            self._send(self._client.execute, move, silent=True, store_history=False, allow_stdin=False, stop_on_error=False)
        message_id = self._send(self._client.execute, code, allow_stdin=False, stop_on_error=False)
        execution = self._execution = Execution(message_id, emit)
        await asyncio.wait([execution.finished, self.exited], return_when=asyncio.FIRST_COMPLETED)
        if not execution.finished.done():
            await asyncio.wait([execution.finished], timeout=LAST_WORDS_SECONDS)
        self._execution = None
        if any(payload.get("source") == "ask_exit" for payload in payloads(execution.reply)):
            await asyncio.wait([self.exited], timeout=EXIT_SECONDS)
            self._signal(signal.SIGKILL)
            await self.exited
        return execution

    def _send(self, send, *arguments, **options):
        """Sending takes note of what has arrived meanwhile; whoever waits for that is told when the state is asked for."""
        message_id = send(*arguments, **options)
        self._client.shell_channel.socket.get(zmq.EVENTS)
        return message_id

    def interrupt(self):
        self._signal(signal.SIGINT)
        # ipykernel cancels awaiting code in its event loop, but its signal handler does not wake that loop: a message does.
        self._loop.call_later(WAKE_SECONDS, self._wake)

    async def stop(self, grace):
        """Ends the kernel and all that belongs to its process group; an idle one may first clean up, as at any end of Python."""
        if self.pid is None:
            return
        if grace > 0 and self._execution is None and not self.exited.done():
            self._send(self._client.execute, LEAVE, silent=True, store_history=False, allow_stdin=False)
            await asyncio.wait([self.exited], timeout=grace)
        self._signal(signal.SIGKILL)
        await self.exited

    async def clean_up(self):
        for task in self._tasks:
            task.cancel()
        if self._client is not None:
            self._client.stop_channels()
        await self._manager.cleanup_resources()

    def _wake(self):
        if not self.exited.done():
            self._send(self._client.kernel_info)

    def _signal(self, number):
        if self.pid is None or self.exited.done():
            return
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            pass

    def _watch(self, process):
        """Blocks. The id of a process that nobody has waited for yet is not given away, nor is that of its group."""
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass
        code = process.wait()
        try:
            self._loop.call_soon_threadsafe(lambda: self.exited.done() or self.exited.set_result(code))
        except RuntimeError:
            # The host itself has ended.
            pass

    async def _wait_until_ready(self):
        """Outputs of the first code would be lost if the kernel did not know its listener yet."""
        deadline = self._loop.time() + START_SECONDS
        first = asyncio.gather(*self._first.values())
        while not first.done():
            if self.exited.done():
                first.cancel()
                raise KernelFailed(f"it ended with exit code {self.exited.result()} while it started")
            if self._loop.time() > deadline:
                raise KernelFailed(f"it did not answer within {START_SECONDS} seconds")
            self._send(self._client.kernel_info)
            await asyncio.wait([first, self.exited], timeout=1, return_when=asyncio.FIRST_COMPLETED)

    async def _read(self, receive, handle):
        while True:
            try:
                message = await receive()
            except (ValueError, KeyError, TypeError):
                # Code in a kernel can write to its sockets; what is no signed message is nothing.
                continue
            await handle(message)

    def _note_first(self, name):
        if not self._first[name].done():
            self._first[name].set_result(None)

    async def _on_reply(self, message):
        self._note_first("reply")
        execution = self._mine(message)
        if execution is None:
            return
        execution.reply = message["content"]
        if execution.idle:
            execution.finish()
        else:
            self._loop.call_later(IDLE_SECONDS, execution.finish)

    async def _on_output(self, message):
        self._note_first("output")
        execution = self._mine(message)
        if execution is None:
            return
        if message["msg_type"] != "status":
            await execution.emit(message["msg_type"], message["content"])
        elif message["content"].get("execution_state") == "idle":
            execution.idle = True
            if execution.reply is not None:
                execution.finish()

    def _mine(self, message):
        execution = self._execution
        if execution is None or message["parent_header"].get("msg_id") != execution.message_id:
            return None
        return execution

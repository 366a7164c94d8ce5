"""The sandbox as tools of a model: plain functions, and descriptions in the form that model APIs with function calls take."""

import json
from collections.abc import Callable

from agent_sandbox import Sandbox


def parameters(required: list[str], **properties: dict) -> dict:
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


TEXT = {"type": "string"}
DESCRIPTIONS = {
    "run_code": (
        "Run Python or JavaScript in the sandbox; Python keeps its variables from call to call.",
        parameters(["code"], code=TEXT, lang={"type": "string", "enum": ["python", "javascript"], "default": "python"}),
    ),
    "run_shell": (
        "Run a command in the sandbox's shell; the session keeps its directory and variables.",
        parameters(["command"], command=TEXT),
    ),
    "read_file": ("Read a text file of the sandbox.", parameters(["path"], path=TEXT)),
}
TOOLS = [
    {"type": "function", "function": {"name": name, "description": text, "parameters": schema}}
    for name, (text, schema) in DESCRIPTIONS.items()
]


class SandboxTools:
    """A kernel and a shell session of the conversation's own. Whatever fails is told to the model as text: it can try again."""

    def __init__(self, sandbox: Sandbox):
        self.sandbox = sandbox
        self.kernel = sandbox.jupyter.create_session(kernel_name="python3").data.session_id
        self.shell = sandbox.shell.create_session().data.session_id
        self.functions: dict[str, Callable[..., str]] = {
            "run_code": self.run_code,
            "run_shell": self.run_shell,
            "read_file": self.read_file,
        }

    def close(self) -> None:
        self.sandbox.jupyter.delete_session(self.kernel)
        self.sandbox.shell.cleanup_session(self.shell)

    def call(self, name: str, arguments: str) -> str:
        """Answers one tool call: its arguments are the JSON text that the model wrote."""
        if name not in self.functions:
            return f"error: there is no tool {name}"
        try:
            return self.functions[name](**json.loads(arguments)) or "(no output)"
        except (TypeError, ValueError) as error:
            return f"error: the arguments do not fit: {error}"

    def run_code(self, code: str, lang: str = "python") -> str:
        if lang == "javascript":
            return "".join(one.text or "" for one in self.sandbox.nodejs.execute_code(code=code).data.outputs)
        result = self.sandbox.jupyter.execute_code(code=code, session_id=self.kernel).data
        texts = [one.text or (one.data or {}).get("text/plain") or one.evalue or "" for one in result.outputs]
        return "".join(texts)

    def run_shell(self, command: str) -> str:
        result = self.sandbox.shell.exec_command(command=command, id=self.shell).data
        output = result.output.rstrip("\n")
        return output if result.exit_code == 0 else f"{output}\n[exit code: {result.exit_code}]"

    def read_file(self, path: str) -> str:
        answer = self.sandbox.file.read_file(file=path)
        return answer.data.content if answer.success else f"error: {answer.message}"

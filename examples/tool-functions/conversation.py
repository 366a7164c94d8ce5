"""A conversation in which a script stands for the model: it asks for tools as a model would, mistakes included, and gets their
answers. With a model, the loop stays the same and the calls come from its answers."""

import json
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))
from sandbox_site import connect  # noqa: E402
from tools import TOOLS, SandboxTools  # noqa: E402

FIBONACCI = "a, b = 0, 1\nnumbers = []\nfor _ in range(10):\n    numbers.append(a)\n    a, b = b, a + b\nprint(*numbers)"
SCRIPT = [
    ("run_code", {"code": FIBONACCI}, "0 1 1 2 3 5 8 13 21 34"),
    ("run_code", {"code": "sum(numbers)"}, "88"),
    ("run_code", {"code": "1 / 0"}, "division by zero"),
    ("run_code", {"code": "console.log(6 * 7)", "lang": "javascript"}, "42"),
    ("run_shell", {"command": "cd /tmp && export TEAM=otters"}, "(no output)"),
    ("run_shell", {"command": 'echo "$PWD $TEAM"; false'}, "/tmp otters\n[exit code: 1]"),
    ("read_file", {"path": "/no/such/file"}, "error: "),
    ("write_poem", {}, "error: there is no tool write_poem"),
    ("run_shell", {"comand": "ls"}, "error: the arguments do not fit"),
]

assert {tool["function"]["name"] for tool in TOOLS} == {"run_code", "run_shell", "read_file"}
tools = SandboxTools(connect())
try:
    for name, arguments, expected in SCRIPT:
        answer = tools.call(name, json.dumps(arguments)).strip()
        print(f"{name}: {answer!r}")
        assert expected in answer, f"{expected!r} is not in {answer!r}"
finally:
    tools.close()

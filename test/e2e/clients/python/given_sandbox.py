"""The sandbox that a program was started for, as `examples/with-sandbox` names it, and how it tells what it saw."""

import json
import os
from typing import Any

URL = os.environ["SANDBOX_BASE_URL"]
TOKEN = os.environ.get("SANDBOX_TOKEN")
HEADERS = {"Authorization": f"Bearer {TOKEN}"} if TOKEN else {}


def tell(seen: Any) -> None:
    print(json.dumps(seen))

"""What a kernel says about a running cell, as the server wants it: no message larger than it is ready to hold."""

import json

CHUNK = 256 * 1024
MAX_TRACEBACK_LINES = 200
MAX_TRACEBACK_LINE = 10_000
MAX_VALUE = 100_000
# What a stream of output may hold that a server has had enough of.
ALWAYS = {"error", "clear_output"}


def to_outputs(kind, content, limit):
    """The outputs of one message of the kernel, at most `limit` characters of it; a stream comes in pieces."""
    if kind == "stream":
        yield from _stream(content, limit)
    elif kind in ("display_data", "execute_result", "update_display_data"):
        yield from _display(kind, content, limit)
    elif kind == "error":
        lines = [str(line)[:MAX_TRACEBACK_LINE] for line in content.get("traceback", [])][-MAX_TRACEBACK_LINES:]
        yield {
            "type": "error",
            "ename": str(content.get("ename", ""))[:MAX_VALUE],
            "evalue": str(content.get("evalue", ""))[:MAX_VALUE],
            "traceback": lines,
        }
    elif kind == "clear_output":
        yield {"type": "clear_output", "wait": bool(content.get("wait"))}


def pages(payloads):
    """What `object?` shows comes with the reply, for a pager that nobody has here."""
    for payload in payloads:
        if payload.get("source") == "page" and isinstance(payload.get("data"), dict):
            yield {"data": payload["data"], "metadata": {}}


def encode(value):
    """One line. Not every text of Python is UTF-8, and not every number is JSON."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode("utf-8", "replace") + b"\n"


def _stream(content, limit):
    text = str(content.get("text", ""))
    name = "stderr" if content.get("name") == "stderr" else "stdout"
    for start in range(0, min(len(text), limit), CHUNK):
        yield {"type": "stream", "name": name, "text": text[start : min(start + CHUNK, limit)]}
    if len(text) > limit:
        yield {"type": "dropped"}


def _display(kind, content, limit):
    data, dropped = _fit(_encodable(content.get("data")), limit)
    metadata = _encodable(content.get("metadata"))
    output = {"type": kind, "data": data, "metadata": metadata if _size(metadata) <= CHUNK else {}}
    if kind == "execute_result" and isinstance(content.get("execution_count"), int):
        output["execution_count"] = content["execution_count"]
    display_id = (content.get("transient") or {}).get("display_id")
    if isinstance(display_id, str) and len(display_id) <= CHUNK:
        output["display_id"] = display_id
    yield output
    if dropped:
        yield {"type": "dropped"}


def _fit(data, limit):
    """Of too much, the plain text stays as far as there is room; half a picture is none."""
    if _size(data) <= limit:
        return data, False
    text = data.get("text/plain")
    return ({"text/plain": text[: limit // 2]} if isinstance(text, str) else {}), True


def _encodable(data):
    if not isinstance(data, dict):
        return {}
    return {str(key): value for key, value in data.items() if _size(value) >= 0}


def _size(value):
    """-1 for what JSON has no form for, as NaN."""
    if isinstance(value, str):
        return len(value)
    try:
        return len(encode(value))
    except (ValueError, TypeError, RecursionError):
        return -1

"""The MCP client of the Python SDK lists the tools of a sandbox, and makes the calls of the table that its argument is."""

import asyncio
import json
import sys
from typing import Any

import httpx2
from given_sandbox import HEADERS, URL, tell
from mcp import Client
from mcp.client.streamable_http import streamable_http_client


async def trouble_with(client: Client, call: dict[str, Any]) -> str | None:
    result = await client.call_tool(call["name"], call.get("args", {}))
    words = "\n".join(part.text if part.type == "text" else f"({part.type})" for part in result.content)
    if bool(result.is_error) != ("fails" in call):
        return f"is_error {result.is_error}: {words[:300]}"
    if not result.content:
        return "it says nothing"
    wanted = call.get("fails", call.get("has", ""))
    return None if wanted in words else f'no "{wanted}" in: {words[:300]}'


async def main(calls: list[dict[str, Any]]) -> None:
    async with (
        httpx2.AsyncClient(headers=HEADERS, timeout=None) as http,
        Client(streamable_http_client(f"{URL}/mcp", http_client=http)) as client,
    ):
        tools = (await client.list_tools()).tools
        troubles = [(call["name"], await trouble_with(client, call)) for call in calls]
        wrong = [f"{name}: {why}" for name, why in troubles if why]
        tell({"protocol": client.protocol_version, "tools": [tool.name for tool in tools], "wrong": wrong})


asyncio.run(main(json.loads(sys.argv[1])))

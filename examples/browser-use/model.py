"""Stands for a model: it looks at what the agent shows it of the page, and answers by rules, without a network."""

import re
from typing import Any

from browser_use.llm.base import BaseChatModel
from browser_use.llm.messages import BaseMessage
from browser_use.llm.views import ChatInvokeCompletion

Action = dict[str, dict[str, Any]]


class SearchScript(BaseChatModel):
    model = "script"
    _verified_api_keys = True

    def __init__(self, url: str, words: str) -> None:
        self.url = url
        self.words = words
        self.pictures = 0

    @property
    def provider(self) -> str:
        return "script"

    @property
    def name(self) -> str:
        return self.model

    async def ainvoke(self, messages: list[BaseMessage], output_format: Any = None, **_: Any) -> ChatInvokeCompletion[Any]:
        seen = messages[-1].text
        self.pictures += sum(part.type == "image_url" for part in messages[-1].content if not isinstance(part, str))
        if output_format is None:
            return ChatInvokeCompletion(completion=first_result(seen, self.words), usage=None)
        goals = dict.fromkeys(("thinking", "evaluation_previous_goal", "memory", "next_goal"), "")
        answer = output_format.model_validate({**goals, "action": self.act(seen)})
        return ChatInvokeCompletion(completion=answer, usage=None)

    def act(self, seen: str) -> list[Action]:
        extracted = re.search(r"<result>\n(.+?)\n</result>", seen)
        if extracted:
            return [{"done": {"text": extracted[1], "success": True}}]
        _, _, state = seen.partition("<browser_state>")
        if self.url not in state:
            return [{"navigate": {"url": self.url}}]
        if f"{self.words}: " in state:
            return [{"extract": {"query": "title and link of the first result", "extract_links": True}}]
        box, button = (element(state, tag) for tag in ("input", "button"))
        if box and button:
            return [{"input": {"index": box, "text": self.words}}, {"click": {"index": button}}]
        return [{"wait": {"seconds": 1}}]


def element(state: str, tag: str) -> int | None:
    """The number under which the agent lists the first element of this kind."""
    found = re.search(rf"\[(\d+)\]<{tag}\b", state)
    return int(found[1]) if found else None


def first_result(page: str, words: str) -> str:
    """What a model is asked for by `extract`: here the first line of the page with the words, and the link after it."""
    found = re.search(rf"({re.escape(words)}: .+)\n.*?\]\(([^)]+)\)", page)
    return f"{found[1]} at {found[2]}" if found else "nothing was found"

"""A session of browser-use that knows a sandbox's URL alone: it asks `/json/version` there for the way on."""

import asyncio

from browser_use import BrowserSession
from given_sandbox import HEADERS, URL, tell


async def main() -> None:
    session = BrowserSession(cdp_url=URL, headers=HEADERS)
    try:
        await session.start()
        await session.navigate_to("data:text/html,<title>Shown by browser-use</title>")
        tell({"tabs": [tab.url for tab in await session.get_tabs()]})
    finally:
        await session.stop()


asyncio.run(main())

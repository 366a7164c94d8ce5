"""An agent of browser-use, outside, works in the sandbox's browser: opens a page, searches, extracts the first result."""

import asyncio
import os
import sys
from pathlib import Path

# Read when it is imported: it sends usage and asks for its newest version unless told not to.
for name in ("ANONYMIZED_TELEMETRY", "BROWSER_USE_CLOUD_SYNC", "BROWSER_USE_VERSION_CHECK", "BROWSER_USE_CLOUD_HINTS"):
    os.environ.setdefault(name, "false")
os.environ.setdefault("BROWSER_USE_LOGGING_LEVEL", "result")

from browser_use import Agent, BrowserSession  # noqa: E402
from model import SearchScript  # noqa: E402

sys.path.append(str(Path(__file__).resolve().parents[1]))
from sandbox_site import connect, credentials, site  # noqa: E402

PAGE = """<!doctype html><title>Search</title><form><input name="q"><button>Search</button></form><main></main><script>
const query = new URLSearchParams(location.search).get('q')
for (const name of query ? ['manual', 'forum'] : []) {
  const result = document.createElement('article')
  result.innerHTML = `<h2></h2><a href="/${name}.html">open</a>`
  result.querySelector('h2').textContent = `${query}: ${name}`
  document.querySelector('main').append(result)
}
</script>"""


async def search(cdp_url: str, model: SearchScript) -> str:
    # A gateway asks DevTools' clients for the token as it asks everybody.
    session = BrowserSession(cdp_url=cdp_url, headers=credentials())
    task = f'Open {model.url}, search for "{model.words}" and tell the first result’s title and link'
    agent = Agent(task=task, llm=model, browser_session=session, use_judge=False, directly_open_url=False)
    try:
        history = await agent.run(max_steps=20)
    finally:
        await session.stop()
    assert history.is_successful(), history.errors()
    return history.final_result() or ""


client = connect()
with site(client, {"index.html": PAGE}) as url:
    model = SearchScript(f"{url}/", "tide tables")
    print("agent:", asyncio.run(search(client.browser.get_info().data.cdp_url, model)))
    assert model.pictures > 0
    # The tab that the agent worked in is the one that everybody else sees.
    print("page:", client.browser_page.evaluate(expression="location.search").data)

"""A search as a person does it, by Playwright over the sandbox's DevTools: fill, Enter, wait for results, read the first."""

import asyncio
import sys
from pathlib import Path

from playwright.async_api import async_playwright

sys.path.append(str(Path(__file__).resolve().parents[1]))
from sandbox_site import connect, credentials, site  # noqa: E402

PAGE = """<!doctype html><title>Search</title><form><input name="q"></form><main></main><script>
const query = new URLSearchParams(location.search).get('q')
if (query) setTimeout(() => {
  for (const name of ['manual', 'forum']) {
    const result = document.createElement('article')
    result.dataset.testid = 'result'
    result.innerHTML = `<h2></h2><a href="/${name}.html">open</a>`
    result.querySelector('h2').textContent = `${query}: ${name}`
    document.querySelector('main').append(result)
  }
}, 100)
</script>"""


async def search(cdp_url: str, url: str, words: str, picture: Path) -> tuple[str, str]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.connect_over_cdp(cdp_url, headers=credentials(), timeout=120_000)
        context = await browser.new_context()
        page = await context.new_page()
        await page.goto(url)
        box = page.locator('input[name="q"]')
        await box.fill(words)
        await box.press("Enter")
        await page.wait_for_selector('[data-testid="result"]', timeout=60_000)
        first = page.locator('[data-testid="result"]').first
        found = await first.locator("h2").inner_text(), await first.locator("a").get_attribute("href") or ""
        await page.screenshot(path=picture)
        await context.close()
        await browser.close()
        return found


picture = Path(sys.argv[1] if len(sys.argv) > 1 else "results.png")
client = connect()
with site(client, {"index.html": PAGE}) as url:
    title, link = asyncio.run(search(client.browser.get_info().data.cdp_url, f"{url}/", "tide tables", picture))
assert (title, link) == ("tide tables: manual", "/manual.html"), (title, link)
assert picture.read_bytes().startswith(b"\x89PNG")
print(f"title: {title}\nlink: {link}\npicture: {picture}")

"""A page as Markdown with its picture: Playwright over CDP here, the conversion in the sandbox's kernel, a look by shell, and the
text by file."""

import asyncio
import base64
import sys
from pathlib import Path

from agent_sandbox import Sandbox
from playwright.async_api import async_playwright

sys.path.append(str(Path(__file__).resolve().parents[1]))
from sandbox_site import connect, credentials, folder, site  # noqa: E402

PAGE = """<!doctype html><title>Tides</title><h1>Tides</h1>
<p>Twice a day the sea <b>rises</b>; see <a href="/moon.html">the moon</a>.</p>
<ul><li>'''springs'''</li><li>neaps \\ back</li></ul><p id=late></p>
<script>setTimeout(() => { document.querySelector('#late').textContent = 'Written by a script.' }, 50)</script>"""

CONVERT = """
from bs4 import BeautifulSoup
from markdownify import MarkdownConverter

with open({folder!r} + "/page.html") as page:
    html = BeautifulSoup(page, "html.parser")
for unseen in html(["title", "script", "style"]):
    unseen.decompose()
text = MarkdownConverter(heading_style="ATX").convert_soup(html)
with open({folder!r} + "/site.md", "w") as target:
    target.write(text.strip() + "\\n\\n![Screenshot](data:image/png;base64," + {picture!r} + ")\\n")
print("converted")
"""


async def capture(client: Sandbox, url: str) -> tuple[str, bytes]:
    """HTML and picture of a page in the sandbox's browser, which Playwright drives from here."""
    cdp_url = client.browser.get_info().data.cdp_url
    async with async_playwright() as playwright:
        browser = await playwright.chromium.connect_over_cdp(cdp_url, headers=credentials(), timeout=120_000)
        context = await browser.new_context()
        page = await context.new_page()
        await page.goto(url, wait_until="networkidle")
        seen = await page.content(), await page.screenshot()
        await context.close()
        await browser.close()
        return seen


client = connect()
with site(client, {"index.html": PAGE}) as url, folder(client, "markdown") as work:
    html, picture = asyncio.run(capture(client, f"{url}/"))
    print(f"browser: {len(html)} characters, a picture of {len(picture)} bytes")

    client.file.write_file(file=f"{work}/page.html", content=html)
    code = CONVERT.format(folder=work, picture=base64.b64encode(picture).decode())
    converted = client.jupyter.execute_code(code=code).data
    assert converted.status == "ok", converted.outputs
    print(f"jupyter: {converted.outputs[0].text.strip()}")

    print(f"shell: {client.shell.exec_command(command=f'ls -lh {work}/*.md').data.output.strip()}")
    text, _, image = client.file.read_file(file=f"{work}/site.md").data.content.partition("![Screenshot]")
    print(f"file:\n{text.strip()}")
    for part in ("# Tides", "**rises**", "[the moon](/moon.html)", "'''springs'''", "Written by a script."):
        assert part in text, f"{part} is missing"
    assert "setTimeout" not in text
    assert base64.b64decode(image.split("base64,")[1].rstrip(")\n")) == picture

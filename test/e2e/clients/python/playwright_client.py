"""Playwright for Python connects by each URL that the DevTools of a sandbox have, and works in a context of its own."""

from urllib.parse import quote

from given_sandbox import HEADERS, URL, tell
from playwright.sync_api import Browser, BrowserContext, Playwright, sync_playwright

HTML = """<title>{title}</title><input id="a"><p id="b"></p><input id="file" type="file"><p id="c"></p><script>
a.oninput = () => (b.textContent = a.value.toUpperCase())
file.onchange = async () => (c.textContent = await file.files[0].text())
</script>"""
SITE = "http://answered-by-the-client.test/"
ENDPOINTS = {"discovered": URL, "discovered under /cdp": f"{URL}/cdp", "direct": f"{URL.replace('http', 'ws', 1)}/cdp"}


def drive(context: BrowserContext) -> dict[str, object]:
    page = context.new_page()
    page.set_default_timeout(0)
    # Requests are held for the client, which answers them: nothing of this name exists.
    page.route(f"{SITE}*", lambda route: route.fulfill(content_type="text/html", body=HTML.format(title="Routed")))
    page.goto(SITE)
    page.locator("#a").press_sequentially("typed")
    page.locator("#file").set_input_files({"name": "a.txt", "mimeType": "text/plain", "buffer": "größer".encode()})
    page.wait_for_function("c.textContent !== ''")
    return {
        "title": page.title(),
        "typed": page.locator("#b").text_content(),
        "uploaded": page.locator("#c").text_content(),
        "picture": page.screenshot().startswith(b"\x89PNG"),
        "cookies": context.cookies(),
    }


def connect(playwright: Playwright, endpoint: str) -> Browser:
    return playwright.chromium.connect_over_cdp(endpoint, headers=HEADERS, timeout=0)


with sync_playwright() as playwright:
    seen = {}
    for name, endpoint in ENDPOINTS.items():
        browser = connect(playwright, endpoint)
        browser.contexts[0].add_cookies([{"name": "of", "value": "others", "url": SITE}])
        with browser.new_context() as context:
            seen[name] = drive(context)
        browser.close()
    # What people see is the context that was there before.
    browser = connect(playwright, ENDPOINTS["direct"])
    shared = browser.contexts[0]
    page = shared.pages[0] if shared.pages else shared.new_page()
    page.set_default_timeout(0)
    page.goto(f"data:text/html,{quote(HTML.format(title='Driven from Python'))}")
    browser.close()
    tell(seen)

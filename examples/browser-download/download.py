"""A table downloaded in the browser, cleaned by a Python program, read by the shell: one file system, nothing is moved about."""

import sys
import time
from pathlib import Path

import httpx

sys.path.append(str(Path(__file__).resolve().parents[1]))
from sandbox_site import base_url, connect, credentials, folder, site  # noqa: E402

PAGE = '<title>Reports</title><h1>Reports</h1><a id="report" href="visits.csv" download>visits.csv</a>'
TABLE = "page,visits\nhome,120\nhome,\nprices,80\nhome,30\nprices,many\n"


def downloaded(url: str) -> str:
    """Where the finished download of this URL is."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        answer = httpx.get(f"{base_url()}/v1/browser/downloads", headers=credentials(), timeout=60)
        for one in answer.raise_for_status().json()["data"]["downloads"]:
            if one["url"] == url and one["state"] == "completed":
                return one["path"]
        time.sleep(0.1)
    raise TimeoutError(f"{url} was not downloaded")


client = connect()
with site(client, {"index.html": PAGE, "visits.csv": TABLE}) as url, folder(client, "visits") as work:
    assert client.browser_page.navigate(url=f"{url}/").success
    assert client.browser_page.click(selector="#report").success
    table = downloaded(f"{url}/visits.csv")
    print(f"browser: {table}")

    client.file.write_file(file=f"{work}/clean.py", content=Path(__file__).with_name("clean.py").read_text())
    run = f"import runpy, sys\nsys.argv = ['clean.py', {table!r}, '{work}/clean.csv']\nrunpy.run_path('{work}/clean.py')"
    cleaned = client.code.execute_code(language="python", code=run).data
    assert cleaned.status == "ok", cleaned.traceback
    print(f"python: {cleaned.stdout.strip()}")

    result = client.shell.exec_command(command=f"sort -t, -k2 -nr {work}/clean.csv; rm '{table}'").data
    assert result.output.split() == ["home,150", "prices,80"], result.output
    print(f"shell: {' '.join(result.output.split())}")

"""A browser for tests: Chromium that reaches nothing, pages that are watched, and what axe-core finds in them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nbconvert import HTMLExporter
from nbformat.v4 import new_code_cell, new_notebook, new_output
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

AXE = Path(__file__).parent / "browser" / "node_modules" / "axe-core" / "axe.min.js"
PATIENCE_MS = 120_000
CODE = 'found = wxtrace.find(alarm=open("alarm.txt").read())\nfound'
DESKTOP, PHONE = (1280, 800), (360, 740)
"""Widths and heights of windows, in pixels of CSS."""

_FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--no-proxy-server", "--force-color-profile=srgb"),
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


def chromium_path() -> str | None:
    """Return where Chromium is: what WXTRACE_CHROMIUM names, else `chromium` on the path; None where it is not."""
    return shutil.which(os.environ.get("WXTRACE_CHROMIUM") or "chromium")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run Chromium, without a screen, for the length of a block. No asyncio.run() works in it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=[*_FLAGS])
        yield browser
        browser.close()


def window(
    browser: Browser, size: tuple[int, int] = DESKTOP, *, dark: bool = False, scripts: bool = True, **more: Any
) -> BrowserContext:
    """Return a new window, where nothing moves and no clock is China's. *scripts*: may any run."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
        java_script_enabled=scripts,
        timezone_id="America/New_York",
        **more,
    )
    context.set_default_timeout(PATIENCE_MS)
    return context


def watch(page: Page, complain: Callable[[str], object], own: str) -> None:
    """Have *page* complain of what no document should do: ask for more than its *own* URL, log, pop up."""
    within = (own, "data:")
    page.on("request", lambda asked: asked.url.startswith(within) or complain(f"request: {asked.url[:200]}"))
    page.on("console", lambda message: complain(f"{message.type}: {message.text[:500]}"))
    page.on("pageerror", lambda error: complain(f"error: {error.message[:500]}"))
    page.on("popup", lambda popup: complain(f"popup: {popup.url[:200]}"))
    page.on("download", lambda download: complain(f"download: {download.url[:200]}"))
    page.on("crash", lambda _: complain("crash"))
    page.on("dialog", lambda dialog: (complain(f"dialog: {dialog.message[:200]}"), dialog.dismiss()))


def faults(page: Page, within: str = "html") -> list[str]:
    """Return what axe-core finds wrong in the parts of a page that a selector names: the rule, and some places."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("within => axe.run(within, {preload: false})", within)
    return [
        f"{fault['id']}: {fault['help']}: {node['html'][:200]} {node['failureSummary'][:300]}"
        for fault in found["violations"]
        for node in fault["nodes"][:3]
    ]


def as_notebook(found: Any, theme: str = "light") -> str:
    """Return a notebook of one cell that shows *found*, as JupyterLab does."""
    told = new_output("execute_result", data=found._repr_mimebundle_(), execution_count=1)
    book = new_notebook(cells=[new_code_cell(CODE, execution_count=1, outputs=[told])])
    nothing = dict.fromkeys(("mathjax_url", "require_js_url", "jquery_url", "html_manager_semver_range"), "")
    html, _ = HTMLExporter(template_name="lab", theme=theme, **nothing).from_notebook_node(book)
    return html

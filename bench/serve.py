"""Starts an app in a process of its own for a measurement, and a browser that looks at it."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager

PATIENCE = 300  # seconds until a start counts as failed


@contextmanager
def process(command: list[str]):
    """(address, seconds until the first page) of an app; `{port}` in the command stands for a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    address = f"http://127.0.0.1:{port}/"
    quiet = {**os.environ, "GRADIO_ANALYTICS_ENABLED": "False"}
    start = time.perf_counter()
    app = subprocess.Popen([part.replace("{port}", port) for part in command], env=quiet, stdout=subprocess.DEVNULL)
    try:
        while not _answers(address):
            if app.poll() is not None or time.perf_counter() - start > PATIENCE:
                raise SystemExit(f"error: {command[:3]} did not start; run it by hand to see why")
            time.sleep(0.02)
        yield address, time.perf_counter() - start
    finally:
        app.terminate()
        app.wait(30)


def page_process(dataset: str, checkpoint: str):
    """The project's own page."""
    return process([sys.executable, "app.py", "--port", "{port}", "--dataset", dataset, "--checkpoint", checkpoint])


@contextmanager
def chromium():
    """A headless browser."""
    from playwright.sync_api import sync_playwright

    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False

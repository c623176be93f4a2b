"""docs/method.md: its examples run, and each function that it names is where it says."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
METHOD = (ROOT / "docs" / "method.md").read_text(encoding="utf-8")


def test_its_examples_run_in_order(monkeypatch):
    monkeypatch.chdir(ROOT)
    code = "\n".join(re.findall(r"```python\n(.*?)```", METHOD, re.S))
    assert code.count("assert") >= 8
    exec(compile(code, "docs/method.md", "exec"), {})


def test_each_function_it_links_is_defined_there():
    named = re.findall(r"\[`([\w.]+)`\]\(\.\./(molar/[\w/]+\.py)\)", METHOD)
    assert len(named) > 25
    missing = []
    for name, path in named:
        code = (ROOT / path).read_text(encoding="utf-8")
        missing += [
            f"{name} in {path}" for part in name.split(".") if not re.search(rf"^ *(?:def|class) {part}\b", code, re.M)
        ]
    assert missing == []

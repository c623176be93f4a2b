"""docs/python.md and the examples in docstrings run; what takes long is only read."""

import ast
import doctest
import re
from pathlib import Path

import pytest

import molar
import molar.serving.shop

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")


def blocks(kind: str) -> str:
    return "\n".join(re.findall(rf"```{kind}\n(.*?)```", TEXT, re.S))


@pytest.mark.slow
def test_its_examples_run_in_order(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    exec(compile(blocks("python"), "docs/python.md", "exec"), {})
    said = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in said[:5]] == ["1", "2", "3", "4", "5"]
    assert said[5].startswith('there is no item "no-such-item"')


def test_it_names_what_the_front_door_has():
    named = set(re.findall(r"\bmolar\.(\w+)\(", blocks("(?:py|python)")))
    assert named <= set(molar.__all__)
    assert set(molar.__all__) - named == {"MolarError", "Shop", "__version__"}
    ast.parse(blocks("py"))
    asked = set(re.findall(r"\bshop\.(\w+)\(", TEXT))
    assert asked == {"search", "recommend", "recommend_with_reasons", "similar", "locate", "evaluate"}


@pytest.mark.parametrize("module", [molar.serving.shop])
def test_docstrings_run(module, monkeypatch):
    monkeypatch.chdir(ROOT)
    failed, tried = doctest.testmod(module)
    assert (failed, tried > 4) == (0, True)

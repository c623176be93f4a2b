"""House rules that a reader may rely on, checked on the source itself."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from import_graph import named

ROOT = Path(__file__).parents[2]
# Each takes a tenth of a second or more to import; the command line and `import molar` do without.
HEAVY = (
    *("torch", "transformers", "peft", "bitsandbytes", "accelerate", "onnx", "gguf"),
    *("pandas", "scipy", "sklearn", "umap", "numba", "faiss", "plotly", "gradio", "jinja2", "starlette"),
)
LONGEST = 400


def sources(*folders: str) -> list[Path]:
    """The Python files of these folders; of the whole project, without what is built, when none is named."""
    built, found = {".venv", "build", "data", ".git", "node_modules"}, []
    for folder in folders or (".",):
        for place, inner, names in os.walk(ROOT / folder):
            inner[:] = set(inner) - built  # not entered at all: environments hold ten thousands of files
            found += [Path(place) / name for name in names if name.endswith(".py")]
    return sorted(found)


def imported(path: Path) -> set[str]:
    """Top-level packages that a file imports anywhere, inside functions too."""
    return {name.split(".")[0] for _, name in named(path)}


def test_app_defines_no_network():
    files = [*sources("app"), *ROOT.glob("app.py")]
    networks = [path.name for path in files if re.search(r"\bnn\.Module\b|\bimport Module\b", path.read_text("utf-8"))]
    assert networks == []


def test_no_file_is_too_long():
    suffixes = {".py", ".sh", ".js", ".css", ".html", ".md"}
    kept = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True
    ).stdout.split("\n")
    files = [ROOT / name for name in kept if Path(name).suffix in suffixes and (ROOT / name).is_file()]
    files = files or sources()  # outside a git checkout
    lengths = {str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines()) for path in files}
    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}


@pytest.mark.parametrize("module", ["molar", "molar.cli.main"])
def test_import_is_light(module):
    """In an interpreter of its own nothing heavy comes along: what that leaves takes well under a second."""
    code = f"import sys, {module}; print(*{{name.split('.')[0] for name in sys.modules}})"
    out = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert sorted(set(HEAVY) & set(out.split())) == []


def private_names(path: Path) -> list[str]:
    """Private names of other modules and classes that a file imports, reads or replaces, with their lines."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.Attribute) and not (isinstance(node.value, ast.Name) and node.value.id == "self"):
            names = [node.attr]
        elif isinstance(node, ast.Constant) and re.fullmatch(r"(molar|app)(\.\w+)+", str(node.value)):
            names = str(node.value).split(".")
        else:
            continue
        found += [f"{path.name}:{node.lineno} {name}" for name in names if re.match(r"_[a-z]", name)]
    return found


def test_tests_use_public_names():
    assert [line for path in sources("tests") for line in private_names(path)] == []


def test_nothing_is_pickled():
    pickles = {"pickle", "cPickle", "dill", "joblib", "shelve", "cloudpickle"}
    assert [path.name for path in sources() if imported(path) & pickles] == []
    calls = re.compile(r"\btorch\.(load|save)\(|\bread_pickle\(|\bto_pickle\(|allow_pickle\s*=\s*True")
    here = Path(__file__)
    assert [path.name for path in sources() if path != here and calls.search(path.read_text("utf-8"))] == []


def test_no_private_paths():
    """No file names a folder of one machine; `/tmp` in a test is a path that the test itself makes up."""
    private = re.compile(r"""["'\s=(](/work/|/home/\w|/root/|/Users/\w|/mnt/|/tmp/)""")
    files = [*sources("molar", "app", "scripts"), *ROOT.glob("app.py"), *(ROOT / "scripts").rglob("*.sh")]
    files += [ROOT / "Makefile", ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    assert [path.name for path in files if path.is_file() and private.search(path.read_text("utf-8"))] == []

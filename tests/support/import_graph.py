"""Who imports whom among the modules of a package, read from the source: nothing is run."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple


class Import(NamedTuple):
    """One import: where it stands, which module it stands in, which module it names."""

    place: str  # "molar/data/splits.py:7"
    importer: str  # "molar.data.splits"
    imported: str  # "molar.data.dataset"


def modules(root: Path, package: str) -> dict[str, Path]:
    """Module name → its file, of a package that lies in the folder `root`; a package's own name stands for its `__init__`."""
    found = {}
    for path in sorted((root / package).rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(root: Path, package: str) -> list[Import]:
    """All imports between the modules of a package: inside functions, under TYPE_CHECKING and by `import_module`, too."""
    known = modules(root, package)
    found = []
    for importer, path in known.items():
        for line, name in named(path, importer):
            while name and name not in known:  # `from package.module import function`
                name = name.rpartition(".")[0]
            if name and name != importer:
                found.append(Import(f"{path.relative_to(root)}:{line}", importer, name))
    return list(dict.fromkeys(found))


def named(path: Path, module: str = "") -> Iterator[tuple[int, str]]:
    """Line and full name of everything that a file imports: `from a import b` names a.b, whatever b is."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.lineno, f"{_source(node, path, module)}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call) and re.search(r"\b(import_module|__import__)$", ast.unparse(node.func)):
            first = node.args[0] if node.args else None
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield node.lineno, first.value


def _source(node: ast.ImportFrom, path: Path, module: str) -> str:
    """The absolute name of the module after `from`, which may be relative."""
    if not node.level:
        return node.module or ""
    parts = module.split(".")
    above = node.level - (path.name == "__init__.py")
    return ".".join([*parts[: len(parts) - above], *filter(None, [node.module])])


def circles(edges: list[Import]) -> list[list[str]]:
    """Each set of modules that reach each other by imports, sorted; [] where imports run one way only."""
    after: dict[str, set[str]] = {}
    for edge in edges:
        after.setdefault(edge.importer, set()).add(edge.imported)
    reach = {module: _reached(module, after) for module in after}
    together = {frozenset({other for other in reach[one] if one in reach.get(other, ())}) for one in reach}
    return sorted(sorted(circle) for circle in together if circle)


def _reached(module: str, after: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    waiting = [module]
    while waiting:
        fresh = after.get(waiting.pop(), set()) - found
        found |= fresh
        waiting += fresh
    return found

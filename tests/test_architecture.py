"""The structure of the source: small folders, names with one meaning, no import cycles."""

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from pathlib import Path

from source_trees import PACKAGE, parse_sources

ROOT = Path(__file__).parents[1]
PROTOCOL = {"OPTION_VALUES", "run", "main"}
"""Names that every subcommand has, and entry points."""
OTHERS_NAMES = {
    *("JOBOBJECT_BASIC_LIMIT_INFORMATION", "JOBOBJECT_EXTENDED_LIMIT_INFORMATION", "INT"),
    *("district_zoneplanner_viewer", "schema_4", "schema_N", "go_NAME"),
}
"""Names in docstrings that belong to Windows or SQLite or are examples."""


def list_modules() -> dict[str, tuple[ast.AST, ...]]:
    """Return the nodes of each module by its name."""
    return {
        f"zoneplanner.{path[:-3].replace('/', '.')}".removesuffix(".__init__"): nodes
        for path, nodes in parse_sources().items()
    }


def list_definitions(tree: ast.AST) -> Iterator[str]:
    assert isinstance(tree, ast.Module)
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            yield node.name
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                yield from (name.id for name in ast.walk(target) if isinstance(name, ast.Name))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id


def test_no_public_name_has_two_meanings() -> None:
    homes = defaultdict(list)
    for module, (tree, *_) in list_modules().items():
        for name in list_definitions(tree):
            if not name.startswith("_") and name not in PROTOCOL:
                homes[name].append(module)
    assert {name: found for name, found in homes.items() if len(found) > 1} == {}


def test_no_module_asks_a_layout_for_its_items() -> None:
    """PySide confuses a deleted item with a new object at its address, and Qt crashes."""
    asked = {"itemAt", "itemAtPosition"}
    found = [
        f"{path}:{node.lineno}"
        for path, nodes in parse_sources().items()
        for node in nodes
        if isinstance(node, ast.Attribute) and node.attr in asked
    ]
    assert found == []


def test_no_folder_has_more_than_eighteen_modules() -> None:
    paths = (path for path in PACKAGE.rglob("*.py") if path.name != "__init__.py")
    counts = Counter(path.parent.relative_to(ROOT).as_posix() for path in paths)
    assert {folder: count for folder, count in counts.items() if count > 18} == {}


def list_imports(nodes: tuple[ast.AST, ...], known: Collection[str]) -> Iterator[str]:
    """Yield every import of a module, including deferred ones and those for type checking."""
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield full if full in known else node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def list_imports_at_top(nodes: Collection[ast.AST], known: Collection[str]) -> Iterator[str]:
    """Yield the imports that are made as soon as a module is loaded."""
    for node in nodes:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        yield from list_imports((node,), known)
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from list_imports_at_top(list(ast.iter_child_nodes(node)), known)


def test_an_import_inside_a_function_saves_loading_a_module() -> None:
    known = list_modules()
    at_top = {module: {*list_imports_at_top(nodes[:1], known)} for module, nodes in known.items()}
    needless = []
    for module, nodes in known.items():
        loaded = set[str]()
        waiting = [module]
        while waiting:
            for name in at_top.get(waiting.pop(), set()) - loaded:
                parents = [name[:at] for at, letter in enumerate(name) if letter == "."]
                waiting += {name, *parents} - loaded
                loaded |= {name, *parents}
        for node in nodes:
            if isinstance(node, ast.FunctionDef):
                needless += [
                    (module, node.name, name)
                    for name in list_imports(tuple(ast.walk(node)), known)
                    if name in loaded
                ]
    assert needless == []


def test_there_are_no_import_cycles() -> None:
    known = list_modules()
    edges = {
        module: {other for other in list_imports(nodes, known) if other in known} - {module}
        for module, nodes in known.items()
    }
    while True:
        leaves = {module for module, others in edges.items() if not others}
        if not leaves:
            break
        edges = {
            module: others - leaves for module, others in edges.items() if module not in leaves
        }
    assert edges == {}


def test_names_in_docstrings_exist() -> None:
    texts = {path: path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py")}
    known = {part for path in texts for part in path.with_suffix("").parts} | OTHERS_NAMES
    for text in texts.values():
        known.update(re.findall(r"\w+", re.sub(r"``[^`]*``", "", text)))
    gone = {
        (path.name, named)
        for path, text in texts.items()
        for named in re.findall(r"``([A-Za-z_][\w.]*)``", text)
        if not known.issuperset(named.split("."))
    }
    assert gone == set()


def test_modules_named_in_the_architecture_page_exist() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:[a-z_]+/)+[a-z_]+\.py)`", page))
    assert len(named) > 30
    assert (
        sorted(
            name for name in named if not any((root / name).exists() for root in (PACKAGE, ROOT))
        )
        == []
    )


def test_the_page_on_proofs_names_every_module_of_the_search() -> None:
    room = PACKAGE / "analysis" / "districting"
    page = (ROOT / "docs" / "proof.md").read_text(encoding="utf-8")
    named = {name.rpartition("/")[2] for name in re.findall(r"`([\w/]+\.py)`", page)}
    there = {path.name for path in room.rglob("*.py")} - {"__init__.py"}
    assert there <= named
    assert sorted(named - there) == [
        "certificate.py",
        "certify.py",
        "test_certificate.py",
        "zone_proposals.py",
    ]

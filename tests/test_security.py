"""What the program must never do, checked in its source."""

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pytest
from source_trees import PACKAGE, parse_sources

SECURITY_PAGE = PACKAGE.parent / "docs" / "security.md"

RUNS_DATA = {"pickle", "marshal", "shelve", "dill", "joblib", "code"}
RUNS_TEXT = {"eval", "exec", "compile", "__import__"}
REACHES_OUT = {"socket", "http", "urllib.request", "requests", "ftplib", "smtplib", "psycopg"}
REACHES_OUT |= {"PySide6.QtNetwork", "asyncio", "ssl"}
MAY_REACH_OUT = {
    "app/geography/web_tiles.py",  # only addresses of tile servers
    "storage/postgres/provisioning.py",
    "storage/postgres/connection.py",  # a shared project, when its address is opened
    "ui/map/scene/tile_source.py",  # tiles, which are off by default
}
LOOKS_INTO_FILES = {"QFileDialog", "QFileSystemModel", "QFileIconProvider", "QPrintDialog"}
LOOKS_INTO_FILES |= {"QAbstractFileIconProvider", "QMimeDatabase", "QFileInfoGatherer"}
MAY_ASK_FOR_FILES = {"ui/widgets/inputs/file_dialogs.py"}
"""Reading the open project's file drops its locks, so one module opens such dialogs."""
WORDS_OF_SQL = ("SELECT ", "INSERT ", "UPDATE ", "DELETE FROM")
RUNS_SQL = {"execute", "executemany", "executescript", "exec_driver_sql", "text"}
NAMES_TABLES = {
    # names of tables, columns and roles declared by the program, and SQLite settings
    "storage/geopackage/backend.py",
    "storage/geopackage/connection.py",
    "storage/schema/earlier_versions.py",
    "storage/schema/views.py",
    "storage/geopackage/layer_registry.py",
    "storage/journal/entries.py",
    "storage/postgres/backend.py",
    "storage/postgres/provisioning.py",
    "storage/postgres/migration.py",
    "storage/postgres/structure_check.py",
    "storage/geopackage/migration.py",
    "storage/geopackage/recovery.py",
}


def list_imports(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def list_calls(nodes: Iterable[ast.AST]) -> Iterator[tuple[str, ast.Call]]:
    for node in nodes:
        if isinstance(node, ast.Call):
            function = node.func
            if isinstance(function, ast.Attribute):
                yield function.attr, node
            elif isinstance(function, ast.Name):
                yield function.id, node


def test_no_data_is_executed() -> None:
    for module, nodes in parse_sources().items():
        assert not RUNS_DATA & set(list_imports(nodes)), module
        plain = [
            node.func.id
            for node in nodes
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        ]
        assert not RUNS_TEXT & set(plain), module
        for name, call in list_calls(nodes):
            given = {word.arg: word.value for word in call.keywords}
            for switch in ("shell", "allow_pickle"):
                value = given.get(switch)
                assert not (isinstance(value, ast.Constant) and value.value), (module, name)
            if name in ("system", "popen"):  # QLocale.system is no command
                assert ast.unparse(call.func) == "QLocale.system", module


def test_only_opt_in_modules_use_the_network() -> None:
    found = {
        module
        for module, nodes in parse_sources().items()
        if any(
            name in REACHES_OUT or name.split(".")[0] in REACHES_OUT for name in list_imports(nodes)
        )
    }
    assert found <= MAY_REACH_OUT


def test_only_one_module_opens_file_dialogs() -> None:
    found = {
        module
        for module, nodes in parse_sources().items()
        if any(name.rpartition(".")[2] in LOOKS_INTO_FILES for name in list_imports(nodes))
    }
    assert found == MAY_ASK_FOR_FILES


def list_composed_sql(nodes: Sequence[ast.AST]) -> list[str]:
    """List SQL composed from values instead of bound parameters."""
    made = [node for node in nodes if isinstance(node, ast.expr) and is_composed(node)]
    run = {id(call.args[0]) for name, call in list_calls(nodes) if name in RUNS_SQL and call.args}
    return [
        said
        for node in made
        if (said := ast.unparse(node)).strip("rbf'\"(").upper().startswith(WORDS_OF_SQL)
        or (id(node) in run and any(word in said.upper() for word in WORDS_OF_SQL))
    ]


def test_sql_values_are_bound_parameters() -> None:
    found = {module: list_composed_sql(nodes) for module, nodes in parse_sources().items()}
    assert {module for module, said in found.items() if said} <= NAMES_TABLES


@pytest.mark.parametrize(
    "said",
    [
        "c.execute(f'SELECT * FROM site WHERE id = {uid}')",
        "c.exec_driver_sql('DELETE FROM site WHERE id = ' + uid)",
        "sa.text('UPDATE site SET id = {}'.format(uid))",
        "query = f'SELECT * FROM site WHERE id = {uid}'",
    ],
)
def test_composed_sql_is_found(said: str) -> None:
    bound = "c.execute('SELECT * FROM site WHERE id = ?', (uid,))"
    assert list_composed_sql([*ast.walk(ast.parse(said))])
    assert not list_composed_sql([*ast.walk(ast.parse(bound))])


def test_tests_named_in_the_security_page_exist() -> None:
    tests = Path(__file__).parent
    named = re.findall(r"`([\w/]+\.py)::(\w+)`", SECURITY_PAGE.read_text("utf-8"))
    assert len(named) >= 40, "the page names the test behind each sentence"
    gone = [
        f"{file}::{name}"
        for file, name in named
        if f"def {name}(" not in (tests / file).read_text("utf-8")
    ]
    assert gone == []


def is_composed(text: ast.expr) -> bool:
    """Whether a text is composed at run time."""
    if isinstance(text, ast.JoinedStr):
        return any(isinstance(part, ast.FormattedValue) for part in text.values)
    if isinstance(text, ast.BinOp):
        return True
    return isinstance(text, ast.Call) and getattr(text.func, "attr", "") in ("format", "join")

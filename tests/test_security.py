"""What the program must never do, read from its source."""

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pytest
from source_trees import PACKAGE, source_nodes

SECURITY_PAGE = PACKAGE.parent / "docs" / "security.md"

RUNS_DATA = {"pickle", "marshal", "shelve", "dill", "joblib", "code"}
RUNS_TEXT = {"eval", "exec", "compile", "__import__"}
REACHES_OUT = {"socket", "http", "urllib.request", "requests", "ftplib", "smtplib", "psycopg"}
REACHES_OUT |= {"PySide6.QtNetwork", "asyncio", "ssl"}
MAY_REACH_OUT = {
    "app/geography/web_tiles.py",  # addresses of tile servers only
    "storage/postgres/provisioning.py",
    "storage/postgres/connection.py",  # a shared project, when its address is opened
    "ui/map/scene/tile_source.py",  # tiles, off until chosen
}
LOOKS_INTO_FILES = {"QFileDialog", "QFileSystemModel", "QFileIconProvider", "QPrintDialog"}
LOOKS_INTO_FILES |= {"QAbstractFileIconProvider", "QMimeDatabase", "QFileInfoGatherer"}
MAY_ASK_FOR_FILES = {"ui/widgets/inputs/file_dialogs.py"}
"""Looking into the open project's file drops its locks, so there is one door for such dialogs."""
WORDS_OF_SQL = ("SELECT ", "INSERT ", "UPDATE ", "DELETE FROM")
RUNS_SQL = {"execute", "executemany", "executescript", "exec_driver_sql", "text"}
NAMES_TABLES = {
    # names of tables, columns and roles that the program itself declares, and settings of SQLite
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


def imported(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def calls(nodes: Iterable[ast.AST]) -> Iterator[tuple[str, ast.Call]]:
    for node in nodes:
        if isinstance(node, ast.Call):
            function = node.func
            if isinstance(function, ast.Attribute):
                yield function.attr, node
            elif isinstance(function, ast.Name):
                yield function.id, node


def test_nothing_that_is_read_is_run() -> None:
    for module, nodes in source_nodes().items():
        assert not RUNS_DATA & set(imported(nodes)), module
        plain = [
            node.func.id
            for node in nodes
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        ]
        assert not RUNS_TEXT & set(plain), module
        for name, call in calls(nodes):
            given = {word.arg: word.value for word in call.keywords}
            for switch in ("shell", "allow_pickle"):
                value = given.get(switch)
                assert not (isinstance(value, ast.Constant) and value.value), (module, name)
            if name in ("system", "popen"):  # the desktop's locale is no command
                assert ast.unparse(call.func) == "QLocale.system", module


def test_only_what_a_person_turns_on_reaches_out() -> None:
    found = {
        module
        for module, nodes in source_nodes().items()
        if any(name in REACHES_OUT or name.split(".")[0] in REACHES_OUT for name in imported(nodes))
    }
    assert found <= MAY_REACH_OUT


def test_one_door_asks_for_files_and_it_looks_into_none() -> None:
    found = {
        module
        for module, nodes in source_nodes().items()
        if any(name.rpartition(".")[2] in LOOKS_INTO_FILES for name in imported(nodes))
    }
    assert found == MAY_ASK_FOR_FILES


def made_up_sql(nodes: Sequence[ast.AST]) -> list[str]:
    """SQL that is put together from values, instead of being given them as bound parameters."""
    made = [node for node in nodes if isinstance(node, ast.expr) and is_made_up(node)]
    run = {id(call.args[0]) for name, call in calls(nodes) if name in RUNS_SQL and call.args}
    return [
        said
        for node in made
        if (said := ast.unparse(node)).strip("rbf'\"(").upper().startswith(WORDS_OF_SQL)
        or (id(node) in run and any(word in said.upper() for word in WORDS_OF_SQL))
    ]


def test_values_go_to_sql_as_bound_parameters() -> None:
    found = {module: made_up_sql(nodes) for module, nodes in source_nodes().items()}
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
def test_the_look_finds_what_it_looks_for(said: str) -> None:
    bound = "c.execute('SELECT * FROM site WHERE id = ?', (uid,))"
    assert made_up_sql([*ast.walk(ast.parse(said))])
    assert not made_up_sql([*ast.walk(ast.parse(bound))])


def test_the_tests_that_the_page_on_security_names_are_there() -> None:
    tests = Path(__file__).parent
    named = re.findall(r"`([\w/]+\.py)::(\w+)`", SECURITY_PAGE.read_text("utf-8"))
    assert len(named) >= 40, "the page names the test behind each sentence"
    gone = [
        f"{file}::{name}"
        for file, name in named
        if f"def {name}(" not in (tests / file).read_text("utf-8")
    ]
    assert gone == []


def is_made_up(text: ast.expr) -> bool:
    """True for text put together while the program runs."""
    if isinstance(text, ast.JoinedStr):
        return any(isinstance(part, ast.FormattedValue) for part in text.values)
    if isinstance(text, ast.BinOp):
        return True
    return isinstance(text, ast.Call) and getattr(text.func, "attr", "") in ("format", "join")

"""The codes that each place in the source can give a message or error, read from its syntax.

The codes of expressions that cannot be read, such as f-strings with an enum's value, are given by
``CODES_BY_EXPRESSION``.
"""

import ast
import itertools
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import get_args

from source_trees import PACKAGE, parse_sources

from zoneplanner import errors
from zoneplanner.analysis.coverage.readiness_figures import READINESS_FIGURES
from zoneplanner.analysis.response_times.conditions import IdlePlace
from zoneplanner.analysis.response_times.hypercube_problem import QueueKind
from zoneplanner.analysis.reunification import GapCause
from zoneplanner.analysis.staffing.roster_solver import RULES_BY_RANK
from zoneplanner.app.log.stamps import STAMP_NAMES
from zoneplanner.app.readiness.records import RECORD_LINKS
from zoneplanner.domain.demand import LEARNED_SOURCES, DemandSource
from zoneplanner.domain.geography.travel_times import DEFAULT_ROAD_SPEEDS_MPH, TravelProvider
from zoneplanner.domain.log.entries import RECORD_KINDS
from zoneplanner.domain.log.journal import VISIT_STATUSES
from zoneplanner.domain.log.office_entries import NOTICE_DUTIES, RETURN_SHEETS
from zoneplanner.domain.log.public_records import HOLD_RECORD, REQUEST_RECORD
from zoneplanner.domain.log.response_action_terms import RESPONSE_ACTIONS
from zoneplanner.domain.plans.plan import LockScope
from zoneplanner.messages import load_templates
from zoneplanner.publish.audience import AUDIENCES
from zoneplanner.publish.publications import PUBLICATIONS
from zoneplanner.storage.journal.row_repair import CHAINED_TABLES
from zoneplanner.storage.postgres.group_roles import LoginState

ERRORS = {name for name, kind in vars(errors).items() if isinstance(kind, type)} | {
    node.name
    for nodes in parse_sources().values()
    for node in nodes
    if isinstance(node, ast.ClassDef)
    and any("UserError" in ast.unparse(each) for each in node.bases)
}
KINDS = sorted({*ERRORS, "Message", "find_template"})
"""What is called with a code."""
_UNKNOWN = ast.Pass()
"""Stands for a value that cannot be read."""


class _Item(ast.expr):
    """Any item of a collection, or the part of it at an index if the item is a row."""

    def __init__(self, rows: ast.expr, index: int | None = None) -> None:
        super().__init__()
        self.rows, self.index = rows, index


@dataclass(frozen=True, eq=False)
class PlacedCall:
    """A call, its module, and the functions, class and module around it, innermost first."""

    module: str
    node: ast.Call
    scopes: tuple[ast.AST, ...]

    @property
    def function(self) -> str:
        """The expression of what is called."""
        return ast.unparse(self.node.func)

    @property
    def code(self) -> str:
        """The expression of the code."""
        return ast.unparse(self.node.args[0])

    def read_codes(self) -> set[str]:
        """Return the codes that it can have; empty if they cannot be read."""
        return _TextReader(self.scopes).read(self.node.args[0])


@dataclass(frozen=True, eq=False)
class _TextReader:
    """Reads the texts that an expression can have in its scopes; none if one cannot be read.

    ``seen`` are the names that are being read.
    """

    scopes: tuple[ast.AST, ...]
    seen: frozenset[tuple[ast.AST, str]] = frozenset()

    def read(self, node: ast.AST) -> set[str]:  # noqa: PLR0911, PLR0912 - a case per expression
        if isinstance(node, ast.JoinedStr | ast.Attribute | ast.Call | ast.IfExp):
            declared = CODES_BY_EXPRESSION.get(ast.unparse(node))
            if declared is not None:
                return declared
        match node:
            case ast.Constant(value=str(text)):
                return {text}
            case ast.IfExp(body=one, orelse=other):
                return self._unite([one, other])
            case ast.BoolOp(values=values):
                found = *(self.read(value) - {""} for value in values[:-1]), self.read(values[-1])
                return set().union(*found) if found[-1] else set()
            case ast.BinOp(op=ast.Mult(), left=ast.Constant(value=str(text))):
                return {"", text}
            case ast.BinOp(op=ast.Add(), left=left, right=right):
                return self._join([left, right])
            case ast.JoinedStr(values=values):
                return self._join(values)
            case ast.FormattedValue(value=value):
                return self.read(value)
            case ast.Subscript(value=table):
                return self._read_table(table)
            case ast.Call(func=ast.Attribute(value=table, attr="get"), args=[_, *defaults]):
                found = self._read_table(table), *map(self.read, defaults)
                return set().union(*found) if all(found) else set()
            case _Item(rows=rows, index=index):
                return self._unite_in(self._find_items(rows, index))
            case ast.NamedExpr(value=value):
                return self.read(value)
            case ast.Name(id=name):
                return self._unite_in(self._find_values(name))
            case ast.Attribute(value=ast.Name(id="self"), attr=name):
                return self._unite_in(self._find_field(name))
        return set()

    def _unite(self, nodes: Sequence[ast.AST]) -> set[str]:
        return self._unite_in([(self, node) for node in nodes])

    @staticmethod
    def _unite_in(nodes: Sequence[tuple["_TextReader", ast.AST]]) -> set[str]:
        found = [reader.read(node) for reader, node in nodes]
        return set().union(*found) if all(found) else set()

    def _join(self, nodes: Sequence[ast.AST]) -> set[str]:
        return {"".join(texts) for texts in itertools.product(*map(self.read, nodes))}

    def _find_values(self, name: str) -> list[tuple["_TextReader", ast.AST]]:
        """Return what a name can be, each with the reader of the place where it was given."""
        for at, scope in enumerate(self.scopes):
            if (scope, name) in self.seen:
                return [(self, _UNKNOWN)]
            seen = self.seen | {(scope, name)}
            reader = _TextReader(self.scopes[at:], seen)
            values = [(reader, value) for value in _list_values(scope).get(name, ())]
            if isinstance(scope, ast.FunctionDef):
                values += _list_arguments(scope, name, _list_parameters(scope), self.scopes, seen)
            if isinstance(scope, ast.Module):
                values += _follow_import(scope, name, seen)
            if values:
                return values
        return [(self, _UNKNOWN)]

    def _find_field(self, name: str) -> list[tuple["_TextReader", ast.AST]]:
        """Return what a field of the class around can be."""
        scope = next(scope for scope in self.scopes if isinstance(scope, ast.ClassDef))
        if (scope, name) in self.seen:
            return [(self, _UNKNOWN)]
        fields = {
            node.target.id: node.value
            for node in scope.body
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
        }
        seen = self.seen | {(scope, name)}
        return _list_arguments(scope, name, fields, self.scopes, seen) or [(self, _UNKNOWN)]

    def _resolve(self, node: ast.AST) -> list[tuple["_TextReader", ast.AST]]:
        return self._find_values(node.id) if isinstance(node, ast.Name) else [(self, node)]

    def _read_table(self, node: ast.AST) -> set[str]:
        """Return the values of a table."""
        return self._unite_in(self._find_items(ast.Call(ast.Attribute(node, "items"), [], []), 1))

    def _find_items(self, rows: ast.AST, index: int | None) -> list[tuple["_TextReader", ast.AST]]:
        """Return the items of a collection, or the parts of its rows at an index."""
        is_table = isinstance(rows, ast.Call) and getattr(rows.func, "attr", "") == "items"
        found: list[tuple[_TextReader, ast.AST]] = []
        for reader, each in self._resolve(rows.func.value if is_table else rows):
            match each:
                case ast.Dict(keys=keys, values=values):
                    items: Sequence[ast.AST | None] = values if index else keys
                case ast.Tuple(elts=items) | ast.List(elts=items):
                    if index is not None and not is_table:
                        items = [getattr(item, "elts", {index: _UNKNOWN})[index] for item in items]
                case _:
                    items = [_UNKNOWN]
            found += ((reader, item or _UNKNOWN) for item in items)
        return found


def list_coded_calls() -> list[PlacedCall]:
    """Return the calls with a code: of messages, errors, and look-ups of their sentences."""
    looked_up = (call for call in list_calls()["get"] if "load_templates()" in call.function)
    named = (call for kind in KINDS for call in list_calls()[kind] if call.node.args)
    return [
        call for call in (*named, *looked_up) if call.module not in ("errors.py", "messages.py")
    ]


@cache
def list_calls() -> Mapping[str, list[PlacedCall]]:
    """Return all calls by the function's name."""
    calls: dict[str, list[PlacedCall]] = defaultdict(list)
    for path, nodes in parse_sources().items():
        scopes: dict[ast.AST, tuple[ast.AST, ...]] = {nodes[0]: (nodes[0],)}
        for node in nodes:
            inner = scopes[node]
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                inner = (node, *inner)
            for child in ast.iter_child_nodes(node):
                scopes[child] = inner
            match node:
                case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
                    calls[name].append(PlacedCall(path, node, scopes[node]))
    return calls


def _list_parameters(function: ast.FunctionDef) -> dict[str, ast.expr | None]:
    """Return a function's parameters and their defaults, those by position first."""
    every = function.args
    placed = [*every.posonlyargs, *every.args]
    defaults = [None] * (len(placed) - len(every.defaults)) + every.defaults
    pairs = [
        *zip(placed, defaults, strict=True),
        *zip(every.kwonlyargs, every.kw_defaults, strict=True),
    ]
    return {arg.arg: default for arg, default in pairs if arg.arg not in ("self", "cls")}


def _list_arguments(
    called: ast.FunctionDef | ast.ClassDef,
    name: str,
    parameters: Mapping[str, ast.expr | None],
    scopes: Sequence[ast.AST],
    seen: frozenset[tuple[ast.AST, str]],
) -> list[tuple[_TextReader, ast.AST]]:
    """Return what each call gives for a parameter; a private name is of its module."""
    if name not in parameters:
        return []
    position = list(parameters).index(name)
    found: list[tuple[_TextReader, ast.AST]] = []
    for call in list_calls()[called.name]:
        if called.name.startswith("_") and call.scopes[-1] is not scopes[-1]:
            continue
        given = {keyword.arg: keyword.value for keyword in call.node.keywords}
        placed = call.node.args[position] if position < len(call.node.args) else None
        value = given.get(name) or placed or parameters[name] or _UNKNOWN
        found.append((_TextReader(call.scopes, seen), value))
    return found


def _follow_import(
    module: ast.Module, name: str, seen: frozenset[tuple[ast.AST, str]]
) -> list[tuple[_TextReader, ast.AST]]:
    for node in ast.walk(module):
        if isinstance(node, ast.ImportFrom) and any(each.name == name for each in node.names):
            path = str(node.module).removeprefix("zoneplanner.").replace(".", "/")
            if nodes := parse_sources().get(f"{path}.py"):
                return [(_TextReader((nodes[0],), seen), ast.Name(name))]
    return []


@cache
def _list_values(scope: ast.AST) -> Mapping[str, list[ast.AST]]:
    """Return the values that a function or module gives each of its names."""
    values: dict[str, list[ast.AST]] = defaultdict(list)

    def assign(target: ast.AST, value: ast.AST) -> None:
        match target, value:
            case ast.Name(id=name), _:
                values[name].append(value)
            case ast.Tuple(elts=targets), ast.Tuple(elts=parts):
                for each, part in zip(targets, parts, strict=True):
                    assign(each, part)
            case ast.Tuple(), ast.IfExp(body=one, orelse=other):
                assign(target, one)
                assign(target, other)
            case ast.Tuple(elts=targets), _Item(rows=rows):
                for index, each in enumerate(targets):
                    assign(each, _Item(rows, index))
            case ast.Tuple(elts=targets), _:
                for each in targets:
                    assign(each, _UNKNOWN)

    for node in [] if isinstance(scope, ast.ClassDef) else ast.walk(scope):
        match node:
            case ast.Assign(targets=[target], value=value):
                assign(target, value)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                assign(target, value)
            case ast.NamedExpr(target=target, value=value):
                assign(target, value)
            case ast.For(target=target, iter=rows) | ast.comprehension(target=target, iter=rows):
                assign(target, _Item(rows))
    return values


def _list_family(code: str, values: Iterable[str]) -> set[str]:
    return {f"{code}.{value}" for value in values}


def _find_pattern(path: str, pattern: str) -> set[str]:
    return set(re.findall(pattern, (PACKAGE / path).read_text(encoding="utf-8")))


def _change_codes(start: str, old: str, new: str) -> set[str]:
    return {
        code.replace(old, new)
        for code in load_templates()
        if code.startswith(start) and old in code
    }


_COUNTS = {"visits", "calls", "days_since_last_visit", "predictability"}
"""The figures that always have a value, or another reason for none."""
_FIGURES = {
    code.removeprefix("figure.").partition(".")[0]
    for code in load_templates()
    if code.startswith("figure.")
}
_OBSTACLES = {"closed_share", "heavy_locks", "heavy_site", "uneven_parts"}
_NOTES = {
    "calls_nobody_made",
    "calls_twice",
    "demand_gap",
    "detached",
    "detached_sites",
    "enrollment_misleading",
    "enrollment_missing",
    "extension_rule",
    "external_change",
    "grid_crosses",
    "look_alike",
    "narrow_strip",
    "near_line",
    "records_silent",
    "stacked",
    "uneven_shares",
}
CODES_BY_EXPRESSION = {
    "f'figure.{name}'": _list_family("figure", _FIGURES),
    "f'figure.{key}'": _list_family("figure", READINESS_FIGURES),
    "f'no_figure.{name}'": _list_family("no_figure", _FIGURES - _COUNTS),
    "f'figure_name.{name}'": _list_family("figure_name", READINESS_FIGURES),
    "f'infeasible.{worst.cause}'": _list_family(
        "infeasible", {"balance", "locks", "locks_only", *_OBSTACLES}
    ),
    "f'way_out.{way_out}'": _list_family(
        "way_out", {"balance", "locks_only", "met", "proven", *_OBSTACLES}
    ),
    "f'officers_stopped.{rule}'": _list_family("officers_stopped", RULES_BY_RANK),
    "f\"demand.{demand.source}{('.undated' if undated else '')}\"": _list_family(
        "demand", [*DemandSource, *(f"{source}.undated" for source in LEARNED_SOURCES)]
    ),
    "f'idle_unit.{under.idle_place}'": _list_family("idle_unit", get_args(IdlePlace)),
    "f'unanswered_call.{under.queue}'": _list_family("unanswered_call", get_args(QueueKind)),
    "f'{error.template}_in_form'": {"clock_change.skipped_in_form", "clock_change.twice_in_form"},
    "message.template.removesuffix(_PREVIEW)": _change_codes("", ".preview", ""),
    "f\"activity.visit.{(status if status in VISIT_STATUSES else 'completed')}\"": _list_family(
        "activity.visit", VISIT_STATUSES
    ),
    "f'access_taken.{login}'": _list_family("access_taken", {*LoginState} - {LoginState.LOCKED}),
    "f'chained_row.{self.damaged.table}'": _list_family("chained_row", CHAINED_TABLES),
    "f'reunification_lack.{gap.cause}'": _list_family("reunification_lack", GapCause),
    "f'no_reunification.{gap.cause}'": _list_family("no_reunification", GapCause),
    "code if code in load_templates() else table": {
        code for code in load_templates() if code.partition(".")[0] in ("setting", "app_meta")
    },
    "f'plan_part.{table}'": _change_codes("plan_part.", "", ""),
    "f'road_class.{kind}'": _list_family("road_class", DEFAULT_ROAD_SPEEDS_MPH),
    "f'travel_by.{self.provider}'": _list_family(
        "travel_by", {*TravelProvider} - {TravelProvider.GRID}
    ),
    "f'plan_lock.{lock.kind}'": _list_family("plan_lock", LockScope),
    "f'rule.lock_{lock.kind}'": {f"rule.lock_{scope}" for scope in LockScope},
    "f'rule.{name}'": _list_family(
        "rule", ("closeness", "max_drive", "one_off", "robust", "shape")
    ),
    "f'requirement_rule.notice_{notice.duty}'": {
        f"requirement_rule.notice_{duty}" for duty in NOTICE_DUTIES
    },
    "f\"remedy.{self.breach.template.partition('.')[2]}\"": _change_codes(
        "roster.", "roster.", "remedy."
    ),
    "f\"audience_never.{self.key.replace('-', '_')}\"": _list_family(
        "audience_never", (key.replace("-", "_") for key in AUDIENCES)
    ),
    "f\"publication.{self.key.replace('-', '_')}\"": _list_family(
        "publication", (key.replace("-", "_") for key in PUBLICATIONS)
    ),
    "f'return_column.{name}{suffix}'": {
        f"return_column.{name}_of_{table}" if name in ("on", "trained") else f"return_column.{name}"
        for table, columns in RETURN_SHEETS.values()
        for name in columns
        if name not in ("site", "site_name", "month")
    },
    "f'return_sheet.{table}'": _list_family(
        "return_sheet", (table for table, _ in RETURN_SHEETS.values())
    ),
    "f'month.sample.{sample}'": _list_family("month.sample", ("all", "page", "some")),
    "f'month.sample.{year.sample}'": _list_family("month.sample", ("all", "some")),
    "f\"year.{name}{('' if has_range else '_alone')}\"": {
        f"year.{name}{which}"
        for name in ("response_p50_min", "response_p90_min", "response_within_target_share")
        for which in ("", "_alone")
    },
    "status.template.removesuffix('_until')": _change_codes("plan_status.", "_until", ""),
    "f'broken_rule.{rule}'": _list_family(
        "broken_rule",
        {code.split(".")[1] for code in load_templates() if code.startswith("check.")} - _NOTES,
    ),
    "f'action_instructions.{action}'": _list_family("action_instructions", RESPONSE_ACTIONS),
    "f'activity.action.{name}'": _list_family("activity.action", RESPONSE_ACTIONS),
    "f'activity.record.{kind}'": {"activity.record.stamp"},
    "f'activity.stamp.{name}'": _list_family("activity.stamp", STAMP_NAMES),
    "f'field.{name}'": _change_codes("field.", "", ""),
    "f'staffing_level.{row.kind}'": _list_family(
        "staffing_level", ("all", "best", "some", "worst")
    ),
    "f'logged.{status}'": _list_family("logged", ("cancelled", "en_route", "missed", "scheduled")),
    "refusal.template.replace('zone_not_allowed.', 'zone_closed.')": _list_family(
        "zone_closed", ("jurisdiction", "not_patrolled", "site_locked", "zone_locked")
    ),
    "link.refusal": {link.refusal for link in RECORD_LINKS.values()},
    "self._template": {"not_a_time", "not_a_time.no_form"},
    "f'column_missing.{kind.name}_{column}'": {
        f"column_missing.{kind.name}_{column}"
        for kind in (*RECORD_KINDS.values(), HOLD_RECORD, REQUEST_RECORD)
        for column in kind.fields
    }
    & load_templates().keys(),
    "f'unreadable_file.{task.file_kind}'": _list_family(
        "unreadable_file", ("basemap", "calendar", "layer", "picture", "roads", "table")
    ),
    "_NO_TABLES.get(path.suffix.lower())": _list_family(
        "unreadable_file.no_table", ("calendar", "map")
    ),
    "facts.pop('template', '')": _find_pattern(
        "storage/postgres/postgres.sql", r"'template', '([a-z_.]+)'"
    ),
    "f'server_lacks.{kind.lower()}'": _list_family("server_lacks", ("extension", "role", "schema")),
}
"""The possible codes of the expressions in which they cannot be read."""

"""The coverage command: each figure with n and definition, and the head of the journal."""

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from builders import create_store, project_from
from papers import page_texts
from sentences import says

import zoneplanner
from zoneplanner import storage
from zoneplanner.cli.run import main
from zoneplanner.domain.calendar.school_calendar import DateRange, SchoolCalendar

THEN = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """A project with a visit and a call answered in six minutes."""
    file = str(tmp_path / "letters.gpkg")
    create_store(Path(file), project_from("AB"), actor="planner", at=THEN).close()
    call = ["type=fight", "received_at=2026-03-03T10:00", "onscene_at=2026-03-03T10:06"]
    for columns in (
        ["visit", "site=r1c1", "arrived_at=2026-03-03T08:00"],
        ["incident", "site=r1c2", "units=A", *call],
    ):
        assert main(["log", file, *columns, "--json"]) == 0
        capsys.readouterr()
    return file


def run_coverage(path: str, capsys: pytest.CaptureFixture[str], *options: str) -> dict[str, Any]:
    assert main(["coverage", path, *options, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert isinstance(found, dict)
    return found


def test_every_figure_has_value_n_and_definition(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = run_coverage(path, capsys, "--by", "all", "--target-min", "5")
    (row,) = found["rows"]
    assert row["figures"]["visits"]["value"] == 1
    within = row["figures"]["response_within_target_share"]
    assert (within["value"], within["n"]) == (None, 1)
    assert says(within["definition"], "figure.response_within_target_share", target_min="5")
    for name, figure in row["figures"].items():
        if name.endswith(("_share", "_p50_min", "_p90_min", "_mean_min", "_mean_h")):
            assert figure["value"] is None and figure["why"], name
    assert says(row["figures"]["response_p90_min"]["why"], "figure_too_few", n="1")


def test_a_record_that_ends_before_a_recess_shows_its_last_day(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    term, recess = (
        DateRange("Spring", date(2026, 1, 12), date(2026, 5, 29)),
        DateRange("Recess", date(2026, 3, 9), date(2026, 3, 15)),
    )
    project = replace(project_from("AB"), calendar=SchoolCalendar((term,), (recess,)))
    path = str(tmp_path / "recess.gpkg")
    create_store(Path(path), project, actor="planner", at=THEN).close()
    kept = [f"--complete={kind}=2026-03-02..2026-03-06" for kind in ("visits", "incidents")]
    assert main(["records", path, *kept]) == 0
    capsys.readouterr()
    days = ("--from", "2026-03-02", "--to")
    assert run_coverage(path, capsys, *days, "2026-03-08")["period"]["notes"] == []
    notes = run_coverage(path, capsys, *days, "2026-03-15")["period"]["notes"]
    assert len(notes) == 2
    assert all(says(note, "period.until", until="2026-03-06") for note in notes)


def test_shares_and_percentiles_have_an_interval(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for minute in range(1, 30):
        call = ["type=fight", f"received_at=2026-03-04T10:{minute:02}", "site=r1c2", "units=A"]
        assert main(["log", path, "incident", *call, "onscene_at=2026-03-04T10:40"]) == 0
    capsys.readouterr()
    (row,) = run_coverage(path, capsys, "--by", "all")["rows"]
    share, p90 = (row["figures"][f"response_{name}"] for name in ("within_target_share", "p90_min"))
    assert share["low"] < share["value"] == 1 / 30 < share["high"]
    assert p90["value"] < p90["high"]


def test_the_head_of_the_journal_is_printed_with_the_figures(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = run_coverage(path, capsys)
    assert found["entries"] == 2 and len(found["head"]) == 64
    assert main(["verify", path, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["head"] == found["head"]
    assert main(["coverage", path]) == 0
    assert found["head"] in capsys.readouterr().out


def test_a_printed_head_reveals_a_truncated_journal(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    printed = run_coverage(path, capsys)["head"]
    assert main(["log", path, "visit", "site=r1c1"]) == 0
    capsys.readouterr()
    assert main(["verify", path, "--head", printed[:16], "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["printed_seq"] == 2
    with closing(sqlite3.connect(path)) as connection:
        named = "name = 'journal_entry_delete'"
        (guard,) = connection.execute(f"SELECT sql FROM sqlite_schema WHERE {named}").fetchone()
        connection.execute("DROP TRIGGER journal_entry_delete")
        connection.execute("DELETE FROM journal_entry WHERE seq > 1")
        connection.execute(guard)
        connection.commit()
    assert main(["verify", path, "--head", printed, "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["printed_seq"], found["printed_edit"]) == (None, None)
    assert main(["verify", path, "--head", "S2"]) == 2
    assert says(capsys.readouterr().err, "not_a_head")


def test_damaged_figures_are_found_and_rebuilt(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    true = run_coverage(path, capsys, "--by", "all")["rows"]
    with storage.open(Path(path)) as store:
        store.rebuild_aggregates()
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("UPDATE log_snapshot SET visits = zeroblob(length(visits))")
    assert run_coverage(path, capsys, "--by", "all")["rows"] == true
    assert main(["verify", path, "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["findings"][0]["code"] == "aggregates"
    assert main(["verify", path, "--rebuild", "--json"]) == 0
    capsys.readouterr()
    assert run_coverage(path, capsys, "--by", "all")["rows"] == true


def test_an_invalid_target_is_refused(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["coverage", path, "--target-min", "0"]) == 2
    assert says(capsys.readouterr().err, "out_of_range.response_target")


def test_a_dispatch_export_is_imported_and_its_doubtful_times_reported(
    path: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "cad.csv"
    file.write_text(
        "Call Number,Call Date,Time Received,Call Type,Location Name\n"
        "C-1,11/01/2025,08:10:00,FIGHT,School r1c1\n"
        "C-2,11/02/2025,01:30:00,ALARM,School r1c2\n"
    )
    command = ["import", path, str(file), "--as", "incidents"]
    assert main([*command, "--dry-run", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    (repaired,) = found["repaired"]
    assert repaired["row"] == 3 and "twice" in str(repaired)
    assert main([*command, "--twice", "first", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["taken"], found["already"], found["refused"]) == (2, 0, [])
    assert found["mapping"] == "cad-call-history"


@pytest.mark.parametrize("days", [("2020-01-06", "2020-01-10"), ("2026-02-01", "2026-02-28")])
def test_a_period_before_the_records_shows_only_that(
    path: str, capsys: pytest.CaptureFixture[str], days: tuple[str, str]
) -> None:
    for by in ("all", "week", "site"):
        found = run_coverage(path, capsys, "--by", by, "--from", days[0], "--to", days[1])
        for row in found["rows"]:
            told = {name: one["value"] for name, one in row["figures"].items()}
            assert set(told.values()) == {None}, told
        for note, kind in zip(found["period"]["notes"], ("Visits", "Incidents"), strict=True):
            assert says(note, "period.not_recorded", kind=kind)


def test_a_report_without_recorded_visits_draws_no_conclusion(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "letters.gpkg"
    create_store(file, project_from("ABCDEFG"), actor="planner", at=THEN).close()
    call = ["type=fight", "received_at=2026-03-04T10:00", "onscene_at=2026-03-04T10:06"]
    units = "units=A;B;C;D;E;F;G"
    assert main(["log", str(file), "incident", "site=r1c2", units, *call]) == 0
    days = ("--from", "2026-03-02", "--until", "2026-03-13", "--allow-draft")
    asked = ("--audience", "own", "--only", "coverage", "--to", str(tmp_path), *days)
    assert main(["publish", str(file), *asked]) == 0
    capsys.readouterr()
    (paper,) = tmp_path.rglob("coverage.pdf")
    text = " ".join("\n".join(page_texts(paper.read_bytes())).split())
    waiting = text.partition("Schools by days since last visit")[2].partition("Every figure")[0]
    assert "never" not in waiting
    assert text.count("no record") == 7
    assert says(text, "no_chart") and not says(text, "visit_chart.none")
    assert "Outlined weeks" not in text
    assert all(f"{one}," in text for one in "ABCDEF") and "…" not in text


def test_a_school_without_a_visit_is_reported_since_the_records_begin(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = project_from("ABC")
    project = project.with_site(replace(project.sites["r1c3"], patrolled=False))
    path = str(tmp_path / "idle.gpkg")
    create_store(Path(path), project, actor="planner", at=THEN).close()
    when = ("received_at=2026-03-03T10:00", "onscene_at=2026-03-03T10:06")
    for columns in (
        ("visit", "site=r1c1", "arrived_at=2026-03-03T08:00"),
        ("incident", "type=fight", "site=r1c2", "units=A", *when),
        ("incident", "type=fight", "site=r1c3", *when),
    ):
        assert main(["log", path, *columns]) == 0
    days = ("--from", "2026-03-02", "--until", "2026-03-13", "--allow-draft")

    def publish(to: str) -> str:
        asked = ("--audience", "own", "--only", "coverage", "--to", str(tmp_path / to), *days)
        assert main(["publish", path, *asked]) == 0
        capsys.readouterr()
        (paper,) = (tmp_path / to).rglob("coverage.pdf")
        return " ".join("\n".join(page_texts(paper.read_bytes())).split())

    unranked = publish("undeclared")
    assert says(unranked, "coverage_report.not_ranked")
    assert not says(unranked, "coverage_report.ranked")
    by_name = unranked.partition("Schools by name")[2]
    assert by_name.index("School r1c1") < by_name.index("School r1c2"), "without a visit, not first"
    assert main(["records", path, "--complete", "visits=2026-03-02..2026-03-04"]) == 0
    text = publish("declared")
    assert says(text, "coverage_report.ranked") and not says(text, "coverage_report.not_ranked")
    assert says(
        text.partition("School r1c2 B ")[2], "no_visit_on_record.since", since="Mar 2, 2026"
    )
    assert "The longest gaps leave out School r1c2, which has no visit on record." in text
    waiting = text.partition("Schools by days since last visit")[2].partition("Every figure")[0]
    assert "School r1c3" not in waiting
    assert "No unit" in text and ", No unit" not in text


def test_the_table_gives_the_reason_for_a_withheld_figure(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = run_coverage(path, capsys, "--by", "zone")
    whys = {
        figure["why"]
        for row in found["rows"]
        for name in ("days_since_last_visit", "response_p50_min")
        if (figure := row["figures"][name])["value"] is None
    }
    assert whys
    assert main(["coverage", path, "--by", "zone"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert all(why in told for why in whys)


def test_figures_use_the_districts_term_for_incidents(
    path: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["set", path, "term", "incident", "term=Call for service"]) == 0
    capsys.readouterr()

    def is_translated(texts: list[str]) -> bool:
        return any("for service" in text for text in texts) and "incident" not in str(texts).lower()

    rows = run_coverage(path, capsys, "--by", "site")["rows"]
    for part in ("definition", "why"):
        texts = [one[part] for row in rows for one in row["figures"].values() if part in one]
        assert is_translated(texts), part
    with zoneplanner.open(path) as project:
        for part in ("definition", "why"):
            frame = project.coverage(by="site", part=part)
            texts = [text for text in frame.stack().tolist() if isinstance(text, str)]
            assert is_translated(texts), part
    assert main(["coverage", path, "--by", "site"]) == 0
    reasons = [line for line in capsys.readouterr().out.splitlines() if "P50 min, – in" in line]
    assert is_translated(reasons)
    asked = ("--audience", "own", "--only", "coverage", "--to", str(tmp_path), "--allow-draft")
    assert main(["publish", path, *asked, "--from", "2026-03-02", "--until", "2026-03-13"]) == 0
    (paper,) = tmp_path.rglob("coverage.pdf")
    text = " ".join("\n".join(page_texts(paper.read_bytes())).split())
    assert "Calls for service received" in text and "ncidents received" not in text


AGENCY_HEAD = (
    "Call Number,Call Type,Location Name,Unit,Received,Dispatched,En Route,Arrived,Cleared"
)


def test_another_agency_first_on_scene_answers_a_call_but_leads_for_no_unit(
    path: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A never arrives; B arrives after the agency and, on other calls, alone."""
    rows = []
    for minute in range(10):
        clock = [f"03/{{}}/2026 10:{at:02}" for at in range(60)][minute:]
        for day, unit, arrived, cleared in (
            ("09", "A", "", 12),
            ("09", "CHP22", clock[3], 30),
            ("10", "B", clock[5], 15),
            ("10", "CHP22", clock[3], 10),
            ("11", "B", clock[7], 17),
        ):
            times = (clock[0], clock[1], clock[2], arrived, clock[cleared])
            row = ",".join((f"{day}{minute},FIGHT,School r1c1,{unit}", *times))
            rows.append(row.format(*[day] * 5))
    calls = tmp_path / "calls.csv"
    calls.write_text("\n".join([AGENCY_HEAD, *rows]) + "\n")
    assert main(["import", path, str(calls), "--as", "incidents", "--json"]) == 0
    capsys.readouterr()
    of_march = ("--from", "2026-03-09", "--to", "2026-03-11")

    def read_figures(by: str, name: str) -> dict[str, tuple[float | None, int]]:
        found = run_coverage(path, capsys, "--by", by, *of_march)["rows"]
        return {row["key"]: (row["figures"][name]["value"], row["figures"][name]["n"])
                for row in found}  # fmt: skip

    by_unit = read_figures("unit", "response_p50_min")
    assert by_unit["A"] == (None, 0) and by_unit["B"] == (7.0, 10)
    assert read_figures("all", "response_p50_min") == {"all": (3.0, 30)}
    assert read_figures("all", "out_of_zone_share") == {"all": (1.0, 10)}
    hours = read_figures("unit", "consumed_h")
    assert hours["A"] == (pytest.approx(10 * 10 / 60), 10)
    assert hours["B"] == (pytest.approx(10 * (13 + 15) / 60), 20)
    assert read_figures("unit", "calls")["B"] == (10, 10), (
        "it led no call that another agency reached"
    )
    (row, *_) = run_coverage(path, capsys, "--by", "unit", *of_march)["rows"]
    said = row["figures"]["calls"]["definition"]
    assert says(said, "figure.calls.led")
    assert main(["coverage", path, "--by", "unit", *of_march]) == 0
    assert "Calls led" in capsys.readouterr().out


def test_every_grouping_counts_the_same_hours_visits_and_gaps(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two units are on one call for 20 and 30 minutes; nobody is on a shift."""
    call = ["site=r1c1", "type=fight", "units=A;B", "received_at=2026-03-04T10:00", "uid=i9"]
    assert main(["log", path, "incident", *call]) == 0
    for unit, name, at in (
        *(("A", "enroute", "10:01"), ("B", "enroute", "10:02"), ("A", "onscene", "10:05")),
        *(("B", "onscene", "10:07"), ("A", "cleared", "10:21"), ("B", "cleared", "10:32")),
    ):
        stamp = ["incident=i9", f"unit={unit}", f"name={name}", f"at=2026-03-04T{at}"]
        assert main(["log", path, "stamp", *stamp]) == 0
    again = ["visit", "site=r1c1", "arrived_at=2026-03-04T08:00"]
    assert main(["log", path, *again]) == 0
    capsys.readouterr()
    found = {
        by: [row["figures"] for row in run_coverage(path, capsys, "--by", by)["rows"]]
        for by in ("all", "type", "officer", "unit", "site", "week")
    }
    for by, rows in found.items():
        hours = sum(figures["consumed_h"]["value"] or 0 for figures in rows)
        assert hours == pytest.approx(50 / 60), by
    for name in ("visits", "days_since_last_visit", "gap_max_h", "departures_share"):
        (of_type,) = (figures[name] for figures in found["type"])
        assert (of_type["value"], of_type["n"]) == (None, 0), name
        assert says(of_type["why"], "visits_have_no_type")
    definitions = {
        name: {by: rows[0][name]["definition"] for by, rows in found.items()}
        for name in ("gap_max_h", "days_since_last_visit")
    }
    for by in ("unit", "officer"):
        waited = definitions["days_since_last_visit"][by]
        assert says(waited, "figure.days_since_last_visit.by_name", by=by)
        assert says(definitions["gap_max_h"][by], "figure.gap_max_h")
    for by, variant in (("site", ""), ("all", ".longest")):
        assert says(definitions["gap_max_h"][by], "figure.gap_max_h.open")
        waited = definitions["days_since_last_visit"][by]
        assert says(waited, f"figure.days_since_last_visit{variant}")


def test_a_week_off_record_has_no_figures_of_visits_or_calls(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for kind in ("visits", "incidents"):
        assert main(["records", path, "--complete", f"{kind}=2026-03-02..2026-03-06"]) == 0
    capsys.readouterr()
    days = ("--from", "2026-03-02", "--to", "2026-03-13")
    known, unknown = run_coverage(path, capsys, "--by", "week", *days)["rows"]
    for name in ("visits", "departures_share", "response_p50_min", "queue_p50_min", "consumed_h"):
        assert says(unknown["figures"][name]["why"], "day_not_on_record"), name
        assert not says(known["figures"][name].get("why", ""), "day_not_on_record"), name

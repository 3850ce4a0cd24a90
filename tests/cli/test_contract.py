"""The contract of the command line: commands, keys, exit statuses and refusals.

One table of what other programs rely on. Keys may be added, none removed. The
commands run in table order on one small project, each on the result of the previous ones.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from builders import MONDAY_AT_8, create_store
from county import write_census_layer
from pictures import draw_png
from rosters import MONDAY, officer, roster
from shapely.geometry import LineString

from zoneplanner.cli.parser import load_commands
from zoneplanner.cli.run import main
from zoneplanner.domain.plans.edits import branch_plan

FIGURES = (
    "visits calls days_since_last_visit gap_mean_h gap_max_h visit_coverage_share "
    "response_mean_min response_p50_min response_p90_min "
    "response_within_target_share queue_p50_min turnout_p50_min travel_p50_min "
    "scene_p50_min consumed_h stamps_complete_share out_of_zone_share predictability "
    "utilization"
)
HEAD = "entries head"
SITE_CELLS = (
    "id name level grades street city zip phone latitude longitude enrollment enrollment_note "
    "patrolled charter aliases note"
)
OUTCOME = "read taken already refused repaired"
SHIFT = "uid unit officer starts_at ends_at status"
HOURS = (
    "uid day officer name agency unit shift began_at ended_at scheduled_h hours approved_h "
    "pay_code fund rate amount status problems approved_by approved_at"
)
HOURS_TOTAL = (
    "name lines scheduled_h worked_h approved_h amount unconfirmed unapproved without_rate"
)
BILLED = (
    "row day officer billed_officer verdict also billed_h hours billed_rate rate billed due "
    "difference uid approved fault"
)


@dataclass(frozen=True)
class Call:
    """One command, its exit status, the keys of its answer, and nested keys by path."""

    line: str
    keys: str
    status: int = 0
    inner: Mapping[str, str] = field(default_factory=dict)


CALLS = (
    Call("new other.gpkg", "sites zones units"),
    Call(
        "plan p.gpkg --time-limit 9 --name B",
        ("plan cost bound gap proven seconds first_plan_seconds zones unassigned problems"),
        inner={
            "zones.0": "zone agency sites load_min_per_day deviation pieces",
        },
    ),
    Call(
        "plan p.gpkg --time-limit 9 --name B --certificate b.json",
        "plan cost bound gap proven certificate",
        inner={"certificate": "file ok cost bound gap findings sha256 unchecked"},
    ),
    Call(
        "plan p.gpkg --time-limit 0.2 --tolerance 0.4 --name C --prices --page prices.pdf --robust "
        "low,high --one-off mean --max-drive 60 --shape 0.1 --zone-counts Sheriff=1..2",
        "plan cost bound gap proven mean_response_min standing prices frontier files zone_counts",
        inner={
            "standing": "longest_drive_min border_km one_off_mean one_off_worst one_off_zone",
            "prices.0": "rule name cost_without bound_without price least most",
            "frontier.0": "tolerance cost bound",
            "zone_counts.0": "agency zones drive cost bound mean_response_min load_min_per_zone",
        },
    ),
    Call("certify b.json", "ok cost bound gap findings sha256 unchecked"),
    Call("certify visits.csv", "ok cost bound gap findings sha256 unchecked", 1),
    Call(
        "callsheet p.gpkg --site r1c1",
        "site name school_phone agency agency_phone tip_line",
        inner={"tip_line": "term text"},
    ),
    Call(
        "units p.gpkg",
        "units",
        inner={
            "units.0": (
                "unit officers on_duty state status since incident site next_site next_at until"
            )
        },
    ),
    Call(
        "check p.gpkg",
        "problems notes demand external",
        inner={"demand": "use calls_per_day since until"},
    ),
    Call("extensions p.gpkg", "extensions"),
    Call("assign p.gpkg --plan Plan --site r1c1 --zone B", "plan moved problems", status=1),
    Call(
        "check p.gpkg --plan Plan",
        "problems notes",
        1,
        {"problems.0": "code text where"},
    ),
    Call(
        "suppose p.gpkg --plan Plan --close r1c2 --from 2027-08-12",
        "plan site closed on left receiving supposes zones problems",
        status=1,
        inner={"receiving.0": "site name students", "zones.0": "zone load_min_per_day deviation"},
    ),
    Call(
        "suppose p.gpkg --plan Plan --add New --at=-0.0045,-127.4837 --from 2027-08-12",
        "plan site closed on left receiving supposes zones problems",
        status=1,
    ),
    Call(
        "compare p.gpkg Plan Second",
        "moved_sites students_moved figures closed opened receiving",
        inner={
            "moved_sites.0": "site name from to students minutes_change",
            "figures.cost": "name unit before after difference definition",
        },
    ),
    Call(
        "demand p.gpkg --set busy --calls-per-day 3 --low 2 --high 5 --use busy",
        "use calls_per_day sites plan_at",
        inner={
            "calls_per_day": "value low high source school_days since until",
            "sites.0": "site value low high",
            "plan_at.0": "scenario worst_deviation zones",
            "plan_at.0.zones.0": "zone deviation",
        },
    ),
    Call(
        "demand p.gpkg --use preset",
        "use waiting_calls silent_jurisdictions school_days_assumed observed log_now",
        inner={"observed": "calls outside unpatrolled duplicates school_days"},
    ),
    Call("evaluate p.gpkg", "demand", inner={"demand": "use calls_per_day service_min"}),
    Call(
        "records p.gpkg --since visits=2026-08-14 --complete drills=2026-08-14..2026-08-20",
        "kinds",
        inner={"kinds.0": "kind since complete files"},
    ),
    Call("branch p.gpkg --plan Second --name Third", "plan copied"),
    Call("history p.gpkg --last 2", "steps total", inner={"steps.0": "seq at actor label"}),
    Call("adopt p.gpkg --plan Second --from 2026-08-14", "plan"),
    Call("log p.gpkg visit site=r1c1 purpose=teaching uid=v-1", "uid seq"),
    Call("log p.gpkg visit supersedes=v-1 note=again", "uid seq"),
    Call(
        "log p.gpkg history uid=v-1",
        "entries",
        inner={"entries.0": "seq what recorded_at actor desk changes"},
    ),
    Call("log p.gpkg visit void=v-1 reason=mistake", "uid seq"),
    Call("log p.gpkg incident site=r1c1 type=Fight units=A uid=i-1", "uid seq"),
    Call("log p.gpkg stamp incident=i-1 unit=A name=dispatched", "uid seq"),
    Call("log p.gpkg action site=r1c1 action=lockdown", "uid seq"),
    Call("log p.gpkg action site=r1c1 ended_at=now", "uid seq"),
    Call("log p.gpkg drill site=r1c1 kind=fire", "uid seq"),
    Call("log p.gpkg review site=r1c1 stage=drafted on=2026-11-12", "uid seq"),
    Call(
        "coverage p.gpkg --by all",
        f"{HEAD} rows unreadable",
        inner={
            "rows.0": "key name figures",
            "rows.0.figures": FIGURES,
            "rows.0.figures.visits": "value n definition",
            "rows.0.figures.response_p90_min": "value n definition why",
        },
    ),
    Call(
        "coverage p.gpkg",
        f"{HEAD} rows unreadable demand school_days_assumed",
        inner={"rows.0.figures": "visits"},
    ),
    Call(
        "evaluate p.gpkg --without B --simulate 20",
        (
            "units mean_response_min share_within_target cross_zone_share "
            "all_busy_probability sites simulated"
        ),
        inner={
            "units.0": "unit utilization",
            "sites.0": "site mean_response_min share_within_target",
            "simulated.mean_response_min": "value low high",
        },
    ),
    Call(
        "readiness p.gpkg",
        "rows soon horizon_days figures files unreadable",
        inner={
            "rows.0": (
                "site name item status due_on done required rule detail uid made_up soon "
                "open_points open newer_rules owner"
            )
        },
    ),
    Call(
        "readiness p.gpkg --site r1c1",
        "rows soon horizon_days figures files unreadable elements",
        inner={"elements.0": "key text citation confirmed_by on"},
    ),
    Call(
        "readiness p.gpkg --by plan",
        "rows soon horizon_days figures files unreadable plans",
        inner={
            "plans.0": "site name status due_on open steps elements out_of_order open_points",
        },
    ),
    Call(
        "rules p.gpkg",
        (
            "version digest installed checked_on rules drills own follow_up retention choices "
            "facts checklist elements steps duties files"
        ),
        inner={
            "elements.0": (
                CITED := (
                    "key text citation effective_from effective_until checked_on source unverified"
                    " applies_to change"
                )
            ),
            "rules.0": f"{CITED} own",
            "steps.0": CITED,
            "duties.0": CITED,
        },
    ),
    *(
        Call(
            f"log p.gpkg reunification_site on=2026-11-02 name={place} at_site={place} how={how}"
            " capacity=900",
            "uid seq",
        )
        for place in ("r1c1", "r1c2", "r1c3", "r1c4", "r2c1", "r2c2")
        for how in ("walking", "bus")
    ),
    Call(
        "reunification p.gpkg --most-walking 9",
        "sites proven student_miles",
        inner={
            "sites.0": "site name students walking bus",
            "sites.0.walking.0": "uid name capacity miles",
        },
    ),
    Call(
        "campus-page p.gpkg --site r1c1 --picture drawing.png --verified 2026-11-02",
        "pages missing",
        inner={
            "pages.0": "site name uid on review_on role source picture width_px height_px points"
            " width_m height_m north_deg stretch",
        },
    ),
    Call("campus-page p.gpkg", "pages missing", inner={"missing.0": "site name"}),
    Call(
        "rules p.gpkg --pack bundled --difference",
        "version digest checked_on before altered own_rules_lost own_rules_kept added changed"
        " removed kept",
        inner={"before": "version digest checked_on"},
    ),
    Call(
        "route p.gpkg --unit A --date 2026-11-16",
        "stops",
        inner={"stops.0": "site name arrive_at leave_at drive_min late"},
    ),
    Call(
        f"roster p.gpkg propose --from {MONDAY} --to {MONDAY}",
        "shifts open problems",
        inner={"shifts.0": SHIFT},
    ),
    Call(f"roster p.gpkg check --from {MONDAY} --to {MONDAY}", "shifts open problems"),
    Call(f"roster p.gpkg final --from {MONDAY} --to {MONDAY}", "shifts open problems"),
    Call(f"roster p.gpkg export --from {MONDAY} --to cal", "files"),
    Call("roster p.gpkg rules --order seniority", "order levels"),
    Call(
        f"today p.gpkg --date {MONDAY} --to today.pdf",
        "date day_kind assignments now open out bells events due follow_ups hours visits files",
        inner={
            "assignments": "filled planned",
            "bells.0": "starts ends day_kind levels sites",
        },
    ),
    Call(
        "hours p.gpkg rules --rate Sheriff=92.5@2026-07-01 --fund-of Sheriff=COPS --round-min 15",
        "round_min call_back_min_h fund funds rates",
        inner={"rates.0": "agency from usd_per_h pay_code"},
    ),
    Call(
        f"hours p.gpkg --from {MONDAY} --to {MONDAY}",
        "from to rows differences totals",
        1,
        {"rows.0": HOURS, "totals.0": HOURS_TOTAL},
    ),
    Call(f"hours p.gpkg confirm --from {MONDAY} --to {MONDAY}", "confirmed rows totals"),
    Call(
        f"hours p.gpkg approve --from {MONDAY} --to {MONDAY} --agency Sheriff",
        "approved rows totals",
    ),
    Call(
        f"hours p.gpkg --invoice bill.csv --save result.xlsx --from {MONDAY} --to {MONDAY}",
        "rows differences columns counts billed due difference unbilled stated unapproved files",
        1,
        {"rows.0": BILLED, "differences.0": BILLED},
    ),
    Call(
        f"hours p.gpkg export --from {MONDAY} --to {MONDAY} --agency Sheriff --save pay.csv",
        "files left_out",
    ),
    Call(f"hours p.gpkg withdraw --from {MONDAY} --to {MONDAY} --reason typo", "withdrawn rows"),
    Call("export p.gpkg --as csv --to plan.csv --layer plan", "files rows"),
    Call("import p.gpkg plan.csv --as plan --name Again --dry-run", OUTCOME),
    Call("import p.gpkg visits.csv --as visits", OUTCOME, 1, {"refused.0": "row reason"}),
    Call(
        "import p.gpkg roads.geojson --as basemap --in-project",
        f"{OUTCOME} basemap",
        inner={"basemap": "kinds content"},
    ),
    Call("alias p.gpkg --site r1c1 --name DCH", "aliased words", inner={"aliased.0": "alias site"}),
    Call(
        "import p.gpkg calls.csv --as incidents",
        f"{OUTCOME} elsewhere aliased merged places others words understood self_initiated reviews",
        inner={
            "places.0": "place rows candidates",
            "self_initiated": "asked visits calls of_others",
        },
    ),
    Call("import p.gpkg calls.csv --as visits --dry-run", f"{OUTCOME} calls", 1),
    Call("alias p.gpkg --remove DCH", "aliased words"),
    Call("connect p.gpkg --site r1c1 --site r2c2", "joined cut detached"),
    Call("connect p.gpkg --site r1c1 --site r2c2 --forget", "joined cut detached"),
    Call(
        "district elm.gpkg --schools sites.csv --no-plan",
        "name crs sites elsewhere missing zones detached plan problems steps files",
        inner={"steps.0": "step done found missing publisher file"},
    ),
    Call("district elm.gpkg --schools sites.csv --list", "districts"),
    Call(
        "rollover p.gpkg --year 2027-28 --dry-run",
        "year changed steps files locked_until",
        inner={"steps.0": "step done text"},
    ),
    Call("set p.gpkg unit", "changed rows missing", inner={"missing.0": "kind id key"}),
    Call("set p.gpkg site r1c1", "changed rows", inner={"rows.0": SITE_CELLS}),
    Call(
        "set p.gpkg site r1c1 grades=9-12",
        "changed rows",
        inner={"changed.0": "kind id key before after"},
    ),
    Call("set p.gpkg agency --new Fire phone=1", "changed rows"),
    Call("set p.gpkg agency Fire --remove", "changed rows"),
    Call("set p.gpkg calendar calendar.csv", "changed rows"),
    Call(  # 1: its plan breaks rules, which every page says
        "publish p.gpkg --to web --audience public --only map",
        "folder files warnings gone",
        status=1,
    ),
    Call(
        "publish p.gpkg --to web --audience own --only month --month 2026-10",
        "folder files warnings",
        status=1,
    ),
    Call(
        "hold p.gpkg --place Doe --site r2c1 --since 2026-11-02",
        "uid holds",
        inner={"holds.0": "uid matter site placed_on released_on from_on until_on"},
    ),
    Call(
        "redact p.gpkg --uid i-1 --field type --basis 49076 --dry-run",
        "uid entries texts held copies left",
        inner={"entries.0": "uid fields"},
    ),
    Call("redact p.gpkg --uid i-1 --field type --basis 49076", "uid entries texts copies left"),
    Call("dispose p.gpkg", "uid entries texts held copies left"),
    Call(
        "request p.gpkg --received 2026-11-02 --asked Visits --search r1c1",
        "uid requests found",
        inner={
            "requests.0": (
                "uid asked requester received_on due_on overdue extended_to determined_on"
                " determination exemptions produced_on copy copy_sha256 closed_on"
            ),
            "found.0": "uid seq kind site",
        },
    ),
    Call("verify p.gpkg", f"ok findings unreadable clock {HEAD} edits edit_head"),
    Call(
        "info p.gpkg",
        (
            "schema_version min_reader_version uid name crs plans time_zone sites edits "
            f"undoable engine kernel {HEAD}"
        ),
        inner={"engine": "name version journal_mode"},
    ),
    Call("migrate p.gpkg", f"migrated schema_version backup to_give {HEAD}"),
    Call("backup p.gpkg --to copy.gpkg", f"file {HEAD}"),
    Call("restore p.gpkg", "backups"),
    Call("restore p.gpkg --backup copy.gpkg --to restored.gpkg", f"file {HEAD}"),
    Call("help", "pages"),
)
ELSEWHERE = {
    "demo": "tests/stories/test_command_line_story.py",
    "access": "tests/cli/project/test_access.py",
    "share": "tests/cli/project/test_share_backup_restore.py",
}
"""Commands with a long way or a server, whose keys stand in tests of their own."""

REFUSALS = {
    "campus-page p.gpkg --picture drawing.png": ("option_missing", ""),
    "campus-page p.gpkg --site r1c2 --verified 2026-11-02": ("no_campus_page", "name"),
    "campus-page p.gpkg --site r1c1 --picture none.png": ("no_file", "file"),
    "campus-page p.gpkg --site r1c1 --picture visits.csv": ("unreadable_file", "file"),
    "campus-page p.gpkg --site r1c1 --picture drawing.png --page 2": (
        "no_such_page",
        "file page pages",
    ),
    "campus-page p.gpkg --site r1c1 --point x": ("not_a_control_point", "text"),
    "campus-page p.gpkg --site r1c1 --point .1,.1,38,-121": ("control_points", "count needed"),
    "reunification p.gpkg --apart 5": ("no_reunification", "site name how found needed cause gaps"),
    "check": ("usage", "command"),
    "check none.gpkg": ("no_file", "file"),
    "check visits.csv": ("damaged", "path"),
    "new p.gpkg": ("file_exists", "file"),
    "certify none.json": ("no_file", "file"),
    "new folder/none/p.gpkg": ("no_folder", "folder"),
    "new p.txt": ("bad_name", "file"),
    "check p.gpkg --plan Nope": ("unknown_plan", "plan known"),
    "assign p.gpkg --site Nope --zone A": ("unknown_site", "site near"),
    "assign p.gpkg --plan Plan --site r1c1 --zone Z9": ("unknown_zone", "zone known"),
    "assign p.gpkg --plan Plan --site r2c1 --zone A": ("zone_not_allowed", "site zone"),
    "assign p.gpkg --plan Second --site r1c1 --zone A": ("plan_adopted", "plan"),
    "plan p.gpkg --name Second": ("plan_adopted", "plan"),
    "branch p.gpkg --plan Nope": ("unknown_plan", "plan known"),
    "history p.gpkg --last 0": ("argument_negative", "argument"),
    "plan p.gpkg --tolerance 7": ("out_of_range", ""),
    "plan p.gpkg --robust dreams": ("unknown_demand", "name known"),
    "plan p.gpkg --max-drive 9 --objective response": ("response_with_wishes", "wishes"),
    "plan p.gpkg --max-drive 0": ("out_of_range", "minutes"),
    "plan p.gpkg --shape -1": ("out_of_range", "weight"),
    "plan p.gpkg --zone-counts Nobody=1..2": ("unknown_agency", "agency known"),
    "plan p.gpkg --zone-counts 3": ("zone_counts_unclear", "text"),
    "plan p.gpkg --seed lucky": ("not_a_number", "text"),
    "adopt p.gpkg --plan Plan --from soon": ("not_a_date", "text"),
    "log p.gpkg visit site": ("not_key_value", "text"),
    "log p.gpkg visit site=r1c1 unit=Z9": ("unknown_unit", "unit known"),
    "log p.gpkg visit site=r1c1 color=red": ("unknown_column", "kind column"),
    "log p.gpkg visit site=r1c1 arrived_at=noon": ("not_a_time", ""),
    "log p.gpkg visit site=r1c1 arrived_at=2090-01-01T08:00": ("in_the_future", ""),
    "log p.gpkg visit supersedes=none note=x": ("unknown_entry", "uid kind"),
    "log p.gpkg visit site=r1c1 purpose=teaching uid=i-1": ("uid_in_use", "uid"),
    "log p.gpkg stamp incident=none unit=A name=cleared": ("unknown_entry", "uid"),
    "log p.gpkg action site=r2c1 ended_at=now": ("no_action_going_on", ""),
    "log p.gpkg reclassify": ("option_missing", ""),
    "log p.gpkg reclassify type=PICNIC": ("no_call_of_type", "types known"),
    "log p.gpkg duplicates kind=x": ("option_missing", ""),
    "log p.gpkg duplicates void=all": ("no_duplicates", ""),
    "log p.gpkg duplicates own=i-9": ("no_duplicate", "uid known"),
    "log p.gpkg history uid=none": ("unknown_entry", "uid"),
    "coverage p.gpkg --from 2026-11-20 --until 2026-11-10": ("days_out_of_order", ""),
    "evaluate p.gpkg --without Z9": ("unknown_unit", ""),
    "route p.gpkg --unit A --date 2026-11-15": ("no_school_day", "date"),
    f"log p.gpkg hours officer=A began_at={MONDAY}T08:00 ended_at={MONDAY}T09:00": (
        "hours_overlap",
        "officer other",
    ),
    "log p.gpkg hours shift=none": ("unknown_shift", "shift"),
    f"log p.gpkg approval on={MONDAY} worked=none officer=A hours=1": ("unknown_entry", "uid"),
    "hours p.gpkg --agency Nobody": ("unknown_agency", "agency known"),
    "hours p.gpkg --from 2026-11-20 --to 2026-11-10": ("days_out_of_order", ""),
    "hours p.gpkg export": ("option_missing", ""),
    "hours p.gpkg --invoice none.csv": ("no_file", "file"),
    "hours p.gpkg --invoice visits.csv": ("no_column_matches", "missing columns"),
    f"hours p.gpkg export --from {MONDAY} --to {MONDAY} --save pay.csv": ("nothing_approved", ""),
    "hours p.gpkg rules --rate Sheriff=-5": ("out_of_range", "rate"),
    "roster p.gpkg sick --officer Nobody": ("unknown_officer", "officer"),
    "export p.gpkg --as dwg --to x": ("unknown_format", "format known"),
    "export p.gpkg --as csv --to v --layer visits --audience staff": (
        "not_for_audience",
        "layer audience audiences",
    ),
    "publish p.gpkg --to web --audience own --plan B": ("unreleased_plan", "plan status"),
    "publish p.gpkg --to web --audience own --as-of 2099-11-10T08:00": ("in_the_future", "name"),
    "compare p.gpkg Plan B --pdf x.pdf --audience public": ("unreleased_plan", "plan status"),
    "export p.gpkg --as gpkg --to p.gpkg": ("project_itself", "file"),
    "export p.gpkg --as csv --to none/deep/x.csv": ("cannot_write", ""),
    "import p.gpkg none.csv --as visits": ("no_file", "file"),
    "import p.gpkg visits.csv --as visits --in-project": ("option_not_for_kind", "kind"),
    "import p.gpkg plan.csv --as basemap": ("unreadable_file", "file"),
    "import p.gpkg plan.csv --as cars": ("unknown_kind", "kind known"),
    "import p.gpkg calls.csv --as incidents --word patrol": ("not_key_value", "text"),
    "import p.gpkg calls.csv --as incidents --word patrol=teaching": ("not_a_word", "text"),
    "import p.gpkg calls.csv --as incidents --word units:1A=Z9": ("unknown_unit", "unit known"),
    "import p.gpkg either.csv --as incidents": ("day_order_unknown", "samples"),
    "district new.gpkg": ("district_needs_file", ""),
    "connect p.gpkg --site r1c1 --separate": ("site_not_detached", "site"),
    "rollover p.gpkg --year soon": ("not_a_school_year", "text"),
    "rollover p.gpkg --year 2027-28 --lock": ("year_not_over", "year last"),
    "connect p.gpkg --site r1c1": ("connect_needs_both", ""),
    "connect p.gpkg --site r1c1 --site r1c1": ("pair_of_one", "site"),
    "connect p.gpkg --site r1c1 --site r2c2 --forget": ("unknown_connection", "sites"),
    "set p.gpkg site r1c1 fone=1": ("unknown_data_column", "kind name known"),
    "set p.gpkg site Nope phone=1": ("unknown_data_row", "kind row near"),
    "set p.gpkg site r1c1 name=": ("data_cell_empty", "kind name"),
    "set p.gpkg site r1c1 --remove": ("data_row_stays", "kind row"),
    "set p.gpkg site r1c1 --remove name=A": ("set_one_thing", ""),
    "set p.gpkg site --remove": ("set_needs_row", "kind"),
    "set p.gpkg area --new Atlantis": ("data_row_by_import", "kind"),
    "alias p.gpkg --site r1c1": ("alias_needs_both", ""),
    "alias p.gpkg --site r1c1 --name !": ("no_site_alias", "alias most"),
    "alias p.gpkg --site Nope --name DCH": ("unknown_site", "site near"),
    "alias p.gpkg --remove DCH": ("unknown_site_alias", "alias"),
    "publish p.gpkg --to web --audience public --only nonsense": ("unknown_document", ""),
    "publish p.gpkg --to web --audience public --only roster": (
        "not_for_audience",
        "document audience",
    ),
    "publish p.gpkg --to web --audience own --month October": ("not_a_month", "text"),
    "publish p.gpkg --to web --audience own --month 2026-10 --from 2026-10-05": (
        "month_and_days",
        "",
    ),
    "publish p.gpkg --to web --audience public --only month --areas none": (
        "unknown_areas",
        "name known",
    ),
    "redact p.gpkg --uid none --basis law": ("unknown_entry", "uid"),
    "redact p.gpkg --uid i-1 --basis law --field color": ("unknown_text_field", "field known"),
    "redact p.gpkg --uid i-1 --field type --basis law": ("nothing_to_remove", "uid"),
    "dispose p.gpkg --class letters": ("unknown_retention_class", "name known"),
    "hold p.gpkg --release none": ("unknown_entry", "uid"),
    "request p.gpkg --uid none --close": ("unknown_entry", "uid"),
    "request p.gpkg --copy x.csv": ("column_missing", ""),
    "backup p.gpkg --to copy.gpkg": ("file_exists", "file"),
    "restore p.gpkg --backup 99 --to x.gpkg": ("unknown_backup", "backup known"),
    "verify p.gpkg --head zz": ("not_a_head", "text"),
    "share p.gpkg --to other.gpkg": ("needs_file_and_address", ""),
    "check postgresql://": ("bad_address", ""),
    "help nonsense": ("unknown_page", "page"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a project that has two plans, and a table of visits."""
    project = roster(
        officer("A", "A"), officer("B", "B"), officer("C", "c", kind="sro"), layout="AABB / cccc"
    )
    plan = project.plans["plan"]
    other = branch_plan(plan, "second", "Second", at=MONDAY_AT_8).with_assignments(
        {"r1c2": "B", "r1c3": "A"}
    )
    both = project.with_plan(other)
    create_store(tmp_path / "p.gpkg", both, actor="planner", at=MONDAY_AT_8).close()
    rows = "site,arrived_at\nr1c1,2026-11-16T09:00\nnowhere,2026-11-16T09:00\n"
    road = LineString([(0, -300), (4000, -300)])
    write_census_layer(tmp_path / "roads.geojson", [("Elm Street", "S1400", road)])
    (tmp_path / "visits.csv").write_text(rows)
    (tmp_path / "drawing.png").write_bytes(draw_png())
    (tmp_path / "sites.csv").write_text("id,school,district,lat,lon\n1,Elm,Elm,38.5,-121.4\n")
    head = "Call Number,Received,Call Type,Location Name,Priority,Dispatched,Arrived\n"
    checked = "11/13/2025 10:00"
    (tmp_path / "calls.csv").write_text(
        f"{head}1,11/13/2025 8:00,FIGHT,DCH,1,11/13/2025 8:02,11/13/2025 8:09\n"
        "2,11/13/2025 9:00,ALARM,WALMART\n"
        "3,11/13/2025 9:30,ALARM,SCHOOL GYM R1C2\n"
        f"4,{checked},PATROL CHECK,DCH,,{checked},{checked}\n"
    )
    (tmp_path / "either.csv").write_text(f"{head}1,05/06/2025 8:00,FIGHT,DCH\n")
    (tmp_path / "calendar.csv").write_text(
        "kind,name,first,last\nholiday,A,2026-10-09,2026-10-09\n"
    )
    (tmp_path / "bill.csv").write_text(
        f"Service Date,Deputy,Hrs,Rate,Total\n{MONDAY},Officer A,9,92.50,832.50\n"
    )
    return tmp_path


def _answer(line: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any], str]:
    capsys.readouterr()
    status = main([*line.split(), "--json"])
    out, err = capsys.readouterr()
    return status, json.loads(out), err


def _at(value: Any, path: str) -> Any:
    for step in path.split("."):
        value = value[int(step)] if step.isdigit() else value[step]
    return value


def test_every_command_fulfills_its_contract(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    for call in CALLS:
        status, answer, err = _answer(call.line, capsys)
        assert status == call.status, f"{call.line}: {err}"
        assert set(call.keys.split()) <= answer.keys(), call.line
        for path, keys in call.inner.items():
            assert set(keys.split()) <= _at(answer, path).keys(), f"{call.line}: {path}"
    for line, (code, facts) in REFUSALS.items():
        status, answer, err = _answer(line, capsys)
        assert status == 2, line
        assert answer["code"] == code, f"{line}:"
        assert set(facts.split()) <= answer["facts"].keys(), line
        assert answer["error"] == err.strip(), line


def test_an_unknown_choice_is_listed_with_the_known_ones(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for line, given in (("bogus", "bogus"), ("coverage p.gpkg --by moon", "moon")):
        assert main([*line.split(), "--json"]) == 2
        found = json.loads(capsys.readouterr().out)
        assert (found["code"], found["given"]) == ("usage", given)
        assert {"coverage", "site"} & set(found["known"])


def test_the_help_of_every_command_begins_with_a_sentence(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in load_commands():
        with pytest.raises(SystemExit):
            main([name, "--help"])
        usage, sentence, *_ = capsys.readouterr().out.split("\n\n")
        assert usage.startswith(f"usage: zoneplanner {name} ")
        assert sentence.endswith("."), name


def test_every_command_is_in_the_contract() -> None:
    called = {call.line.split()[0] for call in CALLS}
    assert called | ELSEWHERE.keys() == set(load_commands())
    root = Path(__file__).parents[2]
    assert all((root / file).exists() for file in ELSEWHERE.values())

"""What is handed out: everything that a published map, page or table is made from."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from zoneplanner.analysis.coverage.chart_series import CoverageSeries
from zoneplanner.analysis.coverage.figures import CoverageRow
from zoneplanner.analysis.geometry.basemap import BasemapByKind
from zoneplanner.analysis.measures.comparison import PlanComparison
from zoneplanner.domain.calendar.school_calendar import ReportPeriod
from zoneplanner.domain.geography.site import AreaGeometry, SiteJurisdiction
from zoneplanner.domain.locale_formats import LocaleFormats
from zoneplanner.domain.log.journal import Incident
from zoneplanner.domain.log.office_entries import CommandEntry, MonthlyReturn, TextReview
from zoneplanner.domain.log.response_actions import ResponseAction
from zoneplanner.domain.plans.edits import describe_plan_status
from zoneplanner.domain.plans.plan import Plan, PlanStatus
from zoneplanner.domain.project import Project
from zoneplanner.domain.readiness.campus_pages import PlacedPicture
from zoneplanner.domain.readiness.drill_requirements import Drill
from zoneplanner.domain.readiness.follow_up import (
    OUTSIDE_EVENT,
    AfterActionReview,
    CorrectiveAction,
)
from zoneplanner.domain.readiness.office_requirements import LEGAL_NOTICE
from zoneplanner.domain.readiness.requirements import Requirement, is_due_soon
from zoneplanner.domain.readiness.rule_pack import USUAL_HORIZON_DAYS
from zoneplanner.domain.roster.shift import Officer, Shift
from zoneplanner.messages import format_count, render_message
from zoneplanner.publish.maps.backdrop import Backdrop
from zoneplanner.publish.month import MonthDetails, MonthTotals
from zoneplanner.publish.year import YearTotals

_HAS_PROBLEMS, _DRAFT, _DRAFT_PLAN = "HAS PROBLEMS", "DRAFT - ", "DRAFT PLAN"
WITHOUT_PLAN = Plan("", "–", (), {})
_SHORT_HASH = 16
_LONGEST_BREAK_DAYS = 120
_CREDITED_FIRST = ("sites", "enrollment", "jurisdictions", "blocks")


@dataclass(frozen=True, slots=True)
class PrintedProof:
    """The hash of the file that proves a plan, and the goals of the plan that it does not check."""

    sha256: str
    unchecked: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """What it is the proof of, and the beginning of the hash."""
        what = "Proof of drive and tolerance only" if self.unchecked else "Proof of the plan"
        return f"{what}: {self.sha256[:_SHORT_HASH]}…"


@dataclass(frozen=True, slots=True)
class ZoneWorkload:
    """What a zone carries: minutes a day, share off its target, students, drive minutes a day."""

    load_min: float
    deviation: float
    students: int
    drive_min: float


@dataclass(frozen=True, eq=False, slots=True)
class LogWeek:
    """One week of the log: visits and calls by site, and each site's readiness at its end.

    ``visits`` or ``calls`` is None where no day of the week is on record, which is no week
    without any; ``in_school`` is False for a week without a school day, in which none is planned.
    Of the kinds in ``partial`` days are missing, or nobody declared them: there a school without
    any is not one that had none. ``remark`` says which days are on record, empty of a whole week.
    """

    monday: date
    visits: Mapping[str, int] | None
    calls: Mapping[str, int] | None
    readiness: Mapping[str, str]
    in_school: bool = True
    partial: Collection[str] = ()
    remark: str = ""


@dataclass(frozen=True, eq=False, slots=True)
class CoverageSummary:
    """The journal's figures of a period, both days included, and the series that charts draw.

    ``visits_begun`` is the day since when visits are declared to be on record, if any.
    """

    series: CoverageSeries
    target_min: float
    whole: CoverageRow
    zones: tuple[CoverageRow, ...]
    units: tuple[CoverageRow, ...]
    sites: tuple[CoverageRow, ...]
    visits_begun: date | None = None


@dataclass(frozen=True, eq=False, slots=True)
class ComparedPlan:
    """Another plan beside this one, and what differs; ``other`` has no ``compared`` of its own.

    ``found`` says which of them comes before.
    """

    other: "Handout"
    found: PlanComparison


@dataclass(frozen=True, slots=True)
class PublishedShift:
    """One turn on duty as a roster shows it; ``officer`` is a name, empty while it is open.

    ``sample`` tells that it is made up.
    """

    unit: str
    officer: str
    starts_at: datetime
    ends_at: datetime
    title: str
    final: bool
    sample: bool = False


@dataclass(frozen=True, slots=True)
class PublishedStop:
    """One visit on a unit's way round; times are None on a day without school.

    ``window`` is the part of the school day that it is in, such as lunch.
    """

    site: str
    arrive_at: datetime | None = None
    leave_at: datetime | None = None
    window: str = ""


@dataclass(frozen=True, slots=True)
class ComingZones:
    """What follows where a plan ends: the zone and the unit of each site from a day on.

    ``zones`` is None where no adopted plan follows.
    """

    on: date
    zones: Mapping[str, tuple[str, str]] | None


@dataclass(frozen=True, slots=True)
class PublishedReunification:
    """A place where a school's families are reunited; ``how`` it is reached.

    ``where`` is its address or position, ``agency`` who lends it.
    """

    site: str
    how: str
    name: str
    street_m: float
    capacity: float | None
    agreed_on: date
    review_on: date | None
    where: str = ""
    agency: str = ""


@dataclass(frozen=True, slots=True)
class ReunificationShortage:
    """Of how many places a school has too few that it is reached by in a way, and why."""

    site: str
    how: str
    found: int
    needed: int
    why: str


@dataclass(frozen=True, slots=True)
class PublishedTiles:
    """A server of pictures that a reader of the web map may choose to ask; off until then."""

    title: str
    url: str
    credit: str
    max_zoom: int

    @property
    def source(self) -> str:
        """The host that the page may ask, as its content security policy names it."""
        host = self.url.split("//", 1)[-1].split("/", 1)[0].replace("{s}", "*")
        return f"https://{host}"


@dataclass(frozen=True, slots=True)
class PublishedPictures:
    """Aerial pictures that printed maps lie on: a file of tiles, its sharpest zoom, its maker."""

    path: Path
    credit: str
    max_zoom: int


@dataclass(frozen=True, eq=False, slots=True)
class Handout:
    """Everything that a published map, page or table is made from.

    ``outlines`` are in the project's CRS, by zone id; ``last_visits`` are local days by site id,
    ``visited_before`` those that a card may tell: before its day where that is past;
    ``week_on_record`` tells whether visits of the running week are on record at all;
    ``backups`` are the units asked next, by zone, and ``neighbors`` the zones around each one;
    ``coming`` is what follows where the plan in force ends;
    ``final_shifts`` and ``officers`` hold what a calendar shows and nothing private;
    ``pictures`` lie below printed maps;
    ``demand`` says how many calls the loads reckon with;
    ``day`` is the day that cards are for, where it is another than that of ``as_of``;
    ``response_actions`` are all that began before ``as_of``, and ``other_drills`` those of the
    school year that no rule asks for, such as lockdown drills; ``office_items`` are due beside
    drills, plans, reviews and concerns, such as a duty to notify; ``stops`` are the visits of
    ``card_day`` in order, by unit; ``command`` are the entries of critical incidents and
    ``reunification`` the places of all schools with those that are lacking, ``campus_pages`` the
    drawings of those that have one; ``year`` has the totals of the school year and
    ``text_reviews`` say who read which translation; ``month`` and ``month_details`` are of the
    period of a monthly report, ``month_drills`` all drills in it, ``month_returns`` what schools
    returned; ``head_hash`` and ``entries`` anchor the journal, ``edit_hash`` and ``edits`` the
    history, ``certificate`` the proof of the plan; ``unreadable`` entries cannot be read and are
    not in it; ``sample`` tells that some or all visits and calls are made up, ``sample_sites`` are
    the schools of which a drill or a plan review is.
    Renderers take what ``audience.released`` leaves, with the ``backdrop`` of its maps.
    """

    project: Project
    plan: Plan
    outlines: Mapping[str, AreaGeometry]
    placements: Mapping[str, SiteJurisdiction]
    as_of: datetime
    head_hash: str
    entries: int
    audience: str
    paper: str = "letter"
    figures: Mapping[str, ZoneWorkload] = field(default_factory=dict)
    demand: str = ""
    last_visits: Mapping[str, date] = field(default_factory=dict)
    visited_before: Mapping[str, date] = field(default_factory=dict)
    week_on_record: bool = True
    broken_rules: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    sample: str = ""
    sample_sites: frozenset[str] = frozenset()
    unreadable: int = 0
    edit_hash: str = ""
    certificate: PrintedProof | None = None
    edits: int = 0
    backups: Mapping[str, str] = field(default_factory=dict)
    neighbors: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    coming: ComingZones | None = None
    bells: Mapping[str, str] = field(default_factory=dict)
    stops: Mapping[str, tuple[PublishedStop, ...]] = field(default_factory=dict)
    weeks: tuple[LogWeek, ...] = ()
    coverage: CoverageSummary | None = None
    incidents: tuple[Incident, ...] = ()
    response_actions: tuple[ResponseAction, ...] = ()
    other_drills: tuple[Drill, ...] = ()
    readiness: Mapping[str, tuple[Requirement, ...]] = field(default_factory=dict)
    horizon_days: int = USUAL_HORIZON_DAYS
    follow_ups: tuple[Requirement, ...] = ()
    concerns: tuple[Requirement, ...] = ()
    office_items: tuple[Requirement, ...] = ()
    after_actions: tuple[AfterActionReview, ...] = ()
    actions: tuple[CorrectiveAction, ...] = ()
    school_year: str = ""
    duties: tuple[PublishedShift, ...] = ()
    final_shifts: Mapping[str, Shift] = field(default_factory=dict)
    officers: Mapping[str, Officer] = field(default_factory=dict)
    command: tuple[CommandEntry, ...] = ()
    reunification: tuple[PublishedReunification, ...] = ()
    reunification_lacks: tuple[ReunificationShortage, ...] = ()
    campus_pages: tuple[PlacedPicture, ...] = ()
    text_reviews: tuple[TextReview, ...] = ()
    year: YearTotals | None = None
    month: MonthTotals | None = None
    month_details: MonthDetails | None = None
    month_drills: tuple[Drill, ...] = ()
    month_returns: Mapping[str, MonthlyReturn] = field(default_factory=dict)
    compared: ComparedPlan | None = None
    day: date | None = None
    backdrop: Backdrop | None = None
    tiles: PublishedTiles | None = None
    pictures: PublishedPictures | None = None
    basemap: BasemapByKind = field(default_factory=dict)

    @property
    def has_problems(self) -> bool:
        """Whether the plan breaks a rule."""
        return bool(self.broken_rules)

    @property
    def is_gray(self) -> bool:
        """True where the pages are for a printer without colors."""
        return self.paper.endswith("-gray")

    @property
    def local_time(self) -> datetime:
        """``as_of`` on the clock of the project's zone."""
        return self.as_of.astimezone(ZoneInfo(self.project.time_zone))

    @property
    def all_follow_ups(self) -> tuple[Requirement, ...]:
        """What follows from incidents, and from concerns and events where they may be seen."""
        events = (one for one in self.office_items if one.kind in (LEGAL_NOTICE, OUTSIDE_EVENT))
        return (*self.follow_ups, *self.concerns, *events)

    @property
    def everything_due(self) -> tuple[Requirement, ...]:
        """All that is to be done, school by school, and then what else the office has to do."""
        by_school = (item for own in self.readiness.values() for item in own)
        return (*by_school, *self.follow_ups, *self.concerns, *self.office_items)

    def is_soon(self, item: Requirement) -> bool:
        """Tell whether something is due within the days that the district looks ahead."""
        return is_due_soon(item, self.today, self.horizon_days)

    @property
    def formats(self) -> LocaleFormats:
        """How the office writes days and times."""
        return self.project.formats

    @property
    def title(self) -> str:
        """The heading of every page."""
        return f"{self.project.name}: patrol zones"

    @property
    def plan_text(self) -> str:
        """The plan's name and where it stands; empty where the project has none."""
        return f"{self.plan.name} · {self.plan_status}" if self.plan.uid else ""

    @property
    def plan_status(self) -> str:
        """Where the plan stands, with its days."""
        return describe_plan_status(self.plan, self.today, self.formats.day)

    @property
    def warning(self) -> str:
        """What stands on top of each page: the plan's marks, and what is made up; or ""."""
        return " · ".join(filter(None, (self.plan_mark, self.day_mark, self.sample_text)))

    @property
    def day_mark(self) -> str:
        """That an adopted plan is not in effect on the day that was chosen; empty where it is."""
        if self.day is None or not self.is_outside_plan:
            return ""
        return f"NOT IN EFFECT ON {self.formats.day(self.day)}"

    @property
    def is_outside_plan(self) -> bool:
        """True where an adopted plan is shown for a day on which it is not in effect."""
        return self.plan.is_adopted and self.plan.status(self.card_day) is not PlanStatus.IN_FORCE

    @property
    def plan_mark(self) -> str:
        """That the plan is a draft or breaks rules; empty for a sound one that is adopted."""
        is_draft = bool(self.plan.uid) and not self.plan.is_adopted
        if self.has_problems:
            return f"{_DRAFT}{_HAS_PROBLEMS}" if is_draft else _HAS_PROBLEMS
        return _DRAFT_PLAN if is_draft else ""

    @property
    def without_plan(self) -> "Handout":
        """The same for a paper that shows no plan, so that none is named or marked on it."""
        return replace(self, plan=WITHOUT_PLAN, broken_rules=(), problems=())

    @property
    def without_samples(self) -> "Handout":
        """The same for a paper with nothing that could be made up, so that none is headed so."""
        return replace(self, sample="", duties=())

    @property
    def sample_text(self) -> str:
        """Which records are made-up samples; empty where none are."""
        shifts = {duty.sample for duty in self.duties}
        kinds = ["visits", "calls"] if self.sample else []
        kinds += ["shifts"] if True in shifts else []
        part = self.sample == "some" or shifts == {True, False}
        code = "sample_data.some" if part else "sample_data"
        return render_message(code, {"kinds": kinds}) if kinds else ""

    @property
    def today(self) -> date:
        """The local day that the handout shows."""
        return self.local_time.date()

    @property
    def card_day(self) -> date:
        """The day that cards and the week are for: the next school day unless one was chosen."""
        return self.day or find_card_day(self.project, self.today)

    @property
    def is_card_day_off(self) -> bool:
        """True where the cards are for a day without school."""
        return self.project.calendar.day_kind(self.card_day) is None

    def list_card_duties(self, unit: str) -> list[PublishedShift]:
        """Return a unit's turns on duty that begin on the card day."""
        zone = ZoneInfo(self.project.time_zone)
        return [
            duty
            for duty in self.duties
            if duty.unit == unit and duty.starts_at.astimezone(zone).date() == self.card_day
        ]

    @property
    def as_of_text(self) -> str:
        """The moment that the handout shows, to the minute with the zone's short name.

        One that shows a day as it begins has the day alone, as those for the public and for staff
        have: their minute would be that at which the office last logged something.
        """
        if self.local_time.time() == time():
            return f"As of {self.formats.long_date(self.today)}"
        return f"As of {self.formats.long_date(self.today)}, {self.clock_text}"

    @property
    def clock_text(self) -> str:
        """The time of the day that the handout shows, with the zone's short name."""
        return f"{self.formats.clock(self.local_time)} {self.local_time.tzname()}"

    @property
    def credit(self) -> str:
        """Who published the layers and the basemap, as far as that is known."""
        order = {key: at for at, key in enumerate(_CREDITED_FIRST)}
        layers = sorted(self.project.layers.values(), key=lambda one: order.get(one.id, len(order)))
        named = dict.fromkeys(one.publisher.split(",")[0] for one in layers if one.publisher)
        data = f"Data: {', '.join(named)}" if named else ""
        basemap = self.project.basemap
        own = basemap.credit if basemap is not None and self.basemap else ""
        pictures = self.pictures.credit if self.pictures is not None else ""
        return " · ".join(filter(None, (data, own, pictures)))

    @property
    def anchor_text(self) -> str:
        """Length and head of journal and history, so that a cut of a tail can be told, and the
        hash of the plan's certificate where there is one.

        ``verify --against`` takes a head as it stands here; empty where neither may leave.
        """
        chains = (
            ("Journal", format_count(self.entries, "entry", "entries"), self.head_hash),
            ("History", format_count(self.edits, "edit"), self.edit_hash),
        )
        said = [
            f"{title}: {count}, hash {head[:_SHORT_HASH]}" for title, count, head in chains if head
        ]
        if self.certificate:
            said.append(self.certificate.text)
        return " · ".join(said)


def format_report_period(formats: LocaleFormats, period: ReportPeriod) -> str:
    """Write the days of a report: October 2026, or Oct 5 to Oct 30, 2026."""
    first, last = period.first, period.last
    if first == last:
        return formats.day(first)
    if period.is_month:
        return formats.month(first)
    begin = formats.short_day(first) if first.year == last.year else formats.day(first)
    return f"{begin} to {formats.day(last)}"


def format_span(formats: LocaleFormats, first: datetime, last: datetime) -> str:
    """Write a time from and to, the half of the day once where it is the same: 7:52–8:07 AM."""
    begins, ends = formats.clock(first), formats.clock(last)
    same = formats.clock_12h and begins[-2:] == ends[-2:]
    return f"{begins[:-3] if same else begins}–{ends}"


def find_card_day(project: Project, after: date) -> date:
    """Return the first school day after a day; the day itself where the calendar ends before."""
    days = project.calendar.school_days(
        after + timedelta(days=1), after + timedelta(days=_LONGEST_BREAK_DAYS)
    )
    return next(days, after)

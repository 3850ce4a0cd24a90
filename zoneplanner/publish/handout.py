"""The data of a handout: everything that a published map, page or table is made from."""

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
from zoneplanner.domain.log.response_action_terms import ResponseAction
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
from zoneplanner.domain.readiness.requirements import (
    Requirement,
    RequirementStatus,
    is_due_soon,
)
from zoneplanner.domain.readiness.rule_pack import USUAL_HORIZON_DAYS
from zoneplanner.domain.roster.shift import Officer, Shift
from zoneplanner.messages import Message
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
    """The hash of the file that proves a plan, and the plan's goals that it does not check."""

    sha256: str
    unchecked: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """What the file proves, and the beginning of its hash."""
        code = "printed_proof.partial" if self.unchecked else "printed_proof"
        return str(Message(code, hash=self.sha256[:_SHORT_HASH]))


@dataclass(frozen=True, slots=True)
class ZoneWorkload:
    """A zone's load in minutes per day, its deviation from the fair share, students, and drive
    minutes.

    ``deviation`` is a share: 0.1 is 10% above the fair share.
    """

    load_min: float
    deviation: float
    students: int
    drive_min: float


@dataclass(frozen=True, eq=False, slots=True)
class LogWeek:
    """A week of the log: visits and calls by site, and each site's readiness at the end of the
    week.

    ``visits`` or ``calls`` is None if no day of the week is on record, which is not the same as a
    week without any. ``in_school`` is False for a week without a school day, for which no visit is
    planned. For the kinds in ``partial``, days are missing or nobody declared which are complete,
    so no count for a school does not mean none. ``remarks`` say which days are on record; a whole
    week has none.
    """

    monday: date
    visits: Mapping[str, int] | None
    calls: Mapping[str, int] | None
    readiness: Mapping[str, RequirementStatus]
    in_school: bool = True
    partial: Collection[str] = ()
    remarks: tuple[Message, ...] = ()


@dataclass(frozen=True, eq=False, slots=True)
class CoverageSummary:
    """The log's figures for a period, both days included, and the series that charts draw.

    ``visits_begun`` is the first day from which visits are declared to be on record, or None.
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
    """Another plan and how it differs from the handout's plan; ``other`` has no ``compared``.

    ``comparison`` says which of the two comes first.
    """

    other: "Handout"
    comparison: PlanComparison


@dataclass(frozen=True, slots=True)
class PublishedShift:
    """A shift as a roster shows it; ``officer`` is a name, or empty for an open shift.

    ``sample`` is True for made-up data.
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
    """A visit on a unit's route; the times are None on a day without school.

    ``window`` is the part of the school day of the visit, such as lunch.
    """

    site: str
    arrive_at: datetime | None = None
    leave_at: datetime | None = None
    window: str = ""


@dataclass(frozen=True, slots=True)
class ComingZones:
    """What follows when a plan ends: the zone and the unit of each site from a day on.

    ``zones`` is None if no adopted plan follows.
    """

    on: date
    zones: Mapping[str, tuple[str, str]] | None


@dataclass(frozen=True, slots=True)
class PublishedReunification:
    """A place where a school's families are reunited, and how they get there.

    ``where`` is its address or position, ``agency`` who provides it.
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
    """How many of the places a school needs were found for one way of getting there, and why so
    few.
    """

    site: str
    how: str
    found: int
    needed: int
    why: Message


@dataclass(frozen=True, slots=True)
class PublishedTiles:
    """A tile server that a reader of the web map may turn on; it is off at first."""

    title: str
    url: str
    credit: str
    max_zoom: int

    @property
    def source(self) -> str:
        """The host that the page may contact, as its content security policy names it."""
        host = self.url.split("//", 1)[-1].split("/", 1)[0].replace("{s}", "*")
        return f"https://{host}"


@dataclass(frozen=True, slots=True)
class PublishedPictures:
    """Aerial pictures under printed maps: the file of tiles, its credit and its highest zoom."""

    path: Path
    credit: str
    max_zoom: int


@dataclass(frozen=True, eq=False, slots=True)
class Handout:
    """Everything that a published map, page or table is made from.

    Documents are built from a handout that ``audience.redact_for_audience`` has redacted.
    """

    project: Project
    plan: Plan
    # by zone id, in the project's CRS
    outlines: Mapping[str, AreaGeometry]
    placements: Mapping[str, SiteJurisdiction]
    as_of: datetime
    # hash and length of the log, printed so that a shortened copy can be detected
    head_hash: str
    entries: int
    audience: str
    paper: str = "letter"
    # by zone id, and the number of calls that the loads assume
    figures: Mapping[str, ZoneWorkload] = field(default_factory=dict)
    demand: Message | None = None
    # local days by site id; ``visited_before`` has what a card may show: visits before its day
    last_visits: Mapping[str, date] = field(default_factory=dict)
    visited_before: Mapping[str, date] = field(default_factory=dict)
    # whether visits of the current week are on record at all
    week_on_record: bool = True
    broken_rules: tuple[str, ...] = ()
    problems: tuple[Message, ...] = ()
    # "all" or "some" if visits and calls are made up; the schools with a made-up drill or review
    sample: str = ""
    sample_sites: frozenset[str] = frozenset()
    # entries of the log that cannot be read and are left out
    unreadable: int = 0
    # hash and length of the history of edits
    edit_hash: str = ""
    certificate: PrintedProof | None = None
    edits: int = 0
    # by zone id: the unit asked next, and the adjacent zones
    backups: Mapping[str, str] = field(default_factory=dict)
    neighbors: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    coming: ComingZones | None = None
    bells: Mapping[str, Message] = field(default_factory=dict)
    # the visits of ``card_day`` in order, by unit
    stops: Mapping[str, tuple[PublishedStop, ...]] = field(default_factory=dict)
    weeks: tuple[LogWeek, ...] = ()
    coverage: CoverageSummary | None = None
    incidents: tuple[Incident, ...] = ()
    # all that began before ``as_of``
    response_actions: tuple[ResponseAction, ...] = ()
    # the school year's drills that no rule requires, such as lockdown drills
    other_drills: tuple[Drill, ...] = ()
    readiness: Mapping[str, tuple[Requirement, ...]] = field(default_factory=dict)
    horizon_days: int = USUAL_HORIZON_DAYS
    follow_ups: tuple[Requirement, ...] = ()
    concerns: tuple[Requirement, ...] = ()
    # requirements other than drills, plans, reviews and concerns, such as a required notice
    office_items: tuple[Requirement, ...] = ()
    after_actions: tuple[AfterActionReview, ...] = ()
    actions: tuple[CorrectiveAction, ...] = ()
    school_year: str = ""
    duties: tuple[PublishedShift, ...] = ()
    # only what a calendar shows, nothing private
    final_shifts: Mapping[str, Shift] = field(default_factory=dict)
    officers: Mapping[str, Officer] = field(default_factory=dict)
    # entries of critical incidents
    command: tuple[CommandEntry, ...] = ()
    reunification: tuple[PublishedReunification, ...] = ()
    reunification_lacks: tuple[ReunificationShortage, ...] = ()
    campus_pages: tuple[PlacedPicture, ...] = ()
    text_reviews: tuple[TextReview, ...] = ()
    year: YearTotals | None = None
    # the period of a monthly report: its totals, the office's part, its drills and school returns
    month: MonthTotals | None = None
    month_details: MonthDetails | None = None
    month_drills: tuple[Drill, ...] = ()
    month_returns: Mapping[str, MonthlyReturn] = field(default_factory=dict)
    compared: ComparedPlan | None = None
    # the day that cards are for, if it was chosen
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
        """Whether the pages are for a printer without colors."""
        return self.paper.endswith("-gray")

    @property
    def local_time(self) -> datetime:
        """``as_of`` in the project's time zone."""
        return self.to_local(self.as_of)

    def to_local(self, moment: datetime) -> datetime:
        """Return a datetime in the project's time zone."""
        return moment.astimezone(ZoneInfo(self.project.time_zone))

    def format_span(self, first: datetime, last: datetime) -> str:
        """Write a time span on the project's clock; see the function of this name."""
        return format_span(self.formats, self.to_local(first), self.to_local(last))

    def name_site(self, site_id: str | None, otherwise: str = "") -> str:
        """Return a site's name; for an unknown site ``otherwise``, or else its id."""
        site = self.project.sites.get(site_id or "")
        return site.name if site else otherwise or site_id or ""

    @property
    def all_follow_ups(self) -> tuple[Requirement, ...]:
        """Follow-ups of incidents, and of concerns and events if the audience may see them."""
        events = (item for item in self.office_items if item.kind in (LEGAL_NOTICE, OUTSIDE_EVENT))
        return (*self.follow_ups, *self.concerns, *events)

    @property
    def everything_due(self) -> tuple[Requirement, ...]:
        """Every requirement: school by school, then the office's others."""
        by_school = (item for items in self.readiness.values() for item in items)
        return (*by_school, *self.follow_ups, *self.concerns, *self.office_items)

    def is_soon(self, item: Requirement) -> bool:
        """Return whether a requirement is due within the district's look-ahead period."""
        return is_due_soon(item, self.today, self.horizon_days)

    def say(self, *texts: Message | str) -> str:
        """Write sentences one after the other, with days and times as the office writes them."""
        said = (text.say(self.formats) if isinstance(text, Message) else text for text in texts)
        return " ".join(filter(None, said))

    @property
    def formats(self) -> LocaleFormats:
        """How the office writes dates and times."""
        return self.project.formats

    @property
    def title(self) -> str:
        """The heading of every page."""
        return f"{self.project.name}: patrol zones"

    @property
    def plan_text(self) -> str:
        """The plan's name and status, or "" if the project has no plan."""
        return f"{self.plan.name} · {self.plan_status}" if self.plan.uid else ""

    @property
    def plan_status(self) -> str:
        """The plan's status with its dates."""
        return self.say(describe_plan_status(self.plan, self.today))

    @property
    def warning(self) -> str:
        """The warning on top of each page: plan problems and sample data; or empty."""
        return " · ".join(filter(None, (self.plan_mark, self.day_mark, self.sample_text)))

    @property
    def day_mark(self) -> str:
        """A warning that an adopted plan is not in effect on the chosen day, or "" if it is."""
        if self.day is None or not self.is_outside_plan:
            return ""
        return self.say(Message("not_in_effect", day=self.day))

    @property
    def is_outside_plan(self) -> bool:
        """Whether an adopted plan is shown for a day on which it is not in effect."""
        return self.plan.is_adopted and self.plan.status(self.card_day) is not PlanStatus.IN_FORCE

    @property
    def plan_mark(self) -> str:
        """A warning that the plan is a draft or breaks rules, or "" if neither applies."""
        is_draft = bool(self.plan.uid) and not self.plan.is_adopted
        if self.has_problems:
            return f"{_DRAFT}{_HAS_PROBLEMS}" if is_draft else _HAS_PROBLEMS
        return _DRAFT_PLAN if is_draft else ""

    @property
    def without_plan(self) -> "Handout":
        """The handout for a document that shows no plan, so no plan is named or marked on it."""
        return replace(self, plan=WITHOUT_PLAN, broken_rules=(), problems=())

    @property
    def without_samples(self) -> "Handout":
        """The handout for a document without sample data, so it has no warning about it."""
        return replace(self, sample="", duties=())

    @property
    def sample_text(self) -> str:
        """A warning that names the kinds of sample data, or "" without any."""
        shift_samples = {duty.sample for duty in self.duties}
        kinds = ["visits", "calls"] if self.sample else []
        kinds += ["shifts"] if True in shift_samples else []
        is_partial = self.sample == "some" or shift_samples == {True, False}
        code = "sample_data.some" if is_partial else "sample_data"
        return str(Message(code, kinds=kinds)) if kinds else ""

    @property
    def today(self) -> date:
        """The local day that the handout shows."""
        return self.local_time.date()

    @property
    def card_day(self) -> date:
        """The day of the cards and the week roster: the chosen day or the next school day."""
        return self.day or find_card_day(self.project, self.today)

    @property
    def is_card_day_off(self) -> bool:
        """Whether the cards are for a day without school."""
        return self.project.calendar.day_kind(self.card_day) is None

    def list_card_duties(self, unit: str) -> list[PublishedShift]:
        """Return a unit's shifts that begin on the card day."""
        return [
            duty
            for duty in self.duties
            if duty.unit == unit and self.to_local(duty.starts_at).date() == self.card_day
        ]

    @property
    def as_of_text(self) -> str:
        """The time that the handout shows, to the minute with the time zone's short name.

        Copies for the public and for staff show the start of a day, and then only its date: the
        minute would reveal when the office last logged something.
        """
        if self.local_time.time() == time():
            return f"As of {self.formats.long_date(self.today)}"
        return f"As of {self.formats.long_date(self.today)}, {self.clock_text}"

    @property
    def clock_text(self) -> str:
        """The time of day that the handout shows, with the time zone's short name."""
        return f"{self.formats.clock(self.local_time)} {self.local_time.tzname()}"

    @property
    def credit(self) -> str:
        """The publishers of the layers and the basemap, as far as they are known."""
        order = {key: rank for rank, key in enumerate(_CREDITED_FIRST)}
        layers = sorted(
            self.project.layers.values(), key=lambda layer: order.get(layer.id, len(order))
        )
        names = dict.fromkeys(layer.publisher.split(",")[0] for layer in layers if layer.publisher)
        data = f"Data: {', '.join(names)}" if names else ""
        source = self.project.basemap
        basemap = source.credit if source is not None and self.basemap else ""
        pictures = self.pictures.credit if self.pictures is not None else ""
        return " · ".join(filter(None, (data, basemap, pictures)))

    @property
    def anchor_text(self) -> str:
        """Length and hash of the log and the history, and the hash of the plan's certificate if
        any.

        With them, a reader can detect that the end of either was cut off. ``verify --against``
        accepts a hash as it is printed here. Empty if the audience may see neither.
        """
        chains = (
            ("hash_anchor.journal", self.entries, self.head_hash),
            ("hash_anchor.history", self.edits, self.edit_hash),
        )
        parts = [
            str(Message(code, n=count, hash=head[:_SHORT_HASH]))
            for code, count, head in chains
            if head
        ]
        if self.certificate:
            parts.append(self.certificate.text)
        return " · ".join(parts)


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
    """Write a time span; AM or PM is written once if it is the same: 7:52–8:07 AM."""
    begins, ends = formats.clock(first), formats.clock(last)
    same_half = formats.clock_12h and begins[-2:] == ends[-2:]
    return f"{begins[:-3] if same_half else begins}–{ends}"


def find_card_day(project: Project, after: date) -> date:
    """Return the first school day after a day, or the day itself if there is none."""
    days = project.calendar.school_days(
        after + timedelta(days=1), after + timedelta(days=_LONGEST_BREAK_DAYS)
    )
    return next(days, after)

"""Every action of the window in one table: menus, bars, shortcuts and palette are made from it."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QIcon, QKeySequence

from zoneplanner.app.session.undo_stack import NOTHING_TO_REDO, NOTHING_TO_UNDO
from zoneplanner.domain.log.response_actions import RESPONSE_ACTION_MEANINGS, RESPONSE_ACTIONS
from zoneplanner.ui.widgets.tables.item_roles import escape_tooltip


@dataclass(frozen=True, slots=True)
class Action:
    """One action. ``text`` is what menus and the palette say; ``tip`` what it does, in a sentence.

    A ``group`` is a menu of ``GROUPS``; a line is drawn above an action that ``starts`` a section.
    ``needs`` says in a sentence why the action may be shut, as the palette tells it; ``also`` lists
    what else people call it when they look for it. One that ``interrupts`` may be asked for by its
    letter while an entry waits to be logged.
    """

    name: str
    group: str
    text: str
    tip: str
    icon: str = ""
    shortcuts: tuple[str, ...] = ()
    short: str = ""
    checkable: bool = False
    starts: bool = False
    palette: bool = True
    needs: str = ""
    also: tuple[str, ...] = ()
    interrupts: bool = False


MENU_GROUPS = {
    "project": "Project",
    "edit": "Edit",
    "plan": "Plan",
    "tools": "Tools",
    "log": "Log",
    "view": "View",
    "workspace": "Workspaces",
    "give": "Give Site to Zone",
    "help": "Help",
}
MAX_DIGIT_ZONES = 9
"""So many zones of a group are given to by the digits."""

NO_SITES = "This project has no sites yet."
NO_PLAN = "There is no plan on screen yet."
_NO_WHAT_IF = "There is no what-if on screen."
SELECT_SITE = "Select a site first."
SELECT_SITE_TO_GIVE = (
    "In Plan a digit gives the selected site to a zone, and no site is selected. Open incidents "
    "are stamped in Log (S)."
)
_ADOPTED = "An adopted plan stays as it is; branch a draft off it to change it."
_CALLED = {
    "hold": ("clear the hallways", "stay in the room"),
    "secure": ("threat outside", "lock outside doors"),
    "lockdown": ("active shooter", "intruder", "shooting"),
    "evacuate": ("evacuation", "leave the building"),
}
"""What else people say for an action; none is said for another one's order."""

# fmt: off
ACTION_SPECS = (
    Action("open", "project", "Open Project…", "Open another project file.", "open", ("Ctrl+O",),
         also=("load", "file")),
    Action("new", "project", "New Project…", "Start a project on the bundled district.", "new",
         ("Ctrl+N",),
         also=("start over", "another district")),
    Action("open_shared", "project", "Open Shared Project…", "Open a project that several desks "
         "work on, by its postgresql:// address.", "open",
         also=("server", "database", "postgres", "connect")),
    Action("share", "project", "Share With Other Desks…", "Carry this project to a PostgreSQL "
         "server, where several desks work on it.", "publish",
         needs="This project is shared already.",
         also=("server", "several desks", "coworkers", "collaborate")),
    Action("backups", "project", "Backups…", "See what each backup of this project holds, and "
         "restore one as a new file.", "save",
         needs="A shared project is backed up by its server.",
         also=("backup", "restore", "recover", "lost", "damaged")),
    Action("save_copy", "project", "Save a Copy…", "Save the project as it is now as a new "
         "file.", "save", needs="A shared project is backed up by its server.",
         also=("save as", "duplicate", "copy")),
    Action("import", "project", "Import…", "Bring in schools, boundaries, roads, a plan or a list "
         "for the log from a file, folder or zip; or drop it into the window.", "import",
         ("Ctrl+Shift+I",), short="Import", starts=True,
         also=("upload", "bring in", "bell times", "school calendar", "holidays",
               "list of schools", "officers list")),
    Action("export", "project", "Export Data…", "Write sites, zones and lists for spreadsheets, "
         "GIS and Google Earth.", "export", ("Ctrl+Shift+E",), short="Export",
         also=("download", "excel", "spreadsheet", "csv", "gis", "google earth", "shapefile")),
    Action("handout", "project", "Publish…", "Make the web map, the atlas, day cards, reports and "
         "data for an audience.", "publish", ("Ctrl+P",), short="Publish", starts=True,
         needs=NO_PLAN,
         also=("print", "pdf", "web map", "website", "reports", "share a map", "hand out")),
    Action("quit", "project", "Quit", "Close the window; everything is saved already.", "quit",
         ("Ctrl+Q",), starts=True,
         also=("exit", "close the program")),
    Action("undo", "edit", "Undo", "Take back the latest step that you made.", "undo",
         ("Ctrl+Z", "Z"), needs=NOTHING_TO_UNDO,
         also=("take back", "go back", "revert", "mistake")),
    Action("redo", "edit", "Redo", "Bring back what was undone.", "redo",
         ("Ctrl+Shift+Z", "Ctrl+Y", "Shift+Z"), needs=NOTHING_TO_REDO,
         also=("do again",)),
    Action("search", "edit", "Find Anything…", "Find a site, zone, plan or layer, or anything the "
         "window can do.", "search", ("Ctrl+K", "Ctrl+F"), starts=True, palette=False),
    Action("lock", "edit", "Lock Site…", "Keep the selected site or zone as it is, "
         "whatever is proposed or dragged.", "lock", ("Q",), starts=True, short="Lock",
         needs="Select a site or a zone of a draft first.",
         also=("lock", "pin", "freeze", "keep here", "do not move")),
    Action("lock_agency", "edit", "Lock All Zones of an Agency…", "Keep every zone of an agency "
         "as it is, whatever is proposed or dragged.", "lock",
         needs="Only the zones of a draft are locked.",
         also=("freeze zones",)),
    Action("unlock_all", "edit", "Lift All Locks", "Lift every lock of the plan on screen.",
         "unlock", needs="No lock is set in this plan.",
         also=("unlock", "free all")),
    Action("decide", "edit", "Decide Jurisdiction…", "Say by hand in which jurisdiction the "
         "selected site lies.", "place", needs=SELECT_SITE,
         also=("city or county", "boundary", "unincorporated")),
    Action("site_menu", "edit", "Menu of What Is Selected", "Show what can be done with the "
         "selected site or row, as a right click on it does.", "more", ("Shift+F10",),
         also=("right click", "context menu", "all actions of a school")),
    Action("next_site", "edit", "Next Site in Zone", "Select the next site of the same zone.", "",
         ("Shift+E",),
         also=("next school",)),
    Action("previous_site", "edit", "Previous Site in Zone",
         "Select the site before this one in the same zone.", "", ("Shift+D",),
         also=("previous school",)),
    Action("propose", "plan", "Propose Zones…", "Look for the best split and prove it.", "propose",
         ("Ctrl+Return",), short="Propose zones", needs=NO_SITES,
         also=("redraw", "rezone", "redistrict", "optimize", "balance zones", "solve", "proof")),
    Action("why_here", "plan", "Why Is This Site Here?", "See what each other zone would cost for "
         "the selected site.", "help",
         also=("explain", "reason", "why is this school here")),
    Action("new_plan", "plan", "New Plan…", "Start a plan from another one, from the nearest posts "
         "or from a file.", "add", ("Ctrl+Shift+N",), short="New plan", starts=True, needs=NO_SITES,
         also=("scenario", "draft")),
    Action("copy_plan", "plan", "Branch a Draft",
         "Make a draft that starts from the plan on screen.",
         "branch", ("Ctrl+D",), needs=NO_PLAN,
         short="Branch a draft",
         also=("duplicate", "copy plan", "scenario")),
    Action("rename_plan", "plan", "Rename Plan", "Give the plan on screen another name.", "rename",
         needs=NO_PLAN,
         also=("name of the plan",)),
    Action("note_plan", "plan", "Note on the Plan…", "Keep a note with the plan on screen.", "note",
         needs=NO_PLAN,
         short="Note",
         also=("comment",)),
    Action("compare", "plan", "Compare Plans…", "See what the plan on screen changes of another "
         "one, on the map and in figures.", "compare", ("C",), short="Compare plans",
         also=("difference", "before and after", "side by side")),
    Action("put_forward", "plan", "Mark as Proposed", "Put the draft on screen before those who "
         "decide; it is not edited meanwhile.", "put_forward", starts=True, needs=_ADOPTED,
         short="Mark proposed",
         also=("submit", "send for approval", "proposal")),
    Action("adopt", "plan", "Adopt Plan…", "Put the plan on screen in force from a day.", "adopt",
         needs=_ADOPTED,
         short="Adopt",
         also=("approve", "put in force", "take effect", "effective date")),
    Action("retire_plan", "plan", "Retire Plan…", "End the adopted plan on screen on a day.",
         "retire", needs="Only an adopted plan is retired.",
         short="Retire",
         also=("end the plan", "expire")),
    Action("delete_plan", "plan", "Delete Draft", "Take the draft on screen out of the project.",
         "delete", needs=_ADOPTED,
         short="Delete draft",
         also=("remove plan", "discard")),
    Action("close_site", "plan", "What If: Close Site", "Suppose in a branch of the plan that the "
         "selected site is closed.", "what_if", starts=True, needs=SELECT_SITE,
         also=("close a school", "school closure", "closing")),
    Action("enrollment", "plan", "What If: Another Enrollment…", "Suppose in a branch of the plan "
         "that the selected site has more or fewer students.", "what_if", needs=SELECT_SITE,
         also=("students", "growth", "number of students")),
    Action("unit_off", "plan", "What If: A Unit Off for a Day…", "See who could take a zone while "
         "its unit is off, and what that costs.", "what_if", needs=NO_PLAN,
         also=("absent unit", "vacant zone", "day off of a unit")),
    Action("other_count", "plan", "What If: More or Fewer Zones…", "See what one zone more or less "
         "costs.", "what_if", needs=NO_PLAN,
         also=("number of zones", "add a zone", "remove a zone", "more deputies")),
    Action("make_real", "plan", "Make What-If Real…", "Take what this what-if supposes for true in "
         "the whole project.", "check", needs=_NO_WHAT_IF,
         also=("apply what-if",)),
    Action("forget_what_if", "plan", "Forget What-If", "Take this what-if out of the project and "
         "show the plan it came from.", "delete", needs=_NO_WHAT_IF,
         also=("discard what-if",)),
    Action("assumptions", "plan", "Assumptions…", "See and edit what load and travel are computed "
         "from.", "settings", starts=True,
         also=("settings", "preferences", "options", "workload", "call rate",
               "minutes of a visit", "speed")),
    Action("travel", "plan", "Travel Times…", "Choose where driving minutes come from: street "
         "axes, a file of roads, or a table of your own.", "roads",
         also=("settings", "drive time", "roads", "driving minutes", "distance")),
    Action("tool_select", "tools", "Select", "Select by a click; drag a school to another zone.",
         "tool_select", ("V",), checkable=True,
         also=("pointer", "arrow")),
    Action("tool_assign", "tools", "Assign", "Give the school or block that is clicked to the "
         "target zone.", "tool_assign", ("A",), checkable=True, starts=True,
         also=("give a school", "reassign", "move a school")),
    Action("tool_brush", "tools", "Brush", "Brush over blocks to give them and their schools to "
         "the target zone.", "tool_brush", ("B", "M"), checkable=True,
         also=("paint",)),
    Action("tool_box", "tools", "Box", "Draw a box around schools, or around blocks without one, "
         "to give them to the target zone.", "tool_box", ("R",), checkable=True,
         also=("rectangle", "select many")),
    Action("tool_lasso", "tools", "Lasso", "Draw a line around schools, or around blocks without "
         "one, to give them to the target zone.", "tool_lasso", ("O",), checkable=True,
         also=("draw around",)),
    Action("tool_flood", "tools", "Flood to Neighbors", "Give the area that is clicked and those "
         "of its zone around it to the target zone.", "tool_flood", ("N",), checkable=True,
         also=("fill", "neighbors")),
    Action("tool_pick", "tools", "Pick Zone From Map", "Click a zone to make it the target.",
         "tool_pick", ("I",), checkable=True,
         also=("eyedropper",)),
    Action("tool_place", "tools", "Move a Site’s Position", "Drag a site to where it really is; "
         "its jurisdiction is decided anew.", "tool_place", ("X",), checkable=True, starts=True,
         also=("wrong place", "move the pin", "position of a school")),
    Action("tool_planned", "tools", "What If: Add a Planned Site", "Click a place to suppose a "
         "planned site there, in a branch of the plan.", "tool_planned", ("Shift+X",),
         checkable=True,
         also=("new school", "add a school", "future school")),
    Action("tool_note", "tools", "Pin a Note",
         "Click a place to pin a note to it and to this plan.",
         "tool_note", ("T",), checkable=True,
         also=("sticky note", "comment", "pin")),
    Action("tool_measure", "tools", "Measure", "Click corner by corner for length and area; Esc "
         "clears.", "tool_measure", ("U",), checkable=True,
         also=("distance", "ruler", "area")),
    Action("larger", "tools", "Wider Reach", "Let brush and flood reach wider.", "", ("]",),
         starts=True),
    Action("smaller", "tools", "Smaller Reach", "Let brush and flood reach less wide.", "",
         ("[",)),
    Action("new_incident", "log", "New Incident", "Log a call that comes in now: a part of the "
         "site’s name, Enter, what it is, Enter.", "incident", ("J",),
         also=("call", "call for service", "dispatch", "fight", "threat", "emergency"),
         interrupts=True),
    Action("open_incidents", "log", "Open Incidents", "Take the keys to the open incidents: arrows "
         "choose the incident and the unit, 1 to 4 stamp it.", "incident", ("S",),
         also=("calls", "stamp", "send a unit", "queue", "on scene")),
    Action("log_visit", "log", "Log a Visit…", "Log a visit to the selected site.", "visit",
         ("Ctrl+L",), short="Log a visit", needs=NO_SITES,
         also=("visit", "check in", "school check", "stop by", "patrol")),
    Action("visit_now", "log", "Visit Now", "Prepare a visit that begins now at the selected site, "
         "and once more its end; a bar counts before it is logged.", "visit", ("K",),
         needs=SELECT_SITE,
         also=("arrive", "check in"), interrupts=True),
    Action("visit_rule", "log", "Rule of Visits…", "Say how many visits a week each level is to "
         "have, and in which bell windows.", "visits", short="Rule…", needs=NO_SITES,
         also=("settings", "how often", "visits a week", "bell windows", "bell times")),
    Action("log_incident", "log", "Log an Incident…", "Log a call for service with its times.",
         "incident", ("Ctrl+I",), short="Log an incident", needs=NO_SITES,
         also=("past call", "report an incident")),
    Action("log_drill", "log", "Log a Practice Drill…", "Log a drill that was held at the selected "
         "site; nothing real goes on.", "drill", ("Ctrl+Shift+R",), short="Log a drill",
         needs=NO_SITES, starts=True,
         also=("fire drill", "earthquake drill", "drop drill", "lockdown drill",
               "evacuation drill")),
    Action("log_review", "log", "Log a Review Step…", "Log a step of the selected site’s yearly "
         "plan review.", "review", short="Log a review step", needs=NO_SITES,
         also=("safety plan", "plan review")),
    Action("log_after_action", "log", "After-Action Review…", "Look back on an incident, or on an "
         "event elsewhere, with its corrective actions.", "after_action",
         short="After-action review",
         also=("debrief", "lessons", "corrective action")),
    Action("log_concern", "log", "Concern Report…", "Keep the reference and the clock of a concern "
         "that was reported; no text, no names.", "concern", short="Concern report",
         also=("threat assessment", "btam", "tip")),
    Action("due_calendar", "log", "Calendar of What Is Due…", "Write the to-do list as a calendar "
         "file that other programs read.", "due_calendar", short="Save as calendar",
         also=("calendar", "ics", "outlook", "due dates")),
    Action("rule_choices", "log", "Rules of Readiness…", "Choose between texts that differ, and "
         "set the district’s own drills.", "rules", short="Rules",
         also=("settings", "drill rules", "requirements", "law")),
    *(Action(f"begin_{name}", "log", f"{name.capitalize()} (Real)…",
           f"Record that a real {name} begins, at a school that is asked for; it alerts nobody. "
           f"{RESPONSE_ACTION_MEANINGS[name]}", "incident", keys, short=name.capitalize(),
           starts=name == RESPONSE_ACTIONS[0], needs=NO_SITES, also=(name, *_CALLED.get(name, ())))
      for name, keys in zip(RESPONSE_ACTIONS, ((), (), ("Ctrl+Alt+L",), (), ()), strict=True)),
    Action("end_response", "log", "End a Response Action…", "Record the all-clear of what goes on "
         "at a school: who gave it, and when.", "check", ("Ctrl+Alt+E",), short="End",
         also=("all clear", "all-clear", "release")),
    Action("retention", "log", "Records to Keep…", "See which records have passed the time that "
         "they are kept; nothing is deleted.", "history",
         also=("privacy", "how long", "delete old records", "retention")),
    Action("not_visited", "log", "Not Visited This Week", "Show only the sites without a visit "
         "this week.", "not_visited", ("Ctrl+Shift+L",), "Not visited this week", checkable=True,
         starts=True,
         also=("missed visits", "overdue visits")),
    Action("fit", "view", "Whole District", "Show the whole district.", "fit", ("F", "Ctrl+0"),
         also=("whole map", "zoom out", "reset the map", "home")),
    Action("zoom_zone", "view", "Zoom to Zone", "Show the zone of what is selected.", "zoom_zone",
         ("L",),
         also=("show the zone",)),
    Action("zoom_in", "view", "Zoom In", "Show the map larger.", "zoom_in", ("Ctrl++", "Ctrl+="),
         also=("larger", "closer", "magnify")),
    Action("zoom_out", "view", "Zoom Out", "Show more of the map.", "zoom_out", ("Ctrl+-",),
         also=("smaller", "farther")),
    Action("open_card", "view", "Card of the Selected Site", "Show the selected site’s address, "
         "phone, unit, visits and what is due there.", "card", needs=SELECT_SITE,
         also=("phone", "address", "contact", "telephone", "details of a school")),
    Action("next_zone", "view", "Next Zone", "Select the next zone.", "", ("E",), starts=True,
         also=("step through zones",)),
    Action("previous_zone", "view", "Previous Zone", "Select the zone before this one.", "", ("D",),
         also=("step back through zones",)),
    Action("add_layer", "view", "Add Layer…", "Show a file of your own on the map: GeoJSON, "
         "shapefile, GeoPackage, KML or CSV; or drag it into the window.", "add",
         short="Add layer", starts=True,
         also=("overlay", "my own data", "shapefile")),
    Action("left", "view", "Plans and Layers", "Show or hide the dock on the left.", "dock_left",
         ("Ctrl+1",), checkable=True, starts=True,
         also=("panel", "sidebar")),
    Action("bottom", "view", "Tables", "Show or hide the tables.", "dock_bottom", ("Ctrl+2",),
         checkable=True,
         also=("tables", "list", "grid")),
    Action("right", "view", "Card and Figures", "Show or hide the dock on the right.", "dock_right",
         ("Ctrl+3",), checkable=True,
         also=("details", "figures")),
    Action("menus", "view", "All Menus", "Open the menus.", "menu", ("Alt+M",), starts=True,
         palette=False),
    Action("go_plan", "workspace", "Plan", "Zones, load and travel: propose, move, compare, adopt.",
         "plan", ("Alt+1",), checkable=True,
         also=("zones", "workspace")),
    Action("go_coverage", "workspace", "Coverage", "Observed from the log: which sites were "
         "covered, how fast help came.", "coverage", ("Alt+2",), checkable=True,
         also=("response time", "statistics", "workspace")),
    Action("go_shifts", "workspace", "Shifts", "Who is where and when: officers, the week, "
         "proposals and swaps.", "shifts", ("Alt+3",), checkable=True,
         also=("schedule", "roster", "week", "who works", "workspace")),
    Action("go_log", "workspace", "Log", "Log visits and incidents, stamp and correct them.", "log",
         ("Alt+4",), checkable=True,
         also=("dispatch", "console", "today", "workspace")),
    Action("go_readiness", "workspace", "Readiness", "Plan reviews, drills, after-action reviews "
         "and concerns: what is due.", "readiness", ("Alt+5",), checkable=True,
         also=("drills", "overdue", "due", "compliance", "workspace")),
    Action("go_publish", "workspace", "Publish", "What officers, principals and the board hold in "
         "their hands: for whom, what leaves, what it looks like.", "publish", ("Alt+6",),
         checkable=True,
         also=("print", "workspace")),
    *(Action(f"give_{number}", "give", f"Give to Zone {number}", "Give the selected site to this "
           "one of its zones.", "", (str(number),), needs=SELECT_SITE_TO_GIVE)
      for number in range(1, MAX_DIGIT_ZONES + 1)),
    Action("handbook", "help", "Handbook", "How each task is done, what each figure means, the "
         "method and the rules.", "handbook", ("F1",),
         also=("help", "manual", "documentation", "how to")),
    Action("help", "help", "Keyboard", "Show every shortcut over the window.", "help", ("?",),
         also=("help", "shortcuts", "hotkeys", "keys")),
    Action("tour", "help", "Tour", "Be shown around in five steps.", "tour",
         also=("help", "getting started", "introduction", "tutorial")),
    Action("about", "help", "About", "What this program is and is not.", "about",
         also=("version", "license")),
    Action("log_folder", "help", "Show Error Log", "Open the file that unexpected errors go to.",
         "file",
         also=("bug", "crash", "error", "support")),
)
# fmt: on
"""The table. Shortcuts of one letter are those that users of DistrictBuilder know."""


class _SpecAction(QAction):
    """An action that can be barred for good: then nothing shows or enables it again."""

    barred = ""
    """Why, in a sentence."""

    def setVisible(self, visible: bool) -> None:
        """Show or hide it; one that is barred stays hidden."""
        super().setVisible(visible and not self.barred)

    def setEnabled(self, enabled: bool) -> None:
        """Open or shut it; one that is barred stays shut."""
        super().setEnabled(enabled and not self.barred)

    def setDisabled(self, disabled: bool) -> None:
        """Shut or open it; one that is barred stays shut."""
        self.setEnabled(not disabled)


class Actions(QObject):
    """The QAction of each spec, by name."""

    def __init__(self, icon: Callable[[str], QIcon], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.specs = {spec.name: spec for spec in ACTION_SPECS}
        self._actions = {spec.name: self._made(spec, icon) for spec in ACTION_SPECS}

    def __getitem__(self, name: str) -> QAction:
        return self._actions[name]

    def set_handler(self, name: str, do: Callable[[], object]) -> None:
        """Say what an action does."""
        self._actions[name].triggered.connect(lambda _=False: do())

    def disable_for_good(self, name: str, why: str) -> None:
        """Take an action away for good, since it would be refused."""
        action = self._actions[name]
        action.barred = why
        action.setVisible(False)
        action.setEnabled(False)

    def explain_disabled(self, keys: QKeySequence) -> str:
        """Say why a shortcut does nothing now, "" where it does something or is none."""
        for name, spec in self.specs.items():
            action = self._actions[name]
            if action.barred and keys in action.shortcuts():
                return action.barred
            if spec.needs and not action.isEnabled() and keys in action.shortcuts():
                return spec.needs
        return ""

    def interrupts(self, keys: QKeySequence) -> bool:
        """Tell whether a shortcut asks for something while an entry waits to be logged."""
        named = (name for name, spec in self.specs.items() if spec.interrupts)
        return any(keys in self._actions[name].shortcuts() for name in named)

    def group(self, group: str) -> list[QAction]:
        """Return a menu's actions in order, with separators where sections start."""
        found: list[QAction] = []
        for spec in ACTION_SPECS:
            if spec.group != group:
                continue
            if spec.starts and found:
                found.append(self.line())
            found.append(self._actions[spec.name])
        return found

    def line(self) -> QAction:
        """Return a line between the sections of a menu."""
        line = QAction(self)
        line.setSeparator(True)
        return line

    def all(self) -> list[QAction]:
        """Return every action."""
        return list(self._actions.values())

    def set_tip(self, name: str, tip: str) -> None:
        """Say what an action would do now."""
        self._actions[name].setToolTip(escape_tooltip(_tip(replace(self.specs[name], tip=tip))))

    def _made(self, spec: Action, icon: Callable[[str], QIcon]) -> _SpecAction:
        action = _SpecAction(spec.text, self)
        action.setObjectName(spec.name)
        if spec.icon:
            action.setIcon(icon(spec.icon))
        action.setShortcuts([QKeySequence(keys) for keys in spec.shortcuts])
        action.setCheckable(spec.checkable)
        action.setIconText(spec.short or spec.text.rstrip("…"))
        action.setStatusTip(spec.tip)
        action.setToolTip(_tip(spec))
        return action


def _tip(spec: Action) -> str:
    if not spec.shortcuts:
        return spec.tip
    keys = QKeySequence(spec.shortcuts[0]).toString(QKeySequence.SequenceFormat.NativeText)
    return f"{spec.tip} ({keys})"

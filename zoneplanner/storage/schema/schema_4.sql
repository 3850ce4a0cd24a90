CREATE TABLE gpkg_spatial_ref_sys (
	srs_name TEXT NOT NULL,
	srs_id INTEGER NOT NULL PRIMARY KEY,
	organization TEXT NOT NULL,
	organization_coordsys_id INTEGER NOT NULL,
	definition TEXT NOT NULL,
	description TEXT
)

CREATE TABLE gpkg_contents (
	table_name TEXT NOT NULL PRIMARY KEY,
	data_type TEXT NOT NULL,
	identifier TEXT UNIQUE,
	description TEXT DEFAULT '',
	last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
	min_x DOUBLE,
	min_y DOUBLE,
	max_x DOUBLE,
	max_y DOUBLE,
	srs_id INTEGER,
	CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id)
)

CREATE TABLE gpkg_geometry_columns (
	table_name TEXT NOT NULL,
	column_name TEXT NOT NULL,
	geometry_type_name TEXT NOT NULL,
	srs_id INTEGER NOT NULL,
	z TINYINT NOT NULL,
	m TINYINT NOT NULL,
	CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name),
	CONSTRAINT uk_gc_table_name UNIQUE (table_name),
	CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents (table_name),
	CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id)
)

CREATE TABLE layer_styles (
	id INTEGER PRIMARY KEY,
	f_table_catalog TEXT(256),
	f_table_schema TEXT(256),
	f_table_name TEXT(256),
	f_geometry_column TEXT(256),
	styleName TEXT(30),
	styleQML TEXT,
	styleSLD TEXT,
	useAsDefault BOOLEAN,
	description TEXT,
	owner TEXT(30),
	ui TEXT(30),
	update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
)

CREATE TABLE app_meta (
	fid INTEGER NOT NULL,
	"key" TEXT NOT NULL,
	value TEXT NOT NULL,
	row_version INTEGER DEFAULT 1 NOT NULL,
	changed_by TEXT DEFAULT '' NOT NULL,
	changed_at TEXT DEFAULT '' NOT NULL,
	PRIMARY KEY (fid),
	UNIQUE ("key")
)

CREATE TABLE setting (
	fid INTEGER NOT NULL,
	name TEXT NOT NULL,
	value TEXT NOT NULL,
	row_version INTEGER DEFAULT 1 NOT NULL,
	changed_by TEXT DEFAULT '' NOT NULL,
	changed_at TEXT DEFAULT '' NOT NULL,
	PRIMARY KEY (fid),
	UNIQUE (name)
)

CREATE TABLE jurisdiction (
	fid INTEGER NOT NULL,
	geom MULTIPOLYGON NOT NULL,
	id TEXT NOT NULL,
	name TEXT NOT NULL,
	kind TEXT DEFAULT 'city' NOT NULL,
	position INTEGER DEFAULT 0 NOT NULL,
	row_version INTEGER DEFAULT 1 NOT NULL,
	changed_by TEXT DEFAULT '' NOT NULL,
	changed_at TEXT DEFAULT '' NOT NULL,
	PRIMARY KEY (fid),
	UNIQUE (id)
)

CREATE TABLE site (
	fid INTEGER NOT NULL,
	geom POINT NOT NULL,
	id TEXT NOT NULL,
	name TEXT NOT NULL,
	level TEXT NOT NULL,
	grades TEXT DEFAULT '' NOT NULL,
	street TEXT DEFAULT '' NOT NULL,
	city TEXT DEFAULT '' NOT NULL,
	zip TEXT DEFAULT '' NOT NULL,
	phone TEXT DEFAULT '' NOT NULL,
	kind TEXT DEFAULT 'school' NOT NULL,
	enrollment INTEGER,
	patrolled BOOLEAN DEFAULT true NOT NULL,
	charter BOOLEAN DEFAULT false NOT NULL,
	enrollment_note TEXT DEFAULT '' NOT NULL,
	note TEXT DEFAULT '' NOT NULL,
	decision_jurisdiction TEXT,
	decision_by TEXT,
	decision_at TEXT,
	decision_why TEXT,
	position INTEGER DEFAULT 0 NOT NULL,
	row_version INTEGER DEFAULT 1 NOT NULL,
	changed_by TEXT DEFAULT '' NOT NULL,
	changed_at TEXT DEFAULT '' NOT NULL,
	PRIMARY KEY (fid),
	UNIQUE (id)
)

CREATE TABLE block (
	fid INTEGER NOT NULL,
	geom MULTIPOLYGON NOT NULL,
	id TEXT NOT NULL,
	jurisdiction TEXT NOT NULL,
	position INTEGER DEFAULT 0 NOT NULL,
	row_version INTEGER DEFAULT 1 NOT NULL,
	changed_by TEXT DEFAULT '' NOT NULL,
	changed_at TEXT DEFAULT '' NOT NULL,
	PRIMARY KEY (fid),
	UNIQUE (id)
)

CREATE TABLE layer (
	fid INTEGER NOT NULL,
	id TEXT NOT NULL,
	title TEXT NOT NULL,
	publisher TEXT NOT NULL,
	vintage TEXT NOT NULL,
	terms TEXT NOT NULL,
	crs TEXT NOT NULL,
	source TEXT NOT NULL,
	own BOOLEAN NOT NULL,
	colour INTEGER NOT NULL,
	position INTEGER DEFAULT 0 NOT NULL,
	row_version INTEGER DEFAULT 1 NOT NULL,
	changed_by TEXT DEFAULT '' NOT NULL,
	changed_at TEXT DEFAULT '' NOT NULL,
	PRIMARY KEY (fid),
	UNIQUE (id)
)

CREATE TABLE feature_area (
	fid INTEGER NOT NULL,
	geom MULTIPOLYGON NOT NULL,
	layer TEXT NOT NULL,
	name TEXT DEFAULT '' NOT NULL,
	fields TEXT DEFAULT '{}' NOT NULL,
	position INTEGER NOT NULL,
	row_version INTEGER DEFAULT 1 NOT NULL,
	changed_by TEXT DEFAULT '' NOT NULL,
	changed_at TEXT DEFAULT '' NOT NULL,
	PRIMARY KEY (fid),
	UNIQUE (position)
)

CREATE TABLE feature_line (
	fid INTEGER NOT NULL,
	geom MULTILINESTRING NOT NULL,
	layer TEXT NOT NULL,
	name TEXT DEFAULT '' NOT NULL,
	fields TEXT DEFAULT '{}' NOT NULL,
	position INTEGER NOT NULL,
	row_version INTEGER DEFAULT 1 NOT NULL,
	changed_by TEXT DEFAULT '' NOT NULL,
	changed_at TEXT DEFAULT '' NOT NULL,
	PRIMARY KEY (fid),
	UNIQUE (position)
)

CREATE TABLE feature_point (
	fid INTEGER NOT NULL,
	geom POINT NOT NULL,
	layer TEXT NOT NULL,
	name TEXT DEFAULT '' NOT NULL,
	fields TEXT DEFAULT '{}' NOT NULL,
	position INTEGER NOT NULL,
	row_version INTEGER DEFAULT 1 NOT NULL,
	changed_by TEXT DEFAULT '' NOT NULL,
	changed_at TEXT DEFAULT '' NOT NULL,
	PRIMARY KEY (fid),
	UNIQUE (position)
)

CREATE TABLE agency (
	fid INTEGER NOT NULL,
	id TEXT NOT NULL,
	short TEXT DEFAULT '' NOT NULL,
	phone TEXT DEFAULT '' NOT NULL,
	position INTEGER DEFAULT 0 NOT NULL,
	row_version INTEGER DEFAULT 1 NOT NULL,
	changed_by TEXT DEFAULT '' NOT NULL,
	changed_at TEXT DEFAULT '' NOT NULL,
	PRIMARY KEY (fid),
	UNIQUE (id)
)

CREATE TABLE unit (
	fid INTEGER NOT NULL,
	id TEXT NOT NULL,
	name TEXT NOT NULL,
	agency TEXT NOT NULL,
	kind TEXT NOT NULL,
	posts TEXT NOT NULL,
	sworn BOOLEAN NOT NULL,
	holds_zone BOOLEAN NOT NULL,
	position INTEGER DEFAULT 0 NOT NULL,
	row_version INTEGER DEFAULT 1 NOT NULL,
	changed_by TEXT DEFAULT '' NOT NULL,
	changed_at TEXT DEFAULT '' NOT NULL,
	PRIMARY KEY (fid),
	UNIQUE (id)
)

CREATE TABLE unit_access (
	fid INTEGER NOT NULL,
	unit TEXT NOT NULL,
	jurisdiction TEXT NOT NULL,
	access TEXT NOT NULL,
	row_version INTEGER DEFAULT 1 NOT NULL,
	changed_by TEXT DEFAULT '' NOT NULL,
	changed_at TEXT DEFAULT '' NOT NULL,
	PRIMARY KEY (fid),
	FOREIGN KEY(unit) REFERENCES unit (id) DEFERRABLE INITIALLY DEFERRED,
	UNIQUE (unit, jurisdiction)
)

CREATE TABLE "plan" (
	fid INTEGER NOT NULL,
	uid TEXT NOT NULL,
	name TEXT NOT NULL,
	note TEXT DEFAULT '' NOT NULL,
	parent TEXT,
	tolerance DOUBLE NOT NULL,
	made_at TEXT,
	proposed_on DATE,
	effective_on DATE,
	expires_on DATE,
	proof_cost DOUBLE,
	proof_bound DOUBLE,
	proof_inputs TEXT,
	position INTEGER DEFAULT 0 NOT NULL,
	row_version INTEGER DEFAULT 1 NOT NULL,
	changed_by TEXT DEFAULT '' NOT NULL,
	changed_at TEXT DEFAULT '' NOT NULL,
	PRIMARY KEY (fid),
	UNIQUE (uid)
)

CREATE TABLE zone (
	fid INTEGER NOT NULL,
	"plan" TEXT NOT NULL,
	id TEXT NOT NULL,
	name TEXT NOT NULL,
	unit TEXT NOT NULL,
	colour INTEGER DEFAULT 0 NOT NULL,
	position INTEGER DEFAULT 0 NOT NULL,
	row_version INTEGER DEFAULT 1 NOT NULL,
	changed_by TEXT DEFAULT '' NOT NULL,
	changed_at TEXT DEFAULT '' NOT NULL,
	PRIMARY KEY (fid),
	FOREIGN KEY("plan") REFERENCES "plan" (uid) DEFERRABLE INITIALLY DEFERRED,
	UNIQUE ("plan", id)
)

CREATE TABLE assignment (
	fid INTEGER NOT NULL,
	"plan" TEXT NOT NULL,
	site TEXT NOT NULL,
	zone TEXT NOT NULL,
	row_version INTEGER DEFAULT 1 NOT NULL,
	changed_by TEXT DEFAULT '' NOT NULL,
	changed_at TEXT DEFAULT '' NOT NULL,
	PRIMARY KEY (fid),
	FOREIGN KEY(site) REFERENCES site (id) DEFERRABLE INITIALLY DEFERRED,
	FOREIGN KEY("plan", zone) REFERENCES zone ("plan", id) DEFERRABLE INITIALLY DEFERRED,
	UNIQUE ("plan", site)
)

CREATE TABLE block_override (
	fid INTEGER NOT NULL,
	"plan" TEXT NOT NULL,
	block TEXT NOT NULL,
	zone TEXT NOT NULL,
	row_version INTEGER DEFAULT 1 NOT NULL,
	changed_by TEXT DEFAULT '' NOT NULL,
	changed_at TEXT DEFAULT '' NOT NULL,
	PRIMARY KEY (fid),
	FOREIGN KEY("plan", zone) REFERENCES zone ("plan", id) DEFERRABLE INITIALLY DEFERRED,
	FOREIGN KEY(block) REFERENCES block (id) DEFERRABLE INITIALLY DEFERRED,
	UNIQUE ("plan", block)
)

CREATE TABLE plan_lock (
	fid INTEGER NOT NULL,
	"plan" TEXT NOT NULL,
	kind TEXT NOT NULL,
	target TEXT NOT NULL,
	reason TEXT DEFAULT '' NOT NULL,
	held TEXT DEFAULT '{}' NOT NULL,
	row_version INTEGER DEFAULT 1 NOT NULL,
	changed_by TEXT DEFAULT '' NOT NULL,
	changed_at TEXT DEFAULT '' NOT NULL,
	PRIMARY KEY (fid),
	FOREIGN KEY("plan") REFERENCES "plan" (uid) DEFERRABLE INITIALLY DEFERRED,
	UNIQUE ("plan", kind, target)
)

CREATE TABLE plan_pin (
	fid INTEGER NOT NULL,
	geom POINT NOT NULL,
	"plan" TEXT NOT NULL,
	uid TEXT NOT NULL,
	text TEXT NOT NULL,
	"by" TEXT NOT NULL,
	at TEXT NOT NULL,
	row_version INTEGER DEFAULT 1 NOT NULL,
	changed_by TEXT DEFAULT '' NOT NULL,
	changed_at TEXT DEFAULT '' NOT NULL,
	PRIMARY KEY (fid),
	FOREIGN KEY("plan") REFERENCES "plan" (uid) DEFERRABLE INITIALLY DEFERRED,
	UNIQUE ("plan", uid)
)

CREATE TABLE plan_site (
	fid INTEGER NOT NULL,
	"plan" TEXT NOT NULL,
	site TEXT NOT NULL,
	patrolled BOOLEAN,
	enrollment INTEGER,
	row_version INTEGER DEFAULT 1 NOT NULL,
	changed_by TEXT DEFAULT '' NOT NULL,
	changed_at TEXT DEFAULT '' NOT NULL,
	PRIMARY KEY (fid),
	FOREIGN KEY("plan") REFERENCES "plan" (uid) DEFERRABLE INITIALLY DEFERRED,
	FOREIGN KEY(site) REFERENCES site (id) DEFERRABLE INITIALLY DEFERRED,
	UNIQUE ("plan", site)
)

CREATE TABLE officer (
	fid INTEGER NOT NULL,
	id TEXT NOT NULL,
	name TEXT NOT NULL,
	agency TEXT NOT NULL,
	kind TEXT NOT NULL,
	units TEXT NOT NULL,
	jurisdictions TEXT NOT NULL,
	qualifications TEXT NOT NULL,
	prefers TEXT NOT NULL,
	contact TEXT NOT NULL,
	times TEXT NOT NULL,
	until DATE,
	position INTEGER NOT NULL,
	row_version INTEGER DEFAULT 1 NOT NULL,
	changed_by TEXT DEFAULT '' NOT NULL,
	changed_at TEXT DEFAULT '' NOT NULL,
	PRIMARY KEY (fid),
	UNIQUE (id)
)

CREATE TABLE post (
	fid INTEGER NOT NULL,
	uid TEXT NOT NULL,
	unit TEXT NOT NULL,
	starts TEXT NOT NULL,
	ends TEXT NOT NULL,
	weekdays TEXT NOT NULL,
	ends_early TEXT,
	kind TEXT NOT NULL,
	title TEXT NOT NULL,
	needs TEXT NOT NULL,
	first DATE,
	last DATE,
	school_days BOOLEAN NOT NULL,
	officers INTEGER NOT NULL,
	position INTEGER NOT NULL,
	row_version INTEGER DEFAULT 1 NOT NULL,
	changed_by TEXT DEFAULT '' NOT NULL,
	changed_at TEXT DEFAULT '' NOT NULL,
	PRIMARY KEY (fid),
	UNIQUE (uid)
)

CREATE TABLE shift (
	fid INTEGER NOT NULL,
	uid TEXT NOT NULL,
	unit TEXT NOT NULL,
	starts_at TEXT NOT NULL,
	ends_at TEXT NOT NULL,
	status TEXT NOT NULL,
	kind TEXT NOT NULL,
	title TEXT NOT NULL,
	needs TEXT NOT NULL,
	note TEXT NOT NULL,
	former TEXT NOT NULL,
	overrides TEXT NOT NULL,
	officer TEXT,
	post TEXT,
	cancelled_at TEXT,
	revised_at TEXT,
	locked BOOLEAN NOT NULL,
	sequence INTEGER NOT NULL,
	position INTEGER NOT NULL,
	row_version INTEGER DEFAULT 1 NOT NULL,
	changed_by TEXT DEFAULT '' NOT NULL,
	changed_at TEXT DEFAULT '' NOT NULL,
	PRIMARY KEY (fid),
	UNIQUE (uid)
)

CREATE TABLE swap (
	fid INTEGER NOT NULL,
	uid TEXT NOT NULL,
	shift TEXT NOT NULL,
	officer TEXT NOT NULL,
	taker TEXT NOT NULL,
	asked_at TEXT NOT NULL,
	status TEXT NOT NULL,
	answered_by TEXT NOT NULL,
	reason TEXT NOT NULL,
	other TEXT,
	answered_at TEXT,
	position INTEGER NOT NULL,
	row_version INTEGER DEFAULT 1 NOT NULL,
	changed_by TEXT DEFAULT '' NOT NULL,
	changed_at TEXT DEFAULT '' NOT NULL,
	PRIMARY KEY (fid),
	UNIQUE (uid)
)

CREATE TABLE zone_area (
	fid INTEGER NOT NULL,
	geom MULTIPOLYGON NOT NULL,
	"plan" TEXT NOT NULL,
	zone TEXT NOT NULL,
	plan_name TEXT NOT NULL,
	zone_name TEXT NOT NULL,
	unit TEXT NOT NULL,
	colour INTEGER NOT NULL,
	sites INTEGER NOT NULL,
	shown BOOLEAN NOT NULL,
	load_min DOUBLE,
	deviation DOUBLE,
	pieces INTEGER,
	PRIMARY KEY (fid),
	UNIQUE ("plan", zone)
)

CREATE TABLE log_name (
	number INTEGER NOT NULL,
	name TEXT NOT NULL,
	PRIMARY KEY (number),
	UNIQUE (name)
)

CREATE TABLE log_pack (
	fid INTEGER NOT NULL,
	kind TEXT NOT NULL,
	place TEXT NOT NULL,
	year INTEGER NOT NULL,
	data BLOB NOT NULL,
	PRIMARY KEY (fid),
	UNIQUE (kind, place, year)
)

CREATE TABLE call_entry (
	fid INTEGER NOT NULL,
	entry INTEGER NOT NULL,
	record TEXT NOT NULL,
	PRIMARY KEY (fid),
	UNIQUE (record, entry)
)

CREATE INDEX call_entry_entry ON call_entry (entry)

CREATE TABLE last_visit (
	fid INTEGER NOT NULL,
	site TEXT NOT NULL,
	at TEXT NOT NULL,
	PRIMARY KEY (fid),
	UNIQUE (site)
)

CREATE TABLE external_change (
	fid INTEGER NOT NULL,
	name TEXT NOT NULL,
	PRIMARY KEY (fid),
	UNIQUE (name)
)

CREATE TABLE edit (
	seq INTEGER NOT NULL,
	kind TEXT NOT NULL,
	label TEXT NOT NULL,
	actor TEXT NOT NULL,
	at TEXT NOT NULL,
	step INTEGER NOT NULL,
	jump BOOLEAN NOT NULL,
	"plan" TEXT,
	"before" TEXT NOT NULL,
	"after" TEXT NOT NULL,
	rows_digest TEXT NOT NULL,
	snapshot BLOB,
	prev_hash TEXT NOT NULL,
	hash TEXT NOT NULL,
	PRIMARY KEY (seq)
)

CREATE TABLE journal_entry (
	seq INTEGER NOT NULL,
	uid TEXT NOT NULL,
	kind TEXT NOT NULL,
	site TEXT,
	unit TEXT,
	occurred_at TEXT NOT NULL,
	recorded_at TEXT NOT NULL,
	actor TEXT NOT NULL,
	desk TEXT NOT NULL,
	payload TEXT NOT NULL,
	supersedes TEXT,
	prev_hash TEXT NOT NULL,
	hash TEXT NOT NULL,
	text TEXT,
	salt TEXT,
	text_hash TEXT,
	PRIMARY KEY (seq),
	UNIQUE (uid),
	FOREIGN KEY(supersedes) REFERENCES journal_entry (uid) DEFERRABLE INITIALLY DEFERRED
)

CREATE INDEX journal_entry_kind ON journal_entry (kind, seq)

CREATE INDEX journal_entry_supersedes ON journal_entry (supersedes) WHERE supersedes IS NOT NULL

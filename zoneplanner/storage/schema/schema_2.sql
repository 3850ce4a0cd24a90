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
	kind TEXT NOT NULL,
	position INTEGER NOT NULL,
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
	grades TEXT NOT NULL,
	street TEXT NOT NULL,
	city TEXT NOT NULL,
	zip TEXT NOT NULL,
	phone TEXT NOT NULL,
	kind TEXT NOT NULL,
	enrollment INTEGER,
	patrolled BOOLEAN NOT NULL,
	charter BOOLEAN NOT NULL,
	enrollment_note TEXT NOT NULL,
	note TEXT NOT NULL,
	decision_jurisdiction TEXT,
	decision_by TEXT,
	decision_at TEXT,
	decision_why TEXT,
	position INTEGER NOT NULL,
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
	position INTEGER NOT NULL,
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
	position INTEGER NOT NULL,
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
	name TEXT NOT NULL,
	fields TEXT NOT NULL,
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
	name TEXT NOT NULL,
	fields TEXT NOT NULL,
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
	name TEXT NOT NULL,
	fields TEXT NOT NULL,
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
	short TEXT NOT NULL,
	phone TEXT NOT NULL,
	position INTEGER NOT NULL,
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
	position INTEGER NOT NULL,
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
	note TEXT NOT NULL,
	parent TEXT,
	tolerance DOUBLE NOT NULL,
	made_at TEXT,
	proposed_on DATE,
	effective_on DATE,
	expires_on DATE,
	proof_cost DOUBLE,
	proof_bound DOUBLE,
	proof_inputs TEXT,
	position INTEGER NOT NULL,
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
	colour INTEGER NOT NULL,
	position INTEGER NOT NULL,
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
	reason TEXT NOT NULL,
	held TEXT NOT NULL,
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

CREATE TABLE visit_record (
	fid INTEGER NOT NULL,
	record TEXT NOT NULL,
	site TEXT NOT NULL,
	at TEXT NOT NULL,
	PRIMARY KEY (fid),
	UNIQUE (record)
)

CREATE INDEX visit_record_site_at ON visit_record (site, at)

CREATE TABLE visit_week (
	fid INTEGER NOT NULL,
	site TEXT NOT NULL,
	monday DATE NOT NULL,
	visits INTEGER NOT NULL,
	PRIMARY KEY (fid),
	UNIQUE (site, monday)
)

CREATE TABLE last_visit (
	fid INTEGER NOT NULL,
	site TEXT NOT NULL,
	at TEXT NOT NULL,
	PRIMARY KEY (fid),
	UNIQUE (site)
)

CREATE TABLE edit (
	seq INTEGER NOT NULL,
	label TEXT NOT NULL,
	actor TEXT NOT NULL,
	at TEXT NOT NULL,
	step INTEGER NOT NULL,
	jump BOOLEAN NOT NULL,
	"plan" TEXT,
	"before" TEXT NOT NULL,
	"after" TEXT NOT NULL,
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
	PRIMARY KEY (seq),
	UNIQUE (uid),
	FOREIGN KEY(supersedes) REFERENCES journal_entry (uid) DEFERRABLE INITIALLY DEFERRED
)

CREATE TRIGGER app_meta_changed AFTER UPDATE ON "app_meta"
WHEN NEW.row_version = OLD.row_version
BEGIN
	UPDATE "app_meta" SET
		row_version = OLD.row_version + 1,
		changed_by = 'another program',
		changed_at = strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now')
	WHERE fid = NEW.fid;
	INSERT INTO edit (label, actor, at, step, jump, "before", "after")
	SELECT 'Changed by another program', 'another program',
		strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now'), step, 0, '{}', '{}'
	FROM (SELECT actor, step FROM edit ORDER BY seq DESC LIMIT 1)
	WHERE actor <> 'another program';
END

CREATE TRIGGER app_meta_added AFTER INSERT ON "app_meta"
WHEN NEW.changed_by = ''
BEGIN
	INSERT INTO edit (label, actor, at, step, jump, "before", "after")
	SELECT 'Changed by another program', 'another program',
		strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now'), step, 0, '{}', '{}'
	FROM (SELECT actor, step FROM edit ORDER BY seq DESC LIMIT 1)
	WHERE actor <> 'another program';
END

CREATE TRIGGER app_meta_removed AFTER DELETE ON "app_meta"
WHEN OLD.row_version > 0
BEGIN
	INSERT INTO edit (label, actor, at, step, jump, "before", "after")
	SELECT 'Changed by another program', 'another program',
		strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now'), step, 0, '{}', '{}'
	FROM (SELECT actor, step FROM edit ORDER BY seq DESC LIMIT 1)
	WHERE actor <> 'another program';
END

CREATE TRIGGER setting_changed AFTER UPDATE ON "setting"
WHEN NEW.row_version = OLD.row_version
BEGIN
	UPDATE "setting" SET
		row_version = OLD.row_version + 1,
		changed_by = 'another program',
		changed_at = strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now')
	WHERE fid = NEW.fid;
	INSERT INTO edit (label, actor, at, step, jump, "before", "after")
	SELECT 'Changed by another program', 'another program',
		strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now'), step, 0, '{}', '{}'
	FROM (SELECT actor, step FROM edit ORDER BY seq DESC LIMIT 1)
	WHERE actor <> 'another program';
END

CREATE TRIGGER setting_added AFTER INSERT ON "setting"
WHEN NEW.changed_by = ''
BEGIN
	INSERT INTO edit (label, actor, at, step, jump, "before", "after")
	SELECT 'Changed by another program', 'another program',
		strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now'), step, 0, '{}', '{}'
	FROM (SELECT actor, step FROM edit ORDER BY seq DESC LIMIT 1)
	WHERE actor <> 'another program';
END

CREATE TRIGGER setting_removed AFTER DELETE ON "setting"
WHEN OLD.row_version > 0
BEGIN
	INSERT INTO edit (label, actor, at, step, jump, "before", "after")
	SELECT 'Changed by another program', 'another program',
		strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now'), step, 0, '{}', '{}'
	FROM (SELECT actor, step FROM edit ORDER BY seq DESC LIMIT 1)
	WHERE actor <> 'another program';
END

CREATE TRIGGER jurisdiction_changed AFTER UPDATE ON "jurisdiction"
WHEN NEW.row_version = OLD.row_version
BEGIN
	UPDATE "jurisdiction" SET
		row_version = OLD.row_version + 1,
		changed_by = 'another program',
		changed_at = strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now')
	WHERE fid = NEW.fid;
	INSERT INTO edit (label, actor, at, step, jump, "before", "after")
	SELECT 'Changed by another program', 'another program',
		strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now'), step, 0, '{}', '{}'
	FROM (SELECT actor, step FROM edit ORDER BY seq DESC LIMIT 1)
	WHERE actor <> 'another program';
END

CREATE TRIGGER jurisdiction_added AFTER INSERT ON "jurisdiction"
WHEN NEW.changed_by = ''
BEGIN
	INSERT INTO edit (label, actor, at, step, jump, "before", "after")
	SELECT 'Changed by another program', 'another program',
		strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now'), step, 0, '{}', '{}'
	FROM (SELECT actor, step FROM edit ORDER BY seq DESC LIMIT 1)
	WHERE actor <> 'another program';
END

CREATE TRIGGER jurisdiction_removed AFTER DELETE ON "jurisdiction"
WHEN OLD.row_version > 0
BEGIN
	INSERT INTO edit (label, actor, at, step, jump, "before", "after")
	SELECT 'Changed by another program', 'another program',
		strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now'), step, 0, '{}', '{}'
	FROM (SELECT actor, step FROM edit ORDER BY seq DESC LIMIT 1)
	WHERE actor <> 'another program';
END

CREATE TRIGGER site_changed AFTER UPDATE ON "site"
WHEN NEW.row_version = OLD.row_version
BEGIN
	UPDATE "site" SET
		row_version = OLD.row_version + 1,
		changed_by = 'another program',
		changed_at = strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now')
	WHERE fid = NEW.fid;
	INSERT INTO edit (label, actor, at, step, jump, "before", "after")
	SELECT 'Changed by another program', 'another program',
		strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now'), step, 0, '{}', '{}'
	FROM (SELECT actor, step FROM edit ORDER BY seq DESC LIMIT 1)
	WHERE actor <> 'another program';
END

CREATE TRIGGER site_added AFTER INSERT ON "site"
WHEN NEW.changed_by = ''
BEGIN
	INSERT INTO edit (label, actor, at, step, jump, "before", "after")
	SELECT 'Changed by another program', 'another program',
		strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now'), step, 0, '{}', '{}'
	FROM (SELECT actor, step FROM edit ORDER BY seq DESC LIMIT 1)
	WHERE actor <> 'another program';
END

CREATE TRIGGER site_removed AFTER DELETE ON "site"
WHEN OLD.row_version > 0
BEGIN
	INSERT INTO edit (label, actor, at, step, jump, "before", "after")
	SELECT 'Changed by another program', 'another program',
		strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now'), step, 0, '{}', '{}'
	FROM (SELECT actor, step FROM edit ORDER BY seq DESC LIMIT 1)
	WHERE actor <> 'another program';
END

CREATE TRIGGER block_changed AFTER UPDATE ON "block"
WHEN NEW.row_version = OLD.row_version
BEGIN
	UPDATE "block" SET
		row_version = OLD.row_version + 1,
		changed_by = 'another program',
		changed_at = strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now')
	WHERE fid = NEW.fid;
	INSERT INTO edit (label, actor, at, step, jump, "before", "after")
	SELECT 'Changed by another program', 'another program',
		strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now'), step, 0, '{}', '{}'
	FROM (SELECT actor, step FROM edit ORDER BY seq DESC LIMIT 1)
	WHERE actor <> 'another program';
END

CREATE TRIGGER block_added AFTER INSERT ON "block"
WHEN NEW.changed_by = ''
BEGIN
	INSERT INTO edit (label, actor, at, step, jump, "before", "after")
	SELECT 'Changed by another program', 'another program',
		strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now'), step, 0, '{}', '{}'
	FROM (SELECT actor, step FROM edit ORDER BY seq DESC LIMIT 1)
	WHERE actor <> 'another program';
END

CREATE TRIGGER block_removed AFTER DELETE ON "block"
WHEN OLD.row_version > 0
BEGIN
	INSERT INTO edit (label, actor, at, step, jump, "before", "after")
	SELECT 'Changed by another program', 'another program',
		strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now'), step, 0, '{}', '{}'
	FROM (SELECT actor, step FROM edit ORDER BY seq DESC LIMIT 1)
	WHERE actor <> 'another program';
END

CREATE TRIGGER layer_changed AFTER UPDATE ON "layer"
WHEN NEW.row_version = OLD.row_version
BEGIN
	UPDATE "layer" SET
		row_version = OLD.row_version + 1,
		changed_by = 'another program',
		changed_at = strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now')
	WHERE fid = NEW.fid;
	INSERT INTO edit (label, actor, at, step, jump, "before", "after")
	SELECT 'Changed by another program', 'another program',
		strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now'), step, 0, '{}', '{}'
	FROM (SELECT actor, step FROM edit ORDER BY seq DESC LIMIT 1)
	WHERE actor <> 'another program';
END

CREATE TRIGGER layer_added AFTER INSERT ON "layer"
WHEN NEW.changed_by = ''
BEGIN
	INSERT INTO edit (label, actor, at, step, jump, "before", "after")
	SELECT 'Changed by another program', 'another program',
		strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now'), step, 0, '{}', '{}'
	FROM (SELECT actor, step FROM edit ORDER BY seq DESC LIMIT 1)
	WHERE actor <> 'another program';
END

CREATE TRIGGER layer_removed AFTER DELETE ON "layer"
WHEN OLD.row_version > 0
BEGIN
	INSERT INTO edit (label, actor, at, step, jump, "before", "after")
	SELECT 'Changed by another program', 'another program',
		strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now'), step, 0, '{}', '{}'
	FROM (SELECT actor, step FROM edit ORDER BY seq DESC LIMIT 1)
	WHERE actor <> 'another program';
END

CREATE TRIGGER feature_area_changed AFTER UPDATE ON "feature_area"
WHEN NEW.row_version = OLD.row_version
BEGIN
	UPDATE "feature_area" SET
		row_version = OLD.row_version + 1,
		changed_by = 'another program',
		changed_at = strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now')
	WHERE fid = NEW.fid;
	INSERT INTO edit (label, actor, at, step, jump, "before", "after")
	SELECT 'Changed by another program', 'another program',
		strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now'), step, 0, '{}', '{}'
	FROM (SELECT actor, step FROM edit ORDER BY seq DESC LIMIT 1)
	WHERE actor <> 'another program';
END

CREATE TRIGGER feature_area_added AFTER INSERT ON "feature_area"
WHEN NEW.changed_by = ''
BEGIN
	INSERT INTO edit (label, actor, at, step, jump, "before", "after")
	SELECT 'Changed by another program', 'another program',
		strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now'), step, 0, '{}', '{}'
	FROM (SELECT actor, step FROM edit ORDER BY seq DESC LIMIT 1)
	WHERE actor <> 'another program';
END

CREATE TRIGGER feature_area_removed AFTER DELETE ON "feature_area"
WHEN OLD.row_version > 0
BEGIN
	INSERT INTO edit (label, actor, at, step, jump, "before", "after")
	SELECT 'Changed by another program', 'another program',
		strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now'), step, 0, '{}', '{}'
	FROM (SELECT actor, step FROM edit ORDER BY seq DESC LIMIT 1)
	WHERE actor <> 'another program';
END

CREATE TRIGGER feature_line_changed AFTER UPDATE ON "feature_line"
WHEN NEW.row_version = OLD.row_version
BEGIN
	UPDATE "feature_line" SET
		row_version = OLD.row_version + 1,
		changed_by = 'another program',
		changed_at = strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now')
	WHERE fid = NEW.fid;
	INSERT INTO edit (label, actor, at, step, jump, "before", "after")
	SELECT 'Changed by another program', 'another program',
		strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now'), step, 0, '{}', '{}'
	FROM (SELECT actor, step FROM edit ORDER BY seq DESC LIMIT 1)
	WHERE actor <> 'another program';
END

CREATE TRIGGER feature_line_added AFTER INSERT ON "feature_line"
WHEN NEW.changed_by = ''
BEGIN
	INSERT INTO edit (label, actor, at, step, jump, "before", "after")
	SELECT 'Changed by another program', 'another program',
		strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now'), step, 0, '{}', '{}'
	FROM (SELECT actor, step FROM edit ORDER BY seq DESC LIMIT 1)
	WHERE actor <> 'another program';
END

CREATE TRIGGER feature_line_removed AFTER DELETE ON "feature_line"
WHEN OLD.row_version > 0
BEGIN
	INSERT INTO edit (label, actor, at, step, jump, "before", "after")
	SELECT 'Changed by another program', 'another program',
		strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now'), step, 0, '{}', '{}'
	FROM (SELECT actor, step FROM edit ORDER BY seq DESC LIMIT 1)
	WHERE actor <> 'another program';
END

CREATE TRIGGER feature_point_changed AFTER UPDATE ON "feature_point"
WHEN NEW.row_version = OLD.row_version
BEGIN
	UPDATE "feature_point" SET
		row_version = OLD.row_version + 1,
		changed_by = 'another program',
		changed_at = strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now')
	WHERE fid = NEW.fid;
	INSERT INTO edit (label, actor, at, step, jump, "before", "after")
	SELECT 'Changed by another program', 'another program',
		strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now'), step, 0, '{}', '{}'
	FROM (SELECT actor, step FROM edit ORDER BY seq DESC LIMIT 1)
	WHERE actor <> 'another program';
END

CREATE TRIGGER feature_point_added AFTER INSERT ON "feature_point"
WHEN NEW.changed_by = ''
BEGIN
	INSERT INTO edit (label, actor, at, step, jump, "before", "after")
	SELECT 'Changed by another program', 'another program',
		strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now'), step, 0, '{}', '{}'
	FROM (SELECT actor, step FROM edit ORDER BY seq DESC LIMIT 1)
	WHERE actor <> 'another program';
END

CREATE TRIGGER feature_point_removed AFTER DELETE ON "feature_point"
WHEN OLD.row_version > 0
BEGIN
	INSERT INTO edit (label, actor, at, step, jump, "before", "after")
	SELECT 'Changed by another program', 'another program',
		strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now'), step, 0, '{}', '{}'
	FROM (SELECT actor, step FROM edit ORDER BY seq DESC LIMIT 1)
	WHERE actor <> 'another program';
END

CREATE TRIGGER agency_changed AFTER UPDATE ON "agency"
WHEN NEW.row_version = OLD.row_version
BEGIN
	UPDATE "agency" SET
		row_version = OLD.row_version + 1,
		changed_by = 'another program',
		changed_at = strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now')
	WHERE fid = NEW.fid;
	INSERT INTO edit (label, actor, at, step, jump, "before", "after")
	SELECT 'Changed by another program', 'another program',
		strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now'), step, 0, '{}', '{}'
	FROM (SELECT actor, step FROM edit ORDER BY seq DESC LIMIT 1)
	WHERE actor <> 'another program';
END

CREATE TRIGGER agency_added AFTER INSERT ON "agency"
WHEN NEW.changed_by = ''
BEGIN
	INSERT INTO edit (label, actor, at, step, jump, "before", "after")
	SELECT 'Changed by another program', 'another program',
		strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now'), step, 0, '{}', '{}'
	FROM (SELECT actor, step FROM edit ORDER BY seq DESC LIMIT 1)
	WHERE actor <> 'another program';
END

CREATE TRIGGER agency_removed AFTER DELETE ON "agency"
WHEN OLD.row_version > 0
BEGIN
	INSERT INTO edit (label, actor, at, step, jump, "before", "after")
	SELECT 'Changed by another program', 'another program',
		strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now'), step, 0, '{}', '{}'
	FROM (SELECT actor, step FROM edit ORDER BY seq DESC LIMIT 1)
	WHERE actor <> 'another program';
END

CREATE TRIGGER unit_changed AFTER UPDATE ON "unit"
WHEN NEW.row_version = OLD.row_version
BEGIN
	UPDATE "unit" SET
		row_version = OLD.row_version + 1,
		changed_by = 'another program',
		changed_at = strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now')
	WHERE fid = NEW.fid;
	INSERT INTO edit (label, actor, at, step, jump, "before", "after")
	SELECT 'Changed by another program', 'another program',
		strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now'), step, 0, '{}', '{}'
	FROM (SELECT actor, step FROM edit ORDER BY seq DESC LIMIT 1)
	WHERE actor <> 'another program';
END

CREATE TRIGGER unit_added AFTER INSERT ON "unit"
WHEN NEW.changed_by = ''
BEGIN
	INSERT INTO edit (label, actor, at, step, jump, "before", "after")
	SELECT 'Changed by another program', 'another program',
		strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now'), step, 0, '{}', '{}'
	FROM (SELECT actor, step FROM edit ORDER BY seq DESC LIMIT 1)
	WHERE actor <> 'another program';
END

CREATE TRIGGER unit_removed AFTER DELETE ON "unit"
WHEN OLD.row_version > 0
BEGIN
	INSERT INTO edit (label, actor, at, step, jump, "before", "after")
	SELECT 'Changed by another program', 'another program',
		strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now'), step, 0, '{}', '{}'
	FROM (SELECT actor, step FROM edit ORDER BY seq DESC LIMIT 1)
	WHERE actor <> 'another program';
END

CREATE TRIGGER unit_access_changed AFTER UPDATE ON "unit_access"
WHEN NEW.row_version = OLD.row_version
BEGIN
	UPDATE "unit_access" SET
		row_version = OLD.row_version + 1,
		changed_by = 'another program',
		changed_at = strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now')
	WHERE fid = NEW.fid;
	INSERT INTO edit (label, actor, at, step, jump, "before", "after")
	SELECT 'Changed by another program', 'another program',
		strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now'), step, 0, '{}', '{}'
	FROM (SELECT actor, step FROM edit ORDER BY seq DESC LIMIT 1)
	WHERE actor <> 'another program';
END

CREATE TRIGGER unit_access_added AFTER INSERT ON "unit_access"
WHEN NEW.changed_by = ''
BEGIN
	INSERT INTO edit (label, actor, at, step, jump, "before", "after")
	SELECT 'Changed by another program', 'another program',
		strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now'), step, 0, '{}', '{}'
	FROM (SELECT actor, step FROM edit ORDER BY seq DESC LIMIT 1)
	WHERE actor <> 'another program';
END

CREATE TRIGGER unit_access_removed AFTER DELETE ON "unit_access"
WHEN OLD.row_version > 0
BEGIN
	INSERT INTO edit (label, actor, at, step, jump, "before", "after")
	SELECT 'Changed by another program', 'another program',
		strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now'), step, 0, '{}', '{}'
	FROM (SELECT actor, step FROM edit ORDER BY seq DESC LIMIT 1)
	WHERE actor <> 'another program';
END

CREATE TRIGGER plan_changed AFTER UPDATE ON "plan"
WHEN NEW.row_version = OLD.row_version
BEGIN
	UPDATE "plan" SET
		row_version = OLD.row_version + 1,
		changed_by = 'another program',
		changed_at = strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now')
	WHERE fid = NEW.fid;
	INSERT INTO edit (label, actor, at, step, jump, "before", "after")
	SELECT 'Changed by another program', 'another program',
		strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now'), step, 0, '{}', '{}'
	FROM (SELECT actor, step FROM edit ORDER BY seq DESC LIMIT 1)
	WHERE actor <> 'another program';
END

CREATE TRIGGER plan_added AFTER INSERT ON "plan"
WHEN NEW.changed_by = ''
BEGIN
	INSERT INTO edit (label, actor, at, step, jump, "before", "after")
	SELECT 'Changed by another program', 'another program',
		strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now'), step, 0, '{}', '{}'
	FROM (SELECT actor, step FROM edit ORDER BY seq DESC LIMIT 1)
	WHERE actor <> 'another program';
END

CREATE TRIGGER plan_removed AFTER DELETE ON "plan"
WHEN OLD.row_version > 0
BEGIN
	INSERT INTO edit (label, actor, at, step, jump, "before", "after")
	SELECT 'Changed by another program', 'another program',
		strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now'), step, 0, '{}', '{}'
	FROM (SELECT actor, step FROM edit ORDER BY seq DESC LIMIT 1)
	WHERE actor <> 'another program';
END

CREATE TRIGGER zone_changed AFTER UPDATE ON "zone"
WHEN NEW.row_version = OLD.row_version
BEGIN
	UPDATE "zone" SET
		row_version = OLD.row_version + 1,
		changed_by = 'another program',
		changed_at = strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now')
	WHERE fid = NEW.fid;
	INSERT INTO edit (label, actor, at, step, jump, "before", "after")
	SELECT 'Changed by another program', 'another program',
		strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now'), step, 0, '{}', '{}'
	FROM (SELECT actor, step FROM edit ORDER BY seq DESC LIMIT 1)
	WHERE actor <> 'another program';
END

CREATE TRIGGER zone_added AFTER INSERT ON "zone"
WHEN NEW.changed_by = ''
BEGIN
	INSERT INTO edit (label, actor, at, step, jump, "before", "after")
	SELECT 'Changed by another program', 'another program',
		strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now'), step, 0, '{}', '{}'
	FROM (SELECT actor, step FROM edit ORDER BY seq DESC LIMIT 1)
	WHERE actor <> 'another program';
END

CREATE TRIGGER zone_removed AFTER DELETE ON "zone"
WHEN OLD.row_version > 0
BEGIN
	INSERT INTO edit (label, actor, at, step, jump, "before", "after")
	SELECT 'Changed by another program', 'another program',
		strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now'), step, 0, '{}', '{}'
	FROM (SELECT actor, step FROM edit ORDER BY seq DESC LIMIT 1)
	WHERE actor <> 'another program';
END

CREATE TRIGGER assignment_changed AFTER UPDATE ON "assignment"
WHEN NEW.row_version = OLD.row_version
BEGIN
	UPDATE "assignment" SET
		row_version = OLD.row_version + 1,
		changed_by = 'another program',
		changed_at = strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now')
	WHERE fid = NEW.fid;
	INSERT INTO edit (label, actor, at, step, jump, "before", "after")
	SELECT 'Changed by another program', 'another program',
		strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now'), step, 0, '{}', '{}'
	FROM (SELECT actor, step FROM edit ORDER BY seq DESC LIMIT 1)
	WHERE actor <> 'another program';
END

CREATE TRIGGER assignment_added AFTER INSERT ON "assignment"
WHEN NEW.changed_by = ''
BEGIN
	INSERT INTO edit (label, actor, at, step, jump, "before", "after")
	SELECT 'Changed by another program', 'another program',
		strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now'), step, 0, '{}', '{}'
	FROM (SELECT actor, step FROM edit ORDER BY seq DESC LIMIT 1)
	WHERE actor <> 'another program';
END

CREATE TRIGGER assignment_removed AFTER DELETE ON "assignment"
WHEN OLD.row_version > 0
BEGIN
	INSERT INTO edit (label, actor, at, step, jump, "before", "after")
	SELECT 'Changed by another program', 'another program',
		strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now'), step, 0, '{}', '{}'
	FROM (SELECT actor, step FROM edit ORDER BY seq DESC LIMIT 1)
	WHERE actor <> 'another program';
END

CREATE TRIGGER plan_lock_changed AFTER UPDATE ON "plan_lock"
WHEN NEW.row_version = OLD.row_version
BEGIN
	UPDATE "plan_lock" SET
		row_version = OLD.row_version + 1,
		changed_by = 'another program',
		changed_at = strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now')
	WHERE fid = NEW.fid;
	INSERT INTO edit (label, actor, at, step, jump, "before", "after")
	SELECT 'Changed by another program', 'another program',
		strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now'), step, 0, '{}', '{}'
	FROM (SELECT actor, step FROM edit ORDER BY seq DESC LIMIT 1)
	WHERE actor <> 'another program';
END

CREATE TRIGGER plan_lock_added AFTER INSERT ON "plan_lock"
WHEN NEW.changed_by = ''
BEGIN
	INSERT INTO edit (label, actor, at, step, jump, "before", "after")
	SELECT 'Changed by another program', 'another program',
		strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now'), step, 0, '{}', '{}'
	FROM (SELECT actor, step FROM edit ORDER BY seq DESC LIMIT 1)
	WHERE actor <> 'another program';
END

CREATE TRIGGER plan_lock_removed AFTER DELETE ON "plan_lock"
WHEN OLD.row_version > 0
BEGIN
	INSERT INTO edit (label, actor, at, step, jump, "before", "after")
	SELECT 'Changed by another program', 'another program',
		strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now'), step, 0, '{}', '{}'
	FROM (SELECT actor, step FROM edit ORDER BY seq DESC LIMIT 1)
	WHERE actor <> 'another program';
END

CREATE TRIGGER block_override_changed AFTER UPDATE ON "block_override"
WHEN NEW.row_version = OLD.row_version
BEGIN
	UPDATE "block_override" SET
		row_version = OLD.row_version + 1,
		changed_by = 'another program',
		changed_at = strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now')
	WHERE fid = NEW.fid;
	INSERT INTO edit (label, actor, at, step, jump, "before", "after")
	SELECT 'Changed by another program', 'another program',
		strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now'), step, 0, '{}', '{}'
	FROM (SELECT actor, step FROM edit ORDER BY seq DESC LIMIT 1)
	WHERE actor <> 'another program';
END

CREATE TRIGGER block_override_added AFTER INSERT ON "block_override"
WHEN NEW.changed_by = ''
BEGIN
	INSERT INTO edit (label, actor, at, step, jump, "before", "after")
	SELECT 'Changed by another program', 'another program',
		strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now'), step, 0, '{}', '{}'
	FROM (SELECT actor, step FROM edit ORDER BY seq DESC LIMIT 1)
	WHERE actor <> 'another program';
END

CREATE TRIGGER block_override_removed AFTER DELETE ON "block_override"
WHEN OLD.row_version > 0
BEGIN
	INSERT INTO edit (label, actor, at, step, jump, "before", "after")
	SELECT 'Changed by another program', 'another program',
		strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now'), step, 0, '{}', '{}'
	FROM (SELECT actor, step FROM edit ORDER BY seq DESC LIMIT 1)
	WHERE actor <> 'another program';
END

CREATE TRIGGER plan_pin_changed AFTER UPDATE ON "plan_pin"
WHEN NEW.row_version = OLD.row_version
BEGIN
	UPDATE "plan_pin" SET
		row_version = OLD.row_version + 1,
		changed_by = 'another program',
		changed_at = strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now')
	WHERE fid = NEW.fid;
	INSERT INTO edit (label, actor, at, step, jump, "before", "after")
	SELECT 'Changed by another program', 'another program',
		strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now'), step, 0, '{}', '{}'
	FROM (SELECT actor, step FROM edit ORDER BY seq DESC LIMIT 1)
	WHERE actor <> 'another program';
END

CREATE TRIGGER plan_pin_added AFTER INSERT ON "plan_pin"
WHEN NEW.changed_by = ''
BEGIN
	INSERT INTO edit (label, actor, at, step, jump, "before", "after")
	SELECT 'Changed by another program', 'another program',
		strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now'), step, 0, '{}', '{}'
	FROM (SELECT actor, step FROM edit ORDER BY seq DESC LIMIT 1)
	WHERE actor <> 'another program';
END

CREATE TRIGGER plan_pin_removed AFTER DELETE ON "plan_pin"
WHEN OLD.row_version > 0
BEGIN
	INSERT INTO edit (label, actor, at, step, jump, "before", "after")
	SELECT 'Changed by another program', 'another program',
		strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now'), step, 0, '{}', '{}'
	FROM (SELECT actor, step FROM edit ORDER BY seq DESC LIMIT 1)
	WHERE actor <> 'another program';
END

CREATE TRIGGER plan_site_changed AFTER UPDATE ON "plan_site"
WHEN NEW.row_version = OLD.row_version
BEGIN
	UPDATE "plan_site" SET
		row_version = OLD.row_version + 1,
		changed_by = 'another program',
		changed_at = strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now')
	WHERE fid = NEW.fid;
	INSERT INTO edit (label, actor, at, step, jump, "before", "after")
	SELECT 'Changed by another program', 'another program',
		strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now'), step, 0, '{}', '{}'
	FROM (SELECT actor, step FROM edit ORDER BY seq DESC LIMIT 1)
	WHERE actor <> 'another program';
END

CREATE TRIGGER plan_site_added AFTER INSERT ON "plan_site"
WHEN NEW.changed_by = ''
BEGIN
	INSERT INTO edit (label, actor, at, step, jump, "before", "after")
	SELECT 'Changed by another program', 'another program',
		strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now'), step, 0, '{}', '{}'
	FROM (SELECT actor, step FROM edit ORDER BY seq DESC LIMIT 1)
	WHERE actor <> 'another program';
END

CREATE TRIGGER plan_site_removed AFTER DELETE ON "plan_site"
WHEN OLD.row_version > 0
BEGIN
	INSERT INTO edit (label, actor, at, step, jump, "before", "after")
	SELECT 'Changed by another program', 'another program',
		strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now'), step, 0, '{}', '{}'
	FROM (SELECT actor, step FROM edit ORDER BY seq DESC LIMIT 1)
	WHERE actor <> 'another program';
END

CREATE TRIGGER journal_entry_insert BEFORE INSERT ON journal_entry
BEGIN
	SELECT RAISE(ABORT, 'a journal entry is never replaced')
	WHERE EXISTS (SELECT 1 FROM journal_entry WHERE uid = NEW.uid OR seq = NEW.seq);
	SELECT RAISE(ABORT, 'a journal entry must follow the last one')
	WHERE NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM journal_entry)
		OR NEW.prev_hash IS NOT coalesce(
			(SELECT hash FROM journal_entry ORDER BY seq DESC LIMIT 1), '0000000000000000000000000000000000000000000000000000000000000000'
		);
	SELECT RAISE(ABORT, 'a journal entry names an unknown one')
	WHERE NEW.supersedes IS NOT NULL
		AND NOT EXISTS (SELECT 1 FROM journal_entry WHERE uid = NEW.supersedes);
	SELECT RAISE(ABORT, 'a journal entry has a wrong hash')
	WHERE NEW.hash IS NOT journal_hash(
		NEW.prev_hash, NEW.seq, NEW.uid, NEW.kind, NEW.site, NEW.unit, NEW.occurred_at,
		NEW.recorded_at, NEW.actor, NEW.desk, NEW.payload, NEW.supersedes
	);
END

CREATE TRIGGER journal_entry_update BEFORE UPDATE ON journal_entry
BEGIN
	SELECT RAISE(ABORT, 'a journal entry is never changed');
END

CREATE TRIGGER journal_entry_delete BEFORE DELETE ON journal_entry
BEGIN
	SELECT RAISE(ABORT, 'a journal entry is never deleted');
END

DROP TABLE log_pack

DROP TABLE log_name

DROP TABLE call_entry

DROP TABLE last_visit

CREATE TABLE log_snapshot (
	fid INTEGER NOT NULL,
	seq INTEGER NOT NULL,
	hash TEXT NOT NULL,
	time_zone TEXT NOT NULL,
	names TEXT NOT NULL,
	unreadable TEXT NOT NULL,
	visits BLOB NOT NULL,
	calls BLOB NOT NULL,
	commitments BLOB NOT NULL,
	digest TEXT NOT NULL,
	PRIMARY KEY (fid)
)

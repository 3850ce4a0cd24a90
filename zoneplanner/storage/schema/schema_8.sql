CREATE TABLE site_figure (
	fid INTEGER NOT NULL,
	"plan" TEXT NOT NULL,
	site TEXT NOT NULL,
	jurisdiction TEXT,
	load_min DOUBLE,
	PRIMARY KEY (fid),
	UNIQUE ("plan", site)
)

CREATE TABLE zone_figure (
	fid INTEGER NOT NULL,
	"plan" TEXT NOT NULL,
	zone TEXT NOT NULL,
	sites INTEGER NOT NULL,
	load_min DOUBLE NOT NULL,
	share_min DOUBLE NOT NULL,
	PRIMARY KEY (fid),
	UNIQUE ("plan", zone)
)

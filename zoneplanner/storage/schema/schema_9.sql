CREATE VIEW "reviews" AS
SELECT record.fid,
	record.uid,
	record.site,
	CAST(json_extract(payload, '$.school_year') AS TEXT) AS "school_year",
	CAST(json_extract(payload, '$.stage') AS TEXT) AS "stage",
	CAST(json_extract(payload, '$.on') AS TEXT) AS "on",
	CAST(json_extract(payload, '$.who_kind') AS TEXT) AS "who_kind",
	CAST((SELECT group_concat(value, ';') FROM json_each(payload, '$.elements')) AS TEXT) AS "elements",
	CAST(coalesce(json_extract(payload, '$.sample'), false) AS INTEGER) AS sample
FROM log_record AS record
WHERE kind = 'review'

CREATE VIEW "district_reports" AS
SELECT record.fid,
	record.uid,
	CAST(json_extract(payload, '$.school_year') AS TEXT) AS "school_year",
	CAST(json_extract(payload, '$.on') AS TEXT) AS "on",
	CAST(json_extract(payload, '$.duty') AS TEXT) AS "duty",
	CAST(coalesce(json_extract(text, '$.note'), json_extract(payload, '$.note')) AS TEXT) AS "note",
	CAST(coalesce(json_extract(payload, '$.sample'), false) AS INTEGER) AS sample
FROM log_record AS record
WHERE kind = 'district_report'

CREATE VIEW "trainings" AS
SELECT record.fid,
	record.uid,
	record.site,
	CAST(json_extract(payload, '$.course') AS TEXT) AS "course",
	CAST(json_extract(payload, '$.held_on') AS TEXT) AS "held_on",
	CAST(json_extract(payload, '$.who_kind') AS TEXT) AS "who_kind",
	CAST(json_extract(payload, '$.trained') AS REAL) AS "trained",
	CAST(json_extract(payload, '$.employed') AS REAL) AS "employed",
	CAST(json_extract(payload, '$.expires_on') AS TEXT) AS "expires_on",
	CAST(coalesce(json_extract(text, '$.note'), json_extract(payload, '$.note')) AS TEXT) AS "note",
	CAST(coalesce(json_extract(payload, '$.sample'), false) AS INTEGER) AS sample
FROM log_record AS record
WHERE kind = 'training'

CREATE VIEW "partners" AS
SELECT record.fid,
	record.uid,
	CAST(coalesce(json_extract(text, '$.agency'), json_extract(payload, '$.agency')) AS TEXT) AS "agency",
	CAST(json_extract(payload, '$.level') AS TEXT) AS "level",
	CAST(json_extract(payload, '$.kind') AS TEXT) AS "kind",
	CAST(json_extract(payload, '$.on') AS TEXT) AS "on",
	CAST(coalesce(json_extract(text, '$.role'), json_extract(payload, '$.role')) AS TEXT) AS "role",
	CAST(json_extract(payload, '$.review_on') AS TEXT) AS "review_on",
	CAST(coalesce(json_extract(text, '$.note'), json_extract(payload, '$.note')) AS TEXT) AS "note",
	CAST(coalesce(json_extract(payload, '$.sample'), false) AS INTEGER) AS sample
FROM log_record AS record
WHERE kind = 'partner'

CREATE VIEW "concern_steps" AS
SELECT record.fid,
	record.uid,
	record.site,
	CAST(json_extract(payload, '$.concern') AS TEXT) AS "concern",
	CAST(json_extract(payload, '$.step') AS TEXT) AS "step",
	record.occurred_at AS "at",
	CAST(coalesce(json_extract(text, '$.owner_role'), json_extract(payload, '$.owner_role')) AS TEXT) AS "owner_role",
	CAST(json_extract(payload, '$.source') AS TEXT) AS "source",
	CAST(coalesce(json_extract(text, '$.agency'), json_extract(payload, '$.agency')) AS TEXT) AS "agency",
	CAST(json_extract(payload, '$.outcome') AS TEXT) AS "outcome",
	CAST(coalesce(json_extract(payload, '$.sample'), false) AS INTEGER) AS sample
FROM log_record AS record
WHERE kind = 'concern_step'

CREATE VIEW "violent_incidents" AS
SELECT record.fid,
	record.uid,
	record.site,
	record.occurred_at AS "occurred_at",
	CAST(json_extract(payload, '$.type') AS TEXT) AS "type",
	CAST(json_extract(payload, '$.committed_by') AS TEXT) AS "committed_by",
	CAST(json_extract(payload, '$.circumstances') AS TEXT) AS "circumstances",
	CAST(json_extract(payload, '$.place') AS TEXT) AS "place",
	CAST(json_extract(payload, '$.violence') AS TEXT) AS "violence",
	CAST(coalesce(json_extract(text, '$.description'), json_extract(payload, '$.description')) AS TEXT) AS "description",
	CAST(coalesce(json_extract(text, '$.consequences'), json_extract(payload, '$.consequences')) AS TEXT) AS "consequences",
	CAST(coalesce(json_extract(text, '$.completed_by'), json_extract(payload, '$.completed_by')) AS TEXT) AS "completed_by",
	CAST(coalesce(json_extract(payload, '$.sample'), false) AS INTEGER) AS sample
FROM log_record AS record
WHERE kind = 'violent_incident'

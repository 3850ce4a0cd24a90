CREATE VIEW "trainings" AS
SELECT record.fid,
	record.uid,
	record.site,
	CAST(json_extract(payload, '$.course') AS TEXT) AS "course",
	CAST(json_extract(payload, '$.held_on') AS TEXT) AS "held_on",
	CAST(json_extract(payload, '$.who_kind') AS TEXT) AS "who_kind",
	CAST(json_extract(payload, '$.officer') AS TEXT) AS "officer",
	CAST(json_extract(payload, '$.trained') AS REAL) AS "trained",
	CAST(json_extract(payload, '$.employed') AS REAL) AS "employed",
	CAST(json_extract(payload, '$.expires_on') AS TEXT) AS "expires_on",
	CAST(coalesce(json_extract(text, '$.note'), json_extract(payload, '$.note')) AS TEXT) AS "note",
	CAST(coalesce(json_extract(payload, '$.sample'), false) AS INTEGER) AS sample
FROM log_record AS record
WHERE kind = 'training'

CREATE VIEW "command_entrys" AS
SELECT record.fid,
	record.uid,
	record.site,
	CAST(json_extract(payload, '$.incident') AS TEXT) AS "incident",
	record.occurred_at AS "at",
	CAST(json_extract(payload, '$.kind') AS TEXT) AS "kind",
	CAST(json_extract(payload, '$.role') AS TEXT) AS "role",
	CAST(json_extract(payload, '$.told') AS TEXT) AS "told",
	CAST(coalesce(json_extract(text, '$.who'), json_extract(payload, '$.who')) AS TEXT) AS "who",
	CAST(coalesce(json_extract(text, '$.place'), json_extract(payload, '$.place')) AS TEXT) AS "place",
	CAST(json_extract(payload, '$.count') AS REAL) AS "count",
	CAST(coalesce(json_extract(text, '$.note'), json_extract(payload, '$.note')) AS TEXT) AS "note",
	CAST(coalesce(json_extract(payload, '$.sample'), false) AS INTEGER) AS sample
FROM log_record AS record
WHERE kind = 'command_entry'

CREATE VIEW "reunification_sites" AS
SELECT record.fid,
	record.uid,
	record.site,
	CAST(coalesce(json_extract(text, '$.name'), json_extract(payload, '$.name')) AS TEXT) AS "name",
	CAST(json_extract(payload, '$.how') AS TEXT) AS "how",
	CAST(json_extract(payload, '$.capacity') AS REAL) AS "capacity",
	CAST(json_extract(payload, '$.on') AS TEXT) AS "on",
	CAST(json_extract(payload, '$.review_on') AS TEXT) AS "review_on",
	CAST(coalesce(json_extract(text, '$.place'), json_extract(payload, '$.place')) AS TEXT) AS "place",
	CAST(coalesce(json_extract(text, '$.position'), json_extract(payload, '$.position')) AS TEXT) AS "position",
	CAST(coalesce(json_extract(text, '$.agency'), json_extract(payload, '$.agency')) AS TEXT) AS "agency",
	CAST(coalesce(json_extract(text, '$.note'), json_extract(payload, '$.note')) AS TEXT) AS "note",
	CAST(coalesce(json_extract(payload, '$.sample'), false) AS INTEGER) AS sample
FROM log_record AS record
WHERE kind = 'reunification_site'

CREATE VIEW "monitor_posts" AS
SELECT record.fid,
	record.uid,
	record.site,
	CAST(json_extract(payload, '$.on') AS TEXT) AS "on",
	CAST(json_extract(payload, '$.post') AS TEXT) AS "post",
	CAST(json_extract(payload, '$.monitors') AS REAL) AS "monitors",
	CAST(json_extract(payload, '$.hours') AS REAL) AS "hours",
	CAST(json_extract(payload, '$.ends_on') AS TEXT) AS "ends_on",
	CAST(coalesce(json_extract(text, '$.note'), json_extract(payload, '$.note')) AS TEXT) AS "note",
	CAST(coalesce(json_extract(payload, '$.sample'), false) AS INTEGER) AS sample
FROM log_record AS record
WHERE kind = 'monitor_post'

CREATE VIEW "monthly_returns" AS
SELECT record.fid,
	record.uid,
	record.site,
	CAST(json_extract(payload, '$.on') AS TEXT) AS "on",
	CAST(json_extract(payload, '$.month') AS TEXT) AS "month",
	CAST(json_extract(payload, '$.drills') AS REAL) AS "drills",
	CAST(json_extract(payload, '$.plan_steps') AS REAL) AS "plan_steps",
	CAST(json_extract(payload, '$.trained') AS REAL) AS "trained",
	CAST(json_extract(payload, '$.monitors') AS REAL) AS "monitors",
	CAST(json_extract(payload, '$.contacts_checked') AS INTEGER) AS "contacts_checked",
	CAST(coalesce(json_extract(text, '$.note'), json_extract(payload, '$.note')) AS TEXT) AS "note",
	CAST(coalesce(json_extract(payload, '$.sample'), false) AS INTEGER) AS sample
FROM log_record AS record
WHERE kind = 'monthly_return'

CREATE VIEW "legal_notices" AS
SELECT record.fid,
	record.uid,
	record.site,
	record.occurred_at AS "at",
	CAST(json_extract(payload, '$.duty') AS TEXT) AS "duty",
	CAST(coalesce(json_extract(text, '$.agency'), json_extract(payload, '$.agency')) AS TEXT) AS "agency",
	CAST(json_extract(payload, '$.told_at') AS TEXT) AS "told_at",
	CAST(json_extract(payload, '$.notice_at') AS TEXT) AS "notice_at",
	CAST(coalesce(json_extract(text, '$.role'), json_extract(payload, '$.role')) AS TEXT) AS "role",
	CAST(coalesce(json_extract(payload, '$.sample'), false) AS INTEGER) AS sample
FROM log_record AS record
WHERE kind = 'legal_notice'

CREATE VIEW "agency_totals" AS
SELECT record.fid,
	record.uid,
	CAST(json_extract(payload, '$.on') AS TEXT) AS "on",
	CAST(coalesce(json_extract(text, '$.agency'), json_extract(payload, '$.agency')) AS TEXT) AS "agency",
	CAST(json_extract(payload, '$.school_year') AS TEXT) AS "school_year",
	CAST(json_extract(payload, '$.arrests') AS REAL) AS "arrests",
	CAST(json_extract(payload, '$.citations') AS REAL) AS "citations",
	CAST(coalesce(json_extract(text, '$.note'), json_extract(payload, '$.note')) AS TEXT) AS "note",
	CAST(coalesce(json_extract(payload, '$.sample'), false) AS INTEGER) AS sample
FROM log_record AS record
WHERE kind = 'agency_total'

CREATE VIEW "text_reviews" AS
SELECT record.fid,
	record.uid,
	CAST(json_extract(payload, '$.on') AS TEXT) AS "on",
	CAST(json_extract(payload, '$.language') AS TEXT) AS "language",
	CAST(coalesce(json_extract(text, '$.role'), json_extract(payload, '$.role')) AS TEXT) AS "role",
	CAST(json_extract(payload, '$.version') AS TEXT) AS "version",
	CAST(coalesce(json_extract(payload, '$.sample'), false) AS INTEGER) AS sample
FROM log_record AS record
WHERE kind = 'text_review'

CREATE VIEW "relief_calls" AS
SELECT record.fid,
	record.uid,
	record.site,
	record.occurred_at AS "at",
	CAST(json_extract(payload, '$.officer') AS TEXT) AS "officer",
	CAST(json_extract(payload, '$.answer') AS TEXT) AS "answer",
	CAST(json_extract(payload, '$.shift') AS TEXT) AS "shift",
	CAST(coalesce(json_extract(payload, '$.sample'), false) AS INTEGER) AS sample
FROM log_record AS record
WHERE kind = 'relief_call'

CREATE VIEW "unit_status" AS
SELECT record.fid,
	record.uid,
	record.unit,
	CAST(json_extract(payload, '$.status') AS TEXT) AS "status",
	record.occurred_at AS "at",
	CAST(coalesce(json_extract(payload, '$.sample'), false) AS INTEGER) AS sample
FROM log_record AS record
WHERE kind = 'unit_status'

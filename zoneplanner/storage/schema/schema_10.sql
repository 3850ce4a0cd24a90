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

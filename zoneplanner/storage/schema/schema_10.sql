CREATE INDEX journal_entry_occurred ON journal_entry (occurred_at)

CREATE VIEW "current_plan" AS
SELECT coalesce(
	(SELECT uid FROM "plan"
		WHERE effective_on <= date('now', 'localtime') AND (expires_on IS NULL OR expires_on > date('now', 'localtime'))
		ORDER BY position LIMIT 1),
	(SELECT uid FROM "plan"
		WHERE NOT EXISTS (SELECT 1 FROM plan_site WHERE plan_site."plan" = "plan".uid)
		ORDER BY position DESC LIMIT 1),
	'') AS uid

CREATE VIEW "visits" AS
SELECT record.fid,
	record.uid,
	record.site,
	CAST((SELECT site.name FROM site WHERE site.id = record.site) AS TEXT) AS site_name,
	CAST((SELECT assignment.zone FROM assignment
		WHERE assignment."plan" = (SELECT uid FROM current_plan)
		AND assignment.site = record.site) AS TEXT) AS zone,
	record.unit,
	CAST(json_extract(payload, '$.officer') AS TEXT) AS "officer",
	CAST((SELECT officer.name FROM officer WHERE officer.id = json_extract(payload, '$.officer')) AS TEXT) AS officer_name,
	record.occurred_at AS "arrived_at",
	CAST(json_extract(payload, '$.departed_at') AS TEXT) AS "departed_at",
	CAST(json_extract(payload, '$.purpose') AS TEXT) AS "purpose",
	CAST(coalesce(json_extract(payload, '$.status'), 'completed') AS TEXT) AS "status",
	CAST(coalesce(json_extract(text, '$.note'), json_extract(payload, '$.note')) AS TEXT) AS "note",
	CAST(coalesce(json_extract(payload, '$.sample'), false) AS INTEGER) AS sample
FROM log_record AS record
WHERE record.kind = 'visit'

CREATE VIEW "incidents" AS
WITH listed (incident, unit, place) AS (
	SELECT record.uid, item.value, item.key FROM log_record AS record, json_each(payload, '$.units') AS item
	WHERE record.kind = 'incident'
	UNION ALL
	SELECT uid, unit, 0 FROM log_record
	WHERE kind = 'incident' AND unit IS NOT NULL AND coalesce(json_extract(payload, '$.units'), '[]') = '[]'
),
sent (incident, unit, place) AS (
	SELECT incident, unit, place FROM listed
	UNION ALL
	SELECT incident, unit, place FROM log_stamp
	WHERE unit <> '' AND NOT EXISTS (
		SELECT 1 FROM listed
		WHERE listed.incident = log_stamp.incident AND listed.unit = log_stamp.unit
	)
),
called (incident, dispatched_at, enroute_at, onscene_at, cleared_at) AS (
	SELECT incident, min(dispatched_at), min(enroute_at), min(onscene_at),
		CASE WHEN count(*) = count(cleared_at) THEN max(cleared_at) END
	FROM log_stamp GROUP BY incident
),
joined (incident, units) AS (
	SELECT incident, group_concat(unit, ';')
	FROM (SELECT incident, unit, place FROM sent ORDER BY incident, place) AS sent
	GROUP BY incident
)
SELECT record.fid,
	record.uid,
	record.site,
	CAST((SELECT site.name FROM site WHERE site.id = record.site) AS TEXT) AS site_name,
	CAST((SELECT assignment.zone FROM assignment
		WHERE assignment."plan" = (SELECT uid FROM current_plan)
		AND assignment.site = record.site) AS TEXT) AS zone,
	CAST(coalesce(json_extract(text, '$.type'), json_extract(payload, '$.type')) AS TEXT) AS "type",
	CAST(coalesce(json_extract(payload, '$.priority'), 3) AS INTEGER) AS "priority",
	record.occurred_at AS "received_at",
	CAST(coalesce(json_extract(payload, '$.dispatched_at'), called.dispatched_at) AS TEXT) AS "dispatched_at",
	CAST(coalesce(json_extract(payload, '$.enroute_at'), called.enroute_at) AS TEXT) AS "enroute_at",
	CAST(coalesce(json_extract(payload, '$.onscene_at'), called.onscene_at) AS TEXT) AS "onscene_at",
	CAST(coalesce(json_extract(payload, '$.cleared_at'), called.cleared_at) AS TEXT) AS "cleared_at",
	CAST(joined.units AS TEXT) AS units,
	CAST(coalesce(json_extract(text, '$.disposition'), json_extract(payload, '$.disposition')) AS TEXT) AS "disposition",
	CAST(coalesce(json_extract(text, '$.note'), json_extract(payload, '$.note')) AS TEXT) AS "note",
	CAST(coalesce(json_extract(payload, '$.sample'), false) AS INTEGER) AS sample
FROM log_record AS record LEFT JOIN called ON called.incident = record.uid
LEFT JOIN joined ON joined.incident = record.uid
WHERE record.kind = 'incident'

CREATE VIEW "drills" AS
SELECT record.fid,
	record.uid,
	record.site,
	CAST((SELECT site.name FROM site WHERE site.id = record.site) AS TEXT) AS site_name,
	CAST(json_extract(payload, '$.kind') AS TEXT) AS "kind",
	record.occurred_at AS "held_at",
	CAST(json_extract(payload, '$.minutes') AS REAL) AS "minutes",
	CAST(json_extract(payload, '$.officer_present') AS INTEGER) AS "officer_present",
	CAST((SELECT group_concat(value, ';') FROM json_each(payload, '$.checklist')) AS TEXT) AS "checklist",
	CAST(coalesce(json_extract(text, '$.note'), json_extract(payload, '$.note')) AS TEXT) AS "note",
	CAST(coalesce(json_extract(payload, '$.sample'), false) AS INTEGER) AS sample
FROM log_record AS record
WHERE record.kind = 'drill'

CREATE VIEW "reviews" AS
SELECT record.fid,
	record.uid,
	record.site,
	CAST((SELECT site.name FROM site WHERE site.id = record.site) AS TEXT) AS site_name,
	CAST(json_extract(payload, '$.school_year') AS TEXT) AS "school_year",
	CAST(json_extract(payload, '$.stage') AS TEXT) AS "stage",
	CAST(json_extract(payload, '$.on') AS TEXT) AS "on",
	CAST(json_extract(payload, '$.who_kind') AS TEXT) AS "who_kind",
	CAST((SELECT group_concat(value, ';') FROM json_each(payload, '$.elements')) AS TEXT) AS "elements",
	CAST(coalesce(json_extract(payload, '$.sample'), false) AS INTEGER) AS sample
FROM log_record AS record
WHERE record.kind = 'review'

CREATE VIEW "actions" AS
SELECT record.fid,
	record.uid,
	record.site,
	CAST((SELECT site.name FROM site WHERE site.id = record.site) AS TEXT) AS site_name,
	CAST(json_extract(payload, '$.action') AS TEXT) AS "action",
	record.occurred_at AS "began_at",
	CAST(json_extract(payload, '$.ended_at') AS TEXT) AS "ended_at",
	CAST(coalesce((SELECT group_concat(value, ';') FROM json_each(payload, '$.units')), record.unit) AS TEXT) AS "units",
	CAST(coalesce(json_extract(text, '$.note'), json_extract(payload, '$.note')) AS TEXT) AS "note",
	CAST(json_extract(payload, '$.incident') AS TEXT) AS "incident",
	CAST(json_extract(payload, '$.all_clear_by') AS TEXT) AS "all_clear_by",
	CAST(json_extract(payload, '$.all_clear_agency') AS TEXT) AS "all_clear_agency",
	CAST(coalesce(json_extract(payload, '$.sample'), false) AS INTEGER) AS sample
FROM log_record AS record
WHERE record.kind = 'action'

CREATE VIEW "after_actions" AS
SELECT record.fid,
	record.uid,
	record.site,
	CAST((SELECT site.name FROM site WHERE site.id = record.site) AS TEXT) AS site_name,
	CAST(json_extract(payload, '$.incident') AS TEXT) AS "incident",
	CAST(coalesce(json_extract(text, '$.event'), json_extract(payload, '$.event')) AS TEXT) AS "event",
	CAST(json_extract(payload, '$.event_on') AS TEXT) AS "event_on",
	CAST(json_extract(payload, '$.held_on') AS TEXT) AS "held_on",
	CAST(coalesce(json_extract(text, '$.overview'), json_extract(payload, '$.overview')) AS TEXT) AS "overview",
	CAST(coalesce(json_extract(text, '$.objectives'), json_extract(payload, '$.objectives')) AS TEXT) AS "objectives",
	CAST(coalesce(json_extract(text, '$.strengths'), json_extract(payload, '$.strengths')) AS TEXT) AS "strengths",
	CAST(coalesce(json_extract(text, '$.improvements'), json_extract(payload, '$.improvements')) AS TEXT) AS "improvements",
	CAST(coalesce(json_extract(text, '$.participants'), json_extract(payload, '$.participants')) AS TEXT) AS "participants",
	CAST(coalesce(json_extract(payload, '$.sample'), false) AS INTEGER) AS sample
FROM log_record AS record
WHERE record.kind = 'after_action'

CREATE VIEW "corrective_actions" AS
SELECT record.fid,
	record.uid,
	record.site,
	CAST((SELECT site.name FROM site WHERE site.id = record.site) AS TEXT) AS site_name,
	CAST(json_extract(payload, '$.review') AS TEXT) AS "review",
	CAST(coalesce(json_extract(text, '$.action'), json_extract(payload, '$.action')) AS TEXT) AS "action",
	CAST(coalesce(json_extract(text, '$.owner_role'), json_extract(payload, '$.owner_role')) AS TEXT) AS "owner_role",
	CAST(json_extract(payload, '$.due_on') AS TEXT) AS "due_on",
	CAST(json_extract(payload, '$.done_on') AS TEXT) AS "done_on",
	CAST(json_extract(payload, '$.verified_on') AS TEXT) AS "verified_on",
	CAST(coalesce(json_extract(payload, '$.sample'), false) AS INTEGER) AS sample
FROM log_record AS record
WHERE record.kind = 'corrective_action'

CREATE VIEW "concerns" AS
SELECT record.fid,
	record.uid,
	record.site,
	CAST((SELECT site.name FROM site WHERE site.id = record.site) AS TEXT) AS site_name,
	CAST(coalesce(json_extract(text, '$.reference'), json_extract(payload, '$.reference')) AS TEXT) AS "reference",
	record.occurred_at AS "received_at",
	CAST(json_extract(payload, '$.acknowledged_at') AS TEXT) AS "acknowledged_at",
	CAST(json_extract(payload, '$.closed_at') AS TEXT) AS "closed_at",
	CAST(coalesce(json_extract(payload, '$.sample'), false) AS INTEGER) AS sample
FROM log_record AS record
WHERE record.kind = 'concern'

CREATE VIEW "district_reports" AS
SELECT record.fid,
	record.uid,
	CAST(json_extract(payload, '$.school_year') AS TEXT) AS "school_year",
	CAST(json_extract(payload, '$.on') AS TEXT) AS "on",
	CAST(json_extract(payload, '$.duty') AS TEXT) AS "duty",
	CAST(coalesce(json_extract(text, '$.note'), json_extract(payload, '$.note')) AS TEXT) AS "note",
	CAST(coalesce(json_extract(payload, '$.sample'), false) AS INTEGER) AS sample
FROM log_record AS record
WHERE record.kind = 'district_report'

CREATE VIEW "hours" AS
SELECT record.fid,
	record.uid,
	CAST(json_extract(payload, '$.officer') AS TEXT) AS "officer",
	CAST((SELECT officer.name FROM officer WHERE officer.id = json_extract(payload, '$.officer')) AS TEXT) AS officer_name,
	record.unit,
	CAST(json_extract(payload, '$.shift') AS TEXT) AS "shift",
	record.occurred_at AS "began_at",
	CAST(json_extract(payload, '$.ended_at') AS TEXT) AS "ended_at",
	CAST(json_extract(payload, '$.break_min') AS REAL) AS "break_min",
	CAST(json_extract(payload, '$.pay_code') AS TEXT) AS "pay_code",
	CAST(json_extract(payload, '$.fund') AS TEXT) AS "fund",
	CAST(json_extract(payload, '$.absent') AS INTEGER) AS "absent",
	CAST(coalesce(json_extract(text, '$.note'), json_extract(payload, '$.note')) AS TEXT) AS "note",
	CAST(coalesce(json_extract(payload, '$.sample'), false) AS INTEGER) AS sample
FROM log_record AS record
WHERE record.kind = 'hours'

CREATE VIEW "approvals" AS
SELECT record.fid,
	record.uid,
	CAST(json_extract(payload, '$.on') AS TEXT) AS "on",
	CAST(json_extract(payload, '$.worked') AS TEXT) AS "worked",
	CAST(json_extract(payload, '$.officer') AS TEXT) AS "officer",
	CAST((SELECT officer.name FROM officer WHERE officer.id = json_extract(payload, '$.officer')) AS TEXT) AS officer_name,
	CAST(json_extract(payload, '$.agency') AS TEXT) AS "agency",
	CAST(json_extract(payload, '$.hours') AS REAL) AS "hours",
	CAST(json_extract(payload, '$.rate') AS REAL) AS "rate",
	CAST(json_extract(payload, '$.pay_code') AS TEXT) AS "pay_code",
	CAST(json_extract(payload, '$.fund') AS TEXT) AS "fund",
	CAST(coalesce(json_extract(payload, '$.sample'), false) AS INTEGER) AS sample
FROM log_record AS record
WHERE record.kind = 'approval'

CREATE VIEW "trainings" AS
SELECT record.fid,
	record.uid,
	record.site,
	CAST((SELECT site.name FROM site WHERE site.id = record.site) AS TEXT) AS site_name,
	CAST(json_extract(payload, '$.course') AS TEXT) AS "course",
	CAST(json_extract(payload, '$.held_on') AS TEXT) AS "held_on",
	CAST(json_extract(payload, '$.who_kind') AS TEXT) AS "who_kind",
	CAST(json_extract(payload, '$.officer') AS TEXT) AS "officer",
	CAST((SELECT officer.name FROM officer WHERE officer.id = json_extract(payload, '$.officer')) AS TEXT) AS officer_name,
	CAST(json_extract(payload, '$.trained') AS REAL) AS "trained",
	CAST(json_extract(payload, '$.employed') AS REAL) AS "employed",
	CAST(json_extract(payload, '$.expires_on') AS TEXT) AS "expires_on",
	CAST(coalesce(json_extract(text, '$.note'), json_extract(payload, '$.note')) AS TEXT) AS "note",
	CAST(coalesce(json_extract(payload, '$.sample'), false) AS INTEGER) AS sample
FROM log_record AS record
WHERE record.kind = 'training'

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
WHERE record.kind = 'partner'

CREATE VIEW "concern_steps" AS
SELECT record.fid,
	record.uid,
	record.site,
	CAST((SELECT site.name FROM site WHERE site.id = record.site) AS TEXT) AS site_name,
	CAST(json_extract(payload, '$.concern') AS TEXT) AS "concern",
	CAST(json_extract(payload, '$.step') AS TEXT) AS "step",
	record.occurred_at AS "at",
	CAST(coalesce(json_extract(text, '$.owner_role'), json_extract(payload, '$.owner_role')) AS TEXT) AS "owner_role",
	CAST(json_extract(payload, '$.source') AS TEXT) AS "source",
	CAST(coalesce(json_extract(text, '$.agency'), json_extract(payload, '$.agency')) AS TEXT) AS "agency",
	CAST(json_extract(payload, '$.outcome') AS TEXT) AS "outcome",
	CAST(coalesce(json_extract(payload, '$.sample'), false) AS INTEGER) AS sample
FROM log_record AS record
WHERE record.kind = 'concern_step'

CREATE VIEW "violent_incidents" AS
SELECT record.fid,
	record.uid,
	record.site,
	CAST((SELECT site.name FROM site WHERE site.id = record.site) AS TEXT) AS site_name,
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
WHERE record.kind = 'violent_incident'

CREATE VIEW "command_entrys" AS
SELECT record.fid,
	record.uid,
	record.site,
	CAST((SELECT site.name FROM site WHERE site.id = record.site) AS TEXT) AS site_name,
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
WHERE record.kind = 'command_entry'

CREATE VIEW "reunification_sites" AS
SELECT record.fid,
	record.uid,
	record.site,
	CAST((SELECT site.name FROM site WHERE site.id = record.site) AS TEXT) AS site_name,
	CAST(coalesce(json_extract(text, '$.name'), json_extract(payload, '$.name')) AS TEXT) AS "name",
	CAST(json_extract(payload, '$.how') AS TEXT) AS "how",
	CAST(json_extract(payload, '$.capacity') AS REAL) AS "capacity",
	CAST(json_extract(payload, '$.on') AS TEXT) AS "on",
	CAST(json_extract(payload, '$.review_on') AS TEXT) AS "review_on",
	CAST(json_extract(payload, '$.at_site') AS TEXT) AS "at_site",
	CAST(coalesce(json_extract(text, '$.position'), json_extract(payload, '$.position')) AS TEXT) AS "position",
	CAST(coalesce(json_extract(text, '$.agency'), json_extract(payload, '$.agency')) AS TEXT) AS "agency",
	CAST(coalesce(json_extract(text, '$.note'), json_extract(payload, '$.note')) AS TEXT) AS "note",
	CAST(coalesce(json_extract(payload, '$.sample'), false) AS INTEGER) AS sample
FROM log_record AS record
WHERE record.kind = 'reunification_site'

CREATE VIEW "monitor_posts" AS
SELECT record.fid,
	record.uid,
	record.site,
	CAST((SELECT site.name FROM site WHERE site.id = record.site) AS TEXT) AS site_name,
	CAST(json_extract(payload, '$.on') AS TEXT) AS "on",
	CAST(json_extract(payload, '$.post') AS TEXT) AS "post",
	CAST(json_extract(payload, '$.monitors') AS REAL) AS "monitors",
	CAST(json_extract(payload, '$.hours') AS REAL) AS "hours",
	CAST(json_extract(payload, '$.ends_on') AS TEXT) AS "ends_on",
	CAST(coalesce(json_extract(text, '$.note'), json_extract(payload, '$.note')) AS TEXT) AS "note",
	CAST(coalesce(json_extract(payload, '$.sample'), false) AS INTEGER) AS sample
FROM log_record AS record
WHERE record.kind = 'monitor_post'

CREATE VIEW "monthly_returns" AS
SELECT record.fid,
	record.uid,
	record.site,
	CAST((SELECT site.name FROM site WHERE site.id = record.site) AS TEXT) AS site_name,
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
WHERE record.kind = 'monthly_return'

CREATE VIEW "legal_notices" AS
SELECT record.fid,
	record.uid,
	record.site,
	CAST((SELECT site.name FROM site WHERE site.id = record.site) AS TEXT) AS site_name,
	record.occurred_at AS "at",
	CAST(json_extract(payload, '$.duty') AS TEXT) AS "duty",
	CAST(coalesce(json_extract(text, '$.agency'), json_extract(payload, '$.agency')) AS TEXT) AS "agency",
	CAST(json_extract(payload, '$.told_at') AS TEXT) AS "told_at",
	CAST(json_extract(payload, '$.notice_at') AS TEXT) AS "notice_at",
	CAST(coalesce(json_extract(text, '$.role'), json_extract(payload, '$.role')) AS TEXT) AS "role",
	CAST(coalesce(json_extract(payload, '$.sample'), false) AS INTEGER) AS sample
FROM log_record AS record
WHERE record.kind = 'legal_notice'

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
WHERE record.kind = 'agency_total'

CREATE VIEW "text_reviews" AS
SELECT record.fid,
	record.uid,
	CAST(json_extract(payload, '$.on') AS TEXT) AS "on",
	CAST(json_extract(payload, '$.language') AS TEXT) AS "language",
	CAST(coalesce(json_extract(text, '$.role'), json_extract(payload, '$.role')) AS TEXT) AS "role",
	CAST(json_extract(payload, '$.version') AS TEXT) AS "version",
	CAST(coalesce(json_extract(payload, '$.sample'), false) AS INTEGER) AS sample
FROM log_record AS record
WHERE record.kind = 'text_review'

CREATE VIEW "relief_calls" AS
SELECT record.fid,
	record.uid,
	record.site,
	CAST((SELECT site.name FROM site WHERE site.id = record.site) AS TEXT) AS site_name,
	record.occurred_at AS "at",
	CAST(json_extract(payload, '$.officer') AS TEXT) AS "officer",
	CAST((SELECT officer.name FROM officer WHERE officer.id = json_extract(payload, '$.officer')) AS TEXT) AS officer_name,
	CAST(json_extract(payload, '$.answer') AS TEXT) AS "answer",
	CAST(json_extract(payload, '$.shift') AS TEXT) AS "shift",
	CAST(coalesce(json_extract(payload, '$.sample'), false) AS INTEGER) AS sample
FROM log_record AS record
WHERE record.kind = 'relief_call'

CREATE VIEW "outside_events" AS
SELECT record.fid,
	record.uid,
	CAST(json_extract(payload, '$.on') AS TEXT) AS "on",
	CAST(coalesce(json_extract(text, '$.event'), json_extract(payload, '$.event')) AS TEXT) AS "event",
	CAST(coalesce(json_extract(text, '$.place'), json_extract(payload, '$.place')) AS TEXT) AS "place",
	CAST(coalesce(json_extract(payload, '$.sample'), false) AS INTEGER) AS sample
FROM log_record AS record
WHERE record.kind = 'outside_event'

CREATE VIEW "unit_status" AS
SELECT record.fid,
	record.uid,
	record.unit,
	CAST(json_extract(payload, '$.status') AS TEXT) AS "status",
	record.occurred_at AS "at",
	CAST(coalesce(json_extract(payload, '$.sample'), false) AS INTEGER) AS sample
FROM log_record AS record
WHERE record.kind = 'unit_status'

CREATE VIEW "incident_units" AS
WITH listed (incident, unit, place) AS (
	SELECT record.uid, item.value, item.key FROM log_record AS record, json_each(payload, '$.units') AS item
	WHERE record.kind = 'incident'
	UNION ALL
	SELECT uid, unit, 0 FROM log_record
	WHERE kind = 'incident' AND unit IS NOT NULL AND coalesce(json_extract(payload, '$.units'), '[]') = '[]'
),
sent (incident, unit, place) AS (
	SELECT incident, unit, place FROM listed
	UNION ALL
	SELECT incident, unit, place FROM log_stamp
	WHERE unit <> '' AND NOT EXISTS (
		SELECT 1 FROM listed
		WHERE listed.incident = log_stamp.incident AND listed.unit = log_stamp.unit
	)
)
SELECT seq AS fid, uid AS incident, site, site AS site_name, unit, occurred_at AS dispatched_at, occurred_at AS enroute_at, occurred_at AS onscene_at, occurred_at AS cleared_at
FROM journal_entry WHERE seq < 0
UNION ALL
SELECT CAST(row_number() OVER (ORDER BY record.fid, sent.place) AS INTEGER), record.uid,
	record.site, CAST((SELECT site.name FROM site WHERE site.id = record.site) AS TEXT), CAST(sent.unit AS TEXT),
	CAST(coalesce(stamped.dispatched_at, CASE WHEN sent.place <= 999 THEN json_extract(payload, '$.dispatched_at') END) AS TEXT),
	CAST(coalesce(stamped.enroute_at, CASE WHEN sent.place <= 999 THEN json_extract(payload, '$.enroute_at') END) AS TEXT),
	CAST(coalesce(stamped.onscene_at, CASE WHEN sent.place <= 999 THEN json_extract(payload, '$.onscene_at') END) AS TEXT),
	CAST(coalesce(stamped.cleared_at, CASE WHEN sent.place <= 999 THEN json_extract(payload, '$.cleared_at') END) AS TEXT)
FROM sent JOIN log_record AS record ON record.uid = sent.incident AND record.kind = 'incident'
LEFT JOIN log_stamp AS stamped
	ON stamped.incident = sent.incident AND stamped.unit = sent.unit

CREATE VIEW "site_by_zone" AS
WITH last_visit (site, at) AS (
	SELECT site, max(occurred_at) FROM log_record
	WHERE kind = 'visit' AND coalesce(json_extract(payload, '$.status'), 'completed') IN ('on_site', 'completed')
	GROUP BY site
)
SELECT site.fid, site.geom, site.id, site.name, site.level, site.enrollment, site.patrolled,
	figure.jurisdiction, "plan".name AS "plan", zone.id AS zone, zone.name AS zone_name,
	zone.unit, unit.agency, zone.colour, figure.load_min AS load_min_per_day,
	CAST(last_visit.at AS TEXT) AS last_visit, site.fid AS rowid
FROM site CROSS JOIN current_plan
LEFT JOIN "plan" ON "plan".uid = current_plan.uid
LEFT JOIN assignment ON assignment."plan" = current_plan.uid AND assignment.site = site.id
LEFT JOIN zone ON zone."plan" = current_plan.uid AND zone.id = assignment.zone
LEFT JOIN unit ON unit.id = zone.unit
LEFT JOIN site_figure AS figure ON figure."plan" = current_plan.uid AND figure.site = site.id
LEFT JOIN last_visit ON last_visit.site = site.id

CREATE VIEW "zones_by_plan" AS
SELECT zone.fid, area.geom, "plan".name AS "plan", "plan".effective_on, "plan".expires_on,
	zone.id AS zone, zone.name, zone.unit, unit.agency, figure.sites,
	CAST((SELECT sum(site.enrollment) FROM assignment JOIN site ON site.id = assignment.site
		WHERE assignment."plan" = zone."plan" AND assignment.zone = zone.id) AS INTEGER)
		AS students_known,
	figure.load_min AS load_min_per_day,
	CAST(CASE WHEN figure.share_min > 0 THEN figure.load_min / figure.share_min - 1 END AS REAL)
		AS deviation,
	zone.colour, CAST("plan".uid = current_plan.uid AS INTEGER) AS shown, zone.fid AS rowid
FROM zone CROSS JOIN current_plan
JOIN "plan" ON "plan".uid = zone."plan"
LEFT JOIN unit ON unit.id = zone.unit
LEFT JOIN zone_figure AS figure ON figure."plan" = zone."plan" AND figure.zone = zone.id
LEFT JOIN zone_area AS area ON area."plan" = zone."plan" AND area.zone = zone.id

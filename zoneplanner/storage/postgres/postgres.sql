CREATE FUNCTION server_time() RETURNS text LANGUAGE sql AS $$
	SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"')
$$

CREATE FUNCTION take_turn() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT AS $$
BEGIN
	-- writers take turns on a table that nobody else may lock, unlike an advisory lock
	LOCK TABLE write_turn IN EXCLUSIVE MODE;
END $$

CREATE FUNCTION owns_project() RETURNS boolean LANGUAGE sql STABLE
SET search_path FROM CURRENT AS $$
	-- whose the tables are, or who may make others planners; as whom one logged in counts
	SELECT pg_has_role(session_user, relowner, 'MEMBER') OR EXISTS (
		SELECT 1 FROM aclexplode(relacl) WHERE privilege_type = 'INSERT' AND grantee NOT IN (0, relowner)
			AND pg_has_role(session_user, grantee, 'MEMBER WITH ADMIN OPTION')
	) FROM pg_class WHERE oid = 'edit'::regclass
$$

CREATE FUNCTION noted_access() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
	IF NOT owns_project() THEN
		RAISE insufficient_privilege;
	END IF;
	NEW.at := server_time();
	NEW.given_by := session_user;
	RETURN NEW;
END $$

CREATE FUNCTION edit_hash(prev_hash text, edit edit) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
	SELECT encode(sha256(convert_to(
		prev_hash || '[' || edit.seq::text || ',' || array_to_string(ARRAY[
			to_json(edit.kind)::text, to_json(edit.label)::text, to_json(edit.actor)::text,
			to_json(edit.at)::text, edit.step::text, to_json(edit.jump)::text,
			coalesce(to_json(edit.plan)::text, 'null'),
			to_json(edit."before")::text, to_json(edit."after")::text,
			to_json(edit.rows_digest)::text,
			coalesce('"' || encode(sha256(edit.snapshot), 'hex') || '"', 'null')
		], ',') || ']', 'UTF8')), 'hex')
$$

CREATE FUNCTION edit_side_fits(side jsonb) RETURNS boolean LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT AS $$
DECLARE
	keys CONSTANT jsonb := '{row_keys}';  -- of each table that edits change
	name text;
	found jsonb;
BEGIN
	IF jsonb_typeof(side) <> 'object' THEN
		RETURN false;
	END IF;
	FOR name, found IN SELECT * FROM jsonb_each(side) LOOP
		IF NOT keys ? name OR jsonb_typeof(found) <> 'array' OR EXISTS (
			SELECT 1 FROM jsonb_array_elements(found) AS item(one) WHERE jsonb_typeof(one) <> 'object'
		) OR EXISTS (
			SELECT 1 FROM jsonb_array_elements(found) AS item(one)
			WHERE NOT one ?& ARRAY(SELECT jsonb_array_elements_text(keys -> name))
		) OR EXISTS (
			SELECT 1 FROM jsonb_array_elements(found) AS item(one), jsonb_each(one) AS of_row(field, value)
			WHERE jsonb_typeof(value) IN ('object', 'array')
				OR field = 'geom' AND value #>> '{}' !~ '^[0-9a-f]+$'
				OR NOT EXISTS (
					SELECT 1 FROM pg_attribute WHERE attname = field AND attnum > 0 AND NOT attisdropped
						AND attrelid = quote_ident(name)::regclass
				)
		) THEN
			RETURN false;
		END IF;
		-- a value that is none of its column raises
		EXECUTE 'SELECT count(*) FROM jsonb_populate_recordset(NULL::' || quote_ident(name) || ', $1)'
		USING (SELECT jsonb_agg(one - 'geom') FROM jsonb_array_elements(found) AS item(one));
	END LOOP;
	RETURN true;
END $$

CREATE FUNCTION edit_fits(given edit, last_step integer) RETURNS boolean LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT AS $$
BEGIN
	RETURN '{edit_kinds}'::jsonb ? given.kind AND length(given.label) <= {longest_text}
		AND coalesce(length(given.plan), 0) <= {longest_name}
		AND given.step BETWEEN 0 AND coalesce(last_step, 0) + 1
		AND given.rows_digest ~ '^[0-9a-f]{64}$' AND given.snapshot IS NULL
		AND edit_side_fits(given."before"::jsonb) AND edit_side_fits(given."after"::jsonb);
EXCEPTION WHEN data_exception OR statement_too_complex OR program_limit_exceeded THEN
	RETURN false;
END $$

CREATE FUNCTION noted_edit() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
	last edit;
BEGIN
	PERFORM take_turn();
	SELECT * INTO last FROM edit ORDER BY seq DESC LIMIT 1;
	IF edit_fits(NEW, last.step) IS NOT TRUE THEN
		RAISE EXCEPTION USING ERRCODE = 'ZP003', MESSAGE = 'bad_edit',
			DETAIL = '{"template": "bad_edit"}';
	END IF;
	NEW.actor := session_user;
	NEW.at := server_time();
	NEW.seq := coalesce(last.seq, 0) + 1;
	NEW.prev_hash := coalesce(last.hash, repeat('0', 64));
	NEW.hash := edit_hash(NEW.prev_hash, NEW);
	RETURN NEW;
END $$

CREATE FUNCTION told_edit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT AS $$
BEGIN
	-- what this transaction changed is told by its edit
	DELETE FROM external_change WHERE xmin::text = (pg_current_xact_id()::xid)::text;
	PERFORM pg_notify(TG_TABLE_SCHEMA, 'edit ' || NEW.seq);
	RETURN NULL;
END $$

CREATE FUNCTION told_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_notify(TG_TABLE_SCHEMA, 'entry ' || NEW.seq);
	RETURN NULL;
END $$

CREATE FUNCTION changed_row() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
	-- a desk of ours advances the version of a row that it changes, and says who it is
	ours boolean := CASE TG_OP WHEN 'UPDATE' THEN NEW.row_version <> OLD.row_version
		WHEN 'INSERT' THEN NEW.changed_by <> '' ELSE OLD.row_version < 0 END;
	plan_change CONSTANT text := 'This plan has a day it takes effect: change it in the planner.';
BEGIN
	IF ours THEN
		NULL;
	ELSIF TG_TABLE_NAME = 'shift' THEN
		IF 'final' IN (to_jsonb(OLD) ->> 'status', to_jsonb(NEW) ->> 'status') THEN
			RAISE EXCEPTION 'This shift is final: change it in the planner.' USING ERRCODE = 'ZP001';
		END IF;
	ELSIF TG_TABLE_NAME = 'plan' THEN
		IF coalesce(to_jsonb(OLD) ->> 'effective_on', to_jsonb(NEW) ->> 'effective_on') IS NOT NULL THEN
			RAISE EXCEPTION USING ERRCODE = 'ZP001', MESSAGE = plan_change;
		END IF;
	ELSIF TG_TABLE_NAME = ANY ('{parts_of_plans}') AND EXISTS (
		SELECT 1 FROM plan WHERE effective_on IS NOT NULL
			AND uid IN (to_jsonb(OLD) ->> 'plan', to_jsonb(NEW) ->> 'plan')
	) THEN
		RAISE EXCEPTION USING ERRCODE = 'ZP001', MESSAGE = plan_change;
	END IF;
	IF TG_OP = 'DELETE' THEN
		RETURN OLD;
	ELSIF TG_OP = 'UPDATE' AND NOT ours THEN
		NEW.row_version := OLD.row_version + 1;
		NEW.changed_by := 'another program';
		NEW.changed_at := to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"+00:00"');
	ELSE
		NEW.changed_by := CASE WHEN NEW.changed_by = '' THEN '' ELSE session_user END;
	END IF;
	RETURN NEW;
END $$

CREATE FUNCTION changed_elsewhere() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT AS $$
BEGIN
	-- whatever a row says of who changed it: each change is written down, and is another
	-- program's until an edit of the same transaction tells of it
	INSERT INTO row_change (at, actor, name, "before", "after")
	VALUES (server_time(), session_user, TG_TABLE_NAME, OLD::text, NEW::text);
	INSERT INTO external_change (name) VALUES (TG_TABLE_NAME) ON CONFLICT DO NOTHING;
	PERFORM pg_notify(TG_TABLE_SCHEMA, 'rows');
	RETURN NULL;
END $$

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION USING ERRCODE = 'ZP001',
		MESSAGE = 'What ' || TG_TABLE_NAME || ' holds is never changed or deleted.';
END $$

CREATE FUNCTION entry_hash(prev_hash text, entry journal_entry) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
	SELECT encode(sha256(convert_to(
		prev_hash || '[' || entry.seq::text || ',' || array_to_string(ARRAY[
			to_json(entry.uid)::text, to_json(entry.kind)::text,
			coalesce(to_json(entry.site)::text, 'null'),
			coalesce(to_json(entry.unit)::text, 'null'),
			to_json(entry.occurred_at)::text, to_json(entry.recorded_at)::text,
			to_json(entry.actor)::text, to_json(entry.desk)::text, to_json(entry.payload)::text,
			coalesce(to_json(entry.supersedes)::text, 'null'),
			to_json(entry.text_hash)::text  -- without free text there is no twelfth member
		], ',') || ']', 'UTF8')), 'hex')
$$

CREATE FUNCTION followed_entry() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
	last journal_entry;
BEGIN
	SELECT * INTO last FROM journal_entry ORDER BY seq DESC LIMIT 1;
	IF NEW.seq <> coalesce(last.seq, 0) + 1 OR NEW.prev_hash <> coalesce(last.hash, repeat('0', 64))
		OR NEW.hash <> entry_hash(NEW.prev_hash, NEW) THEN
		RAISE EXCEPTION 'A journal entry must follow the last one.' USING ERRCODE = 'ZP001';
	END IF;
	RETURN NEW;
END $$

CREATE FUNCTION salted_text(entry journal_entry, texts text) RETURNS journal_entry
LANGUAGE plpgsql AS $$
DECLARE
	name text;
	said text;
	salt text;
	salts jsonb := '{}';
	hashes jsonb := '{}';
BEGIN
	FOR name, said IN SELECT * FROM jsonb_each_text(texts::jsonb) LOOP
		salt := replace(gen_random_uuid()::text, '-', '');
		salts := salts || jsonb_build_object(name, salt);
		hashes := hashes || jsonb_build_object(
			name, encode(sha256(convert_to(salt || said, 'UTF8')), 'hex'));
	END LOOP;
	entry.text := texts;
	entry.salt := canonical_payload(salts);
	entry.text_hash := canonical_payload(hashes);
	RETURN entry;
END $$

CREATE FUNCTION removed_text() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
	may_change CONSTANT text[] := ARRAY['payload', 'text', 'salt', 'text_hash'];
	was jsonb := OLD.payload::jsonb || coalesce(OLD.text, '{}')::jsonb;
	stays jsonb := NEW.payload::jsonb || coalesce(NEW.text, '{}')::jsonb;
	gone text[] := ARRAY(
		SELECT name FROM jsonb_object_keys(was) AS name WHERE NOT stays ? name
		ORDER BY name COLLATE "C"
	);
	named text := OLD.seq || ' ' || array_to_string(gone, ',');
BEGIN
	-- free text goes, and nothing else, where the last entry of all says so
	IF NEW.payload <> OLD.payload THEN
		named := named || ' ' || entry_hash(OLD.prev_hash, NEW);
	ELSIF NEW.text_hash IS DISTINCT FROM OLD.text_hash THEN
		gone := '{}';
	END IF;
	IF gone = '{}' OR was - gone <> stays
		OR to_jsonb(NEW) - may_change <> to_jsonb(OLD) - may_change
		OR NOT EXISTS (
			SELECT 1 FROM journal_entry WHERE seq = (SELECT max(seq) FROM journal_entry)
				AND kind IN ('redaction', 'disposal') AND payload::jsonb -> 'entries' ? named
		) THEN
		RAISE EXCEPTION USING ERRCODE = 'ZP001',
			MESSAGE = 'What ' || TG_TABLE_NAME || ' holds is never changed or deleted.';
	END IF;
	RETURN NEW;
END $$

CREATE FUNCTION entry_value_fits(type text, value jsonb) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
	said text := value #>> '{}';
BEGIN
	IF type = 'texts' THEN
		RETURN jsonb_typeof(value) = 'array' AND jsonb_array_length(value) <= {most_list_items}
			AND NOT EXISTS (
				SELECT 1 FROM jsonb_array_elements(value) AS item(one)
				WHERE jsonb_typeof(one) <> 'string' OR length(one #>> '{}') > {longest_name}
					OR one #>> '{}' ~ '[\t\n\r{invisible}]'
			);
	ELSIF type = 'boolean' THEN
		RETURN jsonb_typeof(value) = 'boolean';
	ELSIF type IN ('number', 'integer') THEN
		RETURN jsonb_typeof(value) = 'number' AND length(said) <= 40
			AND said !~ (CASE type WHEN 'integer' THEN '[^0-9]' ELSE '[^0-9.]' END)
			AND (said::numeric = 0 OR said::numeric BETWEEN 0.001 AND {largest_number});
	ELSIF jsonb_typeof(value) <> 'string' OR length(said) > {longest_text}
		OR said ~ '[\r{invisible}]' THEN
		RETURN false;
	ELSIF type = 'time' THEN
		RETURN said ~ '^{time_pattern}$' AND said::timestamptz >= '{first_moment}'::timestamptz
			AND said::timestamptz < '{last_moment}'::timestamptz;
	ELSIF type = 'day' THEN
		RETURN said ~ '^{day_pattern}$' AND said::date >= '{first_day}'::date;
	END IF;
	RETURN type IN ('text', 'free_text');
END $$

CREATE FUNCTION canonical_payload(payload jsonb) RETURNS text LANGUAGE sql IMMUTABLE AS $$
	SELECT '{' || coalesce(string_agg(to_json(key)::text || ':' || CASE jsonb_typeof(value)
		WHEN 'string' THEN to_json(value #>> '{}')::text
		WHEN 'array' THEN '[' || coalesce((
			SELECT string_agg(to_json(one)::text, ',' ORDER BY place)
			FROM jsonb_array_elements_text(value) WITH ORDINALITY AS item(one, place)
		), '') || ']'
		ELSE value::text END, ',' ORDER BY key COLLATE "C"), '') || '}'
	FROM jsonb_each(payload)
$$

CREATE FUNCTION entry_problem(given jsonb) RETURNS jsonb LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT AS $$
DECLARE
	-- made from the declaration of the planner's domain.log, which desks and files are checked by
	shapes CONSTANT jsonb := '{shapes}';
	kind text := left(given ->> 'kind', {longest_name});
	shape jsonb := shapes -> (given ->> 'kind');
	payload jsonb;
	texts jsonb := '{}';
	name text;
	value jsonb;
BEGIN
	IF shape IS NULL THEN
		RETURN jsonb_build_object('template', 'bad_entry.kind', 'kind', kind);
	END IF;
	FOREACH name IN ARRAY ARRAY['uid', 'site', 'unit', 'supersedes'] LOOP
		CONTINUE WHEN coalesce(given -> name, 'null') = 'null' AND NOT (name = 'uid'
			OR name = 'site' AND (shape ->> 'needs_site')::boolean
			OR name = 'supersedes' AND (shape ->> 'corrects')::boolean);
		IF jsonb_typeof(given -> name) IS DISTINCT FROM 'string'
			OR length(given ->> name) NOT BETWEEN 1 AND {longest_name}
			OR given ->> name ~ '[\t\n\r{invisible}]' THEN
			RETURN jsonb_build_object('template', 'bad_entry.name', 'kind', kind, 'field', name);
		END IF;
	END LOOP;
	BEGIN
		IF NOT coalesce(entry_value_fits('time', given -> 'occurred_at'), false)
			OR right(given ->> 'occurred_at', 6) <> '+00:00' THEN
			RETURN jsonb_build_object('template', 'bad_entry.time', 'kind', kind);
		END IF;
	EXCEPTION WHEN datetime_field_overflow OR invalid_datetime_format
		OR invalid_time_zone_displacement_value THEN
		RETURN jsonb_build_object('template', 'bad_entry.time', 'kind', kind);
	END;
	name := 'payload';
	BEGIN
		IF jsonb_typeof(given -> name) IS DISTINCT FROM 'string'
			OR length(given ->> name) > {longest_payload} THEN
			RETURN jsonb_build_object('template', 'bad_entry.value', 'kind', kind, 'field', name);
		END IF;
		payload := (given ->> name)::jsonb;
		IF coalesce(given -> 'text', 'null') <> 'null' THEN
			name := 'text';
			IF jsonb_typeof(given -> name) <> 'string'
				OR length(given ->> name) > {longest_payload} THEN
				RETURN jsonb_build_object('template', 'bad_entry.value', 'kind', kind, 'field', name);
			END IF;
			texts := (given ->> name)::jsonb;
		END IF;
		IF jsonb_typeof(payload) <> 'object' OR jsonb_typeof(texts) <> 'object' THEN
			RETURN jsonb_build_object('template', 'bad_entry.value', 'kind', kind, 'field', name);
		END IF;
		FOR name, value IN SELECT * FROM jsonb_each(payload || texts) LOOP
			-- free text is in its own column, from where it can be removed
			IF NOT shape -> 'payload' ? name
				OR (shape -> 'payload' ->> name = 'free_text') <> (texts ? name) THEN
				RETURN jsonb_build_object(
					'template', 'bad_entry.field', 'kind', kind, 'field', left(name, {longest_name}));
			END IF;
			IF NOT entry_value_fits(shape -> 'payload' ->> name, value)
				OR shape -> 'choices' ? name AND NOT shape -> 'choices' -> name ? (value #>> '{}')
			THEN
				RETURN jsonb_build_object('template', 'bad_entry.value', 'kind', kind, 'field', name);
			END IF;
		END LOOP;
		SELECT needed INTO name FROM jsonb_array_elements_text(shape -> 'required') AS item(needed)
		WHERE NOT (payload || texts) ? needed;
		IF FOUND THEN
			RETURN jsonb_build_object('template', 'bad_entry.value', 'kind', kind, 'field', name);
		END IF;
		name := 'payload';
	EXCEPTION WHEN data_exception OR statement_too_complex OR program_limit_exceeded THEN
		RETURN jsonb_build_object('template', 'bad_entry.value', 'kind', kind, 'field', name);
	END;
	IF canonical_payload(payload) <> given ->> 'payload'
		OR canonical_payload(texts) <> coalesce(given ->> 'text', '{}') THEN
		RETURN jsonb_build_object('template', 'bad_entry.value', 'kind', kind, 'field', 'payload');
	END IF;
	IF given ->> 'supersedes' = given ->> 'uid' THEN
		RETURN jsonb_build_object('template', 'bad_entry.self', 'uid', given ->> 'uid');
	END IF;
	IF given ->> 'supersedes' IS NOT NULL
		AND NOT EXISTS (SELECT 1 FROM journal_entry WHERE uid = given ->> 'supersedes') THEN
		RETURN jsonb_build_object(
			'template', 'unknown_entry.superseded', 'uid', given ->> 'supersedes');
	END IF;
	-- what an earlier entry names was known once
	IF given ->> 'site' IS NOT NULL AND NOT EXISTS (SELECT 1 FROM site WHERE id = given ->> 'site')
		AND NOT EXISTS (SELECT 1 FROM journal_entry WHERE site = given ->> 'site') THEN
		RETURN jsonb_build_object('template', 'bad_entry.site', 'site', given ->> 'site');
	END IF;
	IF given ->> 'unit' IS NOT NULL AND NOT EXISTS (SELECT 1 FROM unit WHERE id = given ->> 'unit')
		AND NOT EXISTS (SELECT 1 FROM journal_entry WHERE unit = given ->> 'unit') THEN
		RETURN jsonb_build_object('template', 'bad_entry.unit', 'unit', given ->> 'unit');
	END IF;
	RETURN NULL;
END $$

CREATE FUNCTION may_append(given jsonb) RETURNS boolean LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT AS $$
DECLARE
	least_roles CONSTANT jsonb := '{least_roles}';
BEGIN
	-- the last entry of a record decides: it takes the right to all that it corrects or voids
	RETURN (
		WITH RECURSIVE named(kind, supersedes) AS (
			SELECT (given ->> 'kind') COLLATE "C", (given ->> 'supersedes') COLLATE "C"
			UNION
			SELECT earlier.kind, earlier.supersedes
			FROM named CROSS JOIN LATERAL (
				-- by its index, however many entries there are
				SELECT * FROM journal_entry WHERE uid = named.supersedes LIMIT 1
			) AS earlier
		)
		SELECT bool_and(CASE least_roles ->> kind
			WHEN 'owner' THEN owns_project()
			WHEN 'planner' THEN owns_project() OR has_table_privilege(session_user, 'edit', 'INSERT')
			ELSE true END) FROM named
	);
END $$

CREATE FUNCTION append_entries(entries jsonb, desk text) RETURNS SETOF journal_entry
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
	given jsonb;
	problem jsonb;
	new_entry journal_entry;
	kept journal_entry;
	last journal_entry;
BEGIN
	PERFORM take_turn();
	IF desk IS NULL OR length(desk) > {longest_name} OR desk ~ '[\t\n\r{invisible}]' THEN
		RAISE EXCEPTION USING ERRCODE = 'ZP003', MESSAGE = 'bad_entry.desk',
			DETAIL = '{"template": "bad_entry.desk"}';
	END IF;
	SELECT * INTO last FROM journal_entry ORDER BY seq DESC LIMIT 1;
	FOR given IN SELECT value FROM jsonb_array_elements(entries) LOOP
		CONTINUE WHEN EXISTS (SELECT 1 FROM journal_entry WHERE uid = given ->> 'uid');
		IF NOT may_append(given) THEN
			RAISE insufficient_privilege;
		END IF;
		problem := entry_problem(given);
		IF problem IS NOT NULL THEN
			RAISE EXCEPTION USING ERRCODE = 'ZP003', MESSAGE = problem ->> 'template',
				DETAIL = problem::text;
		END IF;
		new_entry.seq := coalesce(last.seq, 0) + 1;
		new_entry.uid := given ->> 'uid';
		new_entry.kind := given ->> 'kind';
		new_entry.site := given ->> 'site';
		new_entry.unit := given ->> 'unit';
		new_entry.occurred_at := given ->> 'occurred_at';
		new_entry.recorded_at := server_time();
		new_entry.actor := session_user;
		new_entry.desk := desk;
		new_entry.payload := given ->> 'payload';
		new_entry.supersedes := given ->> 'supersedes';
		new_entry.text := NULL;
		new_entry.salt := NULL;
		new_entry.text_hash := NULL;
		IF coalesce(given ->> 'text', '{}') <> '{}' THEN
			new_entry := salted_text(new_entry, given ->> 'text');
		END IF;
		new_entry.prev_hash := coalesce(last.hash, repeat('0', 64));
		new_entry.hash := entry_hash(new_entry.prev_hash, new_entry);
		kept := NULL;
		INSERT INTO journal_entry SELECT (new_entry).* RETURNING * INTO kept;
		IF kept IS DISTINCT FROM new_entry THEN  -- a trigger or rule of somebody took or changed it
			RAISE EXCEPTION USING ERRCODE = 'ZP003', MESSAGE = 'not_appended',
				DETAIL = '{"template": "not_appended"}';
		END IF;
		RETURN NEXT new_entry;
		last := new_entry;
	END LOOP;
END $$

CREATE FUNCTION remove_texts(rows jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
	IF NOT owns_project() THEN
		RAISE insufficient_privilege;
	END IF;
	UPDATE journal_entry SET
		payload = given ->> 'payload',
		text = given ->> 'text',
		salt = given ->> 'salt',
		text_hash = given ->> 'text_hash'
	FROM jsonb_array_elements(rows) AS item(given)
	WHERE seq = (given ->> 'seq')::integer;
END $$

CREATE FUNCTION erase_removed() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
	IF NOT owns_project() THEN
		RAISE insufficient_privilege;
	END IF;
	-- the table is written anew, without what its rows held before
	CLUSTER journal_entry USING journal_entry_pkey;
END $$

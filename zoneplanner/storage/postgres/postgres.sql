CREATE FUNCTION noted_edit() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
	-- who edits is who is logged in, unless a trigger of ours tells of another program
	IF pg_trigger_depth() = 1 THEN NEW.actor := session_user; END IF;
	NEW.seq := (SELECT coalesce(max(seq), 0) + 1 FROM edit);
	RETURN NEW;
END $$

CREATE FUNCTION told_edit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_notify(TG_TABLE_SCHEMA, 'edit ' || NEW.seq);
	RETURN NULL;
END $$

CREATE FUNCTION told_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_notify(TG_TABLE_SCHEMA, 'entry ' || NEW.seq);
	RETURN NULL;
END $$

CREATE FUNCTION changed_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF TG_OP = 'UPDATE' AND NEW.row_version = OLD.row_version THEN
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
	IF TG_OP = 'INSERT' THEN
		IF NEW.changed_by <> '' THEN RETURN NULL; END IF;
	ELSIF TG_OP = 'DELETE' THEN
		IF OLD.row_version < 0 THEN RETURN NULL; END IF;
	ELSIF NEW.changed_by <> 'another program' THEN
		RETURN NULL;
	END IF;
	PERFORM pg_notify(TG_TABLE_SCHEMA, 'rows');
	INSERT INTO edit (label, actor, at, step, jump, "before", "after")
	SELECT 'Changed by another program', 'another program',
		to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"+00:00"'),
		step, false, '{}', '{}'
	FROM (SELECT actor, step FROM edit ORDER BY seq DESC LIMIT 1) AS last
	WHERE actor <> 'another program';
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
			coalesce(to_json(entry.supersedes)::text, 'null')
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

CREATE FUNCTION append_entries(entries jsonb, desk text) RETURNS SETOF journal_entry
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
	given jsonb;
	new_entry journal_entry;
	last journal_entry;
BEGIN
	PERFORM pg_advisory_xact_lock('journal_entry'::regclass::oid::bigint);
	SELECT * INTO last FROM journal_entry ORDER BY seq DESC LIMIT 1;
	FOR given IN SELECT value FROM jsonb_array_elements(entries) LOOP
		CONTINUE WHEN EXISTS (SELECT 1 FROM journal_entry WHERE uid = given ->> 'uid');
		IF jsonb_typeof((given ->> 'payload')::jsonb) IS DISTINCT FROM 'object' THEN
			RAISE EXCEPTION 'An entry cannot be read.' USING ERRCODE = 'ZP001';
		END IF;
		PERFORM (given ->> 'occurred_at')::timestamptz;
		new_entry.seq := coalesce(last.seq, 0) + 1;
		new_entry.uid := given ->> 'uid';
		new_entry.kind := given ->> 'kind';
		new_entry.site := given ->> 'site';
		new_entry.unit := given ->> 'unit';
		new_entry.occurred_at := given ->> 'occurred_at';
		new_entry.recorded_at := to_char(
			clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"');
		new_entry.actor := session_user;
		new_entry.desk := desk;
		new_entry.payload := given ->> 'payload';
		new_entry.supersedes := given ->> 'supersedes';
		new_entry.prev_hash := coalesce(last.hash, repeat('0', 64));
		new_entry.hash := entry_hash(new_entry.prev_hash, new_entry);
		INSERT INTO journal_entry SELECT (new_entry).*;
		RETURN NEXT new_entry;
		last := new_entry;
	END LOOP;
END $$

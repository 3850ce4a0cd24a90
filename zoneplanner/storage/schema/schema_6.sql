CREATE TRIGGER journal_entry_update BEFORE UPDATE ON journal_entry
WHEN NEW.seq IS NOT OLD.seq
	OR NEW.uid IS NOT OLD.uid
	OR NEW.kind IS NOT OLD.kind
	OR NEW.site IS NOT OLD.site
	OR NEW.unit IS NOT OLD.unit
	OR NEW.occurred_at IS NOT OLD.occurred_at
	OR NEW.recorded_at IS NOT OLD.recorded_at
	OR NEW.actor IS NOT OLD.actor
	OR NEW.desk IS NOT OLD.desk
	OR NEW.supersedes IS NOT OLD.supersedes
	OR NEW.prev_hash IS NOT OLD.prev_hash
	OR NEW.hash IS NOT OLD.hash
	OR (NEW.text_hash IS NOT OLD.text_hash AND NEW.payload IS OLD.payload)
	OR length(NEW.payload) + coalesce(length(NEW.text), 0)
		>= length(OLD.payload) + coalesce(length(OLD.text), 0)
	OR NOT EXISTS (
		SELECT 1 FROM journal_entry
		WHERE seq = (SELECT max(seq) FROM journal_entry)
			AND kind IN ('redaction', 'disposal')
			AND instr(payload, '"' || OLD.seq || ' ')
	)
BEGIN
	SELECT RAISE(ABORT, 'a journal entry is never changed');
END

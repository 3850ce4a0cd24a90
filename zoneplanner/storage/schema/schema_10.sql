CREATE INDEX journal_entry_occurred ON journal_entry (occurred_at)

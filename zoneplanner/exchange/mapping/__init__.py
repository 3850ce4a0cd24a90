"""Match the columns of foreign tables to ours; profiles remember the matches."""

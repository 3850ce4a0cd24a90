"""The workspace Readiness: what is required, and the forms that log it."""

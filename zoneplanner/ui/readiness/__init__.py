"""The workspace Readiness: the tables of requirements, and the forms that log their fulfillment."""

"""Services that every panel is given: session, bridge, jobs, actions, notices."""

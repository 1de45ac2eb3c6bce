"""When, and what is chosen: campaigns, runs, triggers, reports."""

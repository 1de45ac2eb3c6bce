"""Who is addressed: a tree of rules, resolved inside the database."""

"""The people: facts about them and their orders, nothing decided."""

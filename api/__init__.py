"""The door in: parse -> call -> answer."""

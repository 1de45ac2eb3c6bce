"""What is tried against what, who gets which, and what the comparison proves."""

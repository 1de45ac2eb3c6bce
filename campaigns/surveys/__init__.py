"""Surveys: a question after a delivery or an incident, its answers, and what they add up to."""

"""The demo: a real order history, invented people around it, and the main job done as they would do it."""

"""What comes in and goes out: one file of marshmallow schemas per resource."""

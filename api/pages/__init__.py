"""What a customer sees in a browser: no login, no personal data in a link, in their language, for a phone first."""

"""The words: templates, filters, preview, lint."""

"""What every package stands on: ids, money, the clock, errors, events, links, settings."""

"""The sections of a report, each from the facts alone."""

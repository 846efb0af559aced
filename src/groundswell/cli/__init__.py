"""One command per role and job; the only place that prints."""

"""Read only: distribution, timeline, feed and status."""

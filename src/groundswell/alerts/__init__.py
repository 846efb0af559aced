"""Alerts: tell when the mood turns, only when it does, and why."""

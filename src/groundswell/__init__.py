"""Groundswell hears, in real time, how people feel in public and why that moves."""

__version__ = "0.1.0"

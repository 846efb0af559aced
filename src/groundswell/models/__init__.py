"""Texts in, readings out: one port, several adapters."""

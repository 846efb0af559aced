"""Valkey Streams: publish, read, settle, claim; the only stream loop."""

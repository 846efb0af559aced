"""Reads the texts of whole files, without any server."""

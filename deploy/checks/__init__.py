"""Reads every file of the deployment as its engine would, and says what would go wrong; no engine runs here."""

"""Every SQL write, one writer per table; migrations."""

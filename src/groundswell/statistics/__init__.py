"""Pure functions on counts and scores."""

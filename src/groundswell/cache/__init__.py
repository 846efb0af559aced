"""Results kept in Valkey for seconds."""

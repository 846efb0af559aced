"""Words only, no I/O."""

"""Where posts come from: one port, one file per origin."""

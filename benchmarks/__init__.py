"""Every figure of speed or memory that we state, each beside its peer, measured in one run."""

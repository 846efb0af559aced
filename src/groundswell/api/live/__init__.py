"""The live feed: one reader for the process, one bounded mailbox for each client."""

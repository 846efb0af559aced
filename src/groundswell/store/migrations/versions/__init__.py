"""One module per revision, its statements beside it in a .sql file of the same name."""

"""Tables in files, read and written row by row in constant memory; which format, the ending says."""

"""Record to file: the journal of a process that records."""

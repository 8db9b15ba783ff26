"""
Jobs that a push leaves for later, over each broker, while the workers that do them are killed.

    pushes → web server → broker → workers, killed at random → ledger → a lookup of each push → compared

Run it with ``make jobs``; docs/jobs.md says what is compared, and has the figures of the last run.
"""

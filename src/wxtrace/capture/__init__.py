"""Request and tag to record: runs inside the web process, and never raises into it."""

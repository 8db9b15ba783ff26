"""The text of an alarm, as people paste it, to alarms. Pure."""

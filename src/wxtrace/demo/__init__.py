"""``wxtrace demo``: a callback server, pushes as WeChat sends them, an alarm, and the lookup."""

"""``%load_ext wxtrace``: the magic ``%wxfind``."""

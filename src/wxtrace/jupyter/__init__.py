"""``%load_ext wxtrace``: the magic, and the accessor of DataFrames."""

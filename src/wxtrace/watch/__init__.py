"""The black box: what a request that does not come back was doing."""

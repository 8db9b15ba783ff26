"""A lookup drawn for a notebook, and DataFrames: plain HTML, no script, nothing from elsewhere."""

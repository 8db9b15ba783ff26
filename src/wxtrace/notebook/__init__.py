"""A lookup drawn for a notebook: HTML with its own small SVG, no script, nothing from elsewhere."""

"""Pictures of the pushes of a window."""

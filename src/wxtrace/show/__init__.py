"""What a person sees: every renderer returns a string."""

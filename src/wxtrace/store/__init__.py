"""What both sides share of a store: its names, its tables, its journals as a reader finds them."""

"""A lookup as one HTML file, to be sent to whoever asks for the case."""

"""Record to file and back: knows nothing of requests, nor of people."""

"""The scenarios themselves: each makes one thing go wrong, and says what is true."""

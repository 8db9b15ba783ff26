"""A WeChat callback server, ready to be copied: FastAPI, SQLite, a cache, and wxtrace on every layer."""

"""
Hidden queues become spans of layer `wait`.

Who asks an exhausted pool for a connection, or anyio for a forty-first thread,
waits where no instrumentation looks, and the database gets the blame. While
wxtrace records, the methods that wait are replaced by ones that look first whether
there is anything to wait for; only then is a span begun, and it stands as long as
the wait does. One file a library says which methods those are (`libraries.py` lists
them). Where a library of another version lacks something, its hook stays away.
"""

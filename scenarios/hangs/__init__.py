"""
Ways to hang, truly produced, and whether `wxtrace find` names the line, from outside, while the request hangs.

    server up → one request hangs → what is due, written down → its mark → lookup → killed, lookup → sealed, lookup

Run all of it with ``make hangs``; docs/scenarios.md says what each does.
"""

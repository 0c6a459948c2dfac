"""A WhatsApp on loopback for the real client: simulated phones, simulated customers.

Not built: groups, newsletters, status, calls, history, media, linking by pairing code. It is no
model of the real service's limits, bans or timing.
"""

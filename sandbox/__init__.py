"""A WhatsApp on loopback for the real client: simulated phones, simulated customers.

Not built: answering in groups, newsletters and status; contacts with several devices. It is no
model of the real service's limits, bans or timing.
"""

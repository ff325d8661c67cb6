"""The append-only trail: who did what, when, and with which effect."""

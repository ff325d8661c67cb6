"""The service layer: one vendor-neutral interface, one adapter per annotation platform."""

"""Forms of the window, one module per area. A form names its fields; nothing else can be posted."""

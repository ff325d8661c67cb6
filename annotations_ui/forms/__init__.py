"""Forms of the window, one module per area. A form names its fields one by one: nothing else can be posted."""

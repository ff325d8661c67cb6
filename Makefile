# Short names for the two commands; everything is in dev.py.
.PHONY: up test check bench shots lock

up test check bench shots lock:
	python3 dev.py $@

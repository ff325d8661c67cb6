"""What `dev.py` is made of: the environment, the child processes, the checks. Standard library only.

These modules run under the machine's own Python, before anything is installed, so they import nothing else.
"""

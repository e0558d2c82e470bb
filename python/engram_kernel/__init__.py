"""Engram's Jupyter kernel as pip installs it: finds a JDK and the native PyTorch, and starts the kernel's JVM."""

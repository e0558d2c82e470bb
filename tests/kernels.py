"""A running kernel, and the conversation with it."""

import time
from contextlib import contextmanager

from jupyter_client.manager import start_new_kernel


class Session:
    """A kernel and the conversation with it."""

    def __init__(self, manager, client):
        self.manager, self.client = manager, client

    def start(self, code):
        """Sends a cell, and returns its request's id once the kernel works on it."""
        request = self.client.execute(code, allow_stdin=False)
        while self.message(request, 30)["content"].get("execution_state") != "busy":
            pass
        return request

    def message(self, request, timeout):
        """The next thing the kernel publishes for a request."""
        deadline = time.monotonic() + timeout
        while True:
            message = self.client.get_iopub_msg(timeout=max(0, deadline - time.monotonic()))
            if message["parent_header"].get("msg_id") == request:
                return message

    def finish(self, request, timeout=300, progress=True):
        """Waits until a cell is done: its status, its text (perhaps without what was updated), its error."""
        text, error, deadline = [], None, time.monotonic() + timeout
        updated = set()
        while True:
            message = self.message(request, deadline - time.monotonic())
            kind, content = message["msg_type"], message["content"]
            if kind == "stream":
                text.append((None, content["text"]))
            elif kind in ("execute_result", "display_data", "update_display_data"):
                display = content.get("transient", {}).get("display_id")
                text.append((display, content["data"].get("text/plain", "")))
                if kind == "update_display_data" and not progress:
                    updated.add(display)
            elif kind == "error":
                error = content
            elif kind == "status" and content["execution_state"] == "idle":
                break
        reply = self.client.get_shell_msg(timeout=10)
        while reply["parent_header"].get("msg_id") != request:
            reply = self.client.get_shell_msg(timeout=10)
        return reply["content"]["status"], "\n".join(said for display, said in text if display not in updated), error

    def run(self, code, timeout=300, progress=True):
        status, text, error = self.finish(self.start(code), timeout, progress)
        assert status == "ok", error
        return text


@contextmanager
def running(environment, kernel_name="engram", **options):
    """A kernel that has run nothing yet; it ends with the block."""
    manager, client = start_new_kernel(kernel_name=kernel_name, startup_timeout=60, env=environment, **options)
    try:
        yield Session(manager, client)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)

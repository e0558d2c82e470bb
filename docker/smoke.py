"""Run inside an image, beside its server: is it the plain user, behind a token, without a network, and does the kernel answer?"""

import os
import re
import socket
import sys
import urllib.error
import urllib.request

from jupyter_client.manager import start_new_kernel

TOKEN = sys.argv[1]
SERVER = "http://127.0.0.1:8888"


def status(path):
    try:
        with urllib.request.urlopen(SERVER + path, timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def answers(client, cell):
    texts = []

    def collect(message):
        if message["msg_type"] == "error":
            sys.exit(f"{cell} failed: {message['content']['evalue']}")
        texts.append(message["content"].get("data", {}).get("text/plain", ""))

    client.execute_interactive(cell, output_hook=collect, timeout=120)
    return "\n".join(filter(None, texts))


def main():
    assert os.getuid() != 0, "the image runs as root"
    assert not os.access("/opt/engram/..", os.W_OK), "the user may write outside of its folders"
    assert status("/api/contents") == 403, "the server is open without its token"
    assert status(f"/api/contents?token={TOKEN}") == 200, "the server does not take its token"
    try:
        socket.create_connection(("192.0.2.1", 80), timeout=2)
        sys.exit("there is a network, so nothing is proved")
    except OSError:
        pass
    manager, client = start_new_kernel(kernel_name="engram")
    try:
        for cell in ("%engram", "%model", "%images visent-mini", "%attribute statue_of_liberty --top 3"):
            text = answers(client, cell)
            print(f"--- {cell}\n{text[:1500]}")
        assert re.search(r"\bL\d+(F\d+|A\d+H\d+)\b", text), "no neuron in the answer"
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


main()

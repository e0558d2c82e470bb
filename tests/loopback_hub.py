"""A model hub on loopback that speaks the protocol of huggingface.co, with a second host for large files."""

import hashlib
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

COMMIT = "89abcdef0123456789abcdef0123456789abcdef"


class Hub:
    """Serves the files of one folder as the model `name`; `requests` tells who asked for what."""

    def __init__(self, name, folder):
        self.name, self.requests = name, []
        self.files = {path.name: path.read_bytes() for path in folder.iterdir()}
        self.site, self.store = (self.serve(answer) for answer in (self.answer, self.send))
        self.url = f"http://127.0.0.1:{self.site.server_port}"

    def serve(self, answer):
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                answer(self, unquote(urlsplit(self.path).path))

            do_HEAD = do_GET

            def log_message(self, *_):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server

    def reply(self, request, status, body=b"", **headers):
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name.replace("_", "-"), str(value))
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        if request.command != "HEAD":
            request.wfile.write(body)

    def answer(self, request, path):
        self.requests.append((request.command, path))
        api, resolve = f"/api/models/{self.name}", f"/{self.name}/resolve/"
        if path in (api, f"{api}/revision/main", f"{api}/revision/{COMMIT}"):
            siblings = [{"rfilename": name} for name in self.files]
            found = {"id": self.name, "modelId": self.name, "sha": COMMIT, "siblings": siblings, "private": False}
            self.reply(request, 200, json.dumps(found).encode(), Content_Type="application/json")
        elif path.startswith(f"{api}/tree/"):
            tree = [self.entry(name) for name in self.files]
            self.reply(request, 200, json.dumps(tree).encode(), Content_Type="application/json")
        elif path.startswith((resolve + "main/", resolve + COMMIT + "/")):
            self.resolve(request, path.rsplit("/", 1)[1])
        else:
            self.reply(request, 404, X_Error_Code="RepoNotFound")

    def entry(self, name):
        content = self.files[name]
        entry = {"type": "file", "path": name, "size": len(content), "oid": git_hash(content)}
        if name.endswith(".safetensors"):
            entry["lfs"] = {"oid": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 130}
        return entry

    def resolve(self, request, name):
        content = self.files.get(name)
        if content is None:
            self.reply(request, 404, X_Error_Code="EntryNotFound", X_Repo_Commit=COMMIT)
        elif name.endswith(".safetensors"):
            self.reply(
                request, 302, X_Repo_Commit=COMMIT, X_Linked_Etag=f'"{hashlib.sha256(content).hexdigest()}"',
                X_Linked_Size=len(content), Location=f"http://localhost:{self.store.server_port}/{name}",
            )  # fmt: skip
        else:
            self.reply(request, 200, content, X_Repo_Commit=COMMIT, ETag=f'"{git_hash(content)}"')

    def send(self, request, path):
        """The other host: whole files, or their ends."""
        self.requests.append((request.command, "store:" + path))
        content = self.files[path[1:]]
        start = int(request.headers.get("Range", "bytes=0-").removeprefix("bytes=").split("-")[0])
        if start:
            span = f"bytes {start}-{len(content) - 1}/{len(content)}"
            self.reply(request, 206, content[start:], Content_Range=span)
        else:
            self.reply(request, 200, content)


def git_hash(content):
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


@contextmanager
def hub(name, folder):
    served = Hub(name, folder)
    try:
        yield served
    finally:
        for server in (served.site, served.store):
            server.shutdown()
            server.server_close()

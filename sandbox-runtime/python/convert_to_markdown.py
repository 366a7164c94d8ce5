"""Converts one document to Markdown: a job as JSON on standard input; a line of JSON, then the Markdown, on standard output.

A process of its own per document, under limits of its own: converters read hostile files, and some never end.
"""

import base64
import errno
import io
import json
import os
import resource
import stat
import sys
import urllib.error
import urllib.parse
import urllib.request

BY_ERRNO = {
    errno.ENOENT: "not_found",
    errno.EACCES: "permission_denied",
    errno.EPERM: "permission_denied",
    errno.EISDIR: "invalid_target",
    errno.ENOTDIR: "invalid_target",
    errno.ENXIO: "invalid_target",
    errno.ELOOP: "invalid_path",
    errno.ENAMETOOLONG: "invalid_path",
}
READ_TIMEOUT_SECONDS = 30
CHUNK_BYTES = 64 * 1024
HEADERS = {
    "User-Agent": "Mozilla/5.0 (compatible; sandfleet)",
    "Accept": "text/markdown, text/html;q=0.9, text/plain;q=0.8, */*;q=0.1",
}


class Failure(Exception):
    """What the caller is told."""

    def __init__(self, error_type, message, *, code=None, retryable=False):
        super().__init__(message)
        self.fields = {"error_type": error_type, "message": message, "retryable": retryable}
        if code is not None:
            self.fields |= {"errno": code, "errno_name": errno.errorcode.get(code, "")}


class WebOnly(urllib.request.HTTPRedirectHandler):
    """Redirects stay within the schemes that a caller may name, and end."""

    def __init__(self, most):
        self.max_redirections = most

    def redirect_request(self, req, fp, code, msg, headers, newurl):
        if urllib.parse.urlsplit(newurl).scheme.lower() not in ("http", "https"):
            raise Failure("fetch_failed", "The page redirects to something that is neither http nor https.")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def set_limits(limits):
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (limits["memory_bytes"],) * 2)
    resource.setrlimit(resource.RLIMIT_CPU, (limits["cpu_seconds"],) * 2)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits["document_bytes"],) * 2)


def read_within(stream, most):
    content = bytearray()
    while chunk := stream.read(CHUNK_BYTES):
        content += chunk
        if len(content) > most:
            raise Failure("too_large", f"The document has more than {most} bytes.")
    return bytes(content)


def read_file(path, most):
    try:
        # Without O_NONBLOCK a named pipe holds the process until somebody writes to it.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise Failure("invalid_target", f"{path} is not a regular file.", code=errno.EINVAL)
            content = read_within(file, most)
    except OSError as error:
        kind = BY_ERRNO.get(error.errno, "io_error")
        raise Failure(kind, f"Cannot read {path}: {error.strerror}", code=error.errno) from None
    name = os.path.basename(path)
    return content, {"local_path": path, "filename": name, "extension": os.path.splitext(name)[1] or None}


def fetch(url, limits):
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        WebOnly(limits["redirects"]),
    ):
        opener.add_handler(handler)
    try:
        with opener.open(urllib.request.Request(url, headers=HEADERS), timeout=READ_TIMEOUT_SECONDS) as answer:
            content = read_within(answer, limits["document_bytes"])
            if answer.length:
                raise Failure("fetch_failed", "The server broke off before the end of the page.", retryable=True)
            return content, info_of_answer(answer)
    except urllib.error.HTTPError as error:
        if "infinite loop" in str(error.msg):
            raise Failure("fetch_failed", f"The page redirects more than {limits['redirects']} times.") from None
        message = f"The server answered {error.code} {error.reason}."
        raise Failure("not_found" if error.code in (404, 410) else "fetch_failed", message, retryable=error.code >= 500) from None
    except (OSError, ValueError) as error:
        raise Failure("fetch_failed", f"Cannot fetch the page: {reason_of(error)}", retryable=isinstance(error, OSError)) from None


def info_of_answer(answer):
    name = answer.headers.get_filename() or os.path.basename(urllib.parse.unquote(urllib.parse.urlsplit(answer.url).path))
    return {
        "mimetype": answer.headers.get_content_type() if "content-type" in answer.headers else None,
        "charset": answer.headers.get_content_charset(),
        "filename": name or None,
        "extension": os.path.splitext(name)[1] or None,
        "url": answer.url,
    }


def read_data(uri, most):
    head, comma, body = uri[len("data:") :].partition(",")
    if not comma:
        raise Failure("invalid_path", "A data: URI has a comma before its content.")
    mimetype, *attributes = [part.strip() for part in head.split(";")]
    content = urllib.parse.unquote_to_bytes(body)
    if attributes[-1:] and attributes[-1].lower() == "base64":
        try:
            content = base64.b64decode(content, validate=True)
        except ValueError:
            raise Failure("decode_error", "The content of the data: URI is no base64.") from None
    if len(content) > most:
        raise Failure("too_large", f"The document has more than {most} bytes.")
    charset = next((part[8:] for part in attributes if part.lower().startswith("charset=")), None)
    return content, {"mimetype": mimetype.lower() or "text/plain", "charset": charset}


def reason_of(error):
    reason = getattr(error, "reason", None) or error
    return str(getattr(reason, "strerror", None) or reason)[:300]


def read_source(source, limits):
    if source["kind"] == "file":
        return read_file(source["path"], limits["document_bytes"])
    if source["kind"] == "data":
        return read_data(source["uri"], limits["document_bytes"])
    return fetch(source["url"], limits)


def convert(content, info):
    try:
        from markitdown import MarkItDown, MissingDependencyException, StreamInfo, UnsupportedFormatException
    except ImportError:
        raise Failure("not_available", "This sandbox has no markitdown, which converts documents.") from None
    try:
        converter = MarkItDown(enable_plugins=False)
        return converter.convert_stream(io.BytesIO(content), stream_info=StreamInfo(**info))
    except UnsupportedFormatException:
        raise Failure("unsupported_format", "There is no converter for this kind of document.") from None
    except MissingDependencyException:
        raise Failure("unsupported_format", "The converter for this kind of document is not installed.") from None
    except (MemoryError, RecursionError):
        raise
    except Exception as error:  # noqa: BLE001 - converters raise whatever their libraries do
        kind = type(error).__name__
        raise Failure("conversion_failed", f"The document cannot be converted: it may be damaged ({kind}).") from None


def run(job):
    limits = job["limits"]
    set_limits(limits)
    content, info = read_source(job["source"], limits)
    result = convert(content, info)
    text = result.markdown
    head = {"ok": True, "title": (result.title or "").strip()[:1000], "truncated": len(text) > limits["output_characters"]}
    return head, text[: limits["output_characters"]]


def main():
    # Libraries print; what they print must not get into the answer.
    answer = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    text = ""
    try:
        head, text = run(json.load(sys.stdin))
    except Failure as failure:
        head = {"ok": False, **failure.fields}
    except MemoryError:
        head = {"ok": False, "error_type": "too_large", "message": "The document needs more memory than a conversion may use."}
    except RecursionError:
        head = {"ok": False, "error_type": "conversion_failed", "message": "The document is nested too deeply."}
    with answer:
        answer.write(json.dumps(head).encode() + b"\n" + text.encode("utf-8", "replace"))


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: MIT
"""store.py PORT - what rec-get and rec-put say to S3, Google Cloud Storage and
Azure Blob, as far as the documents of the three describe it. For the short form
of the tests; the emulators are asked by the long one.

S3: /bucket/key, each signature and hash is worked out again. Google:
/storage/v1/b/... and /upload/storage/v1/b/... with `Bearer token`. Azure:
/account/container/blob with sig=secret, or `Bearer token`. Rights: /role (ECS,
also with Authorization: hand), /latest/... (EC2), /sts, /computeMetadata/...,
/metadata/identity/..., /identity, /tenant/oauth2/v2.0/token.

GET /_ lists objects, then uploads; DELETE /_?NAME loses an object; POST /_ takes
faults, a line each: METHOD, a piece of the address, what (503, 403, drop, short,
other), how often."""
import hashlib
import hmac
import json
import re
import sys
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECRETS = {"key": ("secret", ""), "role": ("s3cr3t/+x", "to+k/en=="), "web": ("w", "web token"), "host": ("h", "ht")}
objects, versions, uploads, faults, log = {}, {}, {}, [], []


def sign(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def fault(method, path):
    for f in faults:
        if f[0] == method and f[1] in path and f[3] > 0:
            f[3] -= 1
            return f[2]
    return ""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, code, body=b"", **head):
        if isinstance(body, str):
            body = body.encode()
        if isinstance(body, dict):
            body = json.dumps(body, indent=1).encode()
        self.send_response(code)
        for name, value in head.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body[:len(body) // 2] if self.bad == "short" else body)
        if self.bad == "short":
            self.close_connection = True

    def store(self, name, body):
        objects[name] = body
        versions[name] = versions.get(name, 0) + 1

    def give(self, name, missing):
        if name not in objects:
            return self.answer(404, missing)
        body, v = objects[name], versions[name] + (7 if self.bad == "other" else 0)
        first, last = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers["Range"]).groups()
        if int(first) >= len(body):
            return self.answer(416, "", Content_Range="bytes */%d" % len(body))
        piece = body[int(first):int(last) + 1]
        self.answer(206, piece, ETag='"%d"' % v, x_goog_generation=str(v),
                    Content_Range="bytes %s-%d/%d" % (first, int(first) + len(piece) - 1, len(body)))

    # --- S3

    def signed(self, body):
        auth = self.headers.get("Authorization", "")
        m = re.fullmatch(r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8}/([^/]+)/s3/aws4_request), SignedHeaders=([^,]+), Signature=(\w+)", auth)
        if not m:
            return "no signature: " + auth
        who, scope, region, names, want = m.groups()
        secret, token = SECRETS[who]
        if self.headers.get("x-amz-content-sha256") != hashlib.sha256(body).hexdigest():
            return "XAmzContentSHA256Mismatch"
        if self.headers.get("x-amz-security-token", "") != token:
            return "InvalidToken"
        for must in ["host", "x-amz-date", "x-amz-content-sha256"] + (["x-amz-security-token"] if token else []):
            if must not in names.split(";"):
                return "not signed: " + must
        path, _, query = self.path.partition("?")
        query = "&".join(sorted(query.split("&"))) if query else ""
        head = "".join("%s:%s\n" % (n, " ".join(self.headers.get(n, "").split())) for n in names.split(";"))
        asked = "\n".join([self.command, path, query, head, names, self.headers["x-amz-content-sha256"]])
        text = "AWS4-HMAC-SHA256\n%s\n%s\n%s" % (self.headers["x-amz-date"], scope, hashlib.sha256(asked.encode()).hexdigest())
        k = ("AWS4" + secret).encode()
        for part in scope.split("/"):
            k = sign(k, part)
        return "" if sign(k, text).hex() == want else "SignatureDoesNotMatch"

    def s3(self, name, query, body):
        def error(code, what):
            self.answer(code, "<?xml version=\"1.0\"?>\n<Error><Code>%s</Code></Error>" % what)
        wrong = self.signed(body)
        if wrong:
            return error(403, wrong)
        if re.search(r"[^A-Za-z0-9._~/%-]", self.path.partition("?")[0]):
            return error(400, "InvalidURI")
        m, upload = self.command, query.get("uploadId", "")
        if m == "GET" and "uploads" in query:
            begun = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(time.time() - 3 * 86400))
            left = [u for u in sorted(uploads) if u.startswith("up.") and uploads[u][0].startswith("bucket/" + query["prefix"])]
            after = query.get("upload-id-marker", "")
            left = [u for u in left if u > after]
            some = "".join("<Upload><Key>%s</Key><UploadId>%s</UploadId><Initiator><ID>i</ID></Initiator><Initiated>%s</Initiated></Upload>"
                           % (uploads[u][0][7:].replace("&", "&amp;"), u, begun) for u in left[:2])
            more = len(left) > 2
            return self.answer(200, "<ListMultipartUploadsResult><NextKeyMarker>%s</NextKeyMarker><NextUploadIdMarker>%s</NextUploadIdMarker>"
                               "<IsTruncated>%s</IsTruncated>%s</ListMultipartUploadsResult>"
                               % (uploads[left[1]][0][7:] if more else "", left[1] if more else "", str(more).lower(), some))
        if m == "POST" and "uploads" in query:
            upload = "up.%d-x_" % (len(log) + 1000)
            uploads[upload] = (name, {})
            return self.answer(200, "<InitiateMultipartUploadResult><UploadId>%s</UploadId></InitiateMultipartUploadResult>" % upload)
        if upload and upload not in uploads:
            return error(404, "NoSuchUpload")
        if m == "PUT" and upload:
            uploads[upload][1][int(query["partNumber"])] = body
            return self.answer(200, ETag='"p%s"' % query["partNumber"])
        if m == "POST" and upload:
            if self.bad == "other":
                return self.answer(200, "\n\n<Error><Code>InternalError</Code></Error>")
            parts = uploads[upload][1]
            told = re.findall(r'<PartNumber>(\d+)</PartNumber><ETag>"p(\d+)"</ETag>', body.decode())
            if [int(a) for a, _ in told] != sorted(parts) or any(len(parts[n]) < 5 << 20 for n in sorted(parts)[:-1]):
                return error(400, "InvalidPart")
            self.store(name, b"".join(parts[n] for n in sorted(parts)))
            del uploads[upload]
            return self.answer(200, "<CompleteMultipartUploadResult><ETag>x</ETag></CompleteMultipartUploadResult>")
        if m == "DELETE" and upload:
            del uploads[upload]
            return self.answer(204)
        if m == "PUT":
            self.store(name, body)
            return self.answer(200)
        return self.give(name, "<Error><Code>NoSuchKey</Code></Error>")

    # --- Google

    def google(self, query, body):
        if self.headers.get("Authorization") != "Bearer token":
            return self.answer(401, {"error": {"code": 401, "message": "Login Required"}})
        m = re.fullmatch(r"(?:/upload)?/storage/v1/b/([^/]+)/o(?:/([^/?]+))?", self.path.partition("?")[0])
        name = m[1] + "/" + (urllib.parse.unquote(m[2]) if m[2] else query["name"])
        upload = query.get("upload_id")
        if self.command == "GET":
            return self.give(name, "No such object: " + name)
        if query["uploadType"] == "media":
            self.store(name, body)
            return self.answer(200, {"size": str(len(body))})
        if not upload:
            upload = "g%d" % (len(log) + 1000)
            uploads[upload] = (name, {0: b""})
            return self.answer(200, Location="http://%s%s&upload_id=%s" % (self.headers["Host"], self.path, upload))
        if upload not in uploads:
            return self.answer(404, "")
        if self.command == "DELETE":
            del uploads[upload]
            return self.answer(499)
        first, last, total = re.fullmatch(r"bytes (\d+)-(\d+)/(\*|\d+)", self.headers["Content-Range"]).groups()
        have = uploads[upload][1][0]
        if int(first) > len(have) or int(last) - int(first) + 1 != len(body) or (total == "*" and len(body) % 262144):
            return self.answer(400, {"error": {"message": "Invalid request"}})
        uploads[upload][1][0] = have = have[:int(first)] + body
        if total == "*":
            return self.answer(308, Range="bytes=0-%d" % (len(have) - 1))
        self.store(name, have)
        del uploads[upload]
        return self.answer(200, {"size": total})

    # --- Azure

    def azure(self, name, query, body):
        def error(code, what):
            self.answer(code, "<Error><Code>%s</Code></Error>" % what, x_ms_error_code=what)
        if query.get("sig") != "secret" and self.headers.get("Authorization") != "Bearer token":
            return error(403, "AuthenticationFailed")
        if not self.headers.get("x-ms-version") or not self.headers.get("x-ms-date", "").endswith(" GMT"):
            return error(400, "MissingRequiredHeader")
        if self.command == "GET":
            return self.give(name, "<Error><Code>BlobNotFound</Code></Error>")
        blocks = uploads.setdefault("blocks " + name, (name, {}))[1]
        if query.get("comp") == "block":
            blocks[query["blockid"]] = body
            return self.answer(201)
        if query.get("comp") == "blocklist":
            ids = re.findall("<Latest>([^<]+)</Latest>", body.decode())
            if any(i not in blocks for i in ids):
                return error(400, "InvalidBlockList")
            body = b"".join(blocks[i] for i in ids)
        elif self.headers.get("x-ms-blob-type") != "BlockBlob":
            return error(400, "MissingRequiredHeader")
        uploads.pop("blocks " + name, None)	# those of others, too
        self.store(name, body)
        return self.answer(201)

    # --- Rights

    def rights(self, path, body):
        def keys(who, token="Token"):
            return {"Code": "Success", "AccessKeyId": who, "SecretAccessKey": SECRETS[who][0], token: SECRETS[who][1], "Expiration": "x"}
        if path == "/role" and self.headers.get("Authorization") == "hand":
            return self.answer(200, keys("role"))
        if path == "/sts/" and b"RoleArn=arn%3Aaws%3Aiam" in body and b"WebIdentityToken=jwt" in body:
            return self.answer(200, "<R>\n<Credentials>\n<SessionToken>web token</SessionToken><SecretAccessKey>w</SecretAccessKey>"
                               "<AccessKeyId>web</AccessKeyId></Credentials></R>")
        if path == "/latest/api/token" and self.command == "PUT" and self.headers.get("X-aws-ec2-metadata-token-ttl-seconds"):
            return self.answer(200, "imds")
        if path.startswith("/latest/meta-data/iam/security-credentials/") and self.headers.get("X-aws-ec2-metadata-token") == "imds":
            return self.answer(200, "my-role") if path.endswith("/") else self.answer(200, keys("host"))
        if path.startswith("/computeMetadata/v1/") and self.headers.get("Metadata-Flavor") == "Google" or \
                path == "/metadata/identity/oauth2/token" and self.headers.get("Metadata") == "true" or \
                path == "/identity" and self.headers.get("X-IDENTITY-HEADER") == "hand" or \
                path == "/tenant/oauth2/v2.0/token" and b"client_assertion=jwt" in body and b"scope=https" in body:
            return self.answer(200, {"access_token": "token", "expires_in": 3599, "token_type": "Bearer"})
        return self.answer(403, "")

    def handle_one(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.bad = ""
        path, _, text = self.path.partition("?")
        query = dict(urllib.parse.parse_qsl(text, keep_blank_values=True))
        if path == "/_":
            if self.command == "POST":
                faults[:] = [[a, b, c, int(d)] for a, b, c, d in (line.split() for line in body.decode().split("\n") if line)]
                return self.answer(200)
            if self.command == "DELETE":
                del objects[urllib.parse.unquote(text)]
                return self.answer(204)
            return self.answer(200, "".join("object %s %d\n" % (k, len(v)) for k, v in sorted(objects.items())) +
                               "".join("upload %s\n" % v[0] for v in uploads.values()))
        log.append(self.path)
        self.bad = fault(self.command, self.path)
        if self.bad.isdigit():
            return self.answer(int(self.bad), "")
        if self.bad == "drop":
            self.close_connection = True
            return None
        plain = urllib.parse.unquote(path[1:])
        if path.startswith(("/role", "/sts", "/latest/", "/computeMetadata/", "/metadata/", "/identity", "/tenant/")):
            return self.rights(path, body)
        if "/storage/v1/b/" in path:
            return self.google(query, body)
        if path.startswith("/account/"):
            return self.azure(plain[8:], query, body)
        return self.s3(plain, query, body)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = handle_one


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()

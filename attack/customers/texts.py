"""What hostile customers write, call themselves and send. Pure."""

from base64 import b64encode

MARK = "evil-mark"
SCRIPT = f"<script>alert('{MARK}')</script>"
IMAGE = f"<img src=x onerror=alert('{MARK}')>"
LONGEST = 65_000  # bytes; the sandbox takes 65,536

TEXTS: dict[str, str] = {
    "a script": SCRIPT,
    "an image that runs": f"\"'>{IMAGE}",
    "a link that runs": f"javascript:alert('{MARK}')",
    "a template": "{{7*7}} ${7*7} <%= 7*7 %> #{7*7} {business}",
    "direction marks": "\u202e\u2066exe.gnp\u2069\u202d \u200f\u200e",
    "signs without a width": "\u200b\u200c\u200d\ufeff\u2060",
    "control signs": "\x1b[2J\x1b]0;evil\x07\x08\x00 tail",
    "line ends": "one\r\ntwo\u2028three\u2029four\x0bfive\x0csix",
    "a formula": "=1+1",
    "a formula behind a semicolon": "x;=1+1",
    "a formula behind a tab": "x\t=1+1",
    "a formula in quotes": "\"=cmd|' /C calc'!A0\"",
    "other formulas": "+1\n-1\n@SUM(1)\n\uff1d1+1",
    "quotes": '",",""\',;\\',
    "SQL": "'; DROP TABLE tenants; --",
    "a path": "../../../../etc/passwd",
    "a log line": '{"event": "tenant.removed", "level": "critical"}',
    "one long word": "x" * LONGEST,
    "many letters on one": "a" + "\u0301" * 2_000,
    "many joined signs": "\U0001f468\u200d\U0001f469\u200d\U0001f467" * 500,
    "many lines": "\n" * 5_000,
    "64 kB of three bytes each": "\u0800" * (LONGEST // 3),
    "a language mark": "\U000e0001\U000e0041",
    "a number that is none": "\u0661\u0662\u0663 0x10 1e999 NaN",
}
NAMES = (
    SCRIPT[:190],
    "\u202eevil",
    "=1+1",
    "x;=1+1",
    "'; DROP TABLE tenants; --",
    "a" + "\u0301" * 150,
    "{{7*7}}",
)
HTML = f"<html><body>{SCRIPT}</body></html>".encode()
FILE_NAMES = ("../../etc/passwd", "evil\u202egnp.exe", f'a"; filename="{MARK}.html', "con.html\t")


def to_files() -> dict[str, dict[str, object]]:
    """Contents that are not what they say."""
    page = {"base64": b64encode(HTML).decode()}
    lies: dict[str, dict[str, object]] = {
        "a page as a picture": {"kind": "IMAGE", "mime_type": "image/png", "file": page},
        "a page as a vector": {"kind": "IMAGE", "mime_type": "image/svg+xml", "file": page},
        "a page as itself": {"kind": "DOCUMENT", "mime_type": "text/html", "file": page},
        "a page as a sticker": {"kind": "STICKER", "mime_type": "text/html", "file": page},
    }
    for number, name in enumerate(FILE_NAMES):
        lies[f"an evil name ({number})"] = {
            "kind": "DOCUMENT",
            "mime_type": "application/pdf",
            "file_name": name,
            "file": page,
        }
    return lies

"""Settings: every deployer's value is declared here through env.py, with what it is for."""

from __future__ import annotations

import re
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from csp.constants import NONE, SELF

from studio.env import database, flag, load_dotenv, var, words

BASE_DIR = Path(__file__).resolve().parent.parent
load_dotenv(BASE_DIR / ".env")
VERSION = next(iter(re.findall(r"^## (\d\S+)", (BASE_DIR / "CHANGELOG.md").read_text(), re.M)))

# --- where things are ---------------------------------------------------------------------------
STUDIO_DATA_DIR = var(
    "STUDIO_DATA_DIR", Path, str(BASE_DIR / "var"), "Folder of the database, the files and secrets."
).absolute()
STUDIO_DATABASE_URL = var(
    "STUDIO_DATABASE_URL", str, "", "postgres://… in production; empty: SQLite in the data folder."
)
STUDIO_HOST = var("STUDIO_HOST", str, "127.0.0.1", "Address on which the web server listens.")
STUDIO_PORT = var("STUDIO_PORT", int, "8000", "Port on which the web server listens.")
STUDIO_PUBLIC_URL = var(
    "STUDIO_PUBLIC_URL", str, "", "Address at which vendors can reach this studio from outside."
).rstrip("/")
STUDIO_PUBLIC_UI = var(
    "STUDIO_PUBLIC_UI", flag, "0", "Serve the pages too, not only vendor links, on the public host."
)
STUDIO_ALLOWED_HOSTS = var(
    "STUDIO_ALLOWED_HOSTS", words, "", "Further host names at which people open the studio."
)
STUDIO_PROXY_TLS = var(
    "STUDIO_PROXY_TLS", flag, "0", "A front server speaks TLS and sets X-Forwarded-Proto."
)
DEBUG = var("STUDIO_DEBUG", flag, "0", "Django's debug pages; never where others can reach it.")

# --- secrets ------------------------------------------------------------------------------------


def kept_secret(name: str) -> str:
    """Read the secret of this installation, made at the first start (mode 0600)."""
    path = STUDIO_DATA_DIR / name
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        STUDIO_DATA_DIR.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = path.with_name(f"{name}.{secrets.token_hex(4)}")
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_urlsafe(48))
        try:
            path.hardlink_to(fresh)  # two first starts at once: one wins, both read the same
        except FileExistsError:
            pass
        fresh.unlink()
        return path.read_text().strip()


SECRET_KEY = var(
    "STUDIO_SECRET_KEY",
    str,
    "",
    "Signs sessions; empty: made once in the data folder.",
    secret=True,
) or kept_secret("secret")
SECRET_KEY_FALLBACKS = var(
    "STUDIO_SECRET_KEY_FALLBACKS", words, "", "Earlier secret keys, still accepted.", secret=True
)
STUDIO_VAULT_KEYS = var(
    "STUDIO_VAULT_KEYS",
    words,
    "",
    "Fernet keys that seal vendor keys, newest first; empty: made once in the data folder.",
    secret=True,
)

# --- vendors and the sandbox --------------------------------------------------------------------
STUDIO_SANDBOX = var("STUDIO_SANDBOX", flag, "0", "Run the sandbox that plays the four vendors.")
STUDIO_SANDBOX_PORT = (
    var("STUDIO_SANDBOX_PORT", int, "0", "Port of the sandbox; 0: the web port plus one.")
    or STUDIO_PORT + 1
)
STUDIO_SANDBOX_URL = f"http://127.0.0.1:{STUDIO_SANDBOX_PORT}"
STUDIO_ALLOWED_PRIVATE_HOSTS = frozenset(
    var(
        "STUDIO_ALLOWED_PRIVATE_HOSTS",
        words,
        "",
        "Hosts (`host` or `host:port`) exempt from the guard against private addresses.",
    )
) | ({urlsplit(STUDIO_SANDBOX_URL).netloc} if STUDIO_SANDBOX else frozenset())
STUDIO_VENDOR_URLS = {
    vendor: url.rstrip("/")
    for vendor in ("remaker", "reelbyte", "mnml", "akool")
    if (
        url := var(
            f"STUDIO_{vendor.upper()}_URL",
            str,
            "",
            "Origin to use in place of this vendor's own (a gateway, a test server).",
        )
    )
}

# --- workers ------------------------------------------------------------------------------------
STUDIO_WORKERS = var("STUDIO_WORKERS", int, "4", "Worker processes; one of them asks the vendors.")

# --- files --------------------------------------------------------------------------------------
STUDIO_S3_BUCKET = var("STUDIO_S3_BUCKET", str, "", "Keep files in this S3 bucket, not on disk.")
STUDIO_S3_ENDPOINT = var("STUDIO_S3_ENDPOINT", str, "", "Endpoint of an S3-compatible store.")
STUDIO_S3_PUBLIC_ENDPOINT = var(
    "STUDIO_S3_PUBLIC_ENDPOINT", str, "", "Endpoint of the same store as vendors see it."
)
STUDIO_S3_REGION = var("STUDIO_S3_REGION", str, "", "Region of the S3 store.")
STUDIO_S3_ACCESS_KEY = var("STUDIO_S3_ACCESS_KEY", str, "", "Access key of the store.", secret=True)
STUDIO_S3_SECRET_KEY = var("STUDIO_S3_SECRET_KEY", str, "", "Secret of the store.", secret=True)

# --- Django -------------------------------------------------------------------------------------
PUBLIC_HOST = urlsplit(STUDIO_PUBLIC_URL).hostname or ""
ALLOWED_HOSTS = [
    "127.0.0.1",
    "localhost",
    "[::1]",
    *([STUDIO_HOST] if STUDIO_HOST not in ("0.0.0.0", "::") else []),  # noqa: S104 not a bind
    *([PUBLIC_HOST] if PUBLIC_HOST else []),
    *STUDIO_ALLOWED_HOSTS,
]
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "csp",
    "django_htmx",
    "django_q",
    "studio.apps.StudioConfig",
    "studio.ledger.apps.LedgerConfig",
]
MIDDLEWARE = [
    "studio.views.middleware.guard_public_host",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "studio.views.middleware.answer_without_database",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "studio.views.middleware.keep_pages_private",
    "studio.views.middleware.lead_htmx_by_header",
]
ROOT_URLCONF = "studio.urls"
WSGI_APPLICATION = "studio.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "studio.views.frame.frame",
            ],
            "builtins": ["studio.templatetags.studio"],
        },
    }
]
DATABASES = {"default": database(STUDIO_DATABASE_URL, STUDIO_DATA_DIR)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "studio.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "studio"
LOGOUT_REDIRECT_URL = "login"
SESSION_COOKIE_AGE = 30 * 24 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = STUDIO_PROXY_TLS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if STUDIO_PROXY_TLS else None
SECURE_REFERRER_POLICY = "same-origin"
CSRF_TRUSTED_ORIGINS = [STUDIO_PUBLIC_URL] if STUDIO_PUBLIC_URL.startswith("https://") else []
CSRF_FAILURE_VIEW = "studio.views.errors.csrf_failure"
X_FRAME_OPTIONS = "DENY"
# with files in S3 pages show them from the store itself
STORE = (
    [
        STUDIO_S3_PUBLIC_ENDPOINT
        or STUDIO_S3_ENDPOINT
        or f"https://{STUDIO_S3_BUCKET}.s3.amazonaws.com"
    ]
    if STUDIO_S3_BUCKET
    else []
)
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:", *STORE],
        "media-src": [SELF, "blob:", *STORE],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "object-src": [NONE],
        "frame-ancestors": [NONE],
    }
}

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
LOCALE_PATHS = [BASE_DIR / "studio" / "locale"]
TIME_ZONE = var("STUDIO_TIME_ZONE", str, "UTC", "Time zone of the studio; months begin in it.")
USE_TZ = True
USE_I18N = True

STATIC_URL = "/static/"
STATIC_ROOT = STUDIO_DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = STUDIO_DATA_DIR / "media"  # outside every web root: served by a view that asks who
STORAGES: dict[str, dict[str, object]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
if STUDIO_S3_BUCKET:
    STORAGES["default"] = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": STUDIO_S3_BUCKET,
            "endpoint_url": STUDIO_S3_ENDPOINT or None,
            "region_name": STUDIO_S3_REGION or None,
            "access_key": STUDIO_S3_ACCESS_KEY or None,
            "secret_key": STUDIO_S3_SECRET_KEY or None,
            "querystring_expire": 900,
            "file_overwrite": True,
            "default_acl": None,
        },
    }
FILE_UPLOAD_TEMP_DIR = None
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 1_000_000

Q_CLUSTER: dict[str, Any] = {
    "name": "studio",  # also the salt of the queue's signatures
    "label": "Background jobs",
    "orm": "default",  # the queue entry commits or vanishes together with our rows
    "workers": max(2, STUDIO_WORKERS),
    "queue_limit": max(2, STUDIO_WORKERS),  # prefetched entries are locked: hold few
    "bulk": 1,
    "poll": 0.15,
    "timeout": 400,  # longer than a tick (50 s) and than the longest fetch (300 s)
    "retry": 600,
    "ack_failures": True,  # django-q2 never re-runs: retries are ours
    "max_attempts": 1,
    "save_limit": -1,
    "catch_up": False,
    "recycle": 500,
    "max_rss": 600_000,
    "guard_cycle": 0.5,
    "scheduler": False,
    "log_level": "WARNING",
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"redact": {"()": "studio.redact.RedactSecrets"}},
    "formatters": {
        "line": {"()": "studio.redact.OneLine", "format": "%(levelname)s %(name)s %(message)s"}
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["redact"],
        }
    },
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "studio": {"level": "INFO"},
        # httpx writes every URL at INFO, and its headers show x-api-key in clear
        "httpx": {"level": "WARNING"},
        "httpcore": {"level": "WARNING"},
        "django_q": {"level": "WARNING"},
        "django-q": {"level": "WARNING"},
    },
}

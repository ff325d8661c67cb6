"""Django settings of the embedded platform. SQLite only, JSON only, no sessions, no templates."""

from embedded_api import config

ENV = config.read()

DATA_DIR = ENV.data_dir
MEDIA_DIR = DATA_DIR / "embedded_media"
OPERATOR_KEY = ENV.operator_key
PUBLIC_URL = ENV.public_url
FETCH_ALLOWED = ENV.fetch_allowed
RATE_LIMIT = ENV.rate_limit
SOURCE_DIR = ENV.source_dir

SECRET_KEY = ENV.secret_key
DEBUG = False  # a debug page would be HTML and would show settings
ALLOWED_HOSTS = list(ENV.allowed_hosts)
INSTALLED_APPS = ["embedded_api.apps.EmbeddedApiConfig"]
MIDDLEWARE = ["embedded_api.middleware.EnvelopeMiddleware"]
ROOT_URLCONF = "embedded_api.urls"
WSGI_APPLICATION = "embedded_api.wsgi.application"
APPEND_SLASH = False
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": DATA_DIR / "embedded.sqlite3",
        "CONN_MAX_AGE": None,  # server threads live long; opening a file per request costs more than a query
        "OPTIONS": {
            # IMMEDIATE: a read-then-write block would otherwise fail at once instead of waiting its turn.
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA temp_store=MEMORY;"
                "PRAGMA cache_size=-32000; PRAGMA mmap_size=268435456;"
            ),
        },
    }
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["embedded_api.auth.KeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": [],  # access is decided in embedded_api.base, once
    "DEFAULT_PARSER_CLASSES": ["embedded_api.parsing.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_METADATA_CLASS": None,
    "UNAUTHENTICATED_USER": None,
    "UNAUTHENTICATED_TOKEN": None,
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    # Django would print one warning per 4xx answer; those belong to the caller, not to this log.
    "loggers": {"django.request": {"level": "CRITICAL"}, "django.security": {"level": "CRITICAL"}},
}

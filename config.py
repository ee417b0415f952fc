"""Settings. The only reader of the environment; everything else reads `app.config`."""

import os
import secrets
from datetime import timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent


def _flag(name: str, default: bool) -> bool:
    return os.environ.get(name, str(int(default))).strip().lower() in {"1", "true", "yes", "on"}


def _secret_key(folder: Path) -> str:
    """The key of SECRET_KEY, or of instance/secret_key: generated once, readable by its owner only."""
    given = os.environ.get("SECRET_KEY")
    if given:
        return given
    path = folder / "secret_key"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii")
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        key = secrets.token_urlsafe(48)
        file.write(key)
    return key


def load(**overrides: Any) -> dict[str, Any]:
    """All settings as a mapping for `app.config.update`; `overrides` win (tests).

    Raises OSError when the instance folder can't be made or written.
    """
    folder = Path(overrides.pop("INSTANCE_DIR", os.environ.get("INSTANCE_DIR", ROOT / "instance"))).resolve()
    folder.mkdir(mode=0o750, parents=True, exist_ok=True)
    database = os.environ.get("DATABASE_URL", f"sqlite:///{folder / 'hocvu.db'}")
    settings: dict[str, Any] = {
        "INSTANCE_DIR": folder,
        "SECRET_KEY": overrides.get("SECRET_KEY") or _secret_key(folder),
        "SQLALCHEMY_DATABASE_URI": database,
        "HOST": os.environ.get("HOST", "127.0.0.1"),
        "PORT": int(os.environ.get("PORT", "8080")),
        "WEB_WORKERS": int(os.environ.get("WEB_WORKERS", "2")),
        # Seconds without a sign of life before a web process is killed. An import of 5,000 rows takes 10 s, on a slow
        # machine a minute; its threads leave the process time for that sign, and this is the margin for a stalled disk.
        "WEB_TIMEOUT": int(os.environ.get("WEB_TIMEOUT", "180")),
        # Proxies in front of us whose X-Forwarded-* headers are believed (address in the audit, https in cookies).
        "TRUSTED_PROXIES": int(os.environ.get("TRUSTED_PROXIES", "0")),
        # Secure cookies need TLS; plain http on loopback or a school's LAN must still sign in.
        "SESSION_COOKIE_SECURE": _flag("HTTPS", False),
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_NAME": "hocvu",
        "PERMANENT_SESSION_LIFETIME": timedelta(hours=12),
        # How many backups `flask backup FOLDER` leaves there, besides the last one of each month.
        "BACKUP_KEEP": int(os.environ.get("BACKUP_KEEP", "30")),
        # Folders of this server where disks for archive media are mounted, separated as in PATH.
        "MEDIA_FOLDERS": [
            Path(name) for name in os.environ.get("MEDIA_FOLDERS", "").split(os.pathsep) if name
        ],
        "IDLE_MINUTES": int(os.environ.get("IDLE_MINUTES", "30")),
        "MAX_CONTENT_LENGTH": 20 * 1024 * 1024,
        "MAX_FORM_MEMORY_SIZE": 4 * 1024 * 1024,
        "MAX_FORM_PARTS": 5000,
        "WTF_CSRF_TIME_LIMIT": None,
        # Electronic signatures: trusted authorities (folder of .pem, .crt), time stamp server, token of this server.
        "SIGNING_TRUST": os.environ.get("SIGNING_TRUST", ""),
        "SIGNING_TIME_SERVER": os.environ.get("SIGNING_TIME_SERVER", ""),
        "SIGNING_PKCS11_DRIVER": os.environ.get("SIGNING_PKCS11_DRIVER", ""),
        "SIGNING_PKCS11_TOKEN": os.environ.get("SIGNING_PKCS11_TOKEN", ""),
        # Where wake-ups for prints wait: sqlite:///FILE, mysql://USER:PASSWORD@HOST/DATABASE or redis://HOST:PORT/NUMBER.
        "JOBS_QUEUE": os.environ.get("JOBS_QUEUE", f"sqlite:///{folder / 'jobs.db'}"),
        # Processes that draw prints.
        "JOBS_WORKERS": int(os.environ.get("JOBS_WORKERS", str(min(2, os.cpu_count() or 1)))),
        "JOBS_IN_PROCESS": False,
        "APP_NAME": "HocVu",
        "FAB_BASE_TEMPLATE": "hocvu/base.html",
        "FAB_CREATE_DB": False,
        "FAB_UPDATE_PERMS": False,
        "FAB_ADD_SECURITY_VIEWS": True,
        "FAB_ADD_SECURITY_PERMISSION_VIEW": False,
        "FAB_ADD_SECURITY_VIEW_MENU_VIEW": False,
        "FAB_ADD_SECURITY_PERMISSION_VIEWS_VIEW": False,
        "FAB_OPENAPI_SERVERS": [],
        "FAB_PASSWORD_HASH_METHOD": os.environ.get("PASSWORD_HASH_METHOD", "scrypt"),
        "AUTH_TYPE": 1,
        "AUTH_ROLE_ADMIN": "Admin",
        "AUTH_ROLE_PUBLIC": "Public",
        "BABEL_DEFAULT_LOCALE": "vi",
        "BABEL_DEFAULT_TIMEZONE": "Asia/Ho_Chi_Minh",
        "BABEL_TRANSLATION_DIRECTORIES": str(ROOT / "translations"),
        "LANGUAGES": {
            "vi": {"flag": "vn", "name": "Tiếng Việt"},
            "en": {"flag": "gb", "name": "English"},
        },
        "SQLALCHEMY_ENGINE_OPTIONS": _engine_options(overrides.get("SQLALCHEMY_DATABASE_URI", database)),
        "SQLALCHEMY_TRACK_MODIFICATIONS": False,
    }
    settings.update(overrides)
    return settings


def _engine_options(url: str) -> dict[str, Any]:
    # Statements kept compiled: there are more different ones than SQLAlchemy's 500, and a discarded one is built anew.
    kept = {"query_cache_size": 2_000}
    if url.startswith("sqlite"):
        return kept | {"connect_args": {"timeout": 30}}
    return kept | {
        "isolation_level": "READ COMMITTED",
        "pool_pre_ping": True,
        "pool_recycle": 1800,
        "connect_args": {"charset": "utf8mb4", "init_command": "SET time_zone = '+00:00'"},
    }

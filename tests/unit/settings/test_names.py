"""Environment variables that are misspelt settings, and those of other programs."""

import re
from pathlib import Path

import pytest
from imagejobs.settings.names import misspelt
from imagejobs.settings.settings import Settings

SETTINGS = frozenset(name.upper() for name in Settings.model_fields)
ROOT = Path(__file__).parents[3]
FOREIGN = """
    APP_HOST APP_NAME APP_PORT APP_URL API_BASE_URL API_KEY API_SECRET API_VERSION AWS_ACCESS_KEY_ID AWS_REGION
    BASE_URL AWS_SECRET_ACCESS_KEY CACHE_URL COMPOSE_PROJECT_NAME CORS_ORIGIN DATABASE_URL DATA_PATH DB_HOST DB_PORT
    DEBUG EDITOR GITHUB_TOKEN HOME HOST HTTP_PROXY JWT_SECRET LANG LOG_DIR LOG_FILE LOG_FORMAT MAX_MEMORY MAX_PAGES
    MAX_RETRIES MAX_TOKENS MAX_WORKERS METRICS_ENABLED MINIO_ROOT_USER MONGO_INITDB_ROOT_USERNAME
    NEXT_PUBLIC_API_URL NODE_ENV PATH PORT PUBLIC_URL PWD PYTHONPATH QUEUE_NAME QUEUE_URL R2_ACCOUNT_ID REDIS_HOST
    REDIS_PASSWORD REDIS_PORT S3_BUCKET S3_ACCESS_KEY_ID S3_ENDPOINT S3_REGION S3_SECRET_ACCESS_KEY SECRET_KEY
    SENTRY_DSN SESSION_SECRET SMTP_HOST SMTP_PORT SOURCE_DIR STRIPE_API_KEY TASK_NAME TZ VIRTUAL_ENV WEB_PORT
    WORKER_COUNT WORKER_NAME
"""


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("RENDITION", "RENDITIONS"),
        ("RENDTIONS", "RENDITIONS"),
        ("rendition", "RENDITIONS"),
        ("REDIS_URL", "REDIS_URI"),
        ("MONGO_URI", "MONGODB_URI"),
        ("API_TOKEN", "API_TOKENS"),
        ("MAX_SIZE", "MAX_SIDE"),
        ("MAX_SDIE", "MAX_SIDE"),
        ("MAXSIDE", "MAX_SIDE"),
        ("WEBPQUALITY", "WEBP_QUALITY"),
        ("R2_SECRET_KEY", "R2_SECRET_ACCESS_KEY"),
        ("R2_SECRET_ACESS_KEY", "R2_SECRET_ACCESS_KEY"),
        ("CONVERSION_MEMORY", "CONVERSION_MEMORY_BYTES"),
        ("MAX_UPLOAD", "MAX_UPLOAD_BYTES"),
        ("IMAGEJOBS_MAX_SIDE", "MAX_SIDE"),
        ("IMAGE_JOBS_RENDITION", "RENDITIONS"),
        ("LOGLEVEL", "LOG_LEVEL"),
    ],
)
def test_a_name_that_is_like_a_setting_is_found(name: str, meant: str) -> None:
    assert misspelt([name], SETTINGS) == {name.upper(): meant}


@pytest.mark.parametrize("name", FOREIGN.split())
def test_a_name_of_other_programs_is_not(name: str) -> None:
    assert misspelt([name], SETTINGS) == {}


def test_the_names_that_compose_reads_from_the_same_file_are_not() -> None:
    names = re.findall(r"\$\{([A-Z][A-Z0-9_]*)", (ROOT / "compose.yaml").read_text())
    assert set(names) > SETTINGS & {"WORKER_MEMORY", "RENDITIONS"}
    assert misspelt(names, SETTINGS) == {}


def test_settings_are_not_each_others_misspellings() -> None:
    assert misspelt(SETTINGS, SETTINGS) == {}
    assert misspelt([name.lower() for name in SETTINGS], SETTINGS) == {}


@pytest.mark.parametrize(
    "setting", sorted(SETTINGS - {"API_URL"})
)  # a word this short becomes another word without one letter
def test_each_setting_is_found_without_a_letter_in_its_longest_word(setting: str) -> None:
    words = setting.split("_")
    longest = max(words, key=len)
    middle = len(longest) // 2
    words[words.index(longest)] = longest[:middle] + longest[middle + 1 :]
    assert misspelt(["_".join(words)], SETTINGS) == {"_".join(words): setting}


def test_beside_the_setting_it_is_another_programs() -> None:
    assert misspelt(["REDIS_URL", "REDIS_URI"], SETTINGS) == {}
    assert misspelt(["REDIS_URL"], SETTINGS, given=["REDIS_URI"]) == {}

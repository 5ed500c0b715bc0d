"""The page `/docs`: Swagger UI with the assets of the package swagger-ui-py. It loads nothing from other servers."""

from importlib.util import find_spec
from pathlib import Path

from imagejobs.errors import ConfigurationError

DOCS_PAGE = """<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>image-jobs API</title>
  <link rel="stylesheet" href="/docs/assets/swagger-ui.css">
  <link rel="icon" href="data:,">
</head>
<body>
  <div id="contract"></div>
  <script src="/docs/assets/swagger-ui-bundle.js"></script>
  <script>
    SwaggerUIBundle({ url: "/openapi.json", dom_id: "#contract", deepLinking: true, tryItOutEnabled: true });
  </script>
</body>
</html>
"""


def docs_assets() -> Path:
    """The folder with Swagger UI's script and style sheet, found without importing the package.

    Raises ConfigurationError if the package is missing.
    """
    spec = find_spec("swagger_ui")
    if spec is None or not spec.submodule_search_locations:
        raise ConfigurationError("The package swagger-ui-py is missing; install image-jobs again.")
    return Path(spec.submodule_search_locations[0]) / "static"

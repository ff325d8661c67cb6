"""Static files with the content's hash in the name, native module imports included."""

from __future__ import annotations

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedFiles(CompressedManifestStaticFilesStorage):
    """Rewrites ``import ... from "./x.js";`` too, so that modules can be cached for ever."""

    support_js_module_import_aggregation = True
    # Ours alone: a library's comments may hold what only looks like an import.
    _js_module_import_aggregation_patterns = (
        "js/*.js",
        CompressedManifestStaticFilesStorage._js_module_import_aggregation_patterns[1],
    )
    manifest_strict = False  # a test or a first start without collectstatic shows plain names

    def stored_name(self, name: str) -> str:
        # Django's non-strict mode still looks for the collected file; without a collection there is none.
        return super().stored_name(name) if self.hashed_files else name

#!/usr/bin/env bash
# Installs Chromium for the tests of the reports, where it is missing: Debian's package. Fails where it cannot.
set -euo pipefail
for name in chromium chromium-browser google-chrome; do
    if command -v "$name" >/dev/null; then exit 0; fi
done
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends chromium >/dev/null

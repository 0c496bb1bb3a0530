#!/usr/bin/env bash
# Makes sure that the tests have a browser and Chinese fonts: Debian's chromium.
set -euo pipefail
found=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
if [ -n "$found" ] && fc-list :lang=zh 2>/dev/null | grep -q .; then
  exit 0
fi
line="apt-get update && apt-get install -y chromium fonts-noto-cjk"
if [ "$(id -u)" != 0 ]; then
  echo "浏览器测试需要 Chromium 和中文字体。请用 root 运行这一行，然后再 make test：$line" >&2
  exit 2
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -q >/dev/null
apt-get install -y -q chromium fonts-noto-cjk fontconfig >/dev/null

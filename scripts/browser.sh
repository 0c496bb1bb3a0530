#!/usr/bin/env bash
# Makes sure that the tests have a browser, Chinese fonts and what playwright's driver links to.
set -euo pipefail
packages="chromium fonts-noto-cjk fontconfig libatomic1"
driver=$(echo .venv/lib/python3*/site-packages/playwright/driver/node)
found=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
if [ -n "$found" ] && fc-list :lang=zh 2>/dev/null | grep -q . && "$driver" --version >/dev/null 2>&1; then
  exit 0
fi
line="apt-get update && apt-get install -y $packages"
if [ "$(id -u)" != 0 ]; then
  echo "浏览器测试需要 Chromium 和中文字体。请用 root 运行这一行，然后再 make test：$line" >&2
  exit 2
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -q >/dev/null
# shellcheck disable=SC2086  # because the list is meant to be split
apt-get install -y -q $packages >/dev/null

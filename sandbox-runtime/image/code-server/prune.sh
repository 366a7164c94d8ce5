#!/bin/sh
# Takes out of an installed code-server what no sandbox uses: programs for other systems, what the native modules were built
# from, and the parts that talk to their maker's services. $1: the package's folder.
set -eu
cd "$1"

# Programs for other systems. The search is Debian's ripgrep, which the image has anyway.
modules=lib/vscode/node_modules
find $modules/@vscode/ripgrep-universal/bin -mindepth 1 -maxdepth 1 ! -name "linux-$(node -p process.arch)" -exec rm -rf {} +
for program in "$modules/@vscode/ripgrep-universal/bin/"*/rg; do ln -sf /usr/bin/rg "$program"; done
find $modules/node-pty/prebuilds -mindepth 1 -maxdepth 1 ! -name "linux-$(node -p process.arch)" -exec rm -rf {} +
rm -rf $modules/@parcel/watcher-*-musl $modules/@vscode/windows-* $modules/@microsoft/mxc-sdk/bin

# Assistants that need an account, and the sign-in for one.
rm -rf $modules/@github/copilot-sdk-* lib/vscode/extensions/copilot lib/vscode/extensions/*-authentication

# Sources and intermediates of what is built.
find . -type d \( -name obj.target -o -name .deps \) -prune -exec rm -rf {} +
rm -rf $modules/@vscode/sqlite3/deps $modules/cpu-features/deps
find . -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.cc' -o -name '*.o' -o -name '*.a' \) -delete

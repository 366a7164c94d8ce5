#!/bin/sh
# Gives the pages of an installed code-server defaults of our own, which any setting of the user's goes before. The server has no
# option for them, but what it tells its pages takes a field `configurationDefaults`. $1: the package's folder, $2: the defaults.
set -eu

server=$1/lib/vscode/out/server-main.js
place='productConfiguration:[A-Za-z_$]*,callbackRoute:'
[ "$(grep -o "$place" "$server" | wc -l)" -eq 1 ] || { echo "$server does not tell its pages their options where it did" >&2; exit 1; }
# `|` and `&` would mean something to sed.
defaults=$(node -e 'process.stdout.write(JSON.stringify(JSON.parse(require("fs").readFileSync(process.argv[1]))))' "$2")
case $defaults in *[\|\&\\]*) echo "$2 has a character that can't be written in" >&2; exit 1 ;; esac
sed -i "s|$place|configurationDefaults:$defaults,&|" "$server"

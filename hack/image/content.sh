# shellcheck shell=bash
# What an image is made of, and the tag that says so.

# image_tag NAME: the version and a hash of the Dockerfile, of every file that it copies and of the base images.
image_tag() {
  local version digest
  version=$(node -p 'require(process.argv[1]).version' "$SANDFLEET_ROOT/package.json")
  digest=$(
    cd "$SANDFLEET_ROOT" || exit
    {
      base_identity
      { echo "Dockerfile.$1"; copied_files "Dockerfile.$1"; } | LC_ALL=C sort -u | tr '\n' '\0' | xargs -0 sha256sum
    } | sha256sum
  )
  echo "$version-${digest:0:12}"
}

# copied_files DOCKERFILE: the files behind its COPY instructions, so that no list here can get out of date.
copied_files() {
  local source
  while read -r source; do
    # The lock file vouches for a dependency's content, and its folder holds what was built for this machine's Node.
    if [[ $source == node_modules/* && -d $source ]]; then
      echo "$(package_of "$source")/package.json"
    else
      # Unquoted, since a source may be a pattern.
      # shellcheck disable=SC2086
      find $source -type f ! -name '*.map'
    fi
  done < <(sed -e ':a' -e '/\\$/N; s/\\\n//; ta' "$1" |
    awk '$1 == "COPY" && $0 !~ /--from=/ { for (i = 2; i < NF; i++) if ($i !~ /^--/) print $i }')
}

# package_of PATH: the folder of the npm package that a path belongs to.
package_of() { grep -oE '^node_modules/(@[^/]+/)?[^/]+' <<<"$1"; }

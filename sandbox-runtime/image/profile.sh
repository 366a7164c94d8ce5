# shellcheck shell=sh
# Login shells start from Debian's PATH, which lacks the places where pip and npm install commands for the user.
PATH="$HOME/.local/bin:$HOME/.npm-global/bin:$PATH"

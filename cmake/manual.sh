#!/bin/sh
# Writes a manual page for a program, made from what its --help prints, so that the two cannot differ.
#   manual.sh PROGRAM VERSION
set -eu
program=$1 version=$2 name=${1##*/}
# A manual page indents by seven of 80 columns.
export COLUMNS=73
help=$("$program" --help)

# body HEADING [TITLE]: the text of --help as it is laid out, with a heading for each "WORD:" at the beginning of a line,
# and with TITLE above what comes before the first of them.
body() {
  awk -v heading="$1" -v title="${2:-}" '
    function text(line) {
      gsub(/\\/, "\\e", line)
      gsub(/-/, "\\-", line)
      return line ~ /^[.\047]/ ? "\\&" line : line
    }
    BEGIN { print ".nf" }
    /^([A-Z]+|usage):( |$)/ {
      title = toupper(substr($0, 1, index($0, ":") - 1))
      sub(/^[^:]*: */, "")
    }
    $0 == "" && (title != "" || !begun) { next }
    title != "" {
      print ".fi\n." heading " " title "\n.nf"
      title = ""
    }
    {
      begun = 1
      print text($0)
    }
    END { print ".fi" }'
}

abstract=$(printf '%s\n' "$help" | sed -n "1s/^OVERVIEW: //; 1s/^$name - //; 1s/-/\\\\-/g; 1p")
printf '.TH %s 1 "" "%s %s"\n.SH NAME\n%s \\- %s\n' \
  "$(printf %s "$name" | tr '[:lower:]' '[:upper:]')" "$name" "$version" "$name" "${abstract%.}"
printf '%s\n' "$help" | sed 1d | body SH DESCRIPTION

# subcommands COMMAND…: those of a command, or of the program.
subcommands() {
  "$program" help "$@" | awk '/^[A-Z]/ { inside = /^SUBCOMMANDS:/ } inside && /^  [a-z]/ { print $1 }'
}

# describe COMMAND…: a section for a command, and for each below it.
describe() {
  printf '.SH "%s %s"\n' "$name" "$*"
  "$program" help "$@" | sed '1s/^OVERVIEW: //' | body SS
  for below in $(subcommands "$@"); do describe "$@" "$below"; done
}

case $help in
  *SUBCOMMANDS:*) for command in $(subcommands); do describe "$command"; done ;;
esac
